// Gathers the pieces of a request body into one buffer.
//
// Used by BodySource for bytes(), text() and json(). Grows by doubling up to the declared length
// instead of allocating that at once: a client that declares much and sends little must not cost
// much.

import { allocBytes } from '../native/bytes.js'

import type { Bytes } from '../native/bytes.js'
import type { Piece } from './piece.js'

const FIRST_BYTES = 64 * 1024

export class Collector {
  readonly #expected: number | undefined
  readonly #resolve: (bytes: Bytes, length: number) => void
  readonly #reject: (error: Error) => void
  #bytes: Bytes
  #length = 0

  constructor(
    expected: number | undefined,
    resolve: (bytes: Bytes, length: number) => void,
    reject: (error: Error) => void,
  ) {
    this.#expected = expected
    this.#resolve = resolve
    this.#reject = reject
    this.#bytes = allocBytes(Math.min(expected ?? FIRST_BYTES, FIRST_BYTES))
  }

  add(piece: Piece): void {
    const length = this.#length + piece.length
    if (length > this.#bytes.byteLength) this.#grow(length)
    piece.copyTo(this.#bytes, this.#length)
    this.#length = length
  }

  finish(): void {
    this.#resolve(this.#fitted(), this.#length)
  }

  fail(error: Error): void {
    this.#reject(error)
  }

  /** Memory that was reserved for more goes back, and what it held before is not shown. */
  #fitted(): Bytes {
    if (this.#length === this.#bytes.byteLength) return this.#bytes
    const fitted = allocBytes(this.#length)
    fitted.set(this.#bytes.subarray(0, this.#length))
    return fitted
  }

  #grow(need: number): void {
    const doubled = Math.max(need, this.#bytes.byteLength * 2)
    const size =
      this.#expected === undefined ? doubled : Math.max(need, Math.min(doubled, this.#expected))
    const bytes = allocBytes(size)
    bytes.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = bytes
  }
}
