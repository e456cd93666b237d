// Pages of other origins: who may read replies, what preflights are answered, what routes say of
// their own.

import { App } from 'lanner'
import { cors } from 'lanner/middleware/cors'
import { describe, expect, test } from 'vitest'

import { query } from '../support/query.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

import type { CorsPolicy } from 'lanner'

type Fields = Record<string, string>

function make(policy: CorsPolicy | undefined): App {
  const app = new App().use(cors(policy))
  app.get('/', () => 'hello')
  return app
}

/** What a reply says of origins. */
async function said(app: App, headers: Fields, method = 'GET', path = '/'): Promise<Fields> {
  const reply = await app.inject({ method, path, headers })
  expect(reply.status).toBe(method === 'OPTIONS' ? 204 : 200)
  const fields = [...reply.headers].map(([name, value]) => [
    name.replace('access-control-', ''),
    value,
  ])
  return Object.fromEntries(
    fields.filter(([name]) => /^(?:allow-|expose-|max-age$|vary$)/.test(name!)),
  ) as Fields
}

describe('replies', () => {
  const asked = (origin: string): Fields => ({ origin })
  test.each<[policy: CorsPolicy | undefined, request: Fields, reply: Fields]>([
    [undefined, {}, { 'allow-origin': '*' }],
    [undefined, asked('https://a.b'), { 'allow-origin': '*' }],
    [{ origin: 'https://a.b' }, {}, { 'allow-origin': 'https://a.b' }],
    [{ origin: 'https://a.b' }, asked('https://c.d'), { 'allow-origin': 'https://a.b' }],
    [
      { origin: 'https://a.b', credentials: true, exposeHeaders: ['x-a', 'x-b'] },
      asked('https://a.b'),
      {
        'allow-origin': 'https://a.b',
        'allow-credentials': 'true',
        'expose-headers': 'x-a, x-b',
      },
    ],
    [{ origin: ['https://a.b', '*'] }, asked('https://c.d'), { 'allow-origin': '*' }],
    [{ origin: ['https://a.b', 'https://c.d'] }, {}, { vary: 'Origin' }],
    [{ origin: ['https://a.b'] }, asked('https://e.f'), { vary: 'Origin' }],
    [
      { origin: ['https://a.b', 'https://c.d'] },
      asked('https://c.d'),
      { 'allow-origin': 'https://c.d', vary: 'Origin' },
    ],
    [
      { origin: (origin) => origin.endsWith('.b'), credentials: true },
      asked('https://a.b'),
      { 'allow-origin': 'https://a.b', 'allow-credentials': 'true', vary: 'Origin' },
    ],
    [{ origin: (origin) => origin.endsWith('.b') }, asked('https://a.c'), { vary: 'Origin' }],
    [
      { origin: async (origin) => Promise.resolve(origin === 'https://a.b') },
      asked('https://a.b'),
      { 'allow-origin': 'https://a.b', vary: 'Origin' },
    ],
    [
      { origin: (origin) => query(origin === 'https://a.b') },
      asked('https://a.b'),
      { 'allow-origin': 'https://a.b', vary: 'Origin' },
    ],
    [{ origin: async () => Promise.resolve(false) }, asked('https://a.b'), { vary: 'Origin' }],
    [{ origin: () => 'yes' as never }, asked('https://a.b'), { vary: 'Origin' }],
  ])('%j, %j: %j', async (policy, request, reply) => {
    const app = make(policy)
    // Twice, because what was put together is kept.
    expect(await said(app, request)).toEqual(reply)
    expect(await said(app, request)).toEqual(reply)
  })

  test('an origin that was allowed is not kept for others', async () => {
    const app = make({ origin: ['https://a.b', 'https://c.d'] })
    for (const origin of ['https://a.b', 'https://c.d', 'https://a.b']) {
      expect(await said(app, { origin })).toEqual({ 'allow-origin': origin, vary: 'Origin' })
    }
    expect(await said(app, { origin: 'https://e.f' })).toEqual({ vary: 'Origin' })
  })

  test.each<[pattern: string, origin: string, isAllowed: boolean]>([
    ['https://*.example.com', 'https://a.example.com', true],
    ['https://*.example.com', 'https://a.b.example.com', true],
    ['https://*.Example.com', 'https://a.example.com', true],
    ['https://*.example.com', 'https://example.com', false],
    ['https://*.example.com', 'https://.example.com', false],
    ['https://*.example.com', 'http://a.example.com', false],
    ['https://*.example.com', 'https://a.example.com:8443', false],
    ['https://*.example.com:8443', 'https://a.example.com:8443', true],
    ['https://*.example.com', 'https://evil.com/.example.com', false],
    ['https://*.example.com', 'https://evil.com#.example.com', false],
    ['https://*.example.com', 'https://a@b.example.com', false],
    ['https://*.example.com', 'https://a.example.com.evil.org', false],
    ['https://*.example.com', 'https://aexample.com', false],
    ['https://example.com:443', 'https://example.com', true],
    ['HTTPS://EXAMPLE.com', 'https://example.com', true],
    ['http://localhost:3000', 'http://localhost:3000', true],
    ['http://localhost:3000', 'http://localhost', false],
    ['null', 'null', true],
    ['https://a.b', 'null', false],
    ['capacitor://localhost', 'capacitor://localhost', true],
  ])('%s allows %s: %s', async (pattern, origin, isAllowed) => {
    const reply = await said(make({ origin: [pattern, 'https://other'] }), { origin })
    expect(reply['allow-origin']).toBe(isAllowed ? origin : undefined)
  })

  test('errors and replies without a route carry the fields too', async () => {
    const app = make({ origin: ['https://a.b'] })
    const reply = await app.inject({ path: '/missing', headers: { origin: 'https://a.b' } })
    expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([
      404,
      'https://a.b',
    ])
  })

  test('what a handler says to vary by stays', async () => {
    const app = new App().use(cors({ origin: ['https://a.b'] }))
    app.get('/set', (ctx) => ctx.header('vary', 'accept').text('hello'))
    app.get('/response', () => new Response('hello', { headers: { vary: 'cookie' } }))
    expect(await said(app, {}, 'GET', '/set')).toEqual({ vary: 'accept, Origin' })
    expect(await said(app, {}, 'GET', '/response')).toEqual({ vary: 'cookie, Origin' })
  })
})

