// Whether somebody looks at what a route says by its option `auth`.
//
// Used when routes are compiled. Promises that a route which names a scheme that no guard on its
// path has is refused, and not left open by all of them: at registration where the pattern tells,
// otherwise for each request, before the first guard runs. Routes without `auth`, and those that a
// guard covers for certain, cost nothing. Where there is no guard at all, `auth` is left to the
// application's own middleware.

import { LannerError } from '../errors.js'
import { schemeOf } from '../http/scheme.js'
import { isUnder } from './pattern.js'

import type { Context } from '../context.js'
import type { Handler } from '../handler.js'
import type { AuthOption } from './options.js'
import type { Segment } from './pattern.js'

/** A middleware that authenticates, and where. */
export interface Guard {
  readonly scheme: string
  /** The paths that it covers; undefined where that is all of the chain's. */
  readonly prefix: readonly Segment[] | undefined
}

/** What is known of a chain when it is compiled. */
interface Guarded {
  readonly method: string
  readonly pattern: string
  readonly auth: AuthOption | undefined
  readonly guards: readonly Guard[]
  /** Whether options that hang on the path of a request may say `auth`. */
  readonly mayChange: boolean
}

/** A middleware as a guard; undefined for any other. */
export function guardOf(middleware: Handler, prefix?: readonly Segment[]): Guard | undefined {
  const scheme = schemeOf(middleware)
  return scheme === undefined ? undefined : { scheme, prefix }
}

/**
 * What has to be asked of each request of a route; undefined where nothing has to.
 * @throws LANNER_AUTH_UNGUARDED: guards there are, and none is of the scheme
 */
export function checkGuards(route: Guarded): Handler | undefined {
  const { auth, guards, mayChange } = route
  if (guards.length === 0) return undefined
  const fitting = guards.filter((one) => fits(one, auth))
  if (isAsked(auth) && fitting.length === 0) throw unguarded(route, auth, guards)
  const isCertain = !isAsked(auth) || fitting.some(({ prefix }) => prefix === undefined)
  if (isCertain && !mayChange) return undefined
  return function requireGuard(ctx, next) {
    const asked = ctx.route.options.auth
    if (!isAsked(asked)) return next()
    const covering = guards.filter((one) => covers(one, ctx))
    if (!covering.some((one) => fits(one, asked))) throw unguarded(route, asked, covering)
    return next()
  }
}

/**
 * The same where no route matched: only guards of the path count, as what is there may be nobody's.
 */
export function checkUnrouted(guards: readonly Guard[]): Handler {
  return function requireGuard(ctx, next) {
    const asked = ctx.route.options.auth
    if (!isAsked(asked)) return next()
    const covering = guards.filter((one) => covers(one, ctx))
    if (covering.length > 0 && !covering.some((one) => fits(one, asked))) {
      throw unguarded(ctx.route, asked, covering)
    }
    return next()
  }
}

/** Whether an option asks for authentication. */
export function isAsked(auth: AuthOption | undefined): auth is Exclude<AuthOption, false> {
  return auth !== undefined && auth !== false
}

function fits({ scheme }: Guard, auth: AuthOption | undefined): boolean {
  const named = typeof auth === 'object' ? auth.scheme : undefined
  return named === undefined || named.toLowerCase() === scheme
}

function covers({ prefix }: Guard, ctx: Context): boolean {
  return prefix === undefined || isUnder(prefix, ctx.path)
}

function unguarded(
  { method, pattern }: { readonly method: string; readonly pattern: string },
  auth: AuthOption,
  guards: readonly Guard[],
): LannerError {
  const named = typeof auth === 'object' ? auth.scheme : undefined
  const place = pattern === '' ? 'A path without a route' : `The route ${method} ${pattern}`
  const wanted = named === undefined ? 'authentication' : `the scheme ${JSON.stringify(named)}`
  const schemes = [...new Set(guards.map(({ scheme }) => scheme))].join(', ')
  const there = schemes === '' ? 'none covers the path' : `those that cover it are for ${schemes}`
  return new LannerError(
    'LANNER_AUTH_UNGUARDED',
    `${place} asks by its option auth for ${wanted}, which no guard looks at: ${there}.`,
  )
}
