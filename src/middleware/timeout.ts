// A deadline for the requests under a prefix, kept by the network side.
//
// Used as app.use('/api', timeout('2s')). It is the option `timeout` of every route that it covers,
// so it costs a request nothing and holds while JavaScript is stuck. What a route or its group says
// wins.

import { checkRouteOptions } from '../routing/options.js'
import { carrier } from '../routing/carrier.js'

import type { Duration, Middleware } from 'lanner'

/**
 * Gives requests up that take longer: they are answered with 504, or cut where the reply has begun,
 * and `ctx.signal` aborts. Null is no deadline, in place of one further out or of the server.
 * @param after - Milliseconds, or a text such as '2s', from the head of the request.
 */
export function timeout(after: Duration | null): Middleware {
  // Said, even if it is undefined: a deadline that does not exist is a mistake.
  const value = after === undefined ? Number.NaN : after
  return carrier(checkRouteOptions({ timeout: value }, ' of timeout()'))
}
