// Turns what a handler returned into a reply: the only normaliser.
//
// Called by the lane with any value but a string, a promise, `undefined` and the context itself,
// which it knows how to send. Notes body, type, status and fields on the context; sending is the
// lane's.

import { isAnyArrayBuffer } from 'node:util/types'

import { LannerError } from './errors.js'
import {
  BODY_BYTES,
  BODY_NONE,
  BODY_STREAM,
  BODY_TEXT,
  extrasOf,
  TYPE_BYTES,
  TYPE_EVENTS,
  TYPE_JSON,
  TYPE_NONE,
  TYPE_TEXT,
} from './native/exchange.js'
import { toJson } from './json.js'
import { isTaken, partsOf, takeBody } from './fetch/parts.js'
import { NOT_SMALL } from './native/small-json.js'
import { addField, checkStatus, hasField, removeField, setField } from './reply-fields.js'
import { NO_HEADERS, Result } from './results.js'
import { EventStream } from './streaming/events.js'
import { JSON_LINES_TYPE, JsonLines } from './streaming/json-lines.js'

import type { Context } from './context.js'
import type { ResponseParts } from './fetch/parts.js'
import type { Outbox } from './native/outbox.js'
import type { FieldOwner } from './reply-fields.js'

/** Notes a value as the reply. */
export function toReply(ctx: Context, value: unknown): void {
  if (typeof value === 'string') return note(ctx, BODY_TEXT, TYPE_TEXT, value)
  if (typeof value === 'object' && value !== null) return objectReply(ctx, value)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) {
    return note(ctx, BODY_TEXT, TYPE_JSON, JSON.stringify(value))
  }
  throw new LannerError(
    'LANNER_REPLY_VALUE',
    `The handler returned a ${typeof value}, which cannot be made a reply.`,
  )
}

/**
 * Writes a small object, or a result of one, straight into a record; gives the length of its JSON,
 * or NOT_SMALL where it has to be noted as any other value.
 */
export function writeSmall(outbox: Outbox, ctx: Context, value: unknown): number {
  let status = ctx.statusCode === 0 ? 200 : ctx.statusCode
  let body = value
  if (value instanceof Result) {
    if (value.headers !== NO_HEADERS) return NOT_SMALL
    status = value.status
    body = value.body
  }
  if (status !== 200 && status !== 201) return NOT_SMALL
  if (typeof body !== 'object' || body === null) return NOT_SMALL
  if (Object.getPrototypeOf(body) !== Object.prototype) return NOT_SMALL
  const type = hasField(ctx, 'content-type') ? TYPE_NONE : TYPE_JSON
  const bytes = outbox.replyJson(ctx, status, type, body, ctx.compiled.json)
  if (bytes !== NOT_SMALL) ctx.statusCode = status
  return bytes
}

function note(ctx: Context, kind: number, type: number, body: unknown): void {
  ctx.bodyKind = kind
  ctx.replyType = type
  ctx.replyBody = body
}

function objectReply(ctx: Context, value: object): void {
  if (value instanceof Result) return resultReply(ctx, value)
  const proto: unknown = Object.getPrototypeOf(value)
  if (proto === Object.prototype || Array.isArray(value) || proto === null) {
    return note(ctx, BODY_TEXT, TYPE_JSON, toJson(value))
  }
  if (value instanceof Uint8Array) return note(ctx, BODY_BYTES, TYPE_BYTES, value)
  if (isAnyArrayBuffer(value)) return note(ctx, BODY_BYTES, TYPE_BYTES, new Uint8Array(value))
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value
    return note(ctx, BODY_BYTES, TYPE_BYTES, new Uint8Array(buffer, byteOffset, byteLength))
  }
  if (isResponse(value)) return responseReply(ctx, value)
  if (value instanceof EventStream) return note(ctx, BODY_STREAM, TYPE_EVENTS, value.open(ctx))
  if (value instanceof JsonLines) return linesReply(ctx, value)
  // A returned error is a mistake for a thrown one; as JSON it would be an empty object.
  if (value instanceof Error) throw value
  if (isBlob(value)) return blobReply(ctx, value)
  if (value instanceof URLSearchParams || isFormData(value)) {
    return formReply(ctx, new Response(value as URLSearchParams))
  }
  if (isStreamBody(value)) {
    const isTyped = hasField(ctx, 'content-type')
    return note(ctx, BODY_STREAM, isTyped ? TYPE_NONE : TYPE_BYTES, value)
  }
  const text = toJson(value)
  if (text === undefined) {
    throw new LannerError(
      'LANNER_REPLY_VALUE',
      'The handler returned an object without a JSON form.',
    )
  }
  note(ctx, BODY_TEXT, TYPE_JSON, text)
}

/** Its fields replace those set before, its cookies are added. */
function resultReply(ctx: Context, result: Result): void {
  const { status, body, headers } = result
  ctx.statusCode = checkStatus(status)
  if (headers !== NO_HEADERS) setResultFields(ctx, headers)
  if (body === undefined) note(ctx, BODY_NONE, TYPE_NONE, undefined)
  else toReply(ctx, body)
}

