// Writes the records that an isolate hands over: replies, stream pieces, credits.
//
// Called by the lane and by the body streams. Promises whole, aligned records in the order of the
// calls, and that a record which does not fit is preceded by a flush. When to flush otherwise is
// the lane's decision; what a reply contains was decided before (response.ts).

import {
  ABSENT,
  CONTENT_TYPE_BITS,
  END_WORDS,
  PREFIX_BYTES,
  RECORD_ABORT,
  RECORD_END,
  RECORD_INFORM,
  RECORD_READ,
  RECORD_REPLY,
  RECORD_RULES,
  RECORD_WRITE,
  RECORD_WRITE_LARGE,
  REPLY_LARGE,
  REPLY_NO_BODY,
  REPLY_WORDS,
  RULES_WORDS,
  WRITE_WORDS,
} from './generated/layout.js'
import { LannerError } from '../errors.js'
import { bytesOf } from './bytes.js'
import { NOT_SMALL, SMALL_JSON_MAX } from './small-json.js'

import type { NativeRules } from './binding.js'
import type { Bytes } from './bytes.js'
import type { Extras } from './exchange.js'
import type { FieldBlock } from './field-block.js'
import type { SmallJson } from './small-json.js'

/**
 * What takes the records: the native lane, or a reader in JavaScript for calls without a socket.
 */
export interface Port {
  /** Hands over the first `bytes` bytes of the outbox. */
  flush(bytes: number): void
  /** Copies bytes beside the outbox; the next record that is LARGE means them. */
  attach(bytes: Uint8Array): void
  /** Copies the bytes of an entry that travelled beside the batch; only during the dispatch. */
  read(index: number, into: Uint8Array): number
  /**
   * Makes fields known by their lengths and their bytes; gives the number by which records may name
   * them from then on, or 0 when they have to travel in each.
   */
  fieldSet?(lengths: Uint8Array, bytes: Uint8Array): number
}

/** Field names and values in turn. */
export type Fields = readonly string[]

/** Whose reply it is, and its fields. */
export interface Replying {
  readonly slot: number
  readonly generation: number
  /** Sent in front of the fields. */
  readonly replyBlock: FieldBlock | undefined
  readonly replyFields: Fields | undefined
}

/** The same, of a reply that getters of its value may change. */
export interface JsonReplying extends Replying {
  readonly statusCode: number
  /** Nothing is said of length, end or connection before. */
  readonly extras: Extras | undefined
}

/** Longest body that travels inside its record; longer ones go beside the outbox. */
export const INLINE_MAX = 16 * 1024

/**
 * Up to here a loop over the characters is cheaper than a native call (measured, Node 20 to 26).
 */
const LOOP_MAX = 32

/**
 * Replies with the same block before it is made known: one that is put together for a request must
 * not be.
 */
const USES_MIN = 8

/** UTF-8 needs at most three bytes for one UTF-16 unit. */
const UTF8_MAX = 3

const HEAD_BYTES = REPLY_WORDS * 4

export class Outbox {
  readonly buffer: ArrayBuffer
  readonly #words: Int32Array
  readonly #bytes: Bytes
  readonly #capacity: number
  /** By what blocks know that they were made known here; it holds nothing alive. */
  readonly #place: object = {}
  /** The numbers of blocks that were, also of those that were made known elsewhere since. */
  readonly #numbers = new WeakMap<FieldBlock, number>()
  /** Bytes written and not flushed. */
  used = 0
  /** Changes with every record and every flush. */
  version = 0
  port: Port

  constructor(port: Port, capacity: number) {
    this.buffer = new ArrayBuffer(capacity)
    this.#words = new Int32Array(this.buffer)
    this.#bytes = bytesOf(this.buffer)
    this.#capacity = capacity
    this.port = port
  }

  flush(): void {
    const { used } = this
    if (used === 0) return
    this.used = 0
    this.version++
    this.port.flush(used)
  }

