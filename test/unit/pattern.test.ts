// Path patterns: what is taken, what is refused and why, what lies under what.

import { describe, expect, test } from 'vitest'

import {
  coverage,
  isUnder,
  joinPath,
  parsePattern,
  parsePrefix,
} from '../../src/routing/pattern.ts'
import { Registry, Router } from '../../src/routing/router.ts'

const short = (pattern: string): string[] =>
  parsePattern(pattern).map(({ kind, value, isOptional }) => {
    return { text: '', param: ':', rest: '*' }[kind] + value + (isOptional ? '?' : '')
  })

test.each([
  ['/', ['']],
  ['/a', ['a']],
  ['/a/', ['a', '']],
  ['/a/:b', ['a', ':b']],
  ['/:a/:b?', [':a', ':b?']],
  ['/a/*rest', ['a', '*rest']],
  ['/*_9', ['*_9']],
  ['/ä ö', ['ä ö']],
  ['/a.b-c_d~', ['a.b-c_d~']],
])('%s', (pattern, segments) => expect(short(pattern)).toEqual(segments))

test.each([
  ['', /begins with "\/"/],
  ['a', /begins with "\/"/],
  ['*', /begins with "\/"/],
  ['/:', /needs a name/],
  ['/:a-b', /needs a name/],
  ['/:9', /needs a name/],
  ['/:ä', /needs a name/],
  ['/*', /needs a name/],
  ['/*a/b', /must come last/],
  ['/:a?/b', /optional, so it must come last/],
  ['/a:b', /does not begin a parameter/],
  ['/a*', /does not begin a parameter/],
  ['/a?', /does not begin a parameter/],
  ['/a#b', /does not begin a parameter/],
  ['/:a/:a', /two parameters are named "a"/],
  ['/:a/*a', /two parameters are named "a"/],
])('%s is refused', (pattern, why) => {
  expect(() => parsePattern(pattern)).toThrow(why)
  expect(() => parsePattern(pattern)).toThrow(
    expect.objectContaining({ code: 'LANNER_ROUTE_INVALID' }),
  )
})

test.each([
  ['', '/', '/'],
  ['/', '/', '/'],
  ['/', '/a', '/a'],
  ['/a', '/', '/a'],
  ['/a', '/b', '/a/b'],
])('%j and %j are joined to %j', (prefix, path, joined) => {
  expect(joinPath(prefix, path)).toBe(joined)
})

test.each(['/*rest', '/:a?', 'a'])('%s is no prefix', (prefix) => {
  expect(() => parsePrefix(prefix)).toThrow(
    expect.objectContaining({ code: 'LANNER_ROUTE_INVALID' }),
  )
})

describe('coverage agrees with isUnder for every path of the pattern', () => {
  const prefixes = ['/', '/a', '/a/b', '/:x', '/a/:x', '/:x/b', '/b']
  const patterns = ['/', '/a', '/a/b', '/:p', '/:p/:q', '/a/:q?', '/*r', '/a/*r', '/b/c', '/a/']
  const paths = ['/', '/a', '/b', '/a/', '/a/b', '/a/c', '/b/b', '/b/c', '/c', '/a/b/c', '/ab']

  test.each(prefixes.flatMap((prefix) => patterns.map((pattern) => [prefix, pattern] as const)))(
    '%s and %s',
    (prefix, pattern) => {
      const under = parsePrefix(prefix)
      const segments = parsePattern(pattern)
      const covers = coverage(under, segments)
      for (const path of paths.filter((candidate) => matches(segments, candidate))) {
        const is = isUnder(under, path)
        if (covers === 'always') expect([path, is]).toEqual([path, true])
        if (covers === 'never') expect([path, is]).toEqual([path, false])
      }
    },
  )

  /** As the native router matches. */
  function matches(segments: ReturnType<typeof parsePattern>, path: string): boolean {
    const parts = path.slice(1).split('/')
    for (const [i, { kind, value, isOptional }] of segments.entries()) {
      const part = parts[i]
      if (kind === 'rest') return part !== undefined || i === 0
      if (part === undefined) return isOptional && i === parts.length
      if (kind === 'text' ? part !== value : part === '') return false
    }
    return parts.length === segments.length
  }
})

describe('registration', () => {
  const router = (): Router => new Router(new Registry(), '')

  test('methods are written in capitals', () => {
    const made = router()
    made.route('get', '/a', () => '').route('M-Search', '/b', () => '')
    expect(made.registry.routes.map(({ method }) => method)).toEqual(['GET', 'M-SEARCH'])
  })

  test.each<[string, (made: Router) => unknown]>([
    ['a method that is none', (made) => made.route('GE T', '/', () => '')],
    ['an empty method', (made) => made.route('', '/', () => '')],
    ['no handler', (made) => (made.get as unknown as (path: string) => unknown)('/')],
    ['a handler that is none', (made) => made.get('/', 'text' as unknown as () => string)],
    ['no middleware', (made) => made.use()],
    ['a prefix alone', (made) => made.use('/a')],
    ['a prefix without a slash', (made) => made.use('a', () => '')],
  ])('%s is refused', (_, register) => {
    expect(() => register(router())).toThrow(
      expect.objectContaining({ code: 'LANNER_ROUTE_INVALID' }),
    )
  })
})
