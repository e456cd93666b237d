// Who may use a route: the part that all authentication middleware has in common.
//
// Called by basic-auth.ts and bearer-auth.ts. Promises that a route's option `auth` decides: false
// lets everybody in, a scheme of another name leaves the question to that (routing/auth.ts sees to
// it that there is one), roles are asked for when it is known who it is. Nothing is asked twice:
// who is known already stays who they are. Where a route asks for roles that no user ever had,
// developers are told what is missing, once per route.

import { createHash, timingSafeEqual } from 'node:crypto'

import { HttpError, LannerError } from '../errors.js'
import { ERROR_CODES } from '../error-codes.js'
import { flag, requireObject, wrong } from '../option-values.js'
import { Complaints } from '../report.js'
import { isThenable } from '../thenable.js'
import { marked } from './scheme.js'

import type { ErrorCode } from '../error-codes.js'

/** What is needed of a Context. */
interface Guarded {
  readonly route: {
    readonly method: string
    readonly pattern: string
    readonly options: { readonly auth?: unknown }
  }
  readonly isDevelopment: boolean
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
  readonly roles: Roles
  /** The value of WWW-Authenticate, with what went wrong. */
  readonly challenge: (error?: string) => string
}

/** What is known of the roles of users. */
interface Roles {
  /** The function that the application reads them with, if it has one. */
  readonly by: ((user: unknown) => unknown) | undefined
  /** Whose they are, for errors: ' of bearerAuth()'. */
  readonly of: string
  /** Whether any user had some. */
  areKnown: boolean
  readonly complaints: Complaints
}

interface RouteAuth {
  readonly scheme?: string
  readonly roles?: readonly string[]
}

/** A middleware that lets in whom the scheme and the route let in. */
export function guard<Ctx extends Guarded>(
  scheme: Scheme<Ctx>,
): (ctx: Ctx, next: () => unknown) => unknown {
  function authenticate(ctx: Ctx, next: () => unknown): unknown {
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
      requireRole(scheme, user, route.roles, ctx)
      return next()
    }
    const user = ctx.state['user'] ?? scheme.identify(ctx)
    return isThenable(user) ? Promise.resolve(user).then(admit) : admit(user)
  }
  return marked(authenticate, scheme.name)
}

function requireRole<Ctx extends Guarded>(
  scheme: Scheme<Ctx>,
  user: unknown,
  wanted: readonly string[] | undefined,
  ctx: Ctx,
): void {
  if (wanted === undefined || wanted.length === 0) return
  const { roles } = scheme
  const own = roles.by === undefined ? rolesOfUser(user) : rolesBy(roles.by, user, roles.of)
  if (own !== undefined) {
    roles.areKnown = true
    if (wanted.some((role) => own.includes(role))) return
  }
  const missing = roles.areKnown ? undefined : rolesMissing(ctx, user, wanted, roles.of)
  if (missing !== undefined && ctx.isDevelopment) {
    roles.complaints.tell(missing.message, () => missing)
  }
  throw refusal(scheme, 'LANNER_AUTH_ROLE', 'insufficient_scope', missing)
}

/** What the application forgot; which is no business of clients. */
function rolesMissing(
  { route: { method, pattern } }: Guarded,
  user: unknown,
  wanted: readonly string[],
  of: string,
): LannerError {
  const { roles } = Object(user) as { roles?: unknown }
  const found = roles === undefined ? 'no `roles`' : '`roles` that are no list'
  const place = pattern === '' ? 'A path without a route' : `The route ${method} ${pattern}`
  return new LannerError(
    'LANNER_AUTH_ROLES_MISSING',
    `${place} asks for one of the roles ${wanted.join(', ')}, and the user that verify${of} gave ` +
      `has ${found}, as every user before: nobody is let in. Let verify give \`roles\`, a list ` +
      `of texts, or say by the option roles${of} what they are.`,
  )
}

/** The error that says how to authenticate. */
export function refusal(
  { challenge }: { readonly challenge: (error?: string) => string },
  code: ErrorCode,
  error?: string,
  cause?: unknown,
): HttpError {
  const { status, text } = ERROR_CODES[code]
  const headers = { 'www-authenticate': challenge(error) }
  return new HttpError(status, text, { code, headers, ...(cause !== undefined && { cause }) })
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
    roles: {
      by: roles as Roles['by'],
      of,
      areKnown: false,
      complaints: new Complaints(Infinity),
    },
  }
}

/** Only a list is one: in a text, 'superadmin' would be an 'admin'. */
function rolesBy(by: NonNullable<Roles['by']>, user: unknown, of: string): readonly string[] {
  const own = by(user)
  if (Array.isArray(own)) return own as string[]
  throw wrong(`roles${of}`, 'a function that gives a list', own)
}

function rolesOfUser(user: unknown): readonly string[] | undefined {
  const { roles } = Object(user) as { roles?: unknown }
  return Array.isArray(roles) ? (roles as string[]) : undefined
}

/** Whether two secrets are the same, in a time that says nothing of where they differ. */
export function isEqual(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