describe('preflights', () => {
  const ask = (more: Fields = {}): Fields => ({
    origin: 'https://a.b',
    'access-control-request-method': 'PUT',
    ...more,
  })
  const asksHeaders = 'Access-Control-Request-Headers'
  const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE'
  test.each<[policy: CorsPolicy | undefined, request: Fields, reply: Fields]>([
    [undefined, ask(), { 'allow-origin': '*', 'allow-methods': methods, vary: asksHeaders }],
    [
      undefined,
      ask({ 'access-control-request-headers': 'x-a, X-B' }),
      {
        'allow-origin': '*',
        'allow-methods': methods,
        'allow-headers': 'x-a, X-B',
        vary: asksHeaders,
      },
    ],
    [
      undefined,
      ask({ 'access-control-request-headers': 'x a' }),
      { 'allow-origin': '*', 'allow-methods': methods, vary: asksHeaders },
    ],
    [
      {
        origin: 'https://a.b',
        allowMethods: ['PUT'],
        allowHeaders: ['x-a'],
        maxAge: 600,
        credentials: true,
      },
      ask({ 'access-control-request-headers': 'x-b' }),
      {
        'allow-origin': 'https://a.b',
        'allow-credentials': 'true',
        'allow-methods': 'PUT',
        'allow-headers': 'x-a',
        'max-age': '600',
      },
    ],
    [
      { allowMethods: '*', allowHeaders: [] },
      ask({ 'access-control-request-method': 'PURGE' }),
      { 'allow-origin': '*', 'allow-methods': 'PURGE', vary: 'Access-Control-Request-Method' },
    ],
    [{ origin: ['https://c.d'] }, ask(), { vary: `Origin, ${asksHeaders}` }],
    [
      { origin: async () => Promise.resolve(true) },
      ask(),
      {
        'allow-origin': 'https://a.b',
        'allow-methods': methods,
        vary: `Origin, ${asksHeaders}`,
      },
    ],
  ])('%j, %j: %j', async (policy, request, reply) => {
    expect(await said(make(policy), request, 'OPTIONS')).toEqual(reply)
    expect(await said(make(policy), request, 'OPTIONS', '/missing')).toEqual(reply)
  })

  test('OPTIONS that is none is answered as ever', async () => {
    const reply = await make({}).inject({ method: 'OPTIONS', headers: { origin: 'https://a.b' } })
    expect([reply.status, reply.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
    expect(reply.headers.get('access-control-allow-origin')).toBe('*')
  })

  test('come before a route for OPTIONS', async () => {
    const app = make({})
    app.options('/', () => 'mine')
    const reply = await app.inject({ method: 'OPTIONS', headers: ask() })
    expect([reply.status, reply.text]).toEqual([204, ''])
    expect((await app.inject({ method: 'OPTIONS' })).text).toBe('mine')
  })
})

describe('the policy of a route', () => {
  const app = new App().use(cors({ origin: 'https://a.b', credentials: true, maxAge: 60 }))
  app.get('/common', () => 'hello')
  app.get('/closed', { cors: false }, () => 'hello')
  app.get('/open', { cors: { origin: '*' } }, () => 'hello')
  app.get('/longer', { cors: { maxAge: 600, origin: undefined as never } }, () => 'hello')
  app.get('/mixed/:id', () => 'hello')
  app.put('/mixed/:id', { cors: { origin: 'https://put.b' } }, () => 'hello')
  app.delete('/mixed/:id', { cors: false }, () => 'hello')
  app.group('/group', { cors: { origin: 'https://group.b' } }, (group) => {
    group.get('/x', () => 'hello')
    group.get('/closed', { cors: false }, () => 'hello')
    group.get('/longer', { cors: { maxAge: 600 } }, () => 'hello')
    group.group('/named', { cors: { origin: ['https://c.d'], credentials: true } }, (named) => {
      named.get('/longer', { cors: { maxAge: 600 } }, () => 'hello')
      named.get('/open', { cors: { origin: '*' } }, () => 'hello')
    })
    group.group('/off', { cors: false }, (off) => {
      off.get('/still', () => 'hello')
      off.get('/on', { cors: { maxAge: 5 } }, () => 'hello')
    })
  })

  const origins = async (method: string, path: string): Promise<(string | null)[]> => {
    const headers = { origin: 'https://a.b', 'access-control-request-method': method }
    const preflight = await app.inject({ method: 'OPTIONS', path, headers })
    const reply = await app.inject({ method, path, headers: { origin: 'https://a.b' } })
    return [preflight, reply].map(({ headers: fields }) =>
      fields.get('access-control-allow-origin'),
    )
  }

  test.each([
    ['GET', '/common', 'https://a.b'],
    ['GET', '/closed', null],
    ['GET', '/open', '*'],
    ['GET', '/longer', 'https://a.b'],
    ['GET', '/mixed/7', 'https://a.b'],
    ['HEAD', '/mixed/7', 'https://a.b'],
    ['PUT', '/mixed/7?x', 'https://put.b'],
    ['DELETE', '/mixed/7', null],
    ['GET', '/group/x', 'https://group.b'],
    ['GET', '/group/closed', null],
    ['GET', '/group/longer', 'https://group.b'],
    ['GET', '/group/named/longer', null],
    ['GET', '/group/named/open', '*'],
    ['GET', '/group/off/still', null],
    ['GET', '/group/off/on', 'https://a.b'],
    ['GET', '/missing', 'https://a.b'],
  ])('%s %s: %s', async (method, path, origin) => {
    expect(await origins(method, path)).toEqual([origin, origin])
  })

  test('is joined with the common one, but for credentials of other origins', async () => {
    const of = async (path: string): Promise<Fields> =>
      said(app, { origin: 'https://a.b', 'access-control-request-method': 'GET' }, 'OPTIONS', path)
    expect(await of('/longer')).toMatchObject({ 'max-age': '600', 'allow-credentials': 'true' })
    const open = await of('/open')
    expect(open).toMatchObject({ 'max-age': '60', 'allow-origin': '*' })
    expect(open).not.toHaveProperty('allow-credentials')
  })

  test('is joined with that of its group, which is closer', async () => {
    const preflight = async (path: string): Promise<Fields> =>
      said(app, { origin: 'https://c.d', 'access-control-request-method': 'GET' }, 'OPTIONS', path)
    const longer = { 'allow-origin': 'https://c.d', 'max-age': '600', 'allow-credentials': 'true' }
    expect(await preflight('/group/named/longer')).toMatchObject(longer)
    expect(await preflight('/group/longer')).not.toHaveProperty('allow-credentials')
    expect(await preflight('/group/named/open')).not.toHaveProperty('allow-credentials')
  })

  test('a preflight without it is answered as OPTIONS is', async () => {
    const headers = { origin: 'https://a.b', 'access-control-request-method': 'GET' }
    const reply = await app.inject({ method: 'OPTIONS', path: '/closed', headers })
    expect([reply.status, reply.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
  })

  test('over a socket too', async () => {
    const server = await serve((other) => {
      other.use(cors({ origin: 'https://a.b' }))
      other.put('/x/:id', { cors: { origin: 'https://put.b' } }, () => 'hello')
    })
    const client = await RawClient.open(server.url)
    const preflight = (method: string): string =>
      `OPTIONS /x/1 HTTP/1.1\r\nhost: a\r\norigin: https://a.b\r\n` +
      `access-control-request-method: ${method}\r\n\r\n`
    await client.send(preflight('PUT'))
    const put = await client.response()
    expect(put.headers['access-control-allow-origin']).toBe('https://put.b')
    for (const method of ['GET', 'PU T', 'CONNECT', 'x'.repeat(300)]) {
      await client.send(preflight(method))
      const other = await client.response()
      expect(other.headers['access-control-allow-origin']).toBe('https://a.b')
    }
  })
})

test('which route another method would take', async () => {
  const app = new App()
  app.get('/a/:id', (ctx) => [
    ctx.routeFor('HEAD')?.pattern,
    ctx.routeFor('PUT')?.pattern,
    ctx.routeFor('POST')?.pattern,
    ctx.routeFor('no method')?.pattern,
  ])
  app.put('/a/b', () => '')
  expect((await app.inject('/a/b')).json()).toEqual(['/a/:id', '/a/b', null, null])
})

test.each<[unknown, string]>([
  [{ origins: '*' }, 'There is no option origins of cors()'],
  [{ origin: 'example.com' }, "The option origin of cors() is an origin such as 'https://app."],
  [{ origin: 'https://a.b/' }, 'The option origin of cors() is an origin'],
  [{ origin: 'https://a.b/c' }, 'The option origin of cors() is an origin'],
  [{ origin: ['https://a.b', 'x'] }, 'The option origin[1] of cors() is an origin'],
  [{ origin: 'https://*.a.b/c' }, 'The option origin[0] of cors() is an origin'],
  [{ origin: [] }, "The option origin of cors() is '*', an origin, a list of origins"],
  [{ origin: /a/ }, "The option origin of cors() is '*', an origin, a list of origins"],
  [{ credentials: true }, 'The option credentials of cors() is given with origins that are named'],
  [{ origin: '*', credentials: true }, 'The option credentials of cors() is given with origins'],
  [{ allowMethods: ['G T'] }, 'The option allowMethods of cors() is a list of names'],
  [{ allowHeaders: 'x-a' }, 'The option allowHeaders of cors() is a list of names'],
  [{ exposeHeaders: ['*'] }, 'The option exposeHeaders of cors() is a list of names'],
  [{ maxAge: '10s' }, 'The option maxAge of cors() is an integer from 0'],
])('wrong options %j', (options, message) => {
  expect(() => cors(options as CorsPolicy)).toThrow(message)
})

test.each<[unknown, string]>([
  [{ credentials: true }, 'The option cors.credentials of the route GET /x is given with origins'],
  [{ origin: 'x' }, 'The option cors.origin of the route GET /x is an origin'],
  [{ max: 1 }, 'There is no option cors.max of the route GET /x'],
  [true, 'The option cors of the route GET /x is an object, not true'],
])('wrong policies of routes %j', (policy, message) => {
  expect(() => new App().get('/x', { cors: policy as CorsPolicy }, () => '')).toThrow(message)
})
