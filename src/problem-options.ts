// What an application says of its problem documents: the option `problems` of routes, groups and
// the middleware problems().
//
// Applied by reply.ts when a reply is decided, whoever made the document: an error, problem(),
// ctx.notFound(), a 404 or 405 without a route. Promises that replies below 400, and routes that
// say nothing, pay one comparison.

import { HttpError, isA } from './errors.js'
import { BODY_NONE, BODY_TEXT, TYPE_PROBLEM } from './native/exchange.js'
import { flag, refuseUnknown, requireObject, wrong } from './option-values.js'
import { problemText } from './problem.js'
import { fieldText, hasField } from './reply-fields.js'

import type { Context } from './context.js'
import type { ProblemDocument } from './results.js'

/** How errors are answered. Routes and groups have their own as the option `problems`. */
export interface ProblemOptions {
  /**
   * Sees each problem document before it is sent, with the error that led to it, if any. Gives
   * another one in its place, or nothing to leave it; its status is that of the reply. Default
   * none.
   */
  customize?: (problem: ProblemDocument, ctx: Context, error: unknown) => ProblemDocument | void
  /**
   * Makes answers of errors that are none: a status or an HttpError for one of a database, say.
   * `onError` gets what it gives, and nothing is reported. Nothing leaves the error unknown.
   * Default none.
   */
  translate?: (error: unknown, ctx: Context) => HttpError | number | undefined
  /** Whether replies from 400 on without a body get a problem document. Default false. */
  statusPages?: boolean
}

const NAMES = ['customize', 'translate', 'statusPages']

/** Checks the option; `of` says whose it is. */
export function checkProblems(value: unknown, of: string): void {
  requireObject(value, `problems${of}`)
  const { customize, translate, statusPages } = value as ProblemOptions
  refuseUnknown(value as object, NAMES, 'problems.', of)
  for (const [name, fn] of Object.entries({ customize, translate })) {
    if (fn !== undefined && typeof fn !== 'function') {
      throw wrong(`problems.${name}${of}`, 'a function', fn)
    }
  }
  flag(statusPages, `problems.statusPages${of}`, false)
}

/** The error as the application wants it answered. */
export function translated(ctx: Context, error: unknown): unknown {
  const { problems } = ctx.compiled.info.options
  if (problems?.translate === undefined || isA(error, HttpError)) return error
  try {
    const made = problems.translate(error, ctx)
    if (typeof made === 'number') return new HttpError(made, undefined, { cause: error })
    return made ?? error
  } catch (second) {
    return second
  }
}

/** Gives the problem document of a reply the form that the application wants. */
export function polish(ctx: Context): void {
  const { problems } = ctx.compiled.info.options
  if (problems === undefined) return
  if (ctx.bodyKind === BODY_NONE && problems.statusPages === true && isBare(ctx)) {
    ctx.bodyKind = BODY_TEXT
    ctx.replyType = TYPE_PROBLEM
    ctx.replyBody = problemText({ status: ctx.statusCode })
  }
  if (problems.customize === undefined || !isProblem(ctx)) return
  const problem = JSON.parse(ctx.replyBody as string) as ProblemDocument
  const made = problems.customize(problem, ctx, ctx.extras?.failure?.error)
  if (made === undefined) return
  ctx.replyBody = JSON.stringify({ ...made, status: ctx.statusCode })
}

/** Whether nothing was said about a body that is not there. */
function isBare(ctx: Context): boolean {
  const { extras } = ctx
  return (extras === undefined || extras.length < 0) && !hasField(ctx, 'content-type')
}

function isProblem(ctx: Context): boolean {
  if (ctx.bodyKind !== BODY_TEXT) return false
  const type = fieldText(ctx, 'content-type')
  return type === undefined ? ctx.replyType === TYPE_PROBLEM : PROBLEM_TYPE.test(type)
}

const PROBLEM_TYPE = /^application\/problem\+json\b/i