  /** A whole reply with a string body; gives the length of that in bytes. */
  replyText(to: Replying, status: number, type: number, text: string): number {
    const n = text.length
    if (n > INLINE_MAX) {
      const body = Buffer.from(text, 'utf8')
      this.replyBytes(to, status, type, body)
      return body.byteLength
    }
    const { replyBlock, replyFields } = to
    const set = replyBlock === undefined ? 0 : this.#setOf(replyBlock)
    const block = set === 0 ? replyBlock : undefined
    const start = this.#reserve(HEAD_BYTES + n * UTF8_MAX, replyFields, block)
    const bodyAt = this.#head(start, RECORD_REPLY, to, replyFields, block)
    const bytes = this.#text(text, n, bodyAt)
    this.#seal(start, bodyAt + bytes, status, type | (set << CONTENT_TYPE_BITS), bytes)
    return bytes
  }

  /**
   * A whole reply with a small object as its JSON body; gives the length of that in bytes, or
   * NOT_SMALL where nothing was written.
   */
  replyJson(
    to: JsonReplying,
    status: number,
    type: number,
    value: object,
    json: SmallJson,
  ): number {
    const { replyBlock, replyFields, statusCode, extras } = to
    const fields = replyFields === undefined ? 0 : replyFields.length
    const set = replyBlock === undefined ? 0 : this.#setOf(replyBlock)
    const block = set === 0 ? replyBlock : undefined
    const start = this.#reserve(HEAD_BYTES + SMALL_JSON_MAX, replyFields, block)
    const bodyAt = this.#head(start, RECORD_REPLY, to, replyFields, block)
    const end = json.write(value, this.#bytes, bodyAt, this)
    if (end === NOT_SMALL) return NOT_SMALL
    // A getter may have said something that the head, which is written, does not say.
    if (
      to.replyFields !== replyFields ||
      (replyFields !== undefined && replyFields.length !== fields) ||
      to.replyBlock !== replyBlock ||
      to.statusCode !== statusCode ||
      to.extras !== extras ||
      (extras !== undefined && isFramed(extras))
    ) {
      json.giveUp()
      return NOT_SMALL
    }
    this.#seal(start, end, status, type | (set << CONTENT_TYPE_BITS), end - bodyAt)
    return end - bodyAt
  }

  /** A whole reply with bytes as its body. */
  replyBytes(to: Replying, status: number, type: number, body: Uint8Array): void {
    const n = body.byteLength
    const large = n > INLINE_MAX
    const { replyBlock, replyFields } = to
    const set = replyBlock === undefined ? 0 : this.#setOf(replyBlock)
    const block = set === 0 ? replyBlock : undefined
    const start = this.#reserve(HEAD_BYTES + (large ? 0 : n), replyFields, block)
    // Reserved first: an attachment must never be overtaken by the flush of an earlier batch.
    if (large) this.port.attach(body)
    const bodyAt = this.#head(start, RECORD_REPLY, to, replyFields, block)
    if (!large) this.#bytes.set(body, bodyAt)
    const kinds = type | (set << CONTENT_TYPE_BITS)
    this.#seal(start, bodyAt + (large ? 0 : n), status | (large ? REPLY_LARGE << 16 : 0), kinds, n)
  }

  /**
   * A reply's head alone: without a body, or before the pieces of a stream. `status` carries flags.
   */
  replyHead(to: Replying, status: number, type: number, streamLength: number): void {
    const { replyBlock, replyFields } = to
    const set = replyBlock === undefined ? 0 : this.#setOf(replyBlock)
    const block = set === 0 ? replyBlock : undefined
    const start = this.#reserve(HEAD_BYTES, replyFields, block)
    const end = this.#head(start, RECORD_REPLY, to, replyFields, block)
    this.#seal(start, end, status, type | (set << CONTENT_TYPE_BITS), 0)
    if (streamLength < 0) return
    const w = start >> 2
    this.#words[w + 9] = streamLength | 0
    this.#words[w + 10] = (streamLength / 2 ** 32) | 0
  }

  /** A reply without a body. */
  replyEmpty(to: Replying, status: number): void {
    this.replyHead(to, status | (REPLY_NO_BODY << 16), 0, -1)
  }

  /** A piece of a reply stream. */
  write(slot: number, generation: number, chunk: Uint8Array): void {
    const n = chunk.byteLength
    if (n > INLINE_MAX) {
      const start = this.#reserve(WRITE_WORDS * 4)
      this.port.attach(chunk)
      this.#prefix(start, WRITE_WORDS * 4, RECORD_WRITE_LARGE, slot, generation)
      this.#words[(start >> 2) + 4] = n
      return
    }
    const size = (WRITE_WORDS * 4 + n + 3) & ~3
    const start = this.#reserve(size)
    this.#prefix(start, size, RECORD_WRITE, slot, generation)
    this.#words[(start >> 2) + 4] = n
    this.#bytes.set(chunk, start + WRITE_WORDS * 4)
  }

  /** The end of a reply stream, with its trailers. */
  end(slot: number, generation: number, trailers: Fields | undefined): void {
    const start = this.#reserve(END_WORDS * 4, trailers)
    const w = start >> 2
    const count = trailers === undefined ? 0 : trailers.length >> 1
    const fieldsAt = start + END_WORDS * 4
    const at = fieldsAt + count * 4
    const end = this.#fields(fieldsAt, at, trailers)
    this.#words[w + 4] = count
    this.#words[w + 5] = end - at
    this.#prefix(start, ((end + 3) & ~3) - start, RECORD_END, slot, generation)
  }

  /** Cuts the connection, so that the client sees a broken message and no short one. */
  abort(slot: number, generation: number): void {
    const start = this.#reserve(PREFIX_BYTES)
    this.#prefix(start, PREFIX_BYTES, RECORD_ABORT, slot, generation)
  }

  /** An informational response. */
  inform(to: Replying, status: number, fields: Fields): void {
    const start = this.#reserve(HEAD_BYTES, fields)
    const end = this.#head(start, RECORD_INFORM, to, fields)
    this.#seal(start, end, status, 0, 0)
  }

  /** Credit for the request body. */
  read(slot: number, generation: number, bytes: number): void {
    const size = PREFIX_BYTES + 4
    const start = this.#reserve(size)
    this.#prefix(start, size, RECORD_READ, slot, generation)
    this.#words[(start >> 2) + 4] = bytes
  }

  /** What a request is held to, in place of the limits of its route. */
  rules(slot: number, generation: number, rules: NativeRules): void {
    const size = RULES_WORDS * 4
    const start = this.#reserve(size)
    this.#prefix(start, size, RECORD_RULES, slot, generation)
    const words = this.#words
    const w = start >> 2
    const { bodyBytes, drainBytes, request, response } = rules
    words[w + 4] = bodyBytes | 0
    words[w + 5] = bodyBytes < 0 ? ABSENT : (bodyBytes / 2 ** 32) | 0
    words[w + 6] = drainBytes | 0
    words[w + 7] = (drainBytes / 2 ** 32) | 0
    words[w + 8] = rules.drainMs
    words[w + 9] = rules.requestMs
    words[w + 10] = request.bytesPerSecond
    words[w + 11] = request.graceMs
    words[w + 12] = response.bytesPerSecond
    words[w + 13] = response.graceMs
  }

  /** The number by which a record may name a block, or 0 when its fields have to be written. */
  #setOf(block: FieldBlock): number {
    return block.knownAt === this.#place ? block.number : this.#introduce(block)
  }

