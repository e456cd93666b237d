// What can be said of a route beside its path: limits of its own, its priority, and what middleware
// wants to know of it.
//
// Checked where the route is registered, so that a wrong option fails where it stands. Groups hand
// theirs down. Promises that ctx.route.options is what was written, joined with the groups around
// it, and never changes. What the limits come to is rules.ts.

import { checkCors, joinCors } from '../cors-policy.js'
import { limitOf } from '../limit-table.js'
import { flag, refuseUnknown, requireObject, text, wrong } from '../option-values.js'
import { checkProblems } from '../problem-options.js'
import { PRIORITIES, rulesOfRoute } from '../rules.js'
import { ROUTE_WORDS } from '../words.js'

import type { CorsPolicy } from '../cors-policy.js'
import type { Filter, Middleware } from '../handler.js'
import type { NativeRules } from '../native/binding.js'
import type { Duration, Size } from '../options.js'
import type { ProblemOptions } from '../problem-options.js'
import type { RateOptions } from '../rates.js'
import type { Schemas } from './schemas.js'

/** Which requests are shed first when there are too many. */
export type Priority = (typeof PRIORITIES)[number]

/** Limits of a route, in place of those of the server. */
export interface RouteLimitOptions {
  /** Longest request body; null for no limit. Default: that of the server. */
  bodyBytes?: Size | null
  /**
   * Bytes of a body nobody reads that are dropped to keep the connection; null for any number.
   * Default: that of the server.
   */
  drainBytes?: Size | null
}

/** What an application notes about its routes. Declare fields of your own by merging with it. */
export interface RouteMeta {
  [name: string]: unknown
}

/** Who may use a route, for middleware that asks: false for anybody, true for whoever is known. */
export type AuthOption = boolean | AuthOptions

/** How a client says who it is, and what it has to be. */
export interface AuthOptions {
  /**
   * The scheme of the authorization field, for example 'bearer'. Default: any that the middleware
   * knows.
   */
  scheme?: string
  /** It has to have one of these roles. Default: none is needed. */
  roles?: readonly string[]
}

/**
 * What routes and groups say of themselves. The network side holds to limits, rates, times and
 * priority before a handler is asked; middleware and OpenAPI read the rest in `ctx.route.options`.
 */
export interface CommonOptions {
  /**
   * Which requests are shed first under overload. 'low': as soon as the queue is longer than
   * `overload.queueDelay`, or half of `overload.inFlight` is used. 'high': only when no request can
   * be taken at all; while there is such a route, a tenth of `overload.inFlight` is kept for it.
   * Default 'normal'.
   */
  priority?: Priority
  /**
   * In place of `timeouts.request`: then 504, and `ctx.signal` aborts; null for never. Default:
   * that of the server.
   */
  timeout?: Duration | null
  /**
   * In place of `timeouts.drain`: for the rest of a request body that nobody reads. Default: that
   * of the server.
   */
  drain?: Duration
  /** Limits in place of those of the server. Default: those of the server. */
  limits?: RouteLimitOptions
  /**
   * Minimum rates in place of those of the server; what is not said stays. Default: those of the
   * server.
   */
  rates?: RateOptions
  /** What the route is for, in one line. Default none. */
  summary?: string
  /** What there is to know about it; Markdown in OpenAPI. Default none. */
  description?: string
  /** What it belongs to; those of a route come behind those of its groups. Default none. */
  tags?: readonly string[]
  /** Whether it should not be used any more. Default false. */
  deprecated?: boolean
  /** Whether it is left out of the OpenAPI document. Default false. */
  hidden?: boolean
  /**
   * Who may use it; for the middleware that checks it. Default: what the middleware does where
   * nothing is said.
   */
  auth?: AuthOption
  /**
   * What other origins may do with it, false for nothing; for the middleware cors(). Default: what
   * cors() says.
   */
  cors?: false | CorsPolicy
  /**
   * How its errors are answered; what is not said here is the application's. Default: what the
   * application says.
   */
  problems?: ProblemOptions
  /**
   * Media types of request bodies that a schema for them takes, others get 415. Default:
   * application/json (and +json), application/x-www-form-urlencoded and multipart/form-data.
   */
  consumes?: readonly string[]
  /**
   * How what a request brings is checked; what is not said here is the application's. Default: what
   * the application says.
   */
  validation?: ValidationOptions
  /** Whatever middleware wants to know of it, for example `{ role: 'admin' }`. Default none. */
  meta?: RouteMeta
}

