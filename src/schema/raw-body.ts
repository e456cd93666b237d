// The body of a request as a plain value, by its content type.
//
// Called by the binder of routes that have a schema for it. Promises to decide by the type before
// anything is read, 415 with what is taken for any other, and a value at once where the body came
// with its head; a body that comes in pieces is a promise of one.

import { toBytes, toJson, toText } from '../body/source.js'
import { HttpError } from '../errors.js'
import { ERROR_CODES } from '../error-codes.js'
import { LIMITS } from '../limit-table.js'
import { pairsOfForm } from '../multipart/limits.js'
import { fromPairs } from './raw-input.js'

import type { BodySource } from '../body/source.js'
import type { Context } from '../context.js'
import type { Bytes } from '../native/bytes.js'
import type { Names } from './names.js'

/** What a route takes unless it says something else. */
const DEFAULT_TYPES = [
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
] as const

/** Reads a body of one type. */
type Read = (source: BodySource) => unknown

/** Gives the body of a request, or undefined when it has none. */
export type ReadBody = (ctx: Context) => unknown

/** How the bodies of a route are read. */
export function bodyReader(consumes: readonly string[] | undefined, names: Names): ReadBody {
  const types = (consumes ?? DEFAULT_TYPES).map((type) => type.toLowerCase())
  const readForm: Read = (source) => source.whole((b, s, e) => fromForm(b, s, e, names))
  const readParts: Read = (source) => fromParts(source, names)
  // No plain object: clients choose what is looked up, 'constructor' as well.
  const reads = new Map<string, Read>([
    ['application/x-www-form-urlencoded', readForm],
    ['multipart/form-data', readParts],
  ])
  const takesJson = types.some((type) => covers(type, 'application/json'))
  return function readBody(ctx) {
    const source = ctx.bodySource()
    if (!source.hasBody || source.length === 0) return undefined
    const type = ctx.headers.get('content-type') ?? ''
    if (takesJson && type === 'application/json') return source.whole(toJson)
    const essence = essenceOf(type)
    if (!types.some((taken) => covers(taken, essence))) throw unsupported(types)
    return (reads.get(essence) ?? readerOf(essence))(source)
  }
}

/** The type without its parameters, in lower case. */
function essenceOf(type: string): string {
  const end = type.indexOf(';')
  return (end < 0 ? type : type.slice(0, end)).trim().toLowerCase()
}

/** Whether a type that is taken stands for one that came; JSON stands for its suffix as well. */
function covers(taken: string, essence: string): boolean {
  if (taken === essence || taken === '*/*') return essence !== ''
  if (taken.endsWith('/*')) return essence.startsWith(taken.slice(0, -1))
  return taken === 'application/json' && essence.endsWith('+json')
}

function readerOf(essence: string): Read {
  if (essence === 'application/json' || essence.endsWith('+json')) {
    return (source) => source.whole(toJson)
  }
  return essence.startsWith('text/')
    ? (source) => source.whole(toText)
    : (source) => source.whole(toBytes)
}

function fromForm(bytes: Bytes, start: number, end: number, names: Names): object {
  return fromPairs(pairsOfForm(toText(bytes, start, end), LIMITS.multipartParts.default), names)
}

/** Parts as texts and Files; long files lie in temporary ones until the exchange is over. */
async function fromParts(source: BodySource, names: Names): Promise<object> {
  const form = await source.formData()
  return fromPairs([...form].flat(), names)
}

/** RFC 9110 section 15.5.16: Accept says what would have been taken. */
function unsupported(types: readonly string[]): HttpError {
  const { status, text } = ERROR_CODES.LANNER_CONTENT_TYPE
  const accept = types.join(', ')
  return new HttpError(status, `${text} It takes ${accept}.`, {
    code: 'LANNER_CONTENT_TYPE',
    headers: { accept },
  })
}
