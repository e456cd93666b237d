// Names of hosts as options have them: 'example.com', 'example.com:8080', '*.example.com'.
//
// Used by middleware that believes some hosts and not others. Promises that `*.` stands for one
// label or more and not for none, that case means nothing, and that a pattern without a port takes
// any.

import { wrong } from './option-values.js'

const PATTERN = /^(?:\*\.)?(?:[a-z\d_](?:[a-z\d_-]*[a-z\d_])?\.)*[a-z\d_](?:[a-z\d_-]*[a-z\d_])?$/i
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\])$/i
const PORT = /:(\d{1,5})$/
/** A host with or without a port, as a Host field may have it. */
const AUTHORITY = /^(?:[a-z\d._~-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i

/** Whether a text is a host, with a port or without. */
export function isAuthority(text: string): boolean {
  return text.length <= 255 && AUTHORITY.test(text)
}

/** Whether a host, with a port or without, is one of those that a list names. */
export function hostTest(value: unknown, path: string, of: string): (host: string) => boolean {
  if (!Array.isArray(value) || value.length === 0) {
    throw wrong(path + of, 'a list with at least one host', value)
  }
  const exact = new Set<string>()
  const suffixes: string[] = []
  let isAny = false
  for (const [index, pattern] of value.entries()) {
    const host = checkPattern(pattern, `${path}[${index}]${of}`)
    if (host === '*') isAny = true
    else if (host.startsWith('*.')) suffixes.push(host.slice(1))
    else exact.add(host)
  }
  if (isAny) return () => true
  return function isNamed(host) {
    const whole = host.toLowerCase()
    const bare = whole.replace(PORT, '').replace(/\.$/, '')
    if (exact.has(bare) || exact.has(whole)) return true
    return suffixes.some((suffix) => {
      const name = PORT.test(suffix) ? whole : bare
      return name.endsWith(suffix) && name.length > suffix.length && !name.startsWith('.')
    })
  }
}

function checkPattern(value: unknown, path: string): string {
  if (value === '*') return value
  if (typeof value === 'string') {
    const bare = value.replace(PORT, '')
    if (PATTERN.test(bare) || ADDRESS.test(bare)) return value.toLowerCase()
  }
  throw wrong(
    path,
    `a host such as 'example.com', 'example.com:8080', '*.example.com' or '*'`,
    value,
  )
}