/** How requests and replies are checked against the schemas of their route. */
export interface ValidationOptions {
  /** The status of the problem document when a request does not fit. Default 400. */
  status?: 400 | 422
  /** Issues that the problem document lists, 1 to 10000; others are counted. Default 100. */
  issues?: number
  /**
   * What becomes of replies that do not fit: 'error' answers 500 in their place
   * (LANNER_RESPONSE_INVALID), 'count' sends them and counts them
   * (`server.stats().response_mismatches`), 'off' does not look. Default 'error' in development and
   * 'count' otherwise.
   */
  responses?: 'error' | 'count' | 'off'
}

/** Options of a group: they hold for every route in it that says nothing else. */
export interface GroupOptions extends CommonOptions {
  /** Middleware for every path under the prefix, as `use()` registers it. Default none. */
  use?: readonly Middleware<never>[]
  /**
   * Run around the handlers, when what the request brings has been checked; outer groups first.
   * Default none.
   */
  filters?: readonly Filter[]
}

/** What a route says of itself beside its schemas. */
export interface RouteMetadata extends CommonOptions {
  /**
   * A name that no other route has: the operation in OpenAPI. Default: made of method and path,
   * where OpenAPI needs one.
   */
  name?: string
  /**
   * Middleware of this route alone: runs before what the request brings is checked. Default none.
   */
  use?: readonly Middleware<never>[]
}

