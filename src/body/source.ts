// The body of a request, as handlers read it.
//
// Made by Context on touch, or by the lane when the first piece arrives. Pieces that nobody has
// asked for wait here, at most one window of them; the network side gets credit for what was
// consumed and stops reading the socket when it has none left. Chunks given to handlers are copies
// that they own. Promises: one reader, and a rejection that nobody looks at never ends the process,
// because clients cause them.

import { httpError, LannerError } from '../errors.js'
import type { HeaderView } from '../headers.js'
import { allocBytes } from '../native/bytes.js'
import { SETTLED } from '../native/exchange.js'
import {
  REQUEST_BODY_COMPLETE,
  REQUEST_EXPECT_CONTINUE,
  REQUEST_HAS_BODY,
} from '../native/generated/layout.js'
import { Collector } from './collector.js'

import type { Bytes } from '../native/bytes.js'
import type { Lane } from '../native/lane.js'

/** What is needed of a Context. */
interface BodyOwner {
  readonly lane: Lane
  readonly slot: number
  readonly generation: number
  readonly entryBytes: Bytes
  readonly entryAt: number
  readonly phase: number
  readonly headers: HeaderView
  view(): Int32Array
}

interface Waiter {
  resolve: (chunk: Uint8Array | undefined) => void
  reject: (error: Error) => void
}

/** Makes a result of bytes. `isOwn`: nobody else has them. */
type Convert<T> = (bytes: Bytes, start: number, end: number, isOwn: boolean) => T

const EMPTY = allocBytes(0)

/** The body of a request. It is read once, by one of these ways. */
export class BodySource implements AsyncIterable<Uint8Array> {
  readonly #owner: BodyOwner
  readonly #flags: number
  /** Whether the whole body lies in the entry and was not taken yet. */
  #isInline: boolean
  #isEnded: boolean
  #isUsed = false
  #error: Error | undefined
  #queue: Uint8Array[] = []
  #collector: Collector | undefined
  #waiters: Waiter[] = []
  /** Bytes taken by the handler for which no credit was given back. */
  #consumed = 0
  #stream: ReadableStream<Uint8Array> | undefined
  #trailers: HeaderView | undefined

  /** @internal */
  constructor(owner: BodyOwner) {
    this.#owner = owner
    this.#flags = owner.view()[owner.entryAt + 5]! >>> 16
    this.#isInline = (this.#flags & REQUEST_BODY_COMPLETE) !== 0
    this.#isEnded = this.#isInline || (this.#flags & REQUEST_HAS_BODY) === 0
  }

