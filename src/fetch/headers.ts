// The Headers of a request that is not made before somebody wants more than to look a field up.
//
// Made by LazyRequest. Looking up reads the batch; everything else (iterating, changing) makes the
// real Headers once and goes there from then on. `inherit()` puts it below the global Headers, so
// that `instanceof` is true, without loading the fetch implementation before it is used.

import { isToken } from '../headers.js'

import type { HeaderView } from '../headers.js'

/** Its methods take all arguments together, because too few of them are an error. */
export class LazyHeaders {
  readonly #view: HeaderView
  #real: Headers | undefined = undefined

  constructor(view: HeaderView) {
    this.#view = view
  }

  get(...args: readonly [name: string]): string | null {
    const text: unknown = args[0]
    if (this.#real !== undefined || typeof text !== 'string') return this.real().get(...args)
    return this.#view.get(text) ?? (isToken(text) ? null : this.real().get(text))
  }

  has(...args: readonly [name: string]): boolean {
    const text: unknown = args[0]
    if (this.#real !== undefined || typeof text !== 'string') return this.real().has(...args)
    return this.#view.has(text) || (!isToken(text) && this.real().has(text))
  }

  append(...args: readonly [name: string, value: string]): void {
    this.real().append(...args)
  }

  set(...args: readonly [name: string, value: string]): void {
    this.real().set(...args)
  }

  delete(...args: readonly [name: string]): void {
    this.real().delete(...args)
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
