// The bytes of a file as the body of a reply: all, one range, or several with their heads between.
//
// Made by static files, pulled by BodySink only as fast as the client takes them. Promises one
// buffer, no matter how long the file is, as long as the longest range asks for, and a handle that
// is closed once: at the end, after a failure, and as soon as nobody wants more, also when nobody
// ever pulled.

import { allocBytes } from '../native/bytes.js'

import type { FileHandle } from 'node:fs/promises'
import type { ByteRange } from '../http/ranges.js'

/** What is read and written at a time: what one reply window holds. */
export const CHUNK_BYTES = 64 * 1024

/** A text, or bytes of the file. */
export type Part = string | ByteRange

export class FileBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #handle: FileHandle
  readonly #parts: Part[]
  #position = -1
  #buffer: Uint8Array | undefined
  readonly #bufferBytes: number
  #isOver = false
  #isReading = false
  #isClosed = false

  constructor(handle: FileHandle, parts: readonly Part[]) {
    this.#handle = handle
    this.#parts = [...parts]
    this.#bufferBytes = Math.min(CHUNK_BYTES, longestOf(parts))
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const part = this.#parts[0]
    if (this.#isOver || part === undefined) return this.return()
    if (typeof part === 'string') {
      this.#parts.shift()
      return { done: false, value: Buffer.from(part) }
    }
    this.#isReading = true
    try {
      const chunk = await this.#read(part)
      this.#isReading = false
      // The file was cut meanwhile: the sink sees that bytes are missing and breaks off.
      if (chunk.byteLength === 0 || this.#isOver) return await this.return()
      return { done: false, value: chunk }
    } catch (error) {
      this.#isReading = false
      await this.return()
      throw error
    }
  }

  /** Nobody wants more. A read that is under way closes the handle when it comes back. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#isOver = true
    if (!this.#isReading && !this.#isClosed) {
      this.#isClosed = true
      await this.#handle.close()
    }
    return { done: true, value: undefined }
  }

  async #read(part: ByteRange): Promise<Uint8Array> {
    if (this.#position < 0) this.#position = part.first
    const left = part.last + 1 - this.#position
    const buffer = (this.#buffer ??= allocBytes(this.#bufferBytes))
    const wanted = Math.min(left, buffer.byteLength)
    const { bytesRead } = await this.#handle.read(buffer, 0, wanted, this.#position)
    this.#position += bytesRead
    if (bytesRead === left) {
      this.#parts.shift()
      this.#position = -1
    }
    return buffer.subarray(0, bytesRead)
  }
}

/** All ranges are read into one buffer: sized by a short one, a long one would take many reads. */
function longestOf(parts: readonly Part[]): number {
  let longest = 0
  for (const part of parts) {
    if (typeof part !== 'string') longest = Math.max(longest, part.last + 1 - part.first)
  }
  return longest
}