  /** Whether the request has a body, if only an empty one. */
  get hasBody(): boolean {
    return (this.#flags & REQUEST_HAS_BODY) !== 0
  }

  /** Whether the body was read, or is being read. */
  get used(): boolean {
    return this.#isUsed
  }

  /** The length that the client declared, or undefined where it comes in chunks. */
  get length(): number | undefined {
    const words = this.#owner.view()
    const high = words[this.#owner.entryAt + 14]!
    return high === -1 ? undefined : high * 2 ** 32 + (words[this.#owner.entryAt + 13]! >>> 0)
  }

  /**
   * Trailer fields; undefined until the body has been read to its end, and where there are none.
   */
  get trailers(): HeaderView | undefined {
    return this.#queue.length === 0 ? this.#trailers : undefined
  }

  /** The whole body. */
  bytes(): Promise<Uint8Array> {
    return this.#read(toBytes)
  }

  /** The whole body as UTF-8 text. */
  text(): Promise<string> {
    return this.#read(toText)
  }

  /** The whole body as JSON. Fails with status 400 when it is not. */
  json<T = unknown>(): Promise<T> {
    return this.#read(toJson) as Promise<T>
  }

  /** The whole body as a form of type application/x-www-form-urlencoded. */
  form(): Promise<URLSearchParams> {
    const type = this.#owner.headers.get('content-type') ?? ''
    if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)) {
      return rejected(httpError('LANNER_FORM_INVALID'))
    }
    return this.#read(toForm)
  }

  /** The chunks as they come. The client waits while they are worked on. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    const error = this.#take()
    const iterator: AsyncIterableIterator<Uint8Array> = {
      next: async () => {
        if (error !== undefined) throw error
        const value = await this.#next()
        return value === undefined ? { value: undefined, done: true } : { value, done: false }
      },
      return: () => {
        this.#discard()
        return Promise.resolve({ value: undefined, done: true })
      },
      [Symbol.asyncIterator]: () => iterator,
    }
    return iterator
  }

  /** The body as a stream of bytes. */
  get stream(): ReadableStream<Uint8Array> {
    return (this.#stream ??= this.#makeStream())
  }

  // ---- from the lane

  /** @internal A piece has arrived: bytes that are valid during this call. */
  push(bytes: Uint8Array, start: number, end: number, isLast: boolean): void {
    if (isLast) this.#isEnded = true
    const collector = this.#collector
    if (collector !== undefined) {
      collector.add(bytes, start, end)
      this.#consume(end - start)
    } else if (end > start && this.#error === undefined) {
      this.#offer(copyOf(bytes, start, end))
    }
    if (isLast) this.#finish()
  }

  /** @internal The end has arrived, with trailer fields or without. */
  end(trailers: HeaderView | undefined): void {
    this.#trailers = trailers
    this.#isEnded = true
    this.#finish()
  }

  /** @internal Nothing more will come. */
  fail(error: Error): void {
    if (this.#error !== undefined || this.#isEnded) return
    this.#error = error
    this.#collector?.fail(error)
    this.#collector = undefined
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
  }

  /** @internal The reply is complete: what was not read is given up. */
  close(): void {
    if (!this.#isEnded) this.fail(new LannerError('LANNER_BODY_CLOSED'))
  }

  // ---- reading

  /** Claims the body for one reader; gives the error when there was one before. */
  #take(): Error | undefined {
    if (this.#isUsed) return new LannerError('LANNER_BODY_USED')
    this.#isUsed = true
    if ((this.#flags & REQUEST_EXPECT_CONTINUE) !== 0 && !this.#isEnded) this.#credit(0)
    return undefined
  }

  #read<T>(convert: Convert<T>): Promise<T> {
    const error = this.#take() ?? this.#error
    if (error !== undefined) return rejected(error)
    try {
      if (this.#isInline) return Promise.resolve(this.#convertInline(convert))
      if (this.#isEnded && this.#queue.length === 0) {
        return Promise.resolve(convert(EMPTY, 0, 0, false))
      }
      return this.#collect(convert)
    } catch (failure) {
      return rejected(failure)
    }
  }

  #convertInline<T>(convert: Convert<T>): T {
    const { entryBytes, entryAt } = this.#owner
    const words = this.#owner.view()
    const start = entryAt * 4 + words[entryAt + 11]!
    this.#isInline = false
    return convert(entryBytes, start, start + words[entryAt + 12]!, false)
  }

  #collect<T>(convert: Convert<T>): Promise<T> {
    return silenced(
      new Promise<T>((resolve, reject) => {
        const collector = new Collector(
          this.length,
          (bytes, length) => {
            try {
              resolve(convert(bytes, 0, length, true))
            } catch (failure) {
              reject(failure)
            }
          },
          reject,
        )
        for (const chunk of this.#queue.splice(0)) {
          collector.add(chunk, 0, chunk.byteLength)
          this.#consume(chunk.byteLength)
        }
        this.#collector = collector
        if (this.#isEnded) this.#finish()
      }),
    )
  }

  /** The next chunk, undefined at the end. */
  #next(): Promise<Uint8Array | undefined> {
    const chunk = this.#isInline ? this.#convertInline(copyOf) : this.#queue.shift()
    if (chunk !== undefined && chunk.byteLength > 0) {
      this.#consume(chunk.byteLength)
      return Promise.resolve(chunk)
    }
    if (this.#error !== undefined) return rejected(this.#error)
    if (this.#isEnded) return Promise.resolve(undefined)
    return silenced(
      new Promise((resolve, reject) => {
        this.#waiters.push({ resolve, reject })
      }),
    )
  }

  /** Hands a chunk to who waits for it, or keeps it. */
  #offer(chunk: Uint8Array): void {
    const waiter = this.#waiters.shift()
    if (waiter === undefined) {
      this.#queue.push(chunk)
      return
    }
    this.#consume(chunk.byteLength)
    waiter.resolve(chunk)
  }

  #finish(): void {
    const collector = this.#collector
    this.#collector = undefined
    collector?.finish()
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(undefined)
  }

  /** The handler wants no more of it. */
  #discard(): void {
    this.#queue.length = 0
    this.#isInline = false
    this.close()
  }

  /**
   * Gives credit back once half the window was consumed. The network side then still has the other
   * half, so it never stands still for want of it.
   */
  #consume(bytes: number): void {
    if (this.#isEnded) return
    this.#consumed += bytes
    if (this.#consumed * 2 < this.#owner.lane.requestWindowBytes) return
    const credit = this.#consumed
    this.#consumed = 0
    this.#credit(credit)
  }

  #credit(bytes: number): void {
    const { lane, slot, generation, phase } = this.#owner
    if (phase < SETTLED) lane.read(slot, generation, bytes)
  }

  #makeStream(): ReadableStream<Uint8Array> {
    let iterator: AsyncIterator<Uint8Array> | undefined
    return new ReadableStream({
      type: 'bytes',
      // Nothing is pulled before somebody reads, so that touching the stream does not use the body.
      pull: async (controller) => {
        iterator ??= this[Symbol.asyncIterator]()
        const { value, done } = await iterator.next()
        if (done !== true) return controller.enqueue(value)
        controller.close()
        controller.byobRequest?.respond(0)
      },
      cancel: () => {
        if (this.#isUsed && iterator === undefined) return
        this.#isUsed = true
        this.#discard()
      },
    })
  }
}

/** An own copy, in a buffer of its own: a pooled one would share memory with others. */
function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = allocBytes(end - start)
  copy.set(bytes.subarray(start, end))
  return new Uint8Array(copy.buffer, 0, end - start)
}

function toBytes(bytes: Bytes, start: number, end: number, isOwn: boolean): Uint8Array {
  return isOwn ? new Uint8Array(bytes.buffer, start, end - start) : copyOf(bytes, start, end)
}

/** The byte order mark is no part of a text. */
function toText(bytes: Bytes, start: number, end: number): string {
  const text = bytes.utf8Slice(start, end)
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

function toJson(bytes: Bytes, start: number, end: number): unknown {
  try {
    return JSON.parse(toText(bytes, start, end))
  } catch (cause) {
    throw httpError('LANNER_JSON_INVALID', cause)
  }
}

function toForm(bytes: Bytes, start: number, end: number): URLSearchParams {
  return new URLSearchParams(toText(bytes, start, end))
}

/** A rejected promise that ends nothing when nobody looks at it. */
function rejected(error: unknown): Promise<never> {
  return silenced(Promise.reject(error as Error))
}

function silenced<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
