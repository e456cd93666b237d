// What handlers share and are handed: databases, clients, the user of a request.
//
// Registered by app.provide(), reached by ctx.services, made when they are touched first. Those of
// the application live until its last server has closed, those of a request until it is over.
// Promises: each is made once in its scope; what was made last is disposed of first; a name that
// nobody provided, and a service that needs itself, is an error that says so. Where all services
// are the application's, requests share one object, and touching a service is one lookup.

import { addCleanup, forget, forgetCleanup, requireRunning } from './cleanups.js'
import { LannerError } from './errors.js'
import { refuseUnknown, requireObject, wrong } from './option-values.js'
import { once } from './thenable.js'

import type { Cleanup } from './cleanups.js'
import type { Context } from './context.js'

/**
 * Services that handlers in other files may count on. Declare your own by merging with it: `declare
 * module 'lanner' { interface Services { db: Database } }`.
 */
// oxlint-disable-next-line typescript/no-empty-object-type
export interface Services {}

/** How long a service lives: as long as the application listens, or as long as a request runs. */
export type ServiceScope = 'app' | 'request'

/** What `ctx.services` has of what a factory gave: a query, for example, has become a Promise. */
export type ProvidedService<Service> =
  Service extends Promise<unknown>
    ? Service
    : Service extends PromiseLike<infer Value>
      ? Promise<Value>
      : Service

/** How `app.provide()` treats a service. */
export interface ServiceOptions<Service = unknown> {
  /**
   * How long it lives: 'app' is one for the application, 'request' one for each request that wants
   * it. Default 'app'.
   */
  scope?: ServiceScope
  /**
   * Gives it back: `(db) => db.end()`. Default: its `Symbol.asyncDispose` or `Symbol.dispose`,
   * where it has one.
   */
  dispose?: (service: Awaited<Service>) => unknown
  /** Takes the place of the service that has this name, for tests. Default false. */
  replace?: boolean
}

type Factory = (from: never) => unknown

interface Definition {
  readonly factory: Factory
  readonly scope: ServiceScope
  readonly dispose: ((service: never) => unknown) | undefined
}

/** Names that everything asks objects for. */
const RESERVED: ReadonlySet<string> = new Set([
  'then',
  'toJSON',
  'constructor',
  'prototype',
  '__proto__',
])

/** The services of one application. */
export class ServiceTable {
  readonly #definitions = new Map<string, Definition>()
  readonly #disposals: Cleanup[] = []
  #app: Scope | undefined
  /** Whether requests have services of their own. */
  #hasRequestScope = false

  provide(name: string, factory: unknown, options: ServiceOptions<never>): void {
    if (typeof name !== 'string' || name === '' || RESERVED.has(name)) {
      throw wrong('name of provide()', 'a text that is not reserved', name)
    }
    const of = ` of the service ${name}`
    if (typeof factory !== 'function') throw wrong(`factory${of}`, 'a function', factory)
    requireObject(options, `options${of}`)
    refuseUnknown(options, ['scope', 'dispose', 'replace'], '', of)
    const { scope = 'app', dispose, replace = false } = options
    if (scope !== 'app' && scope !== 'request') {
      throw wrong(`scope${of}`, `'app' or 'request'`, scope)
    }
    if (dispose !== undefined && typeof dispose !== 'function') {
      throw wrong(`dispose${of}`, 'a function', dispose)
    }
    if (this.#definitions.has(name) !== replace) {
      const why = replace ? 'There is no service to replace' : 'There is a service already'
      throw new LannerError('LANNER_SERVICE_NAME', `${why} with the name ${name}.`)
    }
    this.#definitions.set(name, { factory: factory as Factory, scope, dispose })
    this.#hasRequestScope ||= scope === 'request'
    // What was made is disposed of all the same.
    this.#app = undefined
  }

  /** The services of the application. */
  ofApp(): object {
    return this.#appScope().view
  }

  /** The services of a request. */
  of(ctx: Context): object {
    const app = this.#appScope()
    return this.#hasRequestScope ? new Scope(this.#definitions, app, ctx).view : app.view
  }

