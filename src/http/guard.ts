// Who may use a route: the part that all authentication middleware has in common.
//
// Called by basic-auth.ts and bearer-auth.ts. Promises that a route's option `auth` decides: false
// lets everybody in, a scheme of another name leaves the question to that, roles are asked for when
// it is known who it is. Nothing is asked twice: who is known already stays who they are.

import { createHash, timingSafeEqual } from 'node:crypto'

import { HttpError } from '../errors.js'
import { ERROR_CODES } from '../error-codes.js'
import { flag, requireObject, wrong } from '../option-values.js'
import { isThenable } from '../thenable.js'

import type { ErrorCode } from '../error-codes.js'

/** What is needed of a Context. */
interface Guarded {
  readonly route: { readonly options: { readonly auth?: unknown } }
  state: Record<string, unknown>
}

/** One scheme of authentication. */
export interface Scheme<Ctx extends Guarded> {
  /** As the option `auth.scheme` of routes has it, in lower case. */
  readonly name: string
  /** Whether routes that say nothing are guarded. */
  readonly isRequired: boolean
  /** The user, undefined when the request says nothing; throws when what it says is wrong. */
  identify(ctx: Ctx): unknown
  rolesOf(user: unknown): readonly string[]
  /** The value of WWW-Authenticate, with what went wrong. */
  readonly challenge: (error?: string) => string
}

interface RouteAuth {
  readonly scheme?: string
  readonly roles?: readonly string[]
}

/** A middleware that lets in whom the scheme and the route let in. */
export function guard<Ctx extends Guarded>(
  scheme: Scheme<Ctx>,
): (ctx: Ctx, next: () => unknown) => unknown {
  return function authenticate(ctx, next) {
    const auth = ctx.route.options.auth as boolean | RouteAuth | undefined
    if (auth === false) return next()
    const route: RouteAuth = typeof auth === 'object' ? auth : {}
    if (route.scheme !== undefined && route.scheme.toLowerCase() !== scheme.name) return next()
    const isRequired = scheme.isRequired || auth !== undefined
    const admit = (user: unknown): unknown => {
      if (isNobody(user)) {
        if (isRequired) throw refusal(scheme, 'LANNER_AUTH_MISSING')
        return next()
      }
      ctx.state['user'] = user
      requireRole(scheme, user, route.roles)
      return next()
    }
    const user = ctx.state['user'] ?? scheme.identify(ctx)
    return isThenable(user) ? Promise.resolve(user).then(admit) : admit(user)
  }
}

function requireRole<Ctx extends Guarded>(
  scheme: Scheme<Ctx>,
  user: unknown,
  roles: readonly string[] | undefined,
): void {
  if (roles === undefined || roles.length === 0) return
  const own = scheme.rolesOf(user)
  if (!roles.some((role) => own.includes(role))) {
    throw refusal(scheme, 'LANNER_AUTH_ROLE', 'insufficient_scope')
  }
}

/** The error that says how to authenticate. */
export function refusal(
  { challenge }: { readonly challenge: (error?: string) => string },
  code: ErrorCode,
  error?: string,
): HttpError {
  const { status, text } = ERROR_CODES[code]
  return new HttpError(status, text, { code, headers: { 'www-authenticate': challenge(error) } })
}

/** What verify() gave, now or later; nothing means no. */
export function verified(result: unknown, refuse: () => Error): unknown {
  const check = (user: unknown): unknown => {
    if (isNobody(user)) throw refuse()
    return user
  }
  return isThenable(result) ? Promise.resolve(result).then(check) : check(result)
}

function isNobody(user: unknown): boolean {
  return user === undefined || user === null || user === false
}

/** The options that all schemes have. */
export function commonOptions(options: object, of: string) {
  requireObject(options, `options${of}`)
  const { realm, required, roles, verify } = options as Record<string, unknown>
  if (typeof verify !== 'function') throw wrong(`verify${of}`, 'a function', verify)
  if (roles !== undefined && typeof roles !== 'function') {
    throw wrong(`roles${of}`, 'a function', roles)
  }
  if (realm !== undefined && (typeof realm !== 'string' || !/^[\x20-\x7e]+$/.test(realm))) {
    throw wrong(`realm${of}`, 'a text of visible ASCII characters', realm)
  }
  return {
    isRequired: flag(required, `required${of}`, true),
    realm: realm?.replaceAll(/["\\]/g, '\\$&'),
    rolesOf: roles === undefined ? rolesOfUser : rolesBy(roles as (user: unknown) => unknown, of),
  }
}

/** Only a list is one: in a text, 'superadmin' would be an 'admin'. */
function rolesBy(roles: (user: unknown) => unknown, of: string) {
  return (user: unknown): readonly string[] => {
    const own = roles(user)
    if (Array.isArray(own)) return own as string[]
    throw wrong(`roles${of}`, 'a function that gives a list', own)
  }
}

function rolesOfUser(user: unknown): readonly string[] {
  const { roles } = Object(user) as { roles?: unknown }
  return Array.isArray(roles) ? (roles as string[]) : []
}

/** Whether two secrets are the same, in a time that says nothing of where they differ. */
export function isEqual(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
