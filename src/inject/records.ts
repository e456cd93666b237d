// Reads the records of an outbox: the JavaScript twin of what an I/O thread does with them.
//
// Used by the inject lane. Trusts the layout: the records were written by this process a moment
// ago.

import {
  ABSENT,
  END_WORDS,
  RECORD_ABORT,
  RECORD_END,
  RECORD_INFORM,
  RECORD_READ,
  RECORD_REPLY,
  RECORD_RULES,
  RECORD_WRITE,
  RECORD_WRITE_LARGE,
  REPLY_LARGE,
  REPLY_LENGTH,
  REPLY_STREAM,
  REPLY_WORDS,
  WRITE_WORDS,
} from '../native/generated/layout.js'
import { CONTENT_TYPES } from '../native/exchange.js'

import type { Bytes } from '../native/bytes.js'

/** Names and values. */
export type FieldList = [name: string, value: string][]

/** Who hears of the records of one exchange. */
export interface RecordHandler {
  /** The head of the reply, with its whole body unless a stream follows. */
  onReply(status: number, fields: FieldList, body: Uint8Array | undefined): void
  onWrite(chunk: Uint8Array): void
  onEnd(trailers: FieldList): void
  onAbort(): void
  onInform(status: number, fields: FieldList): void
  onRead(bytes: number): void
  /** What the rest of the request is held to; negative for any length of its body. */
  onRules(bodyBytes: number): void
}

/** Reads the records in the first `length` bytes. Bodies that were attached are taken in order. */
export function readRecords(
  bytes: Bytes,
  length: number,
  attached: Uint8Array[],
  find: (slot: number, generation: number) => RecordHandler | undefined,
): void {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, length >> 2)
  for (let at = 0; at < words.length; at += words[at]! >> 2) {
    const kind = words[at + 1]!
    const handler = find(words[at + 2]!, words[at + 3]!)
    const isLarge =
      kind === RECORD_WRITE_LARGE ||
      (kind === RECORD_REPLY && ((words[at + 4]! >>> 16) & REPLY_LARGE) !== 0)
    // Taken even when nobody wants it, so that the next one is the next record's.
    const large = isLarge ? attached.shift() : undefined
    if (handler !== undefined) readRecord(words, bytes, at, kind, large, handler)
  }
}

function readRecord(
  words: Int32Array,
  bytes: Bytes,
  at: number,
  kind: number,
  large: Uint8Array | undefined,
  handler: RecordHandler,
): void {
  switch (kind) {
    case RECORD_REPLY:
      return readReply(words, bytes, at, large, handler)
    case RECORD_WRITE: {
      const start = (at + WRITE_WORDS) * 4
      return handler.onWrite(new Uint8Array(bytes.subarray(start, start + words[at + 4]!)))
    }
    case RECORD_WRITE_LARGE:
      return handler.onWrite(large!)
    case RECORD_END:
      return handler.onEnd(readFields(words, bytes, at + END_WORDS, words[at + 4]!).fields)
    case RECORD_ABORT:
      return handler.onAbort()
    case RECORD_INFORM: {
      const { fields } = readFields(words, bytes, at + REPLY_WORDS, words[at + 6]!)
      return handler.onInform(words[at + 4]!, fields)
    }
    case RECORD_READ:
      return handler.onRead(words[at + 4]!)
    case RECORD_RULES: {
      const high = words[at + 5]!
      return handler.onRules(high === ABSENT ? -1 : high * 2 ** 32 + (words[at + 4]! >>> 0))
    }
    default:
      throw new Error(`there is no record of kind ${kind}`)
  }
}

function readReply(
  words: Int32Array,
  bytes: Bytes,
  at: number,
  large: Uint8Array | undefined,
  handler: RecordHandler,
): void {
  const status = words[at + 4]! & 0xffff
  const flags = words[at + 4]! >>> 16
  const { fields, end } = readFields(words, bytes, at + REPLY_WORDS, words[at + 6]!)
  const type = CONTENT_TYPES[words[at + 5]!]!
  if (type !== '') fields.unshift(['content-type', type])
  if ((flags & REPLY_STREAM) !== 0) {
    if ((flags & REPLY_LENGTH) !== 0) {
      const streamLength = words[at + 10]! * 2 ** 32 + (words[at + 9]! >>> 0)
      fields.push(['content-length', String(streamLength)])
    }
    return handler.onReply(status, fields, undefined)
  }
  const body = large ?? new Uint8Array(bytes.subarray(end, end + words[at + 8]!))
  handler.onReply(status, fields, body)
}

function readFields(
  words: Int32Array,
  bytes: Bytes,
  at: number,
  count: number,
): { fields: FieldList; end: number } {
  const fields: FieldList = []
  let start = (at + count) * 4
  for (let i = 0; i < count; i++) {
    const word = words[at + i]!
    const middle = start + (word & 0xffff)
    const end = middle + (word >>> 16)
    fields.push([bytes.latin1Slice(start, middle), bytes.latin1Slice(middle, end)])
    start = end
  }
  return { fields, end: (start + 3) & ~3 }
}
