// Where routes are written: file and line of what registers them, for `lanner routes`.
//
// Asked by the router at registration. Says nothing unless LANNER_ROUTE_SOURCES is set, because a
// stack costs more than the rest of a registration, and no server needs it.

import { dirname, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The variable that asks for sources; '1' or anything else but nothing. */
export const ROUTE_SOURCES = 'LANNER_ROUTE_SOURCES'

/** Frames to look at: a route may be registered by helpers of the application. */
const FRAMES = 50

/** The folder of this package's own modules. */
const OWN = dirname(dirname(fileURLToPath(import.meta.url))) + sep

/** `file:line:column` of the nearest caller outside this package. */
export function callSource(): string | undefined {
  if (!process.env[ROUTE_SOURCES]) return undefined
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = FRAMES
  // As text, because that is what source maps are applied to.
  const stack = new Error('where am I').stack ?? ''
  Error.stackTraceLimit = stackTraceLimit
  return stack.split('\n').slice(1).map(placeOf).find(isForeign)
}

/** The place in a line of a stack, as a path. */
function placeOf(line: string): string | undefined {
  const place = /(?:\(|at (?:async )?)((?:file:|\/|[A-Za-z]:[\\/]).*:\d+:\d+)\)?$/.exec(line)?.[1]
  if (place?.startsWith('file:') !== true) return place
  const [, url, at] = /^(.*)(:\d+:\d+)$/.exec(place)!
  return fileURLToPath(url!) + at!
}

function isForeign(place: string | undefined): boolean {
  return place !== undefined && !place.startsWith(OWN)
}

const sources = new WeakMap<object, string>()

/** Notes where a value is made that is registered elsewhere. */
export function noteSource<Value extends object>(value: Value): Value {
  const source = callSource()
  if (source !== undefined) sources.set(value, source)
  return value
}

/** Where a value was made that noteSource() got. */
export function notedSource(value: object): string | undefined {
  return sources.get(value)
}
