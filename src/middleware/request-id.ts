// Gives each request an id that its reply, its log lines and its errors can be found by.
//
// Used as app.use(requestId()). Promises that an id of the client is taken only where that was
// asked for, and only when it is made of characters that are harmless in a log line. Not a trace:
// the traceparent field has rules of its own.

import { randomFillSync } from 'node:crypto'

import { isOfServer, isToken } from '../headers.js'
import { refuseUnknown, requireObject, wrong } from '../option-values.js'

import type { Context, Middleware } from 'lanner'

/** What requestId() adds to `ctx.state`. */
export type RequestIdState = {
  /** The id of the request. */
  requestId: string
}

/** The options of requestId(). */
export interface RequestIdOptions {
  /** The field of the reply, and of the request where that is trusted. Default 'x-request-id'. */
  header?: string
  /**
   * Whether an id that came with the request is kept: true behind a proxy that sets it, or a
   * function that decides. It has 1 to 128 letters, digits and `-_.:~+/=`; any other is replaced.
   * Default false.
   */
  trust?: boolean | ((ctx: Context) => boolean)
  /** Makes the id of a request that has none. Default: 32 random hex digits. */
  generate?: (ctx: Context) => string
}

const NAMES = ['header', 'trust', 'generate']
const HARMLESS = /^[\w\-.:~+/=]{1,128}$/

/** Gives each request an id: `ctx.state.requestId`, and a field of the reply. */
export function requestId(options: RequestIdOptions = {}): Middleware<RequestIdState> {
  requireObject(options, 'options of requestId()')
  refuseUnknown(options, NAMES, '', ' of requestId()')
  const { header = 'x-request-id', trust = false, generate = makeId } = options
  if (typeof header !== 'string' || !isToken(header) || isOfServer(header.toLowerCase())) {
    throw wrong('header of requestId()', 'the name of a field that can be set', header)
  }
  if (typeof trust !== 'boolean' && typeof trust !== 'function') {
    throw wrong('trust of requestId()', 'true, false or a function', trust)
  }
  if (typeof generate !== 'function') {
    throw wrong('generate of requestId()', 'a function', generate)
  }
  // In JavaScript it may be an async one by mistake: a promise is no yes.
  const isTrusted: (ctx: Context) => unknown = typeof trust === 'boolean' ? () => trust : trust
  return function requestId(ctx, next) {
    const given = trust === false ? null : ctx.headers.get(header)
    const isKept = given !== null && HARMLESS.test(given) && isTrusted(ctx) === true
    const id = isKept ? given : generate(ctx)
    ctx.state.requestId = id
    ctx.header(header, id)
    return next()
  }
}

/** 128 bits, as many as a UUID and a trace id of W3C have. */
const ID_BYTES = 16
const ID_DIGITS = ID_BYTES * 2
const IDS = 256
const pool = Buffer.allocUnsafeSlow(ID_BYTES * IDS)
/** The same as hex digits. */
const digits = Buffer.allocUnsafeSlow(ID_DIGITS * IDS)
let used = digits.length
const fromCode = String.fromCharCode

/**
 * Random bytes are drawn and written out for many at once. A text of codes is in one piece, unlike
 * a part of a longer one, and costs half of what a native call costs that reads it from a buffer.
 */
function makeId(): string {
  if (used === digits.length) {
    digits.write(randomFillSync(pool).toString('hex'), 'latin1')
    used = 0
  }
  const d = digits
  const a = used
  used = a + ID_DIGITS
  // oxfmt-ignore
  return fromCode(
    d[a + 0]!, d[a + 1]!, d[a + 2]!, d[a + 3]!,
    d[a + 4]!, d[a + 5]!, d[a + 6]!, d[a + 7]!,
    d[a + 8]!, d[a + 9]!, d[a + 10]!, d[a + 11]!,
    d[a + 12]!, d[a + 13]!, d[a + 14]!, d[a + 15]!,
    d[a + 16]!, d[a + 17]!, d[a + 18]!, d[a + 19]!,
    d[a + 20]!, d[a + 21]!, d[a + 22]!, d[a + 23]!,
    d[a + 24]!, d[a + 25]!, d[a + 26]!, d[a + 27]!,
    d[a + 28]!, d[a + 29]!, d[a + 30]!, d[a + 31]!,
  )
}
