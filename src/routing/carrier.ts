// Options of routes in the shape of middleware: for every route that the middleware covers.
//
// Made by routeOptions() and by middleware that only says what the network side is to hold to.
// compileRoutes takes them out of the chain and joins them with the options of each route, so that
// they cost a request nothing. Where the pattern of a route does not tell whether it is covered,
// and where no route matched, they are applied to the request when it is there, before hooks and
// middleware see it. Promises that what a route or its groups say wins, and among carriers the one
// registered last.

import { checkCommonOptions, joinOptions } from './options.js'
import { isUnder } from './pattern.js'

import type { Context } from '../context.js'
import type { Handler, Middleware, Next } from '../handler.js'
import type { CommonOptions, RouteOptions } from './options.js'
import type { Segment } from './pattern.js'

const carried = new WeakMap<object, RouteOptions>()

/**
 * Options of routes as middleware: `app.use('/api', routeOptions({ timeout: '2s' }))` says them for
 * every route under the prefix. What a route or its group says wins.
 * @throws LANNER_OPTION_INVALID: an option is wrong
 */
export function routeOptions(options: CommonOptions): Middleware {
  return carrier(checkCommonOptions(options, ' of routeOptions()'))
}

/** A middleware that does nothing but carry options that are checked. */
export function carrier(options: RouteOptions): (ctx: unknown, next: Next) => unknown {
  const middleware = (_ctx: unknown, next: Next): unknown => next()
  carried.set(middleware, Object.freeze({ ...options }))
  return middleware
}

/** The options that a middleware carries, if it is one of those. */
export function carriedBy(middleware: Handler): RouteOptions | undefined {
  return carried.get(middleware)
}

/** Options whose members are said one by one. */
const MERGED = new Set(['limits', 'rates', 'meta', 'problems', 'validation'])

/** Whether options matter for requests that no route takes. */
export function isForUnrouted(options: RouteOptions): boolean {
  return options.problems !== undefined
}

/** Whether options change what the network side holds a request to. */
export function isHeldTo({ timeout, drain, limits, rates }: RouteOptions): boolean {
  return [timeout, drain, limits, rates].some((option) => option !== undefined)
}

/** The options without those that others say already. */
export function withoutSaid(options: RouteOptions, others: RouteOptions): RouteOptions {
  const left: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    const other = (others as Record<string, unknown>)[name]
    if (other === undefined) {
      left[name] = value
    } else if (MERGED.has(name)) {
      left[name] = withoutSaid(value as RouteOptions, other as RouteOptions)
    }
  }
  return left
}

/** Options for the requests whose path lies under a prefix. */
export interface Conditional {
  readonly prefix: readonly Segment[]
  readonly options: RouteOptions
}

/** What applies options to a request, in the order in which they are; undefined for none. */
export function applierOf(all: readonly Conditional[]): ((ctx: Context) => void) | undefined {
  if (all.length === 0) return undefined
  return function applyOptions(ctx) {
    for (const { prefix, options } of all) if (isUnder(prefix, ctx.path)) apply(ctx, options)
  }
}

function apply(ctx: Context, options: RouteOptions): void {
  const { compiled } = ctx
  const { info } = compiled
  const joined = joinOptions(info.options, options)
  ctx.compiled = { ...compiled, info: Object.freeze({ ...info, options: joined }) }
  const { timeout, drain, limits = {}, rates = {} } = options
  if (timeout !== undefined) ctx.limits.timeout = timeout
  if (drain !== undefined) ctx.limits.drain = drain
  if (limits.bodyBytes !== undefined) ctx.limits.bodyBytes = limits.bodyBytes
  if (limits.drainBytes !== undefined) ctx.limits.drainBytes = limits.drainBytes
  if (rates.request !== undefined) ctx.limits.requestRate = rates.request
  if (rates.response !== undefined) ctx.limits.responseRate = rates.response
}
