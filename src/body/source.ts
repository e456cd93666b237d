// The body of a request, as handlers read it.
//
// Made by Context on touch, or by the lane when the first piece arrives. A small body lies in the
// request's entry and is converted in one step; a longer one arrives in pieces, which Incoming
// keeps. Promises: one reader, chunks that the handler owns, and that a rejection which nobody
// looks at never ends the process, because clients cause them.

import { addCleanup } from '../cleanups.js'
import { httpError, LannerError } from '../errors.js'
import { readFormData } from '../multipart/form-data.js'
import { paramsOfForm, parseFormParts, parseMultipart } from '../multipart/limits.js'
import { readParts } from '../multipart/reader.js'
import { allocBytes } from '../native/bytes.js'
import {
  REQUEST_BODY_COMPLETE,
  REQUEST_EXPECT_CONTINUE,
  REQUEST_HAS_BODY,
} from '../native/generated/layout.js'
import { isUrlencoded } from '../query.js'
import { parseLineBytes, readJsonLines } from '../streaming/json-lines.js'
import { Incoming } from './incoming.js'
import { InlinePiece, ownCopy } from './piece.js'

import type { Cleanup } from '../cleanups.js'
import type { HeaderView } from '../headers.js'
import type { FormSource } from '../multipart/form-data.js'
import type { FormOptions, MultipartOptions } from '../multipart/limits.js'
import type { Part } from '../multipart/part.js'
import type { Extras } from '../native/exchange.js'
import type { Bytes } from '../native/bytes.js'
import type { JsonLinesOptions } from '../streaming/json-lines.js'
import type { Convert, IncomingOwner, Receive } from './incoming.js'

/** What is needed of a Context. */
interface BodyOwner extends IncomingOwner {
  readonly entryBytes: Bytes
  readonly entryAt: number
  readonly headers: HeaderView
  extras: Extras | undefined
  view(): Int32Array
}

const EMPTY = allocBytes(0)

/** The body of a request. It is read once, by one of these ways. */
export class BodySource implements AsyncIterable<Uint8Array> {
  readonly #owner: BodyOwner
  readonly #flags: number
  #isUsed: boolean
  /** @internal Whether the whole body lies in the entry and was not taken yet. */
  isInline: boolean
  /** @internal Whether handlers find what a schema made of the body in its place. */
  isBound: boolean
  /** @internal What that is. */
  value: unknown
  #incoming: Incoming | undefined
  #stream: ReadableStream<Uint8Array> | undefined

