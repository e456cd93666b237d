// Lets in requests that bring a name and a password (RFC 7617): browsers ask for them.
//
// Used as app.use(basicAuth({ verify })). Promises that name and password are UTF-8, that answers
// name the scheme and the realm, and that routes decide by their option `auth`. Passwords travel as
// they are: only over encrypted connections.

import { commonOptions, guard, isEqual, refusal, verified } from '../http/guard.js'
import { refuseUnknown } from '../option-values.js'

import type { Context, Middleware } from 'lanner'
import type { RolesNeeded } from './bearer-auth.js'

type Awaitable<T> = T | PromiseLike<T>

/** The options of basicAuth(). */
export interface BasicAuthOptions<User> {
  /** Gives the user with this name and password; nothing (undefined, null, false) refuses them. */
  verify: (
    name: string,
    password: string,
    ctx: Context,
  ) => Awaitable<User | undefined | null | false>
  /** What the password is for; browsers show it. Default 'Restricted'. */
  realm?: string
  /**
   * Whether routes that say nothing (`auth`) are guarded. False lets requests without a password
   * through, and `ctx.state.user` is undefined then. Default true.
   */
  required?: boolean
  /**
   * The roles of a user, for routes with `auth: { roles }`. Default its `roles`. Where neither says
   * them, such routes let nobody in, which is told in development (LANNER_AUTH_ROLES_MISSING).
   */
  roles?: (user: User) => readonly string[]
}

const OF = ' of basicAuth()'
const NAMES = ['verify', 'realm', 'required', 'roles']

/**
 * Asks for a name and a password: 401 without them (LANNER_AUTH_MISSING) or with wrong ones
 * (LANNER_AUTH_INVALID), 403 without the role that the route asks for (LANNER_AUTH_ROLE).
 */
export function basicAuth<User>(
  options: BasicAuthOptions<User> & { required: false } & RolesNeeded<User>,
): Middleware<{ user: User | undefined }>
export function basicAuth<User>(
  options: BasicAuthOptions<User> & RolesNeeded<User>,
): Middleware<{ user: User }>
export function basicAuth<User>(options: BasicAuthOptions<User>): Middleware<{ user: User }> {
  const { isRequired, realm = 'Restricted', roles } = commonOptions(options, OF)
  refuseUnknown(options, NAMES, '', OF)
  const { verify } = options
  const scheme = {
    name: 'basic',
    isRequired,
    roles,
    challenge: () => `Basic realm="${realm}", charset="UTF-8"`,
    identify: (ctx: Context) => {
      const field = ctx.headers.get('authorization')
      if (field === null || !/^basic(?: |$)/i.test(field)) return undefined
      const pair = decode(field.slice(5).trim())
      if (pair === undefined) throw refusal(scheme, 'LANNER_AUTH_MALFORMED')
      const refuse = (): Error => refusal(scheme, 'LANNER_AUTH_INVALID')
      return verified(verify(pair[0], pair[1], ctx), refuse)
    },
  }
  return guard(scheme)
}

/** Name and password; undefined for what is not base64 of UTF-8 with a colon in it. */
function decode(text: string): [name: string, password: string] | undefined {
  if (!/^[A-Za-z\d+/]+={0,2}$/.test(text)) return undefined
  let pair: string
  try {
    pair = utf8.decode(Buffer.from(text, 'base64'))
  } catch {
    return undefined
  }
  const colon = pair.indexOf(':')
  // oxlint-disable-next-line no-control-regex
  if (colon < 0 || /[\x00-\x1f\x7f]/.test(pair)) return undefined
  return [pair.slice(0, colon), pair.slice(colon + 1)]
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Whether two secrets are the same, in a time that says nothing of where they differ.
 * @param a - What a client says.
 * @param b - What it ought to be.
 */
export function isEqualSecret(a: string, b: string): boolean {
  return isEqual(a, b)
}