/** Options of a route. `ctx.route.options` has them, joined with those of its groups. */
export interface RouteOptions extends RouteMetadata, Partial<Schemas> {
  /** Run around the handlers, when what the request brings has been checked. Default none. */
  filters?: readonly Filter[]
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

const COMMON_NAMES = [
  'priority',
  'timeout',
  'drain',
  'limits',
  'rates',
  'summary',
  'description',
  'tags',
  'deprecated',
  'hidden',
  'auth',
  'cors',
  'problems',
  'consumes',
  'validation',
  'meta',
]
const GROUP_NAMES = [...COMMON_NAMES, 'use', 'filters']
const SCHEMA_NAMES = ['params', 'query', 'headers', 'cookies', 'body'] as const
const ROUTE_NAMES = [...GROUP_NAMES, 'name', ...SCHEMA_NAMES, 'responses']
const ANY_RULES: NativeRules = {
  bodyBytes: 0,
  drainBytes: 0,
  drainMs: 0,
  requestMs: 0,
  request: { bytesPerSecond: 0, graceMs: 0 },
  response: { bytesPerSecond: 0, graceMs: 0 },
  priority: 0,
}

/** Checks the options of a route; `of` says whose they are. */
export function checkRouteOptions(options: unknown, of: string): RouteOptions {
  const checked = checkCommon<RouteOptions>(options, ROUTE_NAMES, of)
  if (checked.name !== undefined) text(checked.name, `name${of}`)
  for (const name of SCHEMA_NAMES) requireSchema(checked[name], `${name}${of}`)
  checkResponses(checked.responses, of)
  return checked
}

/** Checks the options of a group. */
export function checkGroupOptions(options: unknown, of: string): GroupOptions {
  return checkCommon<GroupOptions>(options, GROUP_NAMES, of)
}

/** Checks options that say nothing of functions and schemas. */
export function checkCommonOptions(options: unknown, of: string): CommonOptions {
  return checkCommon<CommonOptions>(options, COMMON_NAMES, of)
}

function checkCommon<Options extends CommonOptions>(
  options: unknown,
  names: readonly string[],
  of: string,
): Options {
  requireObject(options, `options${of}`)
  const checked = options as Options & RouteOptions
  const { priority, limits = {}, rates = {} } = checked
  refuseUnknown(checked, names, '', of, ROUTE_WORDS)
  requireObject(limits, `limits${of}`)
  requireObject(rates, `rates${of}`)
  refuseUnknown(limits, ['bodyBytes', 'drainBytes'], 'limits.', of)
  refuseUnknown(rates, ['request', 'response'], 'rates.', of)
  if (priority !== undefined && !PRIORITIES.includes(priority)) {
    throw wrong(`priority${of}`, `'low', 'normal' or 'high'`, priority)
  }
  rulesOfRoute(checked, ANY_RULES, of)
  checkMetadata(checked, of)
  checkValidation(checked.validation, `validation`, of)
  return checked
}

function checkMetadata(options: RouteOptions, of: string): void {
  const { summary, description, tags, auth, cors, consumes, problems, meta } = options
  if (summary !== undefined) text(summary, `summary${of}`)
  if (description !== undefined) text(description, `description${of}`)
  for (const name of ['deprecated', 'hidden'] as const) flag(options[name], `${name}${of}`, false)
  for (const name of ['use', 'filters'] as const) {
    requireList(options[name], `${name}${of}`, 'functions', (item) => typeof item === 'function')
  }
  requireList(tags, `tags${of}`, 'texts', isText)
  requireList(consumes, `consumes${of}`, 'media types such as application/json', isMediaType)
  if (auth !== undefined && typeof auth !== 'boolean') {
    requireObject(auth, `auth${of}`)
    refuseUnknown(auth, ['scheme', 'roles'], 'auth.', of)
    if (auth.scheme !== undefined) text(auth.scheme, `auth.scheme${of}`)
    requireList(auth.roles, `auth.roles${of}`, 'texts', isText)
  }
  if (cors !== undefined && cors !== false) checkCors(cors, of)
  if (problems !== undefined) checkProblems(problems, of)
  if (meta !== undefined) requireObject(meta, `meta${of}`)
}

/** Checks how requests and replies are validated; `path` and `of` say where it was written. */
export function checkValidation(options: unknown, path: string, of = ''): ValidationOptions {
  if (options === undefined) return {}
  requireObject(options, `${path}${of}`)
  const checked = options as ValidationOptions
  const { status, issues, responses } = checked
  refuseUnknown(checked, ['status', 'issues', 'responses'], `${path}.`, of)
  if (status !== undefined && status !== 400 && status !== 422) {
    throw wrong(`${path}.status${of}`, '400 or 422', status)
  }
  limitOf('issues', issues, `${path}.issues${of}`)
  if (responses !== undefined && !RESPONSE_CHECKS.includes(responses)) {
    throw wrong(`${path}.responses${of}`, `'error', 'count' or 'off'`, responses)
  }
  return checked
}

const RESPONSE_CHECKS: readonly string[] = ['error', 'count', 'off']

/** Of any library: some make objects, some functions. */
function isSchema(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const standard = (value as { '~standard'?: { validate?: unknown } })['~standard']
  return typeof standard?.validate === 'function'
}

function requireSchema(schema: unknown, path: string): void {
  if (schema === undefined || isSchema(schema)) return
  throw wrong(path, SCHEMA_EXPECTED, schema)
}

const SCHEMA_EXPECTED =
  'a Standard Schema (of Zod, Valibot, ArkType and others; plain JSON Schema and TypeBox become ' +
  'one by jsonSchema() of lanner/json-schema)'

function checkResponses(responses: unknown, of: string): void {
  if (responses === undefined) return
  requireObject(responses, `responses${of}`)
  for (const [status, schema] of Object.entries(responses as object)) {
    if (!/^[2-5]\d\d$/.test(status)) {
      throw wrong(`responses${of}`, 'an object with statuses from 200 to 599 as keys', status)
    }
    if (schema !== null && BODILESS.has(status)) {
      throw wrong(
        `responses.${status}${of}`,
        'null, as replies of this status have no body',
        schema,
      )
    }
    if (schema !== null) requireSchema(schema ?? false, `responses.${status}${of}`)
  }
}

const BODILESS: ReadonlySet<string> = new Set(['204', '205', '304'])

function requireList(
  list: unknown,
  path: string,
  items: string,
  isItem: (item: unknown) => boolean,
): void {
  if (list === undefined || (Array.isArray(list) && list.every(isItem))) return
  throw wrong(path, `a list of ${items}`, list)
}

const isText = (item: unknown): boolean => typeof item === 'string'
const isMediaType = (item: unknown): boolean =>
  typeof item === 'string' && /^(?:\*\/\*|[\w!#$&^.+-]+\/(?:\*|[\w!#$&^.+-]+))$/.test(item)

/**
 * The options of a group with those of what is in it, which win where they say something. What is
 * in `meta` is the application's own, undefined included.
 */
export function joinOptions(outer: RouteOptions, inner: RouteOptions): RouteOptions {
  if (inner === NO_OPTIONS) return outer
  const joined: RouteOptions = { ...outer, ...said(inner) }
  for (const name of ['limits', 'rates', 'validation', 'problems'] as const) {
    if (outer[name] !== undefined || inner[name] !== undefined) {
      joined[name] = Object.freeze({ ...outer[name], ...said(inner[name]) })
    }
  }
  if (outer.cors && inner.cors) joined.cors = Object.freeze(joinCors(outer.cors, inner.cors))
  if (outer.meta !== undefined || inner.meta !== undefined) {
    joined.meta = Object.freeze({ ...outer.meta, ...inner.meta })
  }
  const tags = [...(outer.tags ?? []), ...(inner.tags ?? [])]
  if (tags.length > 0) joined.tags = Object.freeze(tags)
  const filters = [...(outer.filters ?? []), ...(inner.filters ?? [])]
  if (filters.length > 0) joined.filters = Object.freeze(filters)
  return Object.freeze(joined)
}

/** The options without those that are undefined. */
function said<Options extends object>(options: Options | undefined): Partial<Options> {
  const entries = Object.entries(options ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Partial<Options>
}
