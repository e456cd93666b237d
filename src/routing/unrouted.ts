// What answers where no route does, behind the middleware that covers the path: 404, 405, OPTIONS.
//
// The core answers by itself where no middleware wants to see the request; these are the same
// replies, byte for byte. They are replies and no errors: middleware gets them back from next(),
// and onError never hears of them.

import { replyProblem } from '../prepare.js'

import type { Context } from '../context.js'
import type { Handler } from '../handler.js'

/** The numbers of Allow values are counted downwards from here, in place of a route's number. */
const FIRST_ALLOW = -2

/** Answers 404: with the application's own handler, whose status is 404 unless it sets another. */
export function answerNotFound(handler: Handler | undefined): Handler {
  if (handler === undefined) return (ctx) => replyProblem(ctx, 404)
  return function notFound(ctx, next) {
    if (ctx.statusCode === 0) ctx.statusCode = 404
    return handler(ctx, next)
  }
}

/** Answers OPTIONS, and any other method that no route of the path takes. */
export function answerUnrouted(ctx: Context): unknown {
  const number = FIRST_ALLOW - ctx.view()[ctx.entryAt + 4]!
  ctx.header('allow', ctx.lane.config.allowValues[number] ?? 'OPTIONS')
  return ctx.method === 'OPTIONS' ? ctx.noContent() : replyProblem(ctx, 405)
}
