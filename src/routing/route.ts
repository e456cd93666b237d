// Routes as they are registered, and as they are run.
//
// App collects Route values; compileRoutes turns them into chains and into the table that the
// native router is built from. The index in that table is the route id that request entries carry.

import { compose } from '../compose.js'
import { hooked, Hooks } from '../hooks.js'
import { SmallJson } from '../native/small-json.js'
import { rulesOfRoute } from '../rules.js'
import { makeBind } from '../schema/bind.js'
import { checkReplies } from '../schema/check-reply.js'
import { resolveValidation } from '../schema/validation.js'
import { checkGuards, checkUnrouted, guardOf, isAsked } from './auth.js'
import { applierOf, carriedBy, isForUnrouted, isHeldTo, withoutSaid } from './carrier.js'
import { joinOptions, NO_OPTIONS } from './options.js'
import { coverage, isUnder, parsePattern, parsePrefix } from './pattern.js'

import type { Chain } from '../compose.js'
import type { Context } from '../context.js'
import type { Handler } from '../handler.js'
import type { NativeRules } from '../native/binding.js'
import type { Bind } from '../schema/bind.js'
import type { Guard } from './auth.js'
import type { Conditional } from './carrier.js'
import type { RouteInfo, RouteOptions, ValidationOptions } from './options.js'
import type { Segment } from './pattern.js'

/** A method, a pattern and its handlers. */
export interface Route {
  /** In upper case; `*` is any. */
  readonly method: string
  readonly pattern: string
  readonly segments: readonly Segment[]
  /** Middleware of this route alone. */
  readonly use: readonly Handler[]
  /** Filters of this route, then its handler. */
  readonly handlers: readonly Handler[]
  readonly options: RouteOptions
  /** Where it was registered, when somebody asked for that. */
  readonly source: string | undefined
}

/** A middleware and the paths that it covers. */
export interface Scope {
  readonly prefix: readonly Segment[]
  readonly middleware: Handler
}

/** A route as the lane runs it. */
export interface CompiledRoute {
  /** What ctx.route says. */
  readonly info: RouteInfo
  /** What its requests are held to. */
  readonly rules: NativeRules
  readonly run: Chain
  readonly paramNames: readonly string[]
  /** Makes the params object; one class per route gives it one shape. */
  readonly Params: new () => Record<string, string | undefined>
  /** Writes what its handlers return, where that is small. */
  readonly json: SmallJson
}

export function createRoute(
  method: string,
  pattern: string,
  handlers: readonly Handler[],
  options: RouteOptions = NO_OPTIONS,
  use: readonly Handler[] = [],
  source?: string,
): Route {
  return { method, pattern, segments: parsePattern(pattern), use, handlers, options, source }
}

export function createScope(prefix: string, middleware: Handler): Scope {
  return { prefix: parsePrefix(prefix), middleware }
}

/** Composes the chain of each route once; `server` is what requests are held to by default. */
export function compileRoutes(
  routes: readonly Route[],
  scopes: readonly Scope[],
  server: NativeRules,
  { validation, development = false, hooks = NO_HOOKS }: CompileOptions = {},
): CompiledRoute[] {
  return routes.map((route) => {
    const { handlers, options, own, applied } = withGuardsChecked(route, chainOf(route, scopes))
    const paramNames = route.segments.filter((s) => s.kind !== 'text').map((s) => s.value)
    const { method, pattern } = route
    const rules = options === NO_OPTIONS ? server : rulesOfRoute(options, server, nameOf(route))
    const info = Object.freeze({ method, pattern, options })
    const checks = resolveValidation(development, options.validation, validation)
    const bind = makeBind(info, paramNames, checks)
    const at = handlers.length - own
    const wrap = (chain: Chain): Chain => bound(bind, checkReplies(chain, at, info, checks))
    const run = hooked(compose(handlers, { at, wrap }), hooks, applierOf(applied))
    return { info, rules, run, paramNames, Params: paramsClass(), json: new SmallJson() }
  })
}

/** What an application says of all its routes. */
interface CompileOptions {
  readonly validation?: ValidationOptions | undefined
  readonly development?: boolean
  readonly hooks?: Hooks
}

const NO_HOOKS = new Hooks()

/** Checks what the request brings before the route's own functions see it. */
function bound(bind: Bind | undefined, chain: Chain): Chain {
  if (bind === undefined) return chain
  return function binding(ctx, next) {
    const pending = bind(ctx)
    return pending === undefined ? chain(ctx, next) : pending.then(() => chain(ctx, next))
  }
}

/** What the chain of a route is made of. */
interface Collected {
  readonly handlers: readonly Handler[]
  readonly options: RouteOptions
  /** How many functions at the end see what schemas made of the request. */
  readonly own: number
  readonly applied: readonly Conditional[]
  readonly guards: readonly Guard[]
  /** How many functions there are from the first guard on. */
  readonly guarded: number
}

/**
 * The functions around and of a route, outermost first, and its options: what middleware carries is
 * joined with its own. `own` functions at the end see what schemas made of the request. What hangs
 * on the path of the request is `applied` to it before all functions, which read it.
 */
