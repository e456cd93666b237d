// The longest request body under a prefix, refused by the network side.
//
// Used as app.use('/api', bodyLimit('1MB')). It is the option `limits.bodyBytes` of every route
// that it covers: a body that is announced longer never reaches JavaScript. What a route or its
// group says wins.

import { checkRouteOptions } from '../routing/options.js'
import { carrier } from '../routing/carrier.js'

import type { Middleware, Size } from 'lanner'

/**
 * Refuses longer request bodies with 413. Null is no limit; 0 is no body at all.
 * @param most - Bytes, or a text such as '1MB'.
 */
export function bodyLimit(most: Size | null): Middleware {
  // Said, even if it is undefined: a limit that does not exist is a mistake.
  const bodyBytes = most === undefined ? Number.NaN : most
  return carrier(checkRouteOptions({ limits: { bodyBytes } }, ' of bodyLimit()'))
}