  /** Gives back what the application has, what was made last first. */
  async dispose(report: (error: unknown) => void): Promise<void> {
    this.#app = undefined
    const list = this.#disposals
    for (let next = list.pop(); next !== undefined; next = list.pop()) {
      try {
        await next()
      } catch (error) {
        report(error)
      }
    }
  }

  #appScope(): Scope {
    return (this.#app ??= new Scope(this.#definitions, undefined, undefined, this.#disposals))
  }
}

/** The services of a request. */
export function servicesOf(ctx: Context): object {
  return (ctx.lane.config.services ?? NONE).of(ctx)
}

/** The services that were made for an application or for a request. */
class Scope {
  /** What handlers see. */
  readonly view: object
  readonly #definitions: ReadonlyMap<string, Definition>
  readonly #outer: Scope | undefined
  readonly #ctx: Context | undefined
  /** Where disposals are kept; a request has a list for them. */
  readonly #disposals: Cleanup[] | undefined
  readonly #made = new Map<string, unknown>()
  readonly #making: string[] = []

  constructor(
    definitions: ReadonlyMap<string, Definition>,
    outer: Scope | undefined,
    ctx: Context | undefined,
    disposals?: Cleanup[],
  ) {
    this.#definitions = definitions
    this.#outer = outer
    this.#ctx = ctx
    this.#disposals = disposals
    this.view = new Proxy(Object.create(null) as object, {
      get: (_, name) => (typeof name === 'string' ? this.get(name) : undefined),
      has: (_, name) => definitions.has(name as string),
      set: () => false,
    })
  }

  get(name: string): unknown {
    const made = this.#made.get(name)
    if (made !== undefined || this.#made.has(name)) return made
    const definition = this.#definitions.get(name)
    if (definition === undefined) return RESERVED.has(name) ? undefined : missing(name, '')
    if (definition.scope === 'app' && this.#outer !== undefined) return this.#outer.get(name)
    if (definition.scope === 'request' && this.#ctx === undefined) {
      return missing(name, ' of the application: it is one of requests')
    }
    return this.#make(name, definition)
  }

  #make(name: string, { factory, dispose }: Definition): unknown {
    if (this.#ctx !== undefined) requireRunning(this.#ctx)
    const making = this.#making
    if (making.includes(name)) {
      const way = [...making.slice(making.indexOf(name)), name].join(' → ')
      throw new LannerError('LANNER_SERVICE_CYCLE', `A service needs itself: ${way}.`)
    }
    making.push(name)
    let value: unknown
    try {
      value = once(factory((this.#ctx ?? this.view) as never))
    } finally {
      making.pop()
    }
    const disposal = (): unknown => disposeOf(value, dispose)
    // Kept at once, not when it has come to be: what is made of its promise is given back before.
    this.#keep(disposal)
    this.#made.set(name, value)
    if (value instanceof Promise) {
      value.catch(() => {
        // Tried again by the next one who wants it: what was kept of each attempt would pile up.
        this.#made.delete(name)
        this.#forget(disposal)
      })
    }
    return value
  }

  #keep(disposal: Cleanup): void {
    if (this.#disposals === undefined) addCleanup(this.#ctx!, disposal)
    else this.#disposals.push(disposal)
  }

  #forget(disposal: Cleanup): void {
    if (this.#disposals === undefined) forgetCleanup(this.#ctx!, disposal)
    else forget(this.#disposals, disposal)
  }
}

function missing(name: string, of: string): never {
  throw new LannerError(
    'LANNER_SERVICE_MISSING',
    `There is no service ${name}${of}: app.provide('${name}', …) makes one.`,
  )
}

/** Gives a service back. One that never came to be needs nothing. */
async function disposeOf(
  made: unknown,
  dispose: ((service: never) => unknown) | undefined,
): Promise<void> {
  let value: unknown
  try {
    value = await made
  } catch {
    return
  }
  if (dispose !== undefined) {
    await dispose(value as never)
    return
  }
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return
  const methods = value as Record<symbol, unknown>
  const method = methods[Symbol.asyncDispose] ?? methods[Symbol.dispose]
  if (typeof method === 'function') await (method as () => unknown).call(value)
}

const NONE = new ServiceTable()
