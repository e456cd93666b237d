// Checks what a handler answers against the responses that its route lists.
//
// Runs around the route's own functions, where `validation.responses` asks for it: never in a
// chain that is not checked. Looks at status and body as they were returned, before they become
// text; what ctx.json() made is read back. Events and lines are looked at one by one, as they come,
// whether they were returned or a helper of the context noted them.
// Other streams, Responses and what was thrown are not looked into. Changes nothing: a reply is
// sent as it is, or an error takes its place.

import { LannerError } from '../errors.js'
import { BODY_NONE, BODY_STREAM, TYPE_JSON, TYPE_PROBLEM } from '../native/exchange.js'
import { isResponse, isStreamBody } from '../response.js'
import { Result } from '../results.js'
import { checkEvent, EventStreamSchema } from '../streaming/event-schemas.js'
import { EventStream } from '../streaming/events.js'
import { JsonLines } from '../streaming/json-lines.js'
import { OpenedText } from '../streaming/opened.js'
import { checkPart } from '../streaming/part-check.js'
import { JsonLinesSchema } from '../streaming/stream-schemas.js'
import { isThenable } from '../thenable.js'
import { pointerOf } from '../validation-error.js'

import type { Chain } from '../compose.js'
import type { Context } from '../context.js'
import type { Awaitable } from '../handler.js'
import type { RouteInfo } from '../routing/options.js'
import type { ResponseSchemas } from '../routing/schemas.js'
import type { StandardResult } from './standard.js'
import type { Validation } from './validation.js'

/** Status and body of a reply. */
interface Shown {
  readonly status: number
  /** Whether there is a body that can be looked at. */
  readonly isShown: boolean
  readonly body: unknown
}

/** Issues that an error tells. */
const ISSUES_MAX = 5

/** The chain with its replies checked; the same when there is nothing to check. */
export function checkReplies(
  chain: Chain,
  at: number,
  route: RouteInfo,
  validation: Validation,
): Chain {
  const { responses } = route.options
  if (responses === undefined || validation.responses === 'off') return chain
  const check = new ReplyCheck(route, responses, validation.responses)
  return function checked(ctx, next) {
    const value = chain(ctx, next)
    if (isThenable(value)) return later(check, ctx, value, at)
    return check.look(ctx, value)
  }
}

/** A function that awaited next() and returned nothing has left its value for the lane to find. */
async function later(
  check: ReplyCheck,
  ctx: Context,
  pending: PromiseLike<unknown>,
  at: number,
): Promise<unknown> {
  let value = await pending
  const { downstream } = ctx
  for (let level = at; value === undefined && level < (downstream?.length ?? 0); level++) {
    value = await downstream![level]
  }
  return check.look(ctx, value)
}

class ReplyCheck {
  readonly #route: RouteInfo
  readonly #responses: ResponseSchemas
  readonly #isCounting: boolean

  constructor(route: RouteInfo, responses: ResponseSchemas, mode: 'error' | 'count') {
    this.#route = route
    this.#responses = responses
    this.#isCounting = mode === 'count'
  }

  /** Gives the value back, at once unless a schema answers later. */
  look(ctx: Context, value: unknown): unknown {
    const { status, isShown, body } = shown(ctx, value)
    const schema = this.#responses[status]
    if (schema === undefined) {
      const listed = Object.keys(this.#responses).join(', ')
      this.#mismatch(ctx, `has the status ${status}, which is not listed: there are ${listed}`)
      return value
    }
    if (schema === null) {
      const isEmpty = isShown && body === undefined
      if (!isEmpty) this.#mismatch(ctx, `of status ${status} has a body, which it is not to have`)
      return value
    }
    if (schema instanceof EventStreamSchema || schema instanceof JsonLinesSchema) {
      const watched = this.#watch(ctx, schema, value, body)
      if (watched !== undefined) return watched
    }
    if (!isShown) return value
    const result = schema['~standard'].validate(body)
    if (!isThenable(result)) return this.#judge(ctx, status, result, value)
    return Promise.resolve(result).then((settled) => this.#judge(ctx, status, settled, value))
  }

  /** A stream of events or lines, each of which is looked at when it comes. */
  #watch(
    ctx: Context,
    schema: EventStreamSchema | JsonLinesSchema,
    value: unknown,
    body: unknown,
  ): unknown {
    const look = (check: (part: unknown) => Awaitable<string | undefined>) => {
      return async (part: unknown): Promise<void> => {
        const wrong = await check(part)
        if (wrong !== undefined) this.#mismatch(ctx, wrong)
      }
    }
    let stream: EventStream | JsonLines
    if (schema instanceof EventStreamSchema && body instanceof EventStream) {
      stream = body.checked(look((event) => checkEvent(schema.events, event)))
    } else if (schema instanceof JsonLinesSchema && body instanceof JsonLines) {
      stream = body.checked(look((line) => checkPart(schema.line, line, 'a line')))
    } else return undefined
    if (value instanceof Result) return new Result(value.status, stream, value.headers)
    if (value === body) return stream
    // A helper has noted it: what is sent takes the place of what it opened.
    ctx.replyBody = stream.open(ctx)
    return value
  }

  #judge(ctx: Context, status: number, result: StandardResult<unknown>, value: unknown): unknown {
    const { issues } = result
    if (issues === undefined) return value
    const told = issues.slice(0, ISSUES_MAX).map(({ path, message }) => {
      const place = pointerOf(path)
      return place === '' ? message : `${place}: ${message}`
    })
    const more = issues.length > ISSUES_MAX ? `; and ${issues.length - ISSUES_MAX} more` : ''
    this.#mismatch(ctx, `of status ${status} does not fit its schema: ${told.join('; ')}${more}`)
    return value
  }

  #mismatch(ctx: Context, what: string): void {
    if (this.#isCounting) {
      ctx.lane.stats.responseMismatches++
      return
    }
    const { method, pattern } = this.#route
    const message = `The reply of the route ${method} ${pattern} ${what}.`
    throw new LannerError('LANNER_RESPONSE_INVALID', message)
  }
}

/** What is going to be sent, before it is made into text. */
function shown(ctx: Context, value: unknown): Shown {
  if (value instanceof Result) return bodyOf(value.status, value.body)
  if (value === undefined || value === ctx) return prepared(ctx)
  if (typeof value === 'object' && value !== null && isResponse(value)) {
    return { status: value.status, isShown: value.body === null, body: undefined }
  }
  return bodyOf(ctx.statusCode === 0 ? 200 : ctx.statusCode, value)
}

function bodyOf(status: number, body: unknown): Shown {
  const isData = typeof body !== 'object' || body === null || isPlain(body) || !isStreamBody(body)
  return { status, isShown: isData, body }
}

/** Data is sent as JSON, though lists can be iterated. */
function isPlain(value: object): boolean {
  return Array.isArray(value) || value instanceof Uint8Array
}

/** What a helper of the context noted, or nothing. */
function prepared(ctx: Context): Shown {
  const { bodyKind, replyType, replyBody, statusCode } = ctx
  const status = statusCode === 0 ? (bodyKind === BODY_NONE ? 204 : 200) : statusCode
  if (replyBody instanceof OpenedText) return bodyOf(status, replyBody.of)
  if (bodyKind === BODY_STREAM) return { status, isShown: false, body: undefined }
  const isJson = replyType === TYPE_JSON || replyType === TYPE_PROBLEM
  const body: unknown = isJson ? JSON.parse(replyBody as string) : replyBody
  return { status, isShown: true, body }
}
