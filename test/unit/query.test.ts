// Queries and cookies as texts.

import { describe, expect, onTestFinished, test, vi } from 'vitest'

import { parseCookies, serializeCookie } from '../../src/cookies.ts'
import { parsePairs, QueryView } from '../../src/query.ts'

const queries = [
  '',
  'a',
  'a=',
  '=b',
  'a=1',
  'a=1&b=2',
  'a=1&a=2&a=',
  '&&a=1&&',
  'a=b=c',
  'a=x+y%20z',
  'a=%2B',
  '%61=b',
  'a=%E2%82%AC',
  'a=%zz&b=%4',
  'a=%ff',
  'a=%E2%82',
  '+=+',
  'a=1;b=2',
]

test.each(queries)('%j is read as URLSearchParams reads it', (raw) => {
  const view = new QueryView(raw)
  const params = new URLSearchParams(raw)
  expect([...view]).toEqual([...params])
  for (const name of new Set([...params.keys(), 'none'])) {
    expect(view.get(name)).toBe(params.get(name) ?? undefined)
    expect(view.all(name)).toEqual(params.getAll(name))
    expect(view.has(name)).toBe(params.has(name))
  }
  expect(view.toURLSearchParams().toString()).toBe(params.toString())
  expect(String(view)).toBe(raw)
})

test.each(['a&', 'a=&', '=&', '&', 'a=b=c&', 'a=%zz&'])('%j a thousand times: once', (pair) => {
  const { indexOf } = String.prototype
  let looked = 0
  const spy = vi.spyOn(String.prototype, 'indexOf').mockImplementation(function (
    this: string,
    part: string,
    from = 0,
  ) {
    const found = indexOf.call(this, part, from)
    looked += (found < 0 ? this.length : found + 1) - from
    return found
  })
  onTestFinished(() => spy.mockRestore())
  const text = pair.repeat(1000)
  parsePairs(text)
  spy.mockRestore()
  // Once for the ends of pairs and once for those of names.
  expect(looked).toBeGreaterThanOrEqual(text.length)
  expect(looked).toBeLessThanOrEqual(2 * text.length + 1)
})

test('as JSON', () => {
  expect(JSON.stringify(new QueryView('a=1&b=2&a=3'))).toBe('{"a":["1","3"],"b":"2"}')
  expect(JSON.stringify(new QueryView('__proto__=1'))).toBe('{"__proto__":"1"}')
})

describe('cookies', () => {
  test.each([
    ['', {}],
    ['a=1', { a: '1' }],
    ['a=1; b=2', { a: '1', b: '2' }],
    ['a=1;b=2;', { a: '1', b: '2' }],
    ['a=1; a=2', { a: '1' }],
    ['a="x y"', { a: 'x y' }],
    ['a="', { a: '"' }],
    ['a=b=c', { a: 'b=c' }],
    ['a=%20', { a: ' ' }],
    ['a=%', { a: '%' }],
    ['a; =b; c=', { c: '' }],
  ])('%j', (header, expected) => {
    expect(Object.fromEntries(parseCookies(header))).toEqual(expected)
  })

  test('with every attribute', () => {
    const line = serializeCookie('sid', 'a b', {
      domain: 'a.example',
      path: '/x',
      maxAge: 60.9,
      expires: new Date(0),
      httpOnly: true,
      secure: true,
      sameSite: 'lax',
      partitioned: true,
      priority: 'high',
    })
    expect(line).toBe(
      'sid=a%20b; Max-Age=60; Domain=a.example; Path=/x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; ' +
        'HttpOnly; Secure; SameSite=Lax; Partitioned; Priority=High',
    )
  })

  test.each([
    ['a name that is none', () => serializeCookie('a b', '')],
    ['an empty name', () => serializeCookie('', '')],
    ['a path with a semicolon', () => serializeCookie('a', '', { path: '/; Domain=b' })],
    ['a domain with a line break', () => serializeCookie('a', '', { domain: 'a\nb' })],
    ['an age that is no number', () => serializeCookie('a', '', { maxAge: NaN })],
    ['a date that is none', () => serializeCookie('a', '', { expires: new Date(NaN) })],
  ])('%s is refused', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'LANNER_HEADER_INVALID' }))
  })
})
