// Lets pages of other origins read replies (the CORS protocol of the fetch standard).
//
// Used as app.use(cors({ origin })), before what answers. The option `cors` of a route or a group
// changes the policy there, or switches it off; a preflight is answered with the policy of the
// route that it asks for. Promises that nothing is decided per request where the policy depends on
// nothing of it, and that `Vary` names the origin where it does.

import { compileCors, joinCors } from '../cors-policy.js'
import { requireObject } from '../option-values.js'

import type { AnyCorsPolicy, CompiledCors } from '../cors-policy.js'
import type { HeaderSet } from '../header-set.js'
import type { Context, CorsPolicy, Middleware, Next, PreparedReply } from 'lanner'

const OF = ' of cors()'
/** A list of field names. */
const NAMES = /^[!#$%&'*+\-.^_`|~\w]+(?:[ \t]*,[ \t]*[!#$%&'*+\-.^_`|~\w]+)*$/

/** Lets pages of other origins read replies, and answers their preflights. */
export function cors(options: CorsPolicy = {}): Middleware {
  requireObject(options, `options${OF}`)
  const policy: AnyCorsPolicy = { ...options }
  const common = compileCors(policy, '', OF)
  const ofRoutes = new WeakMap<object, CompiledCors>()
  /** The policy of a route, put together when its first request comes. */
  const policyOf = (own: CorsPolicy): CompiledCors => {
    const known = ofRoutes.get(own)
    if (known !== undefined) return known
    const joined = compileCors(joinCors(policy, own), '', OF)
    ofRoutes.set(own, joined)
    return joined
  }
  return function cors(ctx, next) {
    if (ctx.method === 'OPTIONS') {
      const method = ctx.headers.get('access-control-request-method')
      const origin = ctx.headers.get('origin')
      if (method !== null && origin !== null) {
        const own = ctx.routeFor(method)?.options.cors
        if (own === false) return next()
        return preflight(ctx, origin, method, own === undefined ? common : policyOf(own))
      }
    }
    const own = ctx.route.options.cors
    if (own === false) return next()
    return reply(ctx, next, own === undefined ? common : policyOf(own))
  }
}

function reply(ctx: Context, next: Next, { always, forOrigin }: CompiledCors): unknown {
  if (always !== undefined) {
    ctx.setHeaders(always)
    return next()
  }
  ctx.onReply(varyByOrigin)
  const origin = ctx.headers.get('origin')
  if (origin === null) return next()
  const fields = forOrigin(origin, ctx)
  if (fields instanceof Promise) return replyLater(ctx, next, fields)
  if (fields !== undefined) ctx.setHeaders(fields)
  return next()
}

async function replyLater(
  ctx: Context,
  next: Next,
  pending: Promise<HeaderSet | undefined>,
): Promise<unknown> {
  const fields = await pending
  if (fields !== undefined) ctx.setHeaders(fields)
  return next()
}

/** When the reply is decided, because a handler may set `Vary` itself. */
function varyByOrigin(prepared: PreparedReply): void {
  prepared.vary('Origin')
}

/** Answers for the route, whether the origin is allowed or not: clients see what is missing. */
function preflight(ctx: Context, origin: string, method: string, policy: CompiledCors): unknown {
  const fields = policy.always ?? policy.forOrigin(origin, ctx)
  if (fields instanceof Promise) {
    return fields.then((allowed) => answer(ctx, allowed, method, policy))
  }
  return answer(ctx, fields, method, policy)
}

function answer(
  ctx: Context,
  fields: HeaderSet | undefined,
  method: string,
  policy: CompiledCors,
): unknown {
  const { always, isAnyMethod, isAnyHeader } = policy
  const vary: string[] = always === undefined ? ['Origin'] : []
  if (isAnyMethod) vary.push('Access-Control-Request-Method')
  if (isAnyHeader) vary.push('Access-Control-Request-Headers')
  if (fields !== undefined) {
    ctx.setHeaders(fields).setHeaders(policy.preflight)
    const names = isAnyHeader ? ctx.headers.get('access-control-request-headers') : null
    if (names !== null && NAMES.test(names)) ctx.header('access-control-allow-headers', names)
    if (isAnyMethod) ctx.header('access-control-allow-methods', method)
  }
  if (vary.length > 0) ctx.append('vary', vary.join(', '))
  return ctx.noContent()
}
