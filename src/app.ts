// The application: routes and middleware, and the ways to run them.
//
// What users start with. Collects until listen(), then composes each route's chain once and hands
// the table to the native router. Middleware covers paths by prefix, whatever the order of
// registration: a guard that is added after a route guards it too. Among middleware the order of
// registration counts.

import { LannerError } from './errors.js'
import { errorHandler, Hooks } from './hooks.js'
import { InjectLane } from './inject/lane.js'
import { fromFetch, fromInject } from './inject/request.js'
import { toInjectResponse } from './inject/response.js'
import { noMatch } from './native/matcher.js'
import { nameOfProbe } from './probes.js'
import { refuseUnknown, requireObject, wrong } from './option-values.js'
import { shown } from './shown.js'
import { parseOptions } from './options.js'
import { report } from './report.js'
import { checkValidation } from './routing/options.js'
import { compileFallback, compileRoutes, coveredPatterns } from './routing/route.js'
import { checkFunctions, Registry, Router } from './routing/router.js'
import { rulesOfServer } from './rules.js'
import { answerNotFound, answerUnrouted } from './routing/unrouted.js'
import { INBOX_BYTES, OUTBOX_BYTES, startServer } from './server.js'
import { ServiceTable } from './services.js'
import { APP_WORDS } from './words.js'

import type { Context } from './context.js'
import type { AnyParams, AnyState, ErrorHandler, Handler, RawInput } from './handler.js'
import type { RequestHook, ResponseHook, ServerHook } from './hooks.js'
import type { InjectOptions } from './inject/request.js'
import type { InjectResponse } from './inject/response.js'
import type { LaneConfig } from './native/lane.js'
import type { ListenOptions, ParsedOptions } from './options.js'
import type { Endpoint } from './routing/endpoint.js'
import type { ValidationOptions } from './routing/options.js'
import type { CloseOptions, Server } from './server.js'
import type { ProvidedService, ServiceOptions, Services } from './services.js'

/** Options of an application. */
export interface AppOptions {
  /**
   * How requests and replies are checked, where a route says nothing else. Default: what each of
   * its fields says.
   */
  validation?: ValidationOptions
}

/**
 * A web application. Its type knows the routes that were chained: `new App().get(…).add(…)`.
 * @example
 * ```ts run
 * import { App, HttpError } from 'lanner'
 *
 * const app = new App().get('/users/:id', (ctx) => {
 *   if (ctx.params.id !== '7') throw new HttpError(404, 'no such user')
 *   return { id: ctx.params.id, name: 'Ada' }
 * })
 * const server = await app.listen({ port: 0 })
 * const response = await fetch(`${server.url}/users/7`)
 * console.log(response.status, await response.json()) // 200 { id: '7', name: 'Ada' }
 * await server.close()
 * ```
 */
export class App<
  State extends object = AnyState,
  Routes extends Endpoint = never,
  Provided extends object = Services,
