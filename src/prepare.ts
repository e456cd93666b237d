// Notes the reply that a handler decided on; it is sent when the chain has ended.
//
// Called by the helpers of Context and by what answers where no route does. Promises one reply per
// request: the second one is an error, and so is a field that comes when the head has left. A
// cancelled exchange takes anything and sends nothing.

import { LannerError } from './errors.js'
import { BODY_NONE, BODY_TEXT, CANCELLED, OPEN, PREPARED } from './native/exchange.js'
import { TYPE_NONE, TYPE_PROBLEM } from './native/exchange.js'
import { problemText } from './problem.js'
import { checkStatus } from './reply-fields.js'
import { toReply } from './response.js'

import type { Context } from './context.js'

declare const replyMark: unique symbol

/** What the reply helpers of a Context return: return it from the handler. */
export interface Reply {
  /** Marks the type; there is no such property. */
  readonly [replyMark]: true
}

/** The part of a Context that says what is to be sent. */
interface Noted {
  phase: number
  statusCode: number
  bodyKind: number
  replyType: number
  replyBody: unknown
}

/** Notes a body with its kind and type. */
export function prepare(
  ctx: Noted,
  kind: number,
  type: number,
  body: unknown,
  status: number | undefined,
): Reply {
  if (ctx.phase !== OPEN && ctx.phase !== CANCELLED) throw new LannerError('LANNER_ALREADY_REPLIED')
  if (status !== undefined) ctx.statusCode = checkStatus(status)
  if (ctx.phase === OPEN) ctx.phase = PREPARED
  ctx.bodyKind = kind
  ctx.replyType = type
  ctx.replyBody = body
  return ctx as unknown as Reply
}

/** Notes a value, as if it had been returned. */
export function prepareValue(ctx: Noted, value: object): Reply {
  const reply = prepare(ctx, BODY_NONE, TYPE_NONE, undefined, undefined)
  toReply(ctx as unknown as Context, value)
  return reply
}

/** Notes a problem document. */
export function replyProblem(ctx: Noted, status: number, detail?: string): Reply {
  return prepare(ctx, BODY_TEXT, TYPE_PROBLEM, problemText({ status, detail }), status)
}

/** Throws when the head of the reply has left. */
export function requireHead(ctx: { phase: number }): void {
  if (ctx.phase > PREPARED && ctx.phase !== CANCELLED)
    throw new LannerError('LANNER_ALREADY_REPLIED')
}
