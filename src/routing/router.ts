// What routes and middleware are registered on: the application, and groups of it.
//
// App extends it; group() gives callbacks one of its own with a longer prefix. Both write to one
// Registry, so a group is a way of writing and nothing at run time.

import { LannerError } from '../errors.js'
import { isToken } from '../headers.js'
import { joinPath } from './pattern.js'
import { checkRouteOptions, joinOptions, NO_OPTIONS } from './options.js'
import { createRoute, createScope, nameOf } from './route.js'
import { callSource, notedSource } from './sources.js'

import type { AnyState, Handler, Middleware } from '../handler.js'
import type { Endpoint } from './endpoint.js'
import type { RouteOptions } from './options.js'
import type { Route, Scope } from './route.js'
import type { JoinPath, ParamsOf } from './types.js'

/** One or more functions for a route: the last one answers, those before it may call `next`. */
export type RouteHandlers<Pattern extends string, State extends object> = readonly [
  Handler<ParamsOf<Pattern>, State>,
  ...Handler<ParamsOf<Pattern>, State>[],
]

/** What a route is made of beside its path: its handlers, and options before them. */
export type RouteArguments<Pattern extends string, State extends object> =
  | RouteHandlers<Pattern, State>
  | readonly [options: RouteOptions, ...RouteHandlers<Pattern, State>]

/** Everything that was registered. */
export class Registry {
  readonly routes: Route[] = []
  readonly scopes: Scope[] = []
  /**
   * Grows with each registration, so that what was compiled before can be told from what is
   * current.
   */
  version = 0
  /** Whether a server runs what was registered. */
  isSealed = false

  change(): void {
    if (this.isSealed) throw new LannerError('LANNER_APP_LISTENING')
    this.version++
  }
}

/** Registers routes and middleware under a prefix. */
export class Router<State extends object = AnyState, Prefix extends string = ''> {
  /** @internal */
  readonly registry: Registry
  /** @internal */
  readonly prefix: string
  /** @internal What the routes of a group have in common. */
  readonly common: RouteOptions

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
    ...middleware: readonly Middleware<State & Adds>[]
  ): Router<State & Adds, Prefix>
  use<Adds extends object = object>(
    prefix: string,
    ...middleware: readonly Middleware<State & Adds>[]
  ): Router<State & Adds, Prefix>
  use(first: unknown, ...rest: readonly unknown[]): unknown {
    const under = typeof first === 'string' ? first : '/'
    const functions = typeof first === 'string' ? rest : [first, ...rest]
    this.registry.change()
    const prefix = joinPath(this.prefix, under)
    for (const middleware of checkFunctions(functions, 'use()')) {
      this.registry.scopes.push(createScope(prefix, middleware))
    }
    return this
  }

  /**
   * A route of one method, any method for '*'. Options may stand before its handlers:
   * `app.post('/files', { limits: { bodyBytes: '1GB' } }, upload)`.
   */
  route<Path extends string>(
    method: string,
    path: Path,
    ...handlers: RouteArguments<JoinPath<Prefix, Path>, State>
  ): this {
    register(this as unknown as Router, method, path, handlers)
    return this
  }

  /** Routes that `route()` made: `app.add(getUser, createUser)`. */
  add(...endpoints: readonly Endpoint[]): this {
    for (const endpoint of endpoints) {
      const { method, path, options, handlers } = endpoint
      const source = notedSource(endpoint)
      register(this as unknown as Router, method, path, [options, ...handlers], source)
    }
    return this
  }

  /** A route for GET, which also serves HEAD. */
  get<Path extends string>(
    path: Path,
    ...handlers: RouteArguments<JoinPath<Prefix, Path>, State>
  ): this {
    return this.route('GET', path, ...handlers)
  }

  /** A route for POST. */
  post<Path extends string>(
    path: Path,
    ...handlers: RouteArguments<JoinPath<Prefix, Path>, State>
  ): this {
    return this.route('POST', path, ...handlers)
  }

  /** A route for PUT. */
  put<Path extends string>(
    path: Path,
    ...handlers: RouteArguments<JoinPath<Prefix, Path>, State>
  ): this {
    return this.route('PUT', path, ...handlers)
  }

  /** A route for PATCH. */
  patch<Path extends string>(
    path: Path,
    ...handlers: RouteArguments<JoinPath<Prefix, Path>, State>
  ): this {
    return this.route('PATCH', path, ...handlers)
  }

  /** A route for DELETE. */
  delete<Path extends string>(
    path: Path,
    ...handlers: RouteArguments<JoinPath<Prefix, Path>, State>
  ): this {
    return this.route('DELETE', path, ...handlers)
  }

  /** A route for HEAD, where it must differ from the one for GET. */
  head<Path extends string>(
    path: Path,
    ...handlers: RouteArguments<JoinPath<Prefix, Path>, State>
  ): this {
    return this.route('HEAD', path, ...handlers)
  }

  /** A route for OPTIONS, in place of the automatic answer. */
  options<Path extends string>(
    path: Path,
    ...handlers: RouteArguments<JoinPath<Prefix, Path>, State>
  ): this {
    return this.route('OPTIONS', path, ...handlers)
  }

  /** A route for every method. */
  all<Path extends string>(
    path: Path,
    ...handlers: RouteArguments<JoinPath<Prefix, Path>, State>
  ): this {
    return this.route('*', path, ...handlers)
  }

  /**
   * Registers under a prefix: `app.group('/admin', (admin) => { admin.use(…); admin.get('/', …)
   * })`. Options before the function hold for every route in it, as far as that says nothing else.
   */
  group<Path extends string>(
    prefix: Path,
    ...args:
      | readonly [register: (group: Router<State, JoinPath<Prefix, Path>>) => void]
      | readonly [
          options: RouteOptions,
          register: (group: Router<State, JoinPath<Prefix, Path>>) => void,
        ]
  ): this {
    const pattern = joinPath(this.prefix, prefix)
    const of = ` of the group ${pattern}`
    const own = args.length === 1 ? NO_OPTIONS : checkRouteOptions(args[0], of)
    const register = args.length === 1 ? args[0] : args[1]
    checkFunctions([register], `the group ${pattern}`)
    register(new Router(this.registry, pattern, joinOptions(this.common, own)))
    return this
  }
}

/** Registers a route; `args` are its handlers, with options before them or without. */
function register(
  router: Router,
  method: string,
  path: string,
  args: readonly unknown[],
  source = callSource(),
): void {
  if (method !== '*' && !isToken(method)) {
    throw new LannerError('LANNER_ROUTE_INVALID', `${JSON.stringify(method)} is not a method.`)
  }
  router.registry.change()
  const pattern = joinPath(router.prefix, path)
  const name = method.toUpperCase()
  const [first, ...rest] = args
  const hasOptions = typeof first === 'object' && first !== null
  const of = nameOf({ method: name, pattern })
  const own = hasOptions && first !== NO_OPTIONS ? checkRouteOptions(first, of) : NO_OPTIONS
  const functions = checkFunctions(hasOptions ? rest : args, `the route ${name} ${pattern}`)
  const options = joinOptions(router.common, own)
  router.registry.routes.push(createRoute(name, pattern, functions, options, source))
}

function checkFunctions(functions: readonly unknown[], where: string): Handler[] {
  if (functions.length === 0) {
    throw new LannerError('LANNER_ROUTE_INVALID', `There is no function in ${where}.`)
  }
  for (const fn of functions) {
    if (typeof fn === 'function') continue
    throw new LannerError(
      'LANNER_ROUTE_INVALID',
      `A ${typeof fn} was given to ${where}, not a function.`,
    )
  }
  return functions as Handler[]
}