function setResultFields(ctx: Context, headers: Result['headers']): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name !== 'set-cookie') setField(ctx, name, value)
    else for (const line of [value].flat()) addField(ctx, name, line)
  }
}

function linesReply(ctx: Context, lines: JsonLines): void {
  if (!hasField(ctx, 'content-type')) addField(ctx, 'content-type', JSON_LINES_TYPE)
  note(ctx, BODY_STREAM, TYPE_NONE, lines.open(ctx))
}

/** Any Response of the fetch standard, this realm's or another's. */
export function isResponse(value: object): value is Response {
  return (
    value instanceof Response ||
    ('status' in value && 'headers' in value && 'body' in value && tagOf(value) === 'Response')
  )
}

function isBlob(value: object): value is Blob {
  return (
    'stream' in value && 'size' in value && (tagOf(value) === 'Blob' || tagOf(value) === 'File')
  )
}

function isFormData(value: object): boolean {
  return tagOf(value) === 'FormData'
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}

/**
 * Whether a value is a source of chunks: a ReadableStream, a Node Readable, an (async) iterable.
 */
export function isStreamBody(value: object): boolean {
  if ('getReader' in value && typeof value.getReader === 'function') return true
  if (Symbol.asyncIterator in value) return true
  // An own toJSON says that the object is data that happens to be iterable.
  return Symbol.iterator in value && !('toJSON' in value)
}

function blobReply(ctx: Context, blob: Blob): void {
  if (blob.type !== '' && !hasField(ctx, 'content-type')) {
    addField(ctx, 'content-type', blob.type)
  }
  extrasOf(ctx).length = blob.size
  note(ctx, BODY_STREAM, TYPE_BYTES, blob.stream())
}

/** A form has no status of its own: what was said before stays. */
function formReply(ctx: Context, form: Response): void {
  const { statusCode } = ctx
  responseReply(ctx, form)
  if (statusCode !== 0) ctx.statusCode = statusCode
}

/** Fields of one connection: a Response that was fetched elsewhere may carry that connection's. */
const HOP_BY_HOP =
  /^(?:connection|keep-alive|proxy-connection|proxy-authenticate|te|trailer|transfer-encoding|upgrade)$/

function responseReply(ctx: Context, response: Response): void {
  const parts = partsOf(response)
  if (parts !== undefined) return partsReply(ctx, parts)
  if (response.bodyUsed || isTaken(response)) {
    throw new LannerError(
      'LANNER_REPLY_VALUE',
      'The body of the returned Response was read before.',
    )
  }
  ctx.statusCode = responseStatus(response)
  // fetch() decodes bodies and leaves the fields that describe the encoded one.
  const isDecoded = response.url !== '' && response.headers.has('content-encoding')
  copyHeaders(ctx, response.headers, isDecoded)
  noteBody(ctx, takeBody(response) ?? response.body)
}

/** What a Response is made of, when it was never more than that. */
function partsReply(ctx: Context, { status, fields, headers, body }: ResponseParts): void {
  ctx.statusCode = status
  if (headers !== undefined) {
    copyHeaders(ctx, headers, false)
  } else if (fields !== undefined) {
    for (let at = 0; at < fields.length; at += 2) copyField(ctx, fields[at]!, fields[at + 1]!)
  }
  noteBody(ctx, body)
}

function noteBody(ctx: Context, body: unknown): void {
  const isWhole = typeof body === 'string' || body instanceof Uint8Array
  if (body === null || body === undefined || (isWhole && saysLengthOfGet(ctx))) {
    return note(ctx, BODY_NONE, TYPE_NONE, undefined)
  }
  if (typeof body === 'string') note(ctx, BODY_TEXT, TYPE_NONE, body)
  else if (body instanceof Uint8Array) note(ctx, BODY_BYTES, TYPE_NONE, body)
  else note(ctx, BODY_STREAM, TYPE_NONE, body)
}

/** A reply to HEAD may say a length that is not that of the body it was made with. */
function saysLengthOfGet({ extras, method }: Context): boolean {
  return extras !== undefined && extras.length >= 0 && method === 'HEAD'
}

function responseStatus({ status, type }: Response): number {
  if (status >= 200 && status <= 599) return status
  throw new LannerError(
    'LANNER_STATUS_INVALID',
    type === 'error'
      ? 'The handler returned Response.error(), which has no status.'
      : `The returned Response has the status ${status}; a reply has 200 to 599.`,
  )
}

/** The Response's fields replace those set before; cookies are added. */
function copyHeaders(owner: FieldOwner, headers: Headers, isDecoded: boolean): void {
  // A function for each of them: in some versions of Node that costs a fraction of an iterator.
  headers.forEach((value, name) => {
    if (isDecoded && (name === 'content-encoding' || name === 'content-length')) return
    copyField(owner, name, value)
  })
}

/** Each name comes once, cookies apart. */
function copyField(owner: FieldOwner, name: string, value: string): void {
  if (HOP_BY_HOP.test(name) && !(name === 'upgrade' && owner.statusCode === 426)) return
  if (name !== 'set-cookie') removeField(owner, name)
  addField(owner, name, value)
}
