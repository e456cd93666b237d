// The URL of a request as text: whatever was asked for, it is what the parser says.

import { expect, test } from 'vitest'

import { hrefOf, urlOf } from '../../src/fetch/url.ts'

const hosts = [
  'a',
  'A.Example:80',
  'example:8080',
  '127.0.0.1:3000',
  '127.1',
  '0x7f.1',
  '[::1]:3000',
  '[0:0::1]',
  'xn--bcher-kva.example',
  'a..b',
  'user@a',
  'a:0080',
  'a:443',
  '',
]
const pieces = [
  '/',
  'a',
  '.',
  '..',
  '%2e',
  '%2E',
  '%41',
  '?',
  '=',
  '&',
  "'",
  '"',
  '{',
  '|',
  '^',
  '`',
]
const targets = [
  '/',
  '*',
  '//x/y',
  '/a/b?c=d&e=%20',
  '/a/../b',
  '/a/%2e%2E/b',
  '/.hidden',
  '/a.b/c..d',
  "/'?'",
  '/a?b?c/../d',
  '/<>"{}|\\^`?<>"{}|\\^`',
  'http://other:80/x?y',
  'https://other:443/x',
  ...mixtures(300),
]

/** Targets of pieces, always the same ones. */
function mixtures(count: number): string[] {
  let state = 7
  const next = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below
  return Array.from({ length: count }, () => {
    const parts = Array.from({ length: 1 + next(8) }, () => pieces[next(pieces.length)])
    return `/${parts.join('')}`
  })
}

test.each(hosts)('host %j', (host) => {
  for (const isSecure of [false, true]) {
    for (const rawTarget of targets) {
      const ctx = {
        rawTarget,
        isSecure,
        headers: { get: () => host } as unknown as Parameters<typeof hrefOf>[0]['headers'],
        local: { address: '::1', port: 8080, family: 'IPv6' as const },
      }
      expect([rawTarget, hrefOf(ctx)]).toEqual([rawTarget, urlOf(ctx).href])
    }
  }
})

test('what is no URL is an error with status 400', () => {
  const ctx = {
    rawTarget: '/',
    isSecure: false,
    headers: { get: () => 'a b' } as unknown as Parameters<typeof hrefOf>[0]['headers'],
    local: { address: '', port: 0, family: 'unix' as const },
  }
  expect(() => hrefOf(ctx)).toThrow(expect.objectContaining({ code: 'LANNER_URL_INVALID' }))
})
