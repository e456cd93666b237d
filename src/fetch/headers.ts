// The Headers of a request that is not made before somebody wants more than to look a field up.
//
// Made by LazyRequest. Looking up reads the batch; everything else (iterating, changing) makes the
// real Headers once and goes there from then on. `inherit()` puts it below the global Headers, so
// that `instanceof` is true, without loading the fetch implementation before it is used.

import { isToken } from '../headers.js'

import type { HeaderView } from '../headers.js'

export class LazyHeaders {
  readonly #view: HeaderView
  #real: Headers | undefined = undefined

  constructor(view: HeaderView) {
    this.#view = view
  }

  get(name: string): string | null {
    if (this.#real !== undefined) return this.#real.get(name)
    const text = String(name)
    return this.#view.get(text) ?? (isToken(text) ? null : this.real().get(text))
  }

  has(name: string): boolean {
    if (this.#real !== undefined) return this.#real.has(name)
    const text = String(name)
    return this.#view.has(text) || (!isToken(text) && this.real().has(text))
  }

  append(name: string, value: string): void {
    this.real().append(name, value)
  }

  set(name: string, value: string): void {
    this.real().set(name, value)
  }

  delete(name: string): void {
    this.real().delete(name)
  }

  getSetCookie(): string[] {
    return this.real().getSetCookie()
  }

  forEach(
    callback: (value: string, name: string, headers: LazyHeaders) => void,
    thisArg?: unknown,
  ): void {
    this.real().forEach((value, name) => callback.call(thisArg, value, name, this))
  }

  entries(): IterableIterator<[string, string]> {
    return this.real().entries()
  }

  keys(): IterableIterator<string> {
    return this.real().keys()
  }

  values(): IterableIterator<string> {
    return this.real().values()
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.real().entries()
  }

  [Symbol.for('nodejs.util.inspect.custom')](): Headers {
    return this.real()
  }

  /** The Headers that this one stands for. */
  real(): Headers {
    return (this.#real ??= this.#view.toHeaders())
  }

  /** Stands for the Headers of a Request from now on, so that a change of one is seen in both. */
  adopt(headers: Headers): void {
    this.#real = headers
  }
}
