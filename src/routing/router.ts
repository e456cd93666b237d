// What routes and middleware are registered on: the application, and groups of it.
//
// App extends it; group() gives callbacks one of its own with a longer prefix. Both write to one
// Registry, so a group is a way of writing and nothing at run time.

import { LannerError } from '../errors.js'
import { isToken } from '../headers.js'
import { joinPath, parsePattern, shapesOf } from './pattern.js'
import { wrong } from '../option-values.js'
import { shown } from '../shown.js'
import { checkGroupOptions, checkRouteOptions, joinOptions, NO_OPTIONS } from './options.js'
import { createRoute, createScope, nameOf } from './route.js'
import { callSource, notedSource } from './sources.js'
import { isThenable } from '../thenable.js'

import type { AnyState, Handler, Middleware } from '../handler.js'
import type { Endpoint, EndpointsOf, Member } from './endpoint.js'
import type { GroupOptions, RouteOptions, ValidationOptions } from './options.js'
import type { Route, Scope } from './route.js'
import type { JoinPath } from './types.js'
import type { RouterKind, RouterKinds, RouteVerb, Verb } from './verbs.js'
import type { Services } from '../services.js'

/** The methods that have a function of their own. */
const VERBS = {
  get: 'GET',
  post: 'POST',
  put: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  head: 'HEAD',
  options: 'OPTIONS',
  all: '*',
}

/** Everything that was registered. */
export class Registry {
  readonly routes: Route[] = []
  readonly scopes: Scope[] = []
  /** How requests and replies are checked, where a route says nothing else. */
  validation: ValidationOptions = {}
  /**
   * Grows with each registration, so that what was compiled before can be told from what is
   * current.
   */
  version = 0
  /** Whether a server runs what was registered. */
  isSealed = false
  /** Which route has a method and a shape, or a name. */
  readonly #taken = new Map<string, Route>()

  change(): void {
    if (this.isSealed) throw new LannerError('LANNER_APP_LISTENING')
    this.version++
  }

  /** Whether a route has this method and exactly this path. */
  has(method: string, path: string): boolean {
    return this.#taken.has(`${method} ${path}`)
  }

  /** Takes a route, unless no request or no name could tell it from another. */
  add(route: Route): void {
    const { method, pattern, segments, options } = route
    const keys = shapesOf(segments).map((shape) => `${method} ${shape}`)
    if (options.name !== undefined) keys.push(options.name)
    for (const key of keys) {
      const other = this.#taken.get(key)
      if (other === undefined) continue
      const why = key === options.name ? `has its name, ${key},` : 'takes its requests'
      const where = other.source === undefined ? '' : ` (${other.source})`
      throw new LannerError(
        'LANNER_ROUTE_INVALID',
        `The route ${method} ${pattern} cannot be added: ` +
          `${other.method} ${other.pattern}${where} ${why} already.`,
      )
    }
    for (const key of keys) this.#taken.set(key, route)
    this.routes.push(route)
  }
}

/** Where something is registered: what functions need of a Router, whatever its type knows. */
interface Place {
  readonly registry: Registry
  readonly prefix: string
  readonly common: RouteOptions
}

/** Registers routes and middleware under a prefix. Its type knows the routes that were chained. */
export class Router<
  State extends object = AnyState,
  Prefix extends string = '',
  Routes extends Endpoint = never,
  Kind extends RouterKind = 'group',
  Provided extends object = Services,
