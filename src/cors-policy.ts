// What other origins may do: the policy of cors() and of the route option `cors`, checked and made
// ready.
//
// Used by the middleware, which answers with it, and by the checks of route options, so that a
// wrong policy fails where it is written. Promises that a policy which depends on nothing of the
// request is put together once, and that credentials never go with any origin.

import { HeaderSet } from './header-set.js'
import { isToken } from './headers.js'
import { flag, integer, refuseUnknown, requireObject, wrong } from './option-values.js'
import { isThenable } from './thenable.js'

import type { Context } from './context.js'

/** Says whether an origin may read replies, for example 'https://app.example'. */
export type OriginTest = (origin: string, ctx: Context) => boolean | PromiseLike<boolean>

/** What other origins may do. Routes and groups have one of their own as the option `cors`. */
export interface CorsPolicy {
  /**
   * Who may read replies: '*' for anybody, an origin, a list of them ('https://*.example.com' is
   * every host under it), or a function. Default '*'.
   */
  origin?: string | readonly string[] | OriginTest
  /** Methods of requests; '*' for any. Default GET, HEAD, POST, PUT, PATCH, DELETE. */
  allowMethods?: '*' | readonly string[]
  /** Fields that requests may have; '*' for those that are asked for. Default '*'. */
  allowHeaders?: '*' | readonly string[]
  /** Fields of replies that scripts may read. Default none. */
  exposeHeaders?: readonly string[]
  /** Whether cookies and the like may come along. Needs origins that are named. Default false. */
  credentials?: boolean
  /**
   * For how many seconds clients remember a preflight. Default: nothing is said, which is 5 s for
   * browsers.
   */
  maxAge?: number
}

/** The same for whatever a Context is to the caller. */
export interface AnyCorsPolicy extends Omit<CorsPolicy, 'origin'> {
  origin?: string | readonly string[] | ((origin: string, ctx: never) => unknown)
}

/** A policy that is ready to be applied. */
export interface CompiledCors {
  /**
   * Fields of every reply, whoever asks; undefined when they depend on the origin, which `Vary`
   * says then.
   */
  readonly always: HeaderSet | undefined
  /** Fields for an origin that was not seen yet; undefined when it may nothing. */
  readonly forOrigin: (
    origin: string,
    ctx: unknown,
  ) => HeaderSet | undefined | Promise<HeaderSet | undefined>
  /** Fields of the answer to a preflight, beside those of the origin. */
  readonly preflight: HeaderSet
  readonly isAnyMethod: boolean
  readonly isAnyHeader: boolean
}

const NAMES = ['origin', 'allowMethods', 'allowHeaders', 'exposeHeaders', 'credentials', 'maxAge']
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const MAX_AGE_MAX = 2 ** 31 - 1

/** Throws unless a policy of a route can be joined with any other; `of` says whose it is. */
export function checkCors(policy: unknown, of: string): void {
  requireObject(policy, `cors${of}`)
  compileCors(policy as AnyCorsPolicy, 'cors.', of)
}

/**
 * The policy of a route over that of its group, or over the common one. Credentials are for origins
 * that were named.
 */
export function joinCors<Policy extends AnyCorsPolicy>(outer: Policy, inner: Policy): Policy {
  const said = Object.entries(inner).filter(([, value]) => value !== undefined)
  const joined: Policy = { ...outer, ...Object.fromEntries(said) }
  if (inner.origin !== undefined && inner.credentials === undefined) delete joined.credentials
  return joined
}

