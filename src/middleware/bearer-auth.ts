// Lets in requests that bring a bearer token (RFC 6750): `Authorization: Bearer …`.
//
// Used as app.use(bearerAuth({ verify })). Promises that the token is what the application's
// verify() says it is, that answers name the scheme and what was wrong, and that routes decide by
// their option `auth`. Tokens in the query are not looked at: they end up in logs.

import { commonOptions, guard, isEqual, refusal, verified } from '../http/guard.js'
import { refuseUnknown } from '../option-values.js'

import type { Context, Middleware } from 'lanner'

type Awaitable<T> = T | PromiseLike<T>

/** The options of bearerAuth(). */
export interface BearerAuthOptions<User> {
  /** Gives the user that a token stands for; nothing (undefined, null, false) refuses it. */
  verify: (token: string, ctx: Context) => Awaitable<User | undefined | null | false>
  /** What the token is for, in `www-authenticate`. Default none. */
  realm?: string
  /**
   * Whether routes that say nothing (`auth`) are guarded. False lets requests without a token
   * through, and `ctx.state.user` is undefined then. Default true.
   */
  required?: boolean
  /**
   * The roles of a user, for routes with `auth: { roles }`. Default its `roles`. Where neither says
   * them, such routes let nobody in, which is told in development (LANNER_AUTH_ROLES_MISSING).
   */
  roles?: (user: User) => readonly string[]
}

/**
 * Where users have `roles` that are no list of texts, the option `roles` is needed: by default they
 * would be none at all.
 */
export type RolesNeeded<User> = 'roles' extends keyof User
  ? User['roles'] extends readonly string[] | undefined
    ? unknown
    : { readonly roles: (user: User) => readonly string[] }
  : unknown

const OF = ' of bearerAuth()'
const NAMES = ['verify', 'realm', 'required', 'roles']

/** RFC 6750 section 2.1. */
const TOKEN = /^[\w\-.~+/]+=*$/

/**
 * Asks for a bearer token: 401 without one (LANNER_AUTH_MISSING) or with a wrong one
 * (LANNER_AUTH_INVALID), 403 without the role that the route asks for (LANNER_AUTH_ROLE).
 */
export function bearerAuth<User>(
  options: BearerAuthOptions<User> & { required: false } & RolesNeeded<User>,
): Middleware<{ user: User | undefined }>
export function bearerAuth<User>(
  options: BearerAuthOptions<User> & RolesNeeded<User>,
): Middleware<{ user: User }>
export function bearerAuth<User>(options: BearerAuthOptions<User>): Middleware<{ user: User }> {
  const { isRequired, realm, roles } = commonOptions(options, OF)
  refuseUnknown(options, NAMES, '', OF)
  const { verify } = options
  const scheme = {
    name: 'bearer',
    isRequired,
    roles,
    challenge: (error?: string) => {
      const parts = [realm === undefined ? '' : `realm="${realm}"`]
      if (error !== undefined) parts.push(`error="${error}"`)
      return `Bearer ${parts.filter((part) => part !== '').join(', ')}`.trimEnd()
    },
    identify: (ctx: Context) => {
      const field = ctx.headers.get('authorization')
      if (field === null || !/^bearer(?: |$)/i.test(field)) return undefined
      const token = field.slice(6).trim()
      if (!TOKEN.test(token)) throw refusal(scheme, 'LANNER_AUTH_MALFORMED', 'invalid_request')
      const refuse = (): Error => refusal(scheme, 'LANNER_AUTH_INVALID', 'invalid_token')
      return verified(verify(token, ctx), refuse)
    },
  }
  return guard(scheme)
}

/**
 * Whether two secrets are the same, in a time that says nothing of where they differ.
 * @param a - What a client says.
 * @param b - What it ought to be.
 */
export function isEqualSecret(a: string, b: string): boolean {
  return isEqual(a, b)
}