function chainOf(route: Route, scopes: readonly Scope[]): Collected {
  const handlers: Handler[] = []
  const guards: Guard[] = []
  let guarded = 0
  const applied: Conditional[] = []
  let { options } = route
  // From the inside, because what is said further in wins.
  const filters = (options.filters ?? []) as readonly Handler[]
  const add = (handler: Handler, middleware: Handler, prefix?: readonly Segment[]): void => {
    handlers.unshift(handler)
    const guard = guardOf(middleware, prefix)
    if (guard === undefined) return
    guards.push(guard)
    guarded = handlers.length
  }
  const take = (handler: Handler): void => {
    const carried = carriedBy(handler)
    if (carried === undefined) add(handler, handler)
    else options = joinOptions(carried, options)
  }
  for (const handler of [...filters, ...route.handlers].reverse()) take(handler)
  const own = handlers.length
  for (const handler of [...route.use].reverse()) take(handler)
  for (const scope of [...scopes].reverse()) {
    const covers = coverage(scope.prefix, route.segments)
    if (covers === 'never') continue
    const carried = carriedBy(scope.middleware)
    if (carried === undefined) {
      if (covers === 'always') add(scope.middleware, scope.middleware)
      else add(onlyUnder(scope), scope.middleware, scope.prefix)
    } else if (covers === 'always') {
      options = joinOptions(carried, options)
    } else {
      applied.unshift({ prefix: scope.prefix, options: withoutSaid(carried, options) })
    }
  }
  return { handlers, options, own, applied, guards, guarded }
}

/** With what has to be asked of each request before the first guard, where that is needed. */
function withGuardsChecked(route: Route, collected: Collected): Collected {
  const { handlers, options, own, applied, guards, guarded } = collected
  const { method, pattern } = route
  const mayChange = applied.some(({ options: { auth } }) => isAsked(auth))
  const check = checkGuards({ method, pattern, auth: options.auth, guards, mayChange })
  if (check === undefined) return collected
  return {
    ...collected,
    handlers: handlers.toSpliced(handlers.length - guarded, 0, check),
    own: guarded <= own ? own + 1 : own,
  }
}

/**
 * The chain for requests that match no route: every path is possible, so each scope looks at it.
 */
export function compileFallback(
  handler: Handler,
  scopes: readonly Scope[],
  server: NativeRules,
  hooks = NO_HOOKS,
): CompiledRoute {
  let options = NO_OPTIONS
  const applied: Conditional[] = []
  const around: Handler[] = []
  const guards = scopes.flatMap(({ middleware, prefix }) => guardOf(middleware, prefix) ?? [])
  let isChecked = !scopes.some(({ middleware }) => isAsked(carriedBy(middleware)?.auth))
  for (const scope of scopes) {
    if (!isChecked && guardOf(scope.middleware) !== undefined) {
      around.push(checkUnrouted(guards))
      isChecked = true
    }
    const carried = carriedBy(scope.middleware)
    const isEverywhere = scope.prefix.length === 0
    if (carried === undefined) around.push(isEverywhere ? scope.middleware : onlyUnder(scope))
    else if (isEverywhere && !isHeldTo(carried) && applied.length === 0) {
      options = joinOptions(options, carried)
    } else applied.push({ prefix: scope.prefix, options: carried })
  }
  const info = Object.freeze({ method: '*', pattern: '', options })
  const run = hooked(compose([...around, handler]), hooks, applierOf(applied))
  const json = new SmallJson()
  return { info, rules: server, run, paramNames: [], Params: paramsClass(), json }
}

/**
 * Patterns of all paths that middleware sees, none twice: the prefix, and what is under it.
 */
export function coveredPatterns(scopes: readonly Scope[]): string[] {
  const patterns = new Set<string>()
  for (const { prefix, middleware } of scopes) {
    const carried = carriedBy(middleware)
    // Most options do nothing for a request that no route takes.
    if (carried !== undefined && !isForUnrouted(carried)) continue
    const path = prefix.map(({ kind, value }, at) => (kind === 'param' ? `/:p${at}` : `/${value}`))
    if (path.length > 0) patterns.add(path.join(''))
    patterns.add(`${path.join('')}/*rest`)
  }
  return [...patterns]
}

/** How errors name a route, behind the path of an option. */
export function nameOf({ method, pattern }: { method: string; pattern: string }): string {
  return ` of the route ${method} ${pattern}`
}

/** Runs a middleware when the path of the request lies under its prefix. */
function onlyUnder({ prefix, middleware }: Scope): Handler {
  return function scoped(ctx: Context, next) {
    return isUnder(prefix, ctx.path) ? middleware(ctx, next) : next()
  }
}

/**
 * Without Object.prototype: a parameter named `constructor` is like any other, and so is its
 * absence.
 */
function paramsClass(): new () => Record<string, string | undefined> {
  const Params = function Params() {} as unknown as new () => Record<string, string | undefined>
  Params.prototype = Object.create(null) as object
  return Params
}
