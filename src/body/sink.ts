// A streamed reply: pulls chunks from a source and writes them as fast as the client takes them.
//
// Made by the lane when a reply's body is a source. Promises: never more than one window of bytes
// is written and not yet sent; the source is told when the client has gone; what fails before the
// head has left becomes an ordinary error reply, what fails later cuts the connection, so that a
// short message never looks whole.
//
//   EARLY ──source ends──▶ DONE           the reply is sent whole, with its length
//    │ ──source fails──▶ DONE             an error reply
//    ├──end of the round, window full──▶ OPEN ──source ends──▶ DONE
//    │                                    └──source fails──▶ DONE, the connection is cut
//   EARLY, OPEN ──cancel──▶ DONE          the source is told
//
// The head waits for one round of microtasks, because many sources (a Response around a string, a
// generator that checks something first) end or fail within it.

import { LannerError } from '../errors.js'
import { INLINE_MAX } from '../native/outbox.js'
import { toBytes, toPuller } from './pull.js'

import type { Puller } from './pull.js'

/** Sources that a reply can be streamed from. */
export type StreamBody =
  | ReadableStream<Uint8Array | string>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>

/** What the lane does for a sink. */
export interface SinkTarget {
  /** Sends the head of a stream. */
  open(): void
  write(chunk: Uint8Array): void
  /** Sends the end of the stream and settles. */
  end(): void
  /** Sends the whole reply instead of a stream and settles. */
  whole(body: Uint8Array): void
  /** The source failed before the head was sent. */
  failEarly(error: unknown): void
  /** The source failed after that: cuts the connection and settles. */
  failLate(error: unknown): void
}

const EARLY = 0
const OPEN = 1
const DONE = 2

export class BodySink {
  readonly #target: SinkTarget
  readonly #puller: Puller
  /** The content-length that was promised, or -1. */
  readonly #length: number
  #state = EARLY
  /** Bytes that may still be written. */
  #credit: number
  #written = 0
  #early: Uint8Array[] = []
  #earlyBytes = 0
  #wake: (() => void) | undefined

  /** Throws when the source cannot be read. */
  constructor(target: SinkTarget, body: unknown, window: number, length: number) {
    this.#target = target
    this.#puller = toPuller(body)
    this.#credit = window
    this.#length = length
  }

  start(): void {
    void this.#pump()
    // From a microtask, so that the tick comes when all of them have run.
    queueMicrotask(() => process.nextTick(() => this.#open()))
  }

  /** Bytes have left for the client. */
  addCredit(bytes: number): void {
    this.#credit += bytes
    this.#wakeUp()
  }

  /** The exchange was given up. Gives a promise where the source takes its time to end. */
  cancel(reason: Error): void | Promise<void> {
    if (this.#state === DONE) return undefined
    this.#close()
    return this.#puller.cancel(reason)
  }

  async #pump(): Promise<void> {
    try {
      while (true) {
        const step = this.#puller.next()
        const { value, done } = step instanceof Promise ? await step : step
        if (this.#isDone()) return
        if (done === true) break
        await this.#write(toBytes(value))
        if (this.#isDone()) return
      }
      this.#checkEnd()
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#end()
  }

  /** Writes a chunk, piece by piece where it is longer than the credit. */
  #write(chunk: Uint8Array): void | Promise<void> {
    const size = chunk.byteLength
    if (size === 0) return undefined
    this.#checkLength(size)
    if (this.#state === EARLY) {
      if (this.#earlyBytes + size <= INLINE_MAX && size <= this.#credit) {
        // Copied, as a written one is: the source may use its buffer again.
        this.#early.push(new Uint8Array(chunk))
        this.#earlyBytes += size
        this.#credit -= size
        return undefined
      }
      this.#open()
      if (this.#isDone()) return undefined
    }
    if (size > this.#credit) return this.#writePieces(chunk)
    this.#credit -= size
    this.#target.write(chunk)
    return undefined
  }

  async #writePieces(chunk: Uint8Array): Promise<void> {
    let at = 0
    while (at < chunk.byteLength) {
      if (this.#credit <= 0) await this.#creditLeft()
      if (this.#isDone()) return
      const end = Math.min(chunk.byteLength, at + this.#credit)
      this.#credit -= end - at
      this.#target.write(chunk.subarray(at, end))
      at = end
    }
  }

  #creditLeft(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #wakeUp(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  /** Sends the head and what came before it. */
  #open(): void {
    if (this.#state !== EARLY) return
    this.#state = OPEN
    try {
      this.#target.open()
    } catch (error) {
      this.#state = EARLY
      this.#fail(error)
      return
    }
    for (const chunk of this.#early.splice(0)) this.#target.write(chunk)
  }

  #end(): void {
    const wasEarly = this.#state === EARLY
    this.#close()
    if (wasEarly) this.#target.whole(join(this.#early, this.#earlyBytes))
    else this.#target.end()
  }

  #fail(error: unknown): void {
    if (this.#state === DONE) return
    const wasEarly = this.#state === EARLY
    this.#close()
    void this.#puller.cancel(error)
    if (wasEarly) this.#target.failEarly(error)
    else this.#target.failLate(error)
  }

  #close(): void {
    this.#state = DONE
    this.#wakeUp()
  }

  /** In a function, because the state changes while something is awaited. */
  #isDone(): boolean {
    return this.#state === DONE
  }

  #checkLength(size: number): void {
    this.#written += size
    if (this.#length >= 0 && this.#written > this.#length) throw this.#lengthError('longer')
  }

  #checkEnd(): void {
    if (this.#length >= 0 && this.#written < this.#length) throw this.#lengthError('shorter')
  }

  #lengthError(how: string): LannerError {
    return new LannerError(
      'LANNER_CONTENT_LENGTH',
      `The streamed body is ${how} than the content-length of ${this.#length} that was set.`,
    )
  }
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)
}