> extends Router<State, '', Routes, 'app', Provided> {
  #notFound: Handler | undefined
  readonly #hooks = new Hooks()
  readonly #services = new ServiceTable()
  readonly #servers = new Set<Server>()
  #inject: { version: number; lane: InjectLane } | undefined

  constructor(options: AppOptions = {}) {
    super(new Registry(), '')
    requireObject(options, 'options of the App')
    refuseUnknown(options, ['validation'], '', ' of the App', APP_WORDS)
    this.registry.validation = checkValidation(options.validation, 'validation', ' of the App')
  }

  /**
   * Answers when a handler failed, in place of the default problem document, with the status of the
   * error (500 where it has none) unless it says another. Several are asked in
   * the order of their registration, until one answers. Errors that come when the reply has left
   * (of a stream, of a handler that its middleware did not wait for) are told here too, to each of
   * them: then nothing can be sent any more, and what they return is dropped.
   */
  onError(handler: ErrorHandler<State, Provided>): this {
    this.registry.change()
    checkFunctions([handler], 'onError()', '(error, ctx)')
    this.#hooks.onError.push(handler as unknown as ErrorHandler)
    return this
  }

  /**
   * Answers requests that match no route. Without it they get a 404 as a problem document, natively
   * unless middleware covers the path.
   */
  notFound(handler: Handler<AnyParams, State, RawInput, unknown, Provided>): this {
    this.registry.change()
    ;[this.#notFound] = checkFunctions([handler], 'notFound()')
    return this
  }

  /**
   * Makes a service known: `ctx.services.db`, typed for the routes that are chained after it. The
   * factory runs when the service is touched first; what it returns is the service, a promise too.
   * A service of the application is given back when its last server has closed; one of a request,
   * whose factory gets its context, when the request is over.
   * @throws LANNER_SERVICE_NAME: the name is taken, or there is none to replace
   * @throws LANNER_APP_LISTENING: a server listens already
   */
  provide<Name extends string, Service>(
    name: Name,
    factory: (ctx: Context<AnyParams, State, RawInput, Provided>) => Service,
    options: ServiceOptions<Service> & { scope: 'request' },
  ): App<State, Routes, Provided & { readonly [K in Name]: ProvidedService<Service> }>
  provide<Name extends string, Service>(
    name: Name,
    factory: (services: Provided) => Service,
    options?: ServiceOptions<Service> & { scope?: 'app' },
  ): App<State, Routes, Provided & { readonly [K in Name]: ProvidedService<Service> }>
  provide(name: string, factory: unknown, options: ServiceOptions<never> = {}): unknown {
    this.registry.change()
    this.#services.provide(name, factory, options)
    return this
  }

  /**
   * Called with every request before all middleware, also with those that no route takes. Several
   * run in the order of their registration. What one returns is the answer: nothing after it runs.
   * `ctx.route.options` and `ctx.limits` are those that handlers see.
   */
  onRequest(hook: RequestHook<State, Provided>): this {
    this.registry.change()
    checkFunctions([hook], 'onRequest()', '(ctx)')
    this.#hooks.onRequest.push(hook as unknown as RequestHook)
    return this
  }

  /**
   * Called once for every exchange, when its reply was handed over to the network side or it ended
   * otherwise: the client has gone, the deadline passed. Read what is needed of `ctx` before the
   * first await. An error in it goes to `onError`, and keeps no other hook from running.
   */
  onResponse(hook: ResponseHook<State, Provided>): this {
    this.registry.change()
    checkFunctions([hook], 'onResponse()', '(ctx, info)')
    this.#hooks.onResponse.push(hook as unknown as ResponseHook)
    return this
  }

  /**
   * Called when a server of this application listens, with the services of the application;
   * `listen()` waits for it, requests do not. An error in it closes the server and is that of
   * `listen()`: `app.onListen(async (server, { db }) => (await db).migrate())`.
   */
  onListen(hook: ServerHook<Provided>): this {
    this.registry.change()
    checkFunctions([hook], 'onListen()', '(server, services)')
    this.#hooks.onListen.push(hook as unknown as ServerHook)
    return this
  }

  /**
   * Called when a server has closed and no request runs any more, with the services of the
   * application, which are given back after it; `server.close()` and `server.closed` wait for it.
   * An error in it is reported and keeps no other hook from running.
   */
  onClose(hook: ServerHook<Provided>): this {
    this.registry.change()
    checkFunctions([hook], 'onClose()', '(server, services)')
    this.#hooks.onClose.push(hook as unknown as ServerHook)
    return this
  }

  /**
   * Begins to serve. A number is a port. Options are checked, and everything is compiled, before an
   * address is opened.
   * @throws LANNER_OPTION_INVALID: an option is wrong
   * @throws LANNER_ROUTE_INVALID: the schemas of a route do not fit it
   * @throws LANNER_AUTH_UNGUARDED: a route asks for a scheme that no guard on its path is for
   * @throws LANNER_ADDRESS_IN_USE, LANNER_ADDRESS_UNAVAILABLE, LANNER_HOST_UNKNOWN,
   * LANNER_PERMISSION_DENIED, LANNER_LISTEN_FAILED: an address cannot be opened
   * @throws LANNER_DESCRIPTOR_INVALID, LANNER_SYSTEMD: a socket that was passed is none
   * @throws LANNER_ADDON_MISSING, LANNER_ADDON_BROKEN, LANNER_ADDON_VERSION: the native addon does
   * not fit
   */
  listen(options?: ListenOptions | number): Promise<Server>
  async listen(options: ListenOptions | number = {}, ...rest: readonly unknown[]): Promise<Server> {
    checkListen(options, rest)
    const server = this.start(typeof options === 'number' ? { port: options } : options)
    try {
      for (const hook of this.#hooks.onListen) await hook(server, this.#services.ofApp())
    } catch (error) {
      await server.close({ gracePeriodMs: 0 })
      throw error
    }
    return server
  }

  /** @internal The same at once. */
  start(options: ListenOptions): Server {
    const parsed = parseOptions(options)
    const config = this.#compile(parsed)
    const server = startServer(parsed, config)
    this.registry.isSealed = true
    this.#servers.add(server)
    server.afterwards = () => this.#closed(server)
    return server
  }

  /** A server has closed; its `closed` settles when this has. */
  async #closed(server: Server): Promise<void> {
    for (const hook of this.#hooks.onClose) {
      try {
        await hook(server, this.#services.ofApp())
      } catch (error) {
        report(error)
      }
    }
    this.#servers.delete(server)
    if (this.#servers.size === 0) await this.#services.dispose(report)
  }

  /**
   * Closes every server that listens for this application, and gives back its services: those that
   * `inject()` and `fetch()` made, too.
   */
  async close(options?: CloseOptions): Promise<void> {
    await Promise.all([...this.#servers].map((server) => server.close(options)))
    await this.#services.dispose(report)
  }

  /**
   * Runs a request without a socket: a Request, a URL, or a path.
   * @throws the error that ended the exchange, where it had no reply
   */
  async fetch(input: Request | URL | string, init?: RequestInit): Promise<Response> {
    return this.#injectLane().send(await fromFetch(input, init))
  }

  /**
   * Runs a request without a socket, for tests: plain options in, a plain result out.
   * @throws LANNER_OPTION_INVALID: an option is wrong, or there are a body and a form
   * @throws the error that ended the exchange, where it had no reply
   */
  async inject(options: InjectOptions | string): Promise<InjectResponse> {
    const request = fromInject(typeof options === 'string' ? { path: options } : options)
    // Not later than it has to be: what is injected together is one batch.
    const ready = request instanceof Promise ? await request : request
    return toInjectResponse(await this.#injectLane().exchange(ready))
  }

  /** Composes what was registered. Fills in the native table. */
  #compile(options: ParsedOptions): LaneConfig {
    const { routes, scopes, validation } = this.registry
    const { native } = options
    const server = rulesOfServer(native)
    const hooks = this.#hooks
    const common = { validation, development: options.development, hooks }
    const compiled = compileRoutes(routes, scopes, server, common)
    const notFound = this.#notFound
    for (const name of ['live', 'ready', 'metrics'] as const) {
      const path = native.probes[name]
      const isTaken = this.registry.has('GET', path) || this.registry.has('*', path)
      if (path === '' || !isTaken) continue
      throw wrong(nameOfProbe(name), 'a path that no route of the application has', path)
    }
    native.routes = compiled.map(({ info: { method, pattern }, rules }) =>
      rules === server ? { method, pattern } : { method, pattern, rules },
    )
    native.fallback = notFound !== undefined
    native.covered = hooks.seeRequests ? EVERY_PATH : coveredPatterns(scopes)
    return {
      routes: compiled,
      fallback: compileFallback(answerNotFound(notFound), scopes, server, hooks),
      unrouted: compileFallback(answerUnrouted, scopes, server, hooks),
      allowValues: [],
      match: noMatch,
      onError: errorHandler(hooks.onError),
      services: this.#services,
      report,
      development: options.development,
      requestWindowBytes: native.limits.requestWindowBytes,
      replyWindowBytes: native.limits.replyWindowBytes,
      inboxBytes: INBOX_BYTES,
      outboxBytes: OUTBOX_BYTES,
    }
  }

  /** The lane for calls without a socket: made anew when routes were added. */
  #injectLane(): InjectLane {
    const { version } = this.registry
    if (this.#inject?.version !== version) {
      const options = parseOptions({ port: 0 })
      const config = this.#compile(options)
      this.#inject = { version, lane: new InjectLane(options, config) }
    }
    return this.#inject.lane
  }
}

/** What others take: a port as a text, an address and a function after the port. */
function checkListen(options: unknown, rest: readonly unknown[]): void {
  if (rest.length > 0) {
    throw new LannerError(
      'LANNER_OPTION_INVALID',
      `listen() takes one argument, a port or options, and gives a promise of the server; ` +
        `${shown(rest[0])} came after it.`,
    )
  }
  if (typeof options === 'string') {
    const from = 'of the environment it is Number(process.env.PORT)'
    throw wrong('port', `a number (${from}), or one of the options of listen()`, options)
  }
}

/** Hooks see what middleware for every path sees. */
const EVERY_PATH = ['/*rest']
