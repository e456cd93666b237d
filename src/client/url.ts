// The URL of a call: the pattern of a route with its parameters filled in, and a query behind it.
//
// Promises that a parameter stays the one segment that it is for: one that is empty, `.` or `..`
// would be another path, so it is refused.

/** Values of a query by name; lists are repeated. */
export type QueryValues = Readonly<Record<string, unknown>>

/** A pattern with its parameters: `/users/:id`, `/posts/:year?`, `/files/*rest`. */
export function fillPath(pattern: string, params: Readonly<Record<string, unknown>>): string {
  const parts: string[] = []
  for (const part of pattern.split('/')) {
    if (part.startsWith('*')) parts.push(restOf(pattern, part.slice(1), params))
    else if (!part.startsWith(':')) parts.push(encodeURI(part))
    else if (!part.endsWith('?')) parts.push(segmentOf(pattern, part.slice(1), params))
    else if (hasValue(params[part.slice(1, -1)])) {
      parts.push(segmentOf(pattern, part.slice(1, -1), params))
    }
  }
  return parts.join('/') || '/'
}

function segmentOf(
  pattern: string,
  name: string,
  params: Readonly<Record<string, unknown>>,
): string {
  const value = params[name]
  const text = hasValue(value) ? toText(value) : ''
  if (text !== '' && text !== '.' && text !== '..') return encodeURIComponent(text)
  const what = hasValue(value) ? `cannot be ${JSON.stringify(text)}` : 'is missing'
  throw new TypeError(`The parameter ${name} of ${pattern} ${what}.`)
}

function restOf(pattern: string, name: string, params: Readonly<Record<string, unknown>>): string {
  const value = params[name]
  const parts = hasValue(value) ? toText(value).split('/') : ['']
  if (parts.some((part) => part === '.' || part === '..')) {
    throw new TypeError(`The parameter ${name} of ${pattern} cannot go up or stay: no "." or "..".`)
  }
  return parts.map(encodeURIComponent).join('/')
}

/** A query with its question mark, or nothing. What is undefined is left out, null is empty. */
export function queryText(query: QueryValues): string {
  const pairs = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (one !== undefined) pairs.append(name, one === null ? '' : toText(one))
    }
  }
  const text = pairs.toString()
  return text === '' ? '' : `?${text}`
}

/** A value as text: dates as ISO 8601, objects as JSON. */
export function toText(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}

function hasValue(value: unknown): boolean {
  return value !== undefined && value !== null
}
