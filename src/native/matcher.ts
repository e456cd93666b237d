// Which route another request for the same path would take.
//
// Asked by Context.routeFor, for middleware that answers a preflight with the policy of the route
// that is meant. The native router answers, so that there is no second idea of what matches.

import { isToken } from '../headers.js'
import { binding } from './binding.js'

import type { NativeServer } from './binding.js'

/** The id of the route that takes a method and a target; negative for none. */
export type Matcher = (method: string, target: string) => number

/** Room for the entry of the longest target, which is a request line. */
const ENTRY_BYTES = 80 * 1024
/** The word of an entry that names its route. */
const ROUTE_WORD = 4

/** Asks the routes of a server. */
export function matcherOf(native: NativeServer): Matcher {
  let into: Int32Array | undefined
  return (method, target) => {
    if (!isToken(method)) return -1
    into ??= new Int32Array(ENTRY_BYTES / 4)
    const head = Buffer.from(`${method} ${target} HTTP/1.1\r\nhost: a\r\n\r\n`, 'latin1')
    const size = binding().encodeRequest(native, head, new Uint8Array(into.buffer))
    return size < 0 ? -1 : into[ROUTE_WORD]!
  }
}

/** Before there is a server nothing matches. */
export const noMatch: Matcher = () => -1