> {
  /** @internal */
  readonly registry: Registry
  /** @internal */
  readonly prefix: string
  /** @internal What the routes of a group have in common. */
  readonly common: RouteOptions
  /** Types only, for `RoutesOf` and the client: there is no such property. */
  declare readonly '~routes': (routes: Routes) => void

  /** A route for GET, which also serves HEAD. */
  declare readonly get: Verb<'GET', State, Prefix, Routes, Kind, Provided>
  /** A route for POST. */
  declare readonly post: Verb<'POST', State, Prefix, Routes, Kind, Provided>
  /** A route for PUT. */
  declare readonly put: Verb<'PUT', State, Prefix, Routes, Kind, Provided>
  /** A route for PATCH. */
  declare readonly patch: Verb<'PATCH', State, Prefix, Routes, Kind, Provided>
  /** A route for DELETE. */
  declare readonly delete: Verb<'DELETE', State, Prefix, Routes, Kind, Provided>
  /** A route for HEAD, where it must differ from the one for GET. */
  declare readonly head: Verb<'HEAD', State, Prefix, Routes, Kind, Provided>
  /** A route for OPTIONS, in place of the automatic answer. */
  declare readonly options: Verb<'OPTIONS', State, Prefix, Routes, Kind, Provided>
  /** A route for every method. */
  declare readonly all: Verb<'*', State, Prefix, Routes, Kind, Provided>
  /**
   * A route of one method, any method for '*'. Options may stand before its handlers:
   * `app.post('/files', { limits: { bodyBytes: '1GB' } }, upload)`.
   */
  declare readonly route: RouteVerb<State, Prefix, Routes, Kind, Provided>

  static {
    const define = (name: string, value: unknown): void => {
      Object.defineProperty(Router.prototype, name, { value, writable: true, configurable: true })
    }
    for (const [name, method] of Object.entries(VERBS)) {
      define(name, function verb(this: Place, path: string, ...args: readonly unknown[]) {
        register(this, method, path, args)
        return this
      })
    }
    define('route', function route(this: Place, method: string, path: string, ...args: unknown[]) {
      register(this, method, path, args)
      return this
    })
  }

  /** @internal */
  constructor(registry: Registry, prefix: string, common: RouteOptions = NO_OPTIONS) {
    this.registry = registry
    this.prefix = prefix
    this.common = common
  }

  /**
   * Runs middleware for every request, or for those under a path prefix: also for those that no
   * route takes. Their 404, 405 or automatic answer to OPTIONS is what next() gives then.
   */
  use<Adds extends object = object>(
    prefix: string,
    ...middleware: readonly Middleware<State & Adds, Provided>[]
  ): RouterKinds<State & Adds, Prefix, Routes, Provided>[Kind]
  use<Adds extends object = object>(
    ...middleware: readonly Middleware<State & Adds, Provided>[]
  ): RouterKinds<State & Adds, Prefix, Routes, Provided>[Kind]
  use(first: unknown, ...rest: readonly unknown[]): unknown {
    const under = typeof first === 'string' ? first : '/'
    this.registry.change()
    cover(this, joinPath(this.prefix, under), typeof first === 'string' ? rest : [first, ...rest])
    return this
  }

  /**
   * Routes and groups that `defineRoute()` and `defineGroup()` made: `app.add(getUser, admin)`.
   */
  add<const Members extends readonly Member[]>(
    ...members: Members
  ): RouterKinds<State, Prefix, Routes | EndpointsOf<Prefix, Members[number]>, Provided>[Kind] {
    for (const member of members) addMember(this, member)
    return this as never
  }

  /**
   * Registers under a prefix: `app.group('/admin', (admin) => { admin.use(…); admin.get('/', …)
   * })`. Options before the function hold for every route in it, as far as that says nothing else.
   * A function that returns the group it was given, as chained calls do, makes its routes known to
   * the type.
   */
  group<Path extends string, Made>(
    prefix: Path,
    register: (group: Router<State, JoinPath<Prefix, Path>, never, 'group', Provided>) => Made,
  ): RouterKinds<State, Prefix, Routes | MadeRoutes<Made>, Provided>[Kind]
  group<Path extends string, Made>(
    prefix: Path,
    options: GroupOptions,
    register: (group: Router<State, JoinPath<Prefix, Path>, never, 'group', Provided>) => Made,
  ): RouterKinds<State, Prefix, Routes | MadeRoutes<Made>, Provided>[Kind]
  group(prefix: string, ...args: readonly unknown[]): unknown {
    const [options, register] = args.length === 1 ? [NO_OPTIONS, args[0]] : args
    const group = subRouter(this, prefix, options)
    const [fn] = checkFunctions([register], `the group ${group.prefix}`)
    const made = (fn as unknown as (group: Router) => unknown)(group)
    if (isThenable(made)) {
      // What is registered later might come behind listen(), and its errors would be nobody's.
      void Promise.resolve(made).catch(() => {})
      throw new LannerError(
        'LANNER_ROUTE_INVALID',
        `The function of the group ${group.prefix} is async: await before group(), not in it.`,
      )
    }
    return this
  }
}

