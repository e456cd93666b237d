// Entity tags for replies, and the answers to conditional requests (RFC 9110 section 13).
//
// Used as app.use(etag()). Promises that a client which has the reply already gets 304 without it,
// and that nothing of a stream is read: only bodies that are there as a whole get a tag. A tag or
// a date that the handler set is used as it is. Requests that change something are not judged here,
// because the handler has run by then: it asks requirePreconditions() itself.

import { hash as oneShot } from 'node:crypto'

import { httpError } from '../errors.js'
import { parseHttpDate } from '../http/dates.js'
import { evaluate, hasConditions, isEntityTag } from '../http/conditions.js'
import { limitOf } from '../limit-table.js'
import { flag, refuseUnknown, requireObject, wrong } from '../option-values.js'

import type { Context, Middleware, PreparedReply, Size } from 'lanner'

/** The options of etag(). */
export interface EtagOptions {
  /**
   * Whether tags are weak ('W/"…"'): for replies that mean the same and differ in their bytes.
   * Default false.
   */
  weak?: boolean
  /**
   * Longest body that gets a tag; a longer one is sent without, because its hash would stop the
   * JavaScript thread for longer than a millisecond. Default '1MiB'.
   */
  maxBytes?: Size
  /** Gives the text of a tag, without quotes. Default: SHA-1 in base64url, and no secret. */
  hash?: (body: string | Uint8Array) => string
}

/** What a representation can be told by. */
export interface Validators {
  /** Its entity tag with its quotes: '"abc"', or 'W/"abc"' for a weak one. */
  readonly etag?: string | undefined
  /** When it was changed: a date, or milliseconds. Fractions of a second do not count. */
  readonly lastModified?: Date | number | undefined
}

const NAMES = ['weak', 'maxBytes', 'hash']
const OF = ' of etag()'

/** Tags replies to GET and HEAD, and answers 304 or 412 where the request's conditions say so. */
export function etag(options: EtagOptions = {}): Middleware {
  requireObject(options, `options${OF}`)
  refuseUnknown(options, NAMES, '', OF)
  const { hash = sha1 } = options
  const prefix = flag(options.weak, `weak${OF}`, false) ? 'W/"' : '"'
  const maxBytes = limitOf('etagMaxBytes', options.maxBytes, `maxBytes${OF}`)
  if (typeof hash !== 'function') throw wrong(`hash${OF}`, 'a function', hash)

  function tagReply(reply: PreparedReply, ctx: Context): void {
    if (reply.status !== 200) return
    const { body } = reply
    const isWhole = typeof body === 'string' || body instanceof Uint8Array
    if (isWhole && !reply.has('etag') && reply.length! <= maxBytes) {
      reply.header('etag', `${prefix}${hash(body)}"`)
    }
    if (hasConditions(ctx.headers)) judge(reply, ctx)
  }

  return function etag(ctx, next) {
    const { method } = ctx
    if (method === 'GET' || method === 'HEAD') ctx.onReply(tagReply)
    return next()
  }
}

/** SHA-1 is the cheapest that Node has; a tag has to be different, not secret. */
function sha1(body: string | Uint8Array): string {
  return oneShot('sha1', body, 'base64url')
}

function judge(reply: PreparedReply, ctx: Context): void {
  const lastModified = parseHttpDate(reply.get('last-modified'))
  const verdict = evaluate(ctx.headers, true, { etag: reply.get('etag'), lastModified })
  if (verdict === 'failed') throw httpError('LANNER_PRECONDITION')
  if (verdict === 'not-modified') sendNotModified(reply)
}

/** What describes the body goes with it; what caches keep stays (RFC 9110 section 15.4.5). */
function sendNotModified(reply: PreparedReply): void {
  reply.status = 304
  reply.body = undefined
  for (const name of OF_THE_BODY) reply.header(name, undefined)
}

const OF_THE_BODY = ['content-type', 'content-length', 'content-encoding', 'content-language']

/**
 * Answers 412 (LANNER_PRECONDITION) when the conditions of a request do not hold for what is there
 * now. For handlers that change something, before they do: nothing is changed that the client has
 * not seen. Without a representation (`undefined`), If-Match fails and If-None-Match holds.
 * @param ctx - The request.
 * @param current - What is there now; undefined for nothing.
 */
export function requirePreconditions(ctx: Context, current: Validators | undefined): void {
  const { headers } = ctx
  if (!hasConditions(headers)) return
  if (current === undefined) {
    if (headers.get('if-match') !== null) throw httpError('LANNER_PRECONDITION')
    return
  }
  const { etag: tag, lastModified } = current
  if (tag !== undefined && !isEntityTag(tag)) {
    throw wrong('etag of requirePreconditions()', 'an entity tag with its quotes', tag)
  }
  const time = lastModified instanceof Date ? lastModified.getTime() : lastModified
  const verdict = evaluate(headers, false, { etag: tag, lastModified: time })
  if (verdict === 'failed') throw httpError('LANNER_PRECONDITION')
}
