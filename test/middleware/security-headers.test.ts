// Fields that make browsers careful: which there are, how each is changed or left out.

import { App, HeaderSet } from 'lanner'
import { DEFAULT_POLICY, securityHeaders } from 'lanner/middleware/security-headers'
import { expect, test } from 'vitest'

import type { SecurityHeadersOptions } from 'lanner/middleware/security-headers'

async function fields(options?: SecurityHeadersOptions): Promise<Record<string, string>> {
  const app = new App().use(securityHeaders(options))
  app.get('/', (ctx) => ctx.noContent())
  return Object.fromEntries((await app.inject('/')).headers)
}

const defaults = {
  'content-security-policy':
    "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'; " +
    "img-src 'self' data:; object-src 'none'; script-src-attr 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
}

test('the defaults', async () => {
  expect(await fields()).toEqual(defaults)
})

test('everything can be left out', async () => {
  const none = {
    contentSecurityPolicy: false,
    openerPolicy: false,
    resourcePolicy: false,
    embedderPolicy: false,
    referrerPolicy: false,
    frameOptions: false,
    noSniff: false,
    originAgentCluster: false,
    permissionsPolicy: false,
  } as const
  expect(await fields(none)).toEqual({})
})

test.each<[SecurityHeadersOptions, Record<string, string>]>([
  [
    { contentSecurityPolicy: "default-src 'none'" },
    { 'content-security-policy': "default-src 'none'" },
  ],
  [
    { contentSecurityPolicy: { ...DEFAULT_POLICY, 'script-src': "'self'", 'img-src': false } },
    {
      'content-security-policy':
        "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'; " +
        "object-src 'none'; script-src-attr 'none'; script-src 'self'",
    },
  ],
  [
    { contentSecurityPolicy: { 'upgrade-insecure-requests': true, 'img-src': ['a.b', 'data:'] } },
    { 'content-security-policy': 'upgrade-insecure-requests; img-src a.b data:' },
  ],
  [{ openerPolicy: 'unsafe-none' }, { 'cross-origin-opener-policy': 'unsafe-none' }],
  [{ resourcePolicy: 'cross-origin' }, { 'cross-origin-resource-policy': 'cross-origin' }],
  [{ embedderPolicy: 'require-corp' }, { 'cross-origin-embedder-policy': 'require-corp' }],
  [{ referrerPolicy: 'no-referrer' }, { 'referrer-policy': 'no-referrer' }],
  [{ frameOptions: 'DENY' }, { 'x-frame-options': 'DENY' }],
  [{ permissionsPolicy: 'camera=()' }, { 'permissions-policy': 'camera=()' }],
  [
    { permissionsPolicy: { camera: [], 'display-capture': ['self', 'https://a.b'], usb: ['*'] } },
    { 'permissions-policy': 'camera=(), display-capture=(self "https://a.b"), usb=(*)' },
  ],
])('%j', async (options, changed) => {
  expect(await fields(options)).toEqual({ ...defaults, ...changed })
})

test('a policy that only reports', async () => {
  const { 'content-security-policy': policy, ...others } = defaults
  const sent = await fields({ reportOnly: true })
  expect(sent).toEqual({ ...others, 'content-security-policy-report-only': policy })
})

test('a nonce of its own for each request', async () => {
  const contentSecurityPolicy = { 'script-src': ["'self'", "'nonce'"] }
  const app = new App().use(securityHeaders({ contentSecurityPolicy }))
  app.get('/', (ctx) => ctx.text(String(ctx.state.cspNonce)))
  const [first, second] = [await app.inject('/'), await app.inject('/')]
  for (const { text, headers } of [first, second]) {
    expect(text).toMatch(/^[\w+/]{22}==$/)
    expect(headers.get('content-security-policy')).toBe(`script-src 'self' 'nonce-${text}'`)
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN')
  }
  expect(first.text).not.toBe(second.text)
})

test('a handler has the last word, and errors carry the fields too', async () => {
  const app = new App().use(securityHeaders())
  app.get('/own', (ctx) => ctx.header('X-Frame-Options', 'DENY').text('hello'))
  app.get('/bad', () => new Response('hello', { headers: { 'referrer-policy': 'no-referrer' } }))
  const own = await app.inject('/own')
  expect(own.headers.get('x-frame-options')).toBe('DENY')
  expect((await app.inject('/bad')).headers.get('referrer-policy')).toBe('no-referrer')
  const missing = await app.inject('/missing')
  expect([missing.status, missing.headers.get('x-frame-options')]).toEqual([404, 'SAMEORIGIN'])
})

test('a set of fields replaces those that were set', async () => {
  const app = new App()
  const set = new HeaderSet({ 'x-a': '1', 'X-B': ['2', '3'] })
  app.get('/', (ctx) => ctx.header('x-b', '0').header('x-c', '4').setHeaders(set).noContent())
  app.get('/first', (ctx) => ctx.setHeaders(set).header('x-a', '9').noContent())
  const { headers } = await app.inject('/')
  expect([...headers]).toEqual([
    ['x-a', '1'],
    ['x-b', '2, 3'],
    ['x-c', '4'],
  ])
  // The set itself stays what it is.
  expect((await app.inject('/first')).headers.get('x-a')).toBe('9')
  expect((await app.inject('/')).headers.get('x-a')).toBe('1')
})

test.each<[Record<string, string>, string]>([
  [{ 'content-length': '1' }, 'LANNER_HEADER_RESERVED'],
  [{ Connection: 'close' }, 'LANNER_HEADER_RESERVED'],
  [{ 'a b': '1' }, 'LANNER_HEADER_INVALID'],
  [{ a: 'b\r\nc: d' }, 'LANNER_HEADER_INVALID'],
])('a set of %j is refused', (init, code) => {
  expect(() => new HeaderSet(init)).toThrow(expect.objectContaining({ code }))
})

test.each<[unknown, string]>([
  [{ csp: '' }, 'There is no option csp of securityHeaders()'],
  [
    { contentSecurityPolicy: '' },
    'The option contentSecurityPolicy of securityHeaders() is a text',
  ],
  [
    { contentSecurityPolicy: { 'img-src': ["'self'; script-src *"] } },
    'The option contentSecurityPolicy.img-src of securityHeaders() is made of sources',
  ],
  [
    { contentSecurityPolicy: { imgSrc: "'self'" } },
    "The option contentSecurityPolicy.imgSrc of securityHeaders() is named as in 'img-src'",
  ],
  [
    { contentSecurityPolicy: { 'img-src': 1 } },
    'The option contentSecurityPolicy.img-src of securityHeaders() is a list of sources',
  ],
  [{ frameOptions: 'ALLOW' }, "The option frameOptions of securityHeaders() is 'DENY'"],
  [
    { referrerPolicy: 'a\r\nb' },
    'The option referrerPolicy of securityHeaders() is a header value',
  ],
  [
    { permissionsPolicy: { camera: ['"'] } },
    'The option permissionsPolicy.camera of securityHeaders() is made of origins',
  ],
])('wrong options %j', (options, message) => {
  expect(() => securityHeaders(options as SecurityHeadersOptions)).toThrow(message)
})
