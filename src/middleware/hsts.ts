// Tells browsers to come back with encryption only (RFC 6797).
//
// Used as app.use(hsts()). Sent over encrypted connections alone, as the RFC asks, and not for
// hosts of developers: a browser that once heard it for localhost refuses every other application
// there.

import { HeaderSet } from '../header-set.js'
import { hostTest } from '../host-patterns.js'
import { flag, integer, refuseUnknown, requireObject, wrong } from '../option-values.js'

import type { Middleware } from 'lanner'

/** The options of hsts(). */
export interface HstsOptions {
  /** For how many seconds browsers remember it; 0 makes them forget. Default 30 days. */
  maxAge?: number
  /** Whether it holds for every host under this one. Default false. */
  includeSubDomains?: boolean
  /**
   * Asks for a place in the list that browsers come with (hstspreload.org). Needs
   * `includeSubDomains` and a `maxAge` of a year. Default false.
   */
  preload?: boolean
  /** Hosts that it is not said for. Default 'localhost', '*.localhost', '127.0.0.1', '[::1]'. */
  exclude?: readonly string[]
}

const OF = ' of hsts()'
const DAYS = 86_400
const YEAR = 365 * DAYS
const LOCAL = ['localhost', '*.localhost', '127.0.0.1', '[::1]']

/** Sets `strict-transport-security` on replies over encrypted connections. */
export function hsts(options: HstsOptions = {}): Middleware {
  requireObject(options, `options${OF}`)
  refuseUnknown(options, ['maxAge', 'includeSubDomains', 'preload', 'exclude'], '', OF)
  const maxAge = integer(options.maxAge, `maxAge${OF}`, 30 * DAYS, 0, Number.MAX_SAFE_INTEGER)
  const isDeep = flag(options.includeSubDomains, `includeSubDomains${OF}`, false)
  const isPreload = flag(options.preload, `preload${OF}`, false)
  if (isPreload && (!isDeep || maxAge < YEAR)) {
    throw wrong(`preload${OF}`, `given with includeSubDomains and a maxAge from ${YEAR}`, true)
  }
  const { exclude = LOCAL } = options
  const isNamed =
    Array.isArray(exclude) && exclude.length === 0 ? no : hostTest(exclude, 'exclude', OF)
  const depth = isDeep ? '; includeSubDomains' : ''
  const value = `max-age=${maxAge}${depth}${isPreload ? '; preload' : ''}`
  const fields = new HeaderSet({ 'strict-transport-security': value })
  return function hsts(ctx, next) {
    if (ctx.isSecure && !isNamed(ctx.host)) ctx.setHeaders(fields)
    return next()
  }
}

function no(): boolean {
  return false
}