/** The routes of the group that a function returned, of nothing else. */
type MadeRoutes<Made> = Made extends {
  readonly '~routes': (routes: infer Routes extends Endpoint) => void
}
  ? Routes
  : never

/** Registers a value under a prefix. */
function addMember(router: Place, member: Member): void {
  checkMember(router, member)
  if (!('members' in member)) {
    const { method, path, options, handlers } = member
    return register(router, method, path, [options, ...handlers], notedSource(member))
  }
  const group = subRouter(router, member.prefix, member.options)
  if (!Array.isArray(member.members)) {
    throw wrong(
      `members of the group ${group.prefix}`,
      'a list of routes and groups',
      member.members,
    )
  }
  for (const inner of member.members as readonly Member[]) addMember(group, inner)
}

function checkMember(router: Place, member: unknown): void {
  if (typeof member === 'object' && member !== null) {
    if ('members' in member || ('method' in member && 'handlers' in member)) return
  }
  const where = router.prefix === '' ? 'add()' : `the group ${router.prefix}`
  throw new LannerError(
    'LANNER_ROUTE_INVALID',
    `${capital(shown(member))} was given to ${where}, not what defineRoute() or defineGroup() made.`,
  )
}

/** What the routes of a group are registered on. */
function subRouter(router: Place, prefix: string, options: unknown): Router {
  const pattern = joinPath(router.prefix, prefix)
  const own =
    options === NO_OPTIONS ? NO_OPTIONS : checkGroupOptions(options, ` of the group ${pattern}`)
  const { use, ...said } = own
  if (use !== undefined && use.length > 0) {
    router.registry.change()
    cover(router, pattern, use)
  }
  const common = joinOptions(router.common, use === undefined ? own : said)
  return new Router(router.registry, pattern, common)
}

/** Registers middleware for the paths under a prefix. */
function cover(router: Place, prefix: string, functions: readonly unknown[]): void {
  for (const middleware of checkFunctions(functions, 'use()')) {
    router.registry.scopes.push(createScope(prefix, middleware))
  }
}

/** Registers a route; `args` are its handlers, with options before them or without. */
function register(
  router: Place,
  method: string,
  path: string,
  args: readonly unknown[],
  source = callSource(),
): void {
  if (method !== '*' && !isToken(method)) {
    throw new LannerError('LANNER_ROUTE_INVALID', `${JSON.stringify(method)} is not a method.`)
  }
  router.registry.change()
  if (typeof path !== 'string') parsePattern(path)
  const pattern = joinPath(router.prefix, path)
  const name = method.toUpperCase()
  const [first, ...rest] = args
  const hasOptions = typeof first === 'object' && first !== null
  const of = nameOf({ method: name, pattern })
  const own = hasOptions && first !== NO_OPTIONS ? checkRouteOptions(first, of) : NO_OPTIONS
  if (own.body !== undefined && (name === 'GET' || name === 'HEAD')) {
    throw new LannerError(
      'LANNER_ROUTE_INVALID',
      `The route ${name} ${pattern} has a schema for a body, which ${name} requests do not have.`,
    )
  }
  const functions = checkFunctions(hasOptions ? rest : args, `the route ${name} ${pattern}`)
  const { use = [], ...said } = own
  const options = joinOptions(router.common, 'use' in own ? said : own)
  const route = createRoute(name, pattern, functions, options, use as Handler[], source)
  router.registry.add(route)
}

/** Functions, each of which takes what it is called with: `given`, as it is written. */
export function checkFunctions(
  functions: readonly unknown[],
  where: string,
  given = '(ctx, next)',
): Handler[] {
  if (functions.length === 0) {
    throw new LannerError('LANNER_ROUTE_INVALID', `There is no function in ${where}.`)
  }
  for (const fn of functions) {
    if (typeof fn !== 'function') {
      const message = `${capital(shown(fn))} was given to ${where}, not a function.`
      throw new LannerError('LANNER_ROUTE_INVALID', message)
    }
    // Those of other servers: (req, res, next), (err, req, res, next), and a last done().
    if (fn.length > given.split(',').length) {
      throw new LannerError(
        'LANNER_ROUTE_INVALID',
        `A function of ${fn.length} arguments was given to ${where}, which takes a function of ` +
          `${given}; errors are for app.onError(), a function of (error, ctx).`,
      )
    }
  }
  return functions as Handler[]
}

function capital(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}`
}
