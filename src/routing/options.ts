// What can be said of a route beside its path: limits of its own, its priority, and what middleware
// wants to know of it.
//
// Checked where the route is registered, so that a wrong option fails where it stands. Groups hand
// theirs down. Promises that ctx.route.options is what was written, joined with the groups around
// it, and never changes. What the limits come to is rules.ts.

import { refuseUnknown, requireObject, text, wrong } from '../option-values.js'
import { PRIORITIES, rulesOfRoute } from '../rules.js'

import type { NativeRules } from '../native/binding.js'
import type { Duration, Size } from '../options.js'
import type { RateOptions } from '../rates.js'

/** Which requests are shed first when there are too many. */
export type Priority = (typeof PRIORITIES)[number]

/** Limits of a route, in place of those of the server. */
export interface RouteLimitOptions {
  /** Longest request body; null for no limit. */
  bodyBytes?: Size | null
  /** Bytes of a body nobody reads that are dropped to keep the connection; null for any number. */
  drainBytes?: Size | null
}

/** What an application notes about its routes. Declare fields of your own by merging with it. */
export interface RouteMeta {
  [name: string]: unknown
}

/**
 * Options of a route, and of the routes of a group. The network side holds to them before a handler
 * is asked. `ctx.route.options` has them.
 */
export interface RouteOptions {
  /**
   * Which requests are shed first under overload. 'low': as soon as the queue is longer than
   * `overload.queueDelay`, or half of `overload.inFlight` is used. 'high': only when no request can
   * be taken at all; while there is such a route, a tenth of `overload.inFlight` is kept for it.
   * Default 'normal'.
   */
  priority?: Priority
  /** In place of `timeouts.request`: then 504, and `ctx.signal` aborts; null for never. */
  timeout?: Duration | null
  /** In place of `timeouts.drain`: for the rest of a request body that nobody reads. */
  drain?: Duration
  /** Limits in place of those of the server. */
  limits?: RouteLimitOptions
  /** Minimum rates in place of those of the server; what is not said stays. */
  rates?: RateOptions
  /** What the route is for, in one line. */
  summary?: string
  /** What it belongs to. */
  tags?: readonly string[]
  /** Whatever middleware wants to know of it, for example `{ role: 'admin' }`. */
  meta?: RouteMeta
}

/** The route that a request matched. */
export interface RouteInfo {
  /** Its method, '*' for any. */
  readonly method: string
  /** Its pattern, for example '/users/:id'; empty where no route matched. */
  readonly pattern: string
  /** Its options, those of its groups among them. */
  readonly options: Readonly<RouteOptions>
}

export const NO_OPTIONS: RouteOptions = Object.freeze({})

const NAMES = ['priority', 'timeout', 'drain', 'limits', 'rates', 'summary', 'tags', 'meta']
const ANY_RULES: NativeRules = {
  bodyBytes: 0,
  drainBytes: 0,
  drainMs: 0,
  requestMs: 0,
  request: { bytesPerSecond: 0, graceMs: 0 },
  response: { bytesPerSecond: 0, graceMs: 0 },
  priority: 0,
}

/** Checks the options of a route or a group; `of` says whose they are. */
export function checkRouteOptions(options: unknown, of: string): RouteOptions {
  requireObject(options, `options${of}`)
  const checked = options as RouteOptions
  const { priority, limits = {}, rates = {}, summary, tags, meta } = checked
  refuseUnknown(checked, NAMES, '', of)
  requireObject(limits, `limits${of}`)
  requireObject(rates, `rates${of}`)
  refuseUnknown(limits, ['bodyBytes', 'drainBytes'], 'limits.', of)
  refuseUnknown(rates, ['request', 'response'], 'rates.', of)
  if (priority !== undefined && !PRIORITIES.includes(priority)) {
    throw wrong(`priority${of}`, `'low', 'normal' or 'high'`, priority)
  }
  rulesOfRoute(checked, ANY_RULES, of)
  if (summary !== undefined) text(summary, `summary${of}`)
  if (tags !== undefined && !(Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')))
    throw wrong(`tags${of}`, 'a list of texts', tags)
  if (meta !== undefined) requireObject(meta, `meta${of}`)
  return checked
}

/**
 * The options of a group with those of what is in it, which win where they say something. What is
 * in `meta` is the application's own, undefined included.
 */
export function joinOptions(outer: RouteOptions, inner: RouteOptions): RouteOptions {
  if (inner === NO_OPTIONS) return outer
  const joined: RouteOptions = { ...outer, ...said(inner) }
  for (const name of ['limits', 'rates'] as const) {
    if (outer[name] !== undefined || inner[name] !== undefined) {
      joined[name] = Object.freeze({ ...outer[name], ...said(inner[name]) })
    }
  }
  if (outer.meta !== undefined || inner.meta !== undefined) {
    joined.meta = Object.freeze({ ...outer.meta, ...inner.meta })
  }
  const tags = [...(outer.tags ?? []), ...(inner.tags ?? [])]
  if (tags.length > 0) joined.tags = Object.freeze(tags)
  return Object.freeze(joined)
}

/** The options without those that are undefined. */
function said<Options extends object>(options: Options | undefined): Partial<Options> {
  const entries = Object.entries(options ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Partial<Options>
}