  /** @internal */
  constructor(owner: BodyOwner) {
    this.#owner = owner
    this.#flags = owner.view()[owner.entryAt + 5]! >>> 16
    this.#isUsed = false
    this.isInline = (this.#flags & REQUEST_BODY_COMPLETE) !== 0
    this.isBound = false
    this.value = undefined
    this.#incoming = this.isInline || !this.hasBody ? undefined : new Incoming(owner, this.length)
    this.#stream = undefined
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
    const at = this.#owner.entryAt
    const high = words[at + 14]!
    return high === -1 ? undefined : high * 2 ** 32 + (words[at + 13]! >>> 0)
  }

  /**
   * Trailer fields; undefined until the body has been read to its end, and where there are none.
   */
  get trailers(): HeaderView | undefined {
    return this.#incoming?.trailers
  }

  /**
   * The whole body.
   * @throws LANNER_BODY_USED: it was read before
   * @throws LANNER_BODY_TOO_LARGE (413): it is longer than `limits.bodyBytes`
   * @throws LANNER_BODY_TIMEOUT (408): it came too slowly
   * @throws LANNER_BODY_MALFORMED (400): it breaks the rules of HTTP
   * @throws LANNER_PEER_GONE, LANNER_DEADLINE, LANNER_SERVER_CLOSING: the exchange ended before it
   */
  bytes(): Promise<Uint8Array> {
    return this.#read(toBytes)
  }

  /**
   * The whole body as UTF-8 text.
   * @throws what `bytes()` throws
   */
  text(): Promise<string> {
    return this.#read(toText)
  }

  /**
   * The whole body as JSON.
   * @throws LANNER_JSON_INVALID (400): it is not
   * @throws what `bytes()` throws
   */
  json<T = unknown>(): Promise<T> {
    return this.#read(toJson as Convert<T>)
  }

  /**
   * The whole body as a form of type application/x-www-form-urlencoded.
   * @param options - `parts` is how many fields it may have: 1 to 1000000, default 1024.
   * @throws LANNER_FORM_INVALID (415): it has another type
   * @throws LANNER_MULTIPART_LIMIT (413): it has more fields
   * @throws LANNER_OPTION_INVALID: an option is wrong
   * @throws what `bytes()` throws
   */
  form(options: FormOptions = {}): Promise<URLSearchParams> {
    const type = this.#owner.headers.get('content-type') ?? ''
    if (!isUrlencoded(type)) return rejected(httpError('LANNER_FORM_INVALID'))
    try {
      const most = parseFormParts(options)
      return this.#read((bytes, start, end) => paramsOfForm(toText(bytes, start, end), most))
    } catch (error) {
      return rejected(error)
    }
  }

  /**
   * The parts of a form of type multipart/form-data, as they come: `for await (const part of
   * ctx.body.multipart())`. Read a part before going on to the next one; what is left of it is
   * skipped.
   * @throws LANNER_FORM_INVALID (415): it has another type
   * @throws LANNER_MULTIPART_INVALID (400): the form is not valid
   * @throws LANNER_MULTIPART_LIMIT (413): it passes a limit
   * @throws LANNER_OPTION_INVALID: an option is wrong
   * @throws what `bytes()` throws
   */
  multipart(options: MultipartOptions = {}): AsyncGenerator<Part, undefined> {
    const { type, atEnd } = this.#form()
    return readParts(this, type, parseMultipart(options), atEnd)
  }

  /**
   * A whole form of either type. A file that is longer than `memoryBytes` lies in a temporary file,
   * which is deleted at the end of the exchange.
   * @throws LANNER_FORM_INVALID (415): it is of neither type
   * @throws what `multipart()` throws
   */
  formData(options: MultipartOptions = {}): Promise<FormData> {
    return silenced(readFormData(this.#form(), options))
  }

  /**
   * The values of a body with one JSON value per line, as they come.
   * @throws LANNER_JSON_INVALID (400): a line is not JSON
   * @throws LANNER_LINE_TOO_LONG (413): a line is longer than `lineBytes`
   * @throws what `bytes()` throws
   */
  jsonLines<T = unknown>(options: JsonLinesOptions = {}): AsyncGenerator<T, undefined> {
    return readJsonLines<T>(this, parseLineBytes(options))
  }

  /** The chunks as they come. The client waits while they are worked on. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    const error = this.#take()
    const iterator: AsyncIterableIterator<Uint8Array> = {
      next: () => (error === undefined ? silenced(this.#step()) : rejected(error)),
      return: () => {
        this.#discard()
        return Promise.resolve({ value: undefined, done: true })
      },
      [Symbol.asyncIterator]: () => iterator,
    }
    return iterator
  }

  /**
   * Calls `receive` with each chunk as it comes, and settles at the end. A chunk is lent: its bytes
   * are valid until `receive` returns or its promise settles, and then they are used again. That
   * makes this the cheapest way to read a large body. The client waits while a promise is pending.
   */
  forEach(receive: Receive): Promise<void> {
    const error = this.#take()
    if (error !== undefined) return rejected(error)
    if (this.#incoming !== undefined) return silenced(this.#incoming.forEach(receive))
    const chunk = this.isInline ? this.#takeInline(copyOf) : undefined
    try {
      const result = chunk !== undefined && chunk.byteLength > 0 ? receive(chunk) : undefined
      return silenced(Promise.resolve(result).then(nothing))
    } catch (failure) {
      return rejected(failure)
    }
  }

  /** The body as a stream of bytes. */
  get stream(): ReadableStream<Uint8Array> {
    return (this.#stream ??= this.#makeStream())
  }

  /** @internal The pieces, where the body comes in pieces. */
  get incoming(): Incoming | undefined {
    return this.#incoming
  }

  /** @internal The whole body, at once where it came with its head. Throws as the others reject. */
  whole<T>(convert: Convert<T>): T | Promise<T> {
    const error = this.#take()
    if (error !== undefined) throw error
    if (this.#incoming !== undefined) return silenced(this.#incoming.collect(convert))
    return this.isInline ? this.#takeInline(convert) : convert(EMPTY, 0, 0, false)
  }

  /** @internal From now on handlers find this in the place of the body. */
  bind(value: unknown): void {
    this.isBound = true
    this.value = value
  }

  /** @internal Nothing more will come. */
  fail(error: Error): void {
    this.#incoming?.fail(error)
  }

  /** @internal The reply is complete: what was not read is given up. */
  close(): void {
    // Only where something is missing: an error costs its stack.
    if (this.#incoming?.isOpen === true) this.#incoming.fail(new LannerError('LANNER_BODY_CLOSED'))
  }

  /** Claims the body for one reader; gives the error when there was one before. */
  #take(): Error | undefined {
    if (this.#isUsed) return new LannerError('LANNER_BODY_USED')
    this.#isUsed = true
    if ((this.#flags & REQUEST_EXPECT_CONTINUE) !== 0) this.#incoming?.ask()
    return undefined
  }

  #read<T>(convert: Convert<T>): Promise<T> {
    try {
      return Promise.resolve(this.whole(convert))
    } catch (failure) {
      return rejected(failure)
    }
  }

  #takeInline<T>(convert: Convert<T>): T {
    const { entryBytes, entryAt } = this.#owner
    const words = this.#owner.view()
    const start = entryAt * 4 + words[entryAt + 11]!
    this.isInline = false
    return convert(entryBytes, start, start + words[entryAt + 12]!, false)
  }

  async #step(): Promise<IteratorResult<Uint8Array>> {
    const value = await this.#next()
    return value === undefined ? { value: undefined, done: true } : { value, done: false }
  }

  /** The next chunk, undefined at the end. */
  #next(): Promise<Uint8Array | undefined> {
    if (this.#incoming !== undefined) return silenced(this.#incoming.next())
    const chunk = this.isInline ? this.#takeInline(copyOf) : undefined
    return Promise.resolve(chunk?.byteLength === 0 ? undefined : chunk)
  }

  /** The handler wants no more of it. */
  #discard(): void {
    this.isInline = false
    this.#incoming?.discard()
  }

  #form(): FormSource {
    const owner = this.#owner
    const atEnd = (cleanup: Cleanup): void => addCleanup(owner, cleanup)
    return { body: this, type: owner.headers.get('content-type') ?? '', atEnd }
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

function copyOf(bytes: Bytes, start: number, end: number): Uint8Array {
  const piece = new InlinePiece(bytes)
  piece.start = start
  piece.length = end - start
  return ownCopy(piece)
}

export function toBytes(bytes: Bytes, start: number, end: number, isOwn: boolean): Uint8Array {
  if (isOwn) return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
  return copyOf(bytes, start, end)
}

/** The byte order mark is no part of a text. */
export function toText(bytes: Bytes, start: number, end: number): string {
  const text = bytes.utf8Slice(start, end)
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

export function toJson(bytes: Bytes, start: number, end: number): unknown {
  try {
    return JSON.parse(toText(bytes, start, end))
  } catch (cause) {
    throw httpError('LANNER_JSON_INVALID', cause)
  }
}

/** A rejected promise that ends nothing when nobody looks at it. */
function rejected(error: unknown): Promise<never> {
  return silenced(Promise.reject(error as Error))
}

function nothing(): void {}

function silenced<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