  /** Makes a block known that is used again and again; most are made with the application. */
  #introduce(block: FieldBlock): number {
    const { port } = this
    if (port.fieldSet === undefined || ++block.uses < USES_MIN) return 0
    let number = this.#numbers.get(block)
    if (number === undefined) {
      const lengths = new Uint8Array(Int32Array.from(block.lengths).buffer)
      number = port.fieldSet(lengths, block.bytes)
      this.#numbers.set(block, number)
    }
    block.knownAt = this.#place
    block.number = number
    return number
  }

  /** Where a record of at most `size` bytes and these fields begins. */
  #reserve(size: number, fields?: Fields, block?: FieldBlock): number {
    // Three for the padding behind the fields, three for that behind the record, as in #head and
    // #seal.
    let need = size + 8
    if (fields !== undefined) need += fieldBytes(fields) + (fields.length >> 1) * 4
    if (block !== undefined) need += block.bytes.length + block.count * 4
    if (this.used + need > this.#capacity) {
      if (need > this.#capacity) {
        throw new LannerError(
          'LANNER_HEADER_INVALID',
          'The header fields of the reply are too long.',
        )
      }
      this.flush()
    }
    return this.used
  }

  /** Writes what REPLY and INFORM begin with; returns where the body begins. */
  #head(
    start: number,
    kind: number,
    to: Replying,
    fields: Fields | undefined,
    block?: FieldBlock,
  ): number {
    const words = this.#words
    const w = start >> 2
    words[w + 1] = kind
    words[w + 2] = to.slot
    words[w + 3] = to.generation
    const bytesAt = start + HEAD_BYTES
    if (fields === undefined && block === undefined) {
      words[w + 6] = 0
      words[w + 7] = 0
      return bytesAt
    }
    const count =
      (fields === undefined ? 0 : fields.length >> 1) + (block === undefined ? 0 : block.count)
    words[w + 6] = count
    const at = bytesAt + count * 4
    const end = this.#fields(bytesAt, at, fields, block)
    words[w + 7] = end - at
    return (end + 3) & ~3
  }

  #seal(start: number, end: number, status: number, type: number, bodyLength: number): void {
    const words = this.#words
    const w = start >> 2
    const size = (end - start + 3) & ~3
    words[w] = size
    words[w + 4] = status
    words[w + 5] = type
    words[w + 8] = bodyLength
    words[w + 9] = 0
    words[w + 10] = 0
    this.used = start + size
    this.version++
  }

  #prefix(start: number, size: number, kind: number, slot: number, generation: number): void {
    const words = this.#words
    const w = start >> 2
    words[w] = size
    words[w + 1] = kind
    words[w + 2] = slot
    words[w + 3] = generation
    this.used = start + size
    this.version++
  }

  /** Writes lengths to one place, names and values to another; returns where these end. */
  #fields(start: number, bytesAt: number, fields: Fields | undefined, block?: FieldBlock): number {
    const words = this.#words
    let w = start >> 2
    let at = bytesAt
    if (block !== undefined) {
      const { lengths } = block
      for (let i = 0; i < lengths.length; i++) words[w++] = lengths[i]!
      this.#bytes.set(block.bytes, at)
      at += block.bytes.length
    }
    if (fields === undefined) return at
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i]!
      const value = fields[i + 1]!
      words[w++] = name.length | (value.length << 16)
      this.#latin1(name, at)
      at += name.length
      this.#latin1(value, at)
      at += value.length
    }
    return at
  }

  #latin1(text: string, at: number): void {
    const n = text.length
    if (n > LOOP_MAX) {
      this.#bytes.latin1Write(text, at)
      return
    }
    const bytes = this.#bytes
    for (let i = 0; i < n; i++) bytes[at + i] = text.charCodeAt(i)
  }

  /** Writes a text as UTF-8 and returns its length in bytes. */
  #text(text: string, n: number, at: number): number {
    const bytes = this.#bytes
    if (n > LOOP_MAX) return bytes.utf8Write(text, at)
    let all = 0
    for (let i = 0; i < n; i++) {
      const code = text.charCodeAt(i)
      all |= code
      bytes[at + i] = code
    }
    return all < 0x80 ? n : bytes.utf8Write(text, at)
  }
}

/** Whether something was said about the length or the end of the body, or of the connection. */
function isFramed({ close, length, trailers }: Extras): boolean {
  return close || length >= 0 || trailers !== undefined
}

function fieldBytes(fields: Fields): number {
  let bytes = 0
  for (let i = 0; i < fields.length; i++) bytes += fields[i]!.length
  return bytes
}
