// Path patterns as users write them: `/users/:id`, `/files/*rest`, `/posts/:year?`.
//
// Used at registration only, so that a wrong pattern fails where it stands; matching is native.
// Also decides which middleware covers which route. Promises that the two never disagree about a
// request: where a pattern alone cannot tell, the answer is 'maybe' and the path decides when the
// request is there.

import { LannerError } from '../errors.js'
import { shown } from '../shown.js'

/** One segment: literal text, a parameter, or the rest of the path. */
export interface Segment {
  readonly kind: 'text' | 'param' | 'rest'
  /** The text, or the name of the parameter. */
  readonly value: string
  readonly isOptional: boolean
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The segments of a pattern; throws a typed error that shows the wrong part. */
export function parsePattern(pattern: string): readonly Segment[] {
  if (typeof pattern !== 'string') {
    const message = `A path pattern is a text such as "/users/:id", not ${shown(pattern)}.`
    throw new LannerError('LANNER_ROUTE_INVALID', message)
  }
  if (!pattern.startsWith('/')) throw invalid(pattern, `a path pattern begins with "/"`)
  const parts = pattern.slice(1).split('/')
  const seen = new Set<string>()
  return parts.map((part, index) => {
    const segment = parseSegment(pattern, part, index === parts.length - 1)
    if (segment.kind !== 'text') {
      if (seen.has(segment.value))
        throw invalid(pattern, `two parameters are named "${segment.value}"`)
      seen.add(segment.value)
    }
    return segment
  })
}

function parseSegment(pattern: string, part: string, isLast: boolean): Segment {
  if (part.startsWith('*')) {
    if (!isLast)
      throw invalid(pattern, `"${part}" takes the rest of the path, so it must come last`)
    return { kind: 'rest', value: checkName(pattern, part, part.slice(1)), isOptional: false }
  }
  if (!part.startsWith(':')) {
    if (/[:*?#]/.test(part)) {
      throw invalid(pattern, `"${part}" has a ":", "*", "?" or "#" that does not begin a parameter`)
    }
    const braced = /^\{(\w+)\}$/.exec(part)
    if (braced !== null) throw invalid(pattern, `a parameter is ":${braced[1]}", not "${part}"`)
    return { kind: 'text', value: part, isOptional: false }
  }
  const isOptional = part.endsWith('?')
  if (isOptional && !isLast) throw invalid(pattern, `"${part}" is optional, so it must come last`)
  const name = checkName(pattern, part, part.slice(1, isOptional ? -1 : undefined))
  return { kind: 'param', value: name, isOptional }
}

function checkName(pattern: string, part: string, name: string): string {
  if (NAME.test(name)) return name
  throw invalid(
    pattern,
    `"${part}" needs a name of letters, digits and "_", as in ":id" or "*rest"`,
  )
}

function invalid(pattern: unknown, why: string): LannerError {
  return new LannerError(
    'LANNER_ROUTE_INVALID',
    `The pattern ${JSON.stringify(pattern)} is wrong: ${why}.`,
  )
}

/** A prefix and a pattern as one pattern. */
export function joinPath(prefix: string, path: string): string {
  const base = prefix === '/' ? '' : prefix
  return path === '/' && base !== '' ? base : `${base}${path}`
}

/** The paths of a pattern whatever its parameters are called; two where the last is optional. */
export function shapesOf(segments: readonly Segment[]): string[] {
  const parts = segments.map(({ kind, value }) => (kind === 'text' ? value : SHAPES[kind]))
  const whole = `/${parts.join('/')}`
  return segments.at(-1)?.isOptional === true
    ? [whole, `/${parts.slice(0, -1).join('/')}`]
    : [whole]
}

const SHAPES = { param: ':', rest: '*' }

/** The segments of a prefix; literal text and parameters only. `/` covers everything. */
export function parsePrefix(prefix: string): readonly Segment[] {
  if (prefix === '/' || prefix === '') return []
  const segments = parsePattern(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix)
  if (segments.some((segment) => segment.kind === 'rest' || segment.isOptional)) {
    throw invalid(prefix, 'a prefix has no "*rest" and no optional parameter')
  }
  return segments
}

/** Whether all, none or some of the paths of a pattern lie under a prefix. */
export function coverage(
  prefix: readonly Segment[],
  pattern: readonly Segment[],
): 'always' | 'never' | 'maybe' {
  let result: 'always' | 'maybe' = 'always'
  for (let i = 0; i < prefix.length; i++) {
    const want = prefix[i]!
    const have = pattern[i]
    if (have === undefined) return 'never'
    if (have.kind === 'rest') return 'maybe'
    if (have.isOptional) result = 'maybe'
    if (want.kind === 'param') {
      // A parameter takes no empty segment.
      if (have.kind === 'text' && have.value === '') return 'never'
      continue
    }
    if (have.kind === 'param') result = 'maybe'
    else if (have.value !== want.value) return 'never'
  }
  return result
}

/**
 * Whether a path lies under a prefix: by whole segments, `/api` covers `/api/x` and not `/apix`.
 */
export function isUnder(prefix: readonly Segment[], path: string): boolean {
  let start = 1
  for (const { kind, value } of prefix) {
    if (start > path.length) return false
    let end = path.indexOf('/', start)
    if (end < 0) end = path.length
    // A parameter of a route never matches an empty segment, so one of a prefix does not either.
    if (kind === 'param' ? end === start : path.slice(start, end) !== value) return false
    start = end + 1
  }
  return true
}
