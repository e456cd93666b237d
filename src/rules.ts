// What one request is held to: the limits that the server, a route or a handler can set.
//
// Resolved when the server starts: each route gets numbers of its own, which the native side has in
// its table before the first request. Promises the same checks and words as for the options of
// listen(). The words of the options are in routing/options.ts, those of a handler in limits.ts.

import { duration, optionalDuration, optionalSize } from './option-values.js'
import { parseRate } from './rates.js'

import type { NativeConfig, NativeRules } from './native/binding.js'
import type { RouteOptions } from './routing/options.js'

/** A size without a cap, as the native side has it. */
export const NO_LIMIT = -1

/** Priorities by their number. */
export const PRIORITIES = ['low', 'normal', 'high'] as const

/** What requests are held to whose route says nothing. */
export function rulesOfServer(native: NativeConfig): NativeRules {
  const { limits, timeouts, rates } = native
  return {
    bodyBytes: limits.bodyBytes,
    drainBytes: limits.drainBytes,
    drainMs: timeouts.drainMs,
    requestMs: timeouts.requestMs,
    request: rates.request,
    response: rates.response,
    priority: PRIORITIES.indexOf('normal'),
  }
}

/** What requests of a route are held to; `of` ends the path of an option in errors. */
export function rulesOfRoute(options: RouteOptions, server: NativeRules, of: string): NativeRules {
  const { priority = 'normal', timeout, drain, limits = {}, rates = {} } = options
  return {
    bodyBytes: bodyBytes(limits.bodyBytes, `limits.bodyBytes${of}`, server.bodyBytes),
    drainBytes: drainBytes(limits.drainBytes, `limits.drainBytes${of}`, server.drainBytes),
    drainMs: duration(drain, `drain${of}`, server.drainMs),
    requestMs: optionalDuration(timeout, `timeout${of}`, server.requestMs),
    request: parseRate(rates.request, 'rates.request', of, server.request),
    response: parseRate(rates.response, 'rates.response', of, server.response),
    priority: PRIORITIES.indexOf(priority),
  }
}

export function bodyBytes(value: unknown, path: string, fallback: number): number {
  return optionalSize(value, path, fallback, NO_LIMIT)
}

export function drainBytes(value: unknown, path: string, fallback: number): number {
  return optionalSize(value, path, fallback, Number.MAX_SAFE_INTEGER)
}