/** Checks a policy and puts together what can be. `at` and `of` surround names in errors. */
export function compileCors(policy: AnyCorsPolicy, at: string, of: string): CompiledCors {
  refuseUnknown(policy, NAMES, at, of)
  const { origin = '*', allowMethods = METHODS, allowHeaders = '*', exposeHeaders = [] } = policy
  const credentials = flag(policy.credentials, `${at}credentials${of}`, false)
  const matcher = parseOrigin(origin, at, of)
  if (credentials && matcher === '*') {
    throw wrong(`${at}credentials${of}`, 'given with origins that are named', true)
  }
  const expose = tokens(exposeHeaders, `${at}exposeHeaders`, of)
  if (expose.includes('*')) throw wrong(`${at}exposeHeaders${of}`, 'a list of names', '*')
  const fieldsFor = (allowed: string): HeaderSet =>
    new HeaderSet({
      'access-control-allow-origin': allowed,
      ...(credentials && { 'access-control-allow-credentials': 'true' }),
      ...(expose.length > 0 && { 'access-control-expose-headers': expose.join(', ') }),
    })
  const isAnyMethod = allowMethods === '*'
  const isAnyHeader = allowHeaders === '*'
  const methods = isAnyMethod ? [] : tokens(allowMethods, `${at}allowMethods`, of)
  const headers = isAnyHeader ? [] : tokens(allowHeaders, `${at}allowHeaders`, of)
  const maxAge = integer(policy.maxAge, `${at}maxAge${of}`, -1, 0, MAX_AGE_MAX)
  return {
    always: typeof matcher === 'string' ? fieldsFor(matcher) : undefined,
    forOrigin: originFields(matcher, fieldsFor),
    preflight: new HeaderSet({
      ...(methods.length > 0 && { 'access-control-allow-methods': methods.join(', ') }),
      ...(headers.length > 0 && { 'access-control-allow-headers': headers.join(', ') }),
      ...(maxAge >= 0 && { 'access-control-max-age': String(maxAge) }),
    }),
    isAnyMethod,
    isAnyHeader,
  }
}

/** One origin for everybody, or whatever says which are allowed. */
type OriginMatcher = string | ((origin: string, ctx: never) => unknown)

/** What is allowed is put together once for each origin that is named. */
function originFields(
  matcher: OriginMatcher,
  fieldsFor: (origin: string) => HeaderSet,
): CompiledCors['forOrigin'] {
  if (typeof matcher === 'string') {
    const fields = fieldsFor(matcher)
    return () => fields
  }
  // Pages of a few origins ask again and again.
  let lastOrigin = ''
  let lastFields: HeaderSet | undefined
  const fields = (origin: string): HeaderSet => {
    if (lastFields === undefined || origin !== lastOrigin) {
      lastFields = fieldsFor(origin)
      lastOrigin = origin
    }
    return lastFields
  }
  return (origin, ctx) => {
    const isAllowed = matcher(origin, ctx as never)
    if (isThenable(isAllowed)) {
      return Promise.resolve(isAllowed).then((allowed) =>
        allowed === true ? fields(origin) : undefined,
      )
    }
    return isAllowed === true ? fields(origin) : undefined
  }
}

function parseOrigin(option: unknown, at: string, of: string): OriginMatcher {
  if (typeof option === 'function') return option as (origin: string, ctx: never) => unknown
  if (typeof option === 'string' && !option.includes('*.')) {
    return option === '*' ? option : namedOrigin(option, `${at}origin${of}`)
  }
  const list: unknown = typeof option === 'string' ? [option] : option
  if (!Array.isArray(list) || list.length === 0) {
    throw wrong(`${at}origin${of}`, `'*', an origin, a list of origins or a function`, option)
  }
  if (list.includes('*')) return '*'
  const exact = new Set<string>()
  const wild: { readonly start: string; readonly end: string }[] = []
  for (const [index, item] of list.entries()) {
    const path = `${at}origin[${index}]${of}`
    const [start, end] = typeof item === 'string' ? item.split('*.') : []
    if (end === undefined) {
      exact.add(namedOrigin(item, path))
    } else {
      const whole = namedOrigin(`${start}x.${end}`, path)
      wild.push({ start: start!.toLowerCase(), end: whole.slice(whole.indexOf('x.') + 1) })
    }
  }
  return (origin) => exact.has(origin) || wild.some((pattern) => isUnder(origin, pattern))
}

/** Whether an origin is one of a host under another. */
function isUnder(origin: string, { start, end }: { start: string; end: string }): boolean {
  if (!origin.startsWith(start) || !origin.endsWith(end)) return false
  return /^[a-z\d_](?:[a-z\d._-]*[a-z\d_])?$/.test(origin.slice(start.length, -end.length))
}

/** An origin as browsers write it. */
function namedOrigin(value: unknown, path: string): string {
  if (value === 'null') return value
  if (typeof value === 'string' && URL.canParse(value)) {
    const url = new URL(value)
    // What has no origin of its own (an application's scheme) is written as it is.
    const origin = url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin
    const isBare = url.href === `${origin}/` || url.href === origin
    if (isBare && url.host !== '' && !value.endsWith('/')) return origin
  }
  throw wrong(path, `an origin such as 'https://app.example', without a path`, value)
}

function tokens(value: unknown, path: string, of: string): readonly string[] {
  const isList =
    Array.isArray(value) && value.every((one) => typeof one === 'string' && isToken(one))
  if (isList) return value as string[]
  throw wrong(path + of, 'a list of names', value)
}
