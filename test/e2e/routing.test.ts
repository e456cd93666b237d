// Which handler a request target reaches, and what the core answers by itself.

import { App } from 'lanner'
import type { Context, Handler } from 'lanner'
import { describe, expect, test } from 'vitest'

import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

import type { RawResponse } from '../support/raw.ts'

async function ask(url: string, method: string, target: string): Promise<RawResponse> {
  const client = await RawClient.open(url)
  await client.send(`${method} ${target} HTTP/1.1\r\nhost: a\r\n\r\n`)
  return client.response({ isHead: method === 'HEAD' })
}

test('text wins over parameters and parameters over the rest, with backtracking', async () => {
  const server = await serve((app) => {
    app.get('/*rest', ({ params }) => `rest ${params.rest}`)
    app.get('/users/:id', ({ params }) => `user ${params.id}`)
    app.get('/users/me', () => 'me')
    app.get('/users/:id/posts', ({ params }) => `posts of ${params.id}`)
    app.get('/users/me/drafts', () => 'drafts')
    app.get('/maybe/:x?', ({ params }) => `maybe ${params.x}`)
  })
  const cases = {
    '/users/me': 'me',
    '/users/7': 'user 7',
    '/users/me/drafts': 'drafts',
    '/users/me/posts': 'posts of me',
    '/users/me/other': 'rest users/me/other',
    '/': 'rest ',
    '/maybe': 'maybe undefined',
    '/maybe/y': 'maybe y',
    '/maybe/y/z': 'rest maybe/y/z',
  }
  for (const [target, body] of Object.entries(cases)) {
    expect([target, (await ask(server.url, 'GET', target)).body]).toEqual([target, body])
  }
})

test('paths are decoded once, %2F stays, dot segments go, the raw target is there', async () => {
  const server = await serve((app) =>
    app.get('/*rest', (ctx) => ({ path: ctx.path, rest: ctx.params.rest, raw: ctx.rawTarget })),
  )
  const cases: Record<string, string> = {
    '/a%20b': '/a b',
    '/a%2Fb': '/a%2Fb',
    '/a%2fb': '/a%2fb',
    '/%E2%82%AC': '/€',
    '/a%252Fb': '/a%2Fb',
    '/a/./b/../c': '/a/c',
    '/a/%2e%2e/c': '/c',
    '/%61': '/a',
    '/a+b': '/a+b',
    '/a?b=/../c': '/a',
  }
  for (const [raw, path] of Object.entries(cases)) {
    const { body } = await ask(server.url, 'GET', raw)
    expect(JSON.parse(Buffer.from(body, 'latin1').toString('utf8'))).toEqual({
      raw,
      path,
      rest: path.slice(1),
    })
  }
})

test('a parameter never takes an encoded slash for a separator', async () => {
  const server = await serve((app) => app.get('/files/:name', ({ params }) => params.name))
  expect((await ask(server.url, 'GET', '/files/a%2Fb')).body).toBe('a%2Fb')
  expect((await ask(server.url, 'GET', '/files/a/b')).status).toBe(404)
})

test('all forms of the target reach the route', async () => {
  const server = await serve((app) => app.get('/p', (ctx) => ctx.url.href))
  expect((await ask(server.url, 'GET', '/p?q=1')).body).toBe('http://a/p?q=1')
  const absolute = await ask(server.url, 'GET', 'http://a/p?q=1')
  expect(absolute.body).toBe('http://a/p?q=1')
  expect((await ask(server.url, 'OPTIONS', '*')).status).toBe(204)
})

test('the query is there, decoded and with its duplicates', async () => {
  const server = await serve((app) =>
    app.get('/', ({ query }) => ({
      q: query.get('q'),
      all: query.all('t'),
      none: typeof query.get('x'),
    })),
  )
  const { body } = await ask(server.url, 'GET', '/?q=a%20b+c&t=1&t=2&t=')
  expect(JSON.parse(body)).toEqual({ q: 'a b c', all: ['1', '2', ''], none: 'undefined' })
})

test('unknown paths get 404 from the core', async () => {
  const server = await serve((app) => app.get('/a', () => 'a'))
  const { status, headers, body } = await ask(server.url, 'GET', '/b')
  expect(status).toBe(404)
  expect(headers['content-type']).toBe('application/problem+json')
  expect(JSON.parse(body)).toEqual({ title: 'Not Found', status: 404 })
  expect(server.stats()).toMatchObject({ native_replies: 1, dispatched: 0 })
})

test('known paths with other methods get 405 with Allow, OPTIONS gets 204 with it', async () => {
  const server = await serve((app) => {
    app.get('/a', () => 'a')
    app.put('/a', () => 'a')
    app.delete('/b/:id', () => 'b')
  })
  const refused = await ask(server.url, 'POST', '/a')
  expect(refused.status).toBe(405)
  expect(refused.headers['allow']?.split(', ').sort()).toEqual(['GET', 'HEAD', 'OPTIONS', 'PUT'])
  const options = await ask(server.url, 'OPTIONS', '/b/7')
  expect(options.status).toBe(204)
  expect(options.headers['allow']?.split(', ').sort()).toEqual(['DELETE', 'OPTIONS'])
  expect(server.stats()['dispatched']).toBe(0)
})

describe('middleware sees what no route takes under its prefix', () => {
  const pass: Handler = async (_, next) => next()
  const requests = [
    ['GET', '/nowhere'],
    ['HEAD', '/nowhere'],
    ['OPTIONS', '/a'],
    ['POST', '/a'],
    ['OPTIONS', '/b/7'],
    ['PUT', '/b/7'],
    ['PURGE', '/nowhere/at/all'],
  ] as const
  const routes = (app: App): unknown => app.get('/a', () => 'a').delete('/b/:id', () => 'b')
  const headOf = ({ head }: RawResponse): string => head.replace(/date: .*/i, 'date')

  test.each(requests)('%s %s: the core’s own reply, byte for byte', async (method, target) => {
    const native = await serve((app) => routes(app))
    const covered = await serve((app) => routes(app.use(pass)))
    const [expected, got] = [
      await ask(native.url, method, target),
      await ask(covered.url, method, target),
    ]
    expect([headOf(got), got.body]).toEqual([headOf(expected), expected.body])
    expect([native.stats()['dispatched'], covered.stats()['dispatched']]).toEqual([0, 1])
  })

  test('a CORS middleware answers preflights of routes that have only GET', async () => {
    const server = await serve((app) => {
      app.use('/api', (ctx, next) => {
        ctx.header('access-control-allow-origin', '*')
        if (ctx.method !== 'OPTIONS' || !ctx.headers.has('access-control-request-method'))
          return next()
        return ctx.header('access-control-allow-methods', 'GET').noContent()
      })
      app.group('/api', (api) => api.get('/users/:id', ({ params }) => params.id))
      app.get('/open', () => 'open')
    })
    const client = await RawClient.open(server.url)
    await client.send(
      'OPTIONS /api/users/7 HTTP/1.1\r\nhost: a\r\norigin: http://b\r\n',
      'access-control-request-method: GET\r\n\r\n',
    )
    const { status, headers } = await client.response()
    expect([status, headers['access-control-allow-methods']]).toEqual([204, 'GET'])
    expect(headers['allow']).toBeUndefined()
    const options = await ask(server.url, 'OPTIONS', '/api/users/7')
    expect(options.headers['access-control-allow-origin']).toBe('*')
    expect(options.headers['allow']?.split(', ').sort()).toEqual(['GET', 'HEAD', 'OPTIONS'])
    const missing = await ask(server.url, 'GET', '/api/nowhere')
    expect([missing.status, missing.headers['access-control-allow-origin']]).toEqual([404, '*'])
    const { dispatched } = server.stats()
    for (const [method, target] of [
      ['OPTIONS', '/open'],
      ['POST', '/open'],
      ['GET', '/apix'],
      ['OPTIONS', '*'],
    ] as const) {
      const { headers: plain } = await ask(server.url, method, target)
      expect(plain['access-control-allow-origin']).toBeUndefined()
    }
    expect(server.stats()['dispatched'], 'the rest stays native').toBe(dispatched)
  })

  test('middleware that answers by itself needs no route, and has its own status', async () => {
    const files: Handler = (ctx, next) => (ctx.path === '/files/a' ? 'file a' : next())
    for (const notFound of [undefined, (ctx: Context) => ctx.text(`nothing at ${ctx.path}`)]) {
      const server = await serve((app) => {
        app.use('/files', files)
        if (notFound !== undefined) app.notFound(notFound)
      })
      const file = await ask(server.url, 'GET', '/files/a')
      expect([file.status, file.body]).toEqual([200, 'file a'])
      const none = await ask(server.url, 'GET', '/files/b')
      expect(none.status).toBe(404)
      expect(none.body).toMatch(notFound === undefined ? /Not Found/ : /nothing at .files.b/)
    }
  })

  test('without a socket it is the same', async () => {
    const seen: string[] = []
    const app = new App().use('/b', (ctx, next) => {
      seen.push(`${ctx.method} ${ctx.path}`)
      return next()
    })
    routes(app)
    const statuses = []
    for (const [method, path] of requests) {
      const { status, headers, text } = await app.inject({ method, path })
      statuses.push([status, headers.get('allow')?.length, text.length])
    }
    expect(seen).toEqual(['OPTIONS /b/7', 'PUT /b/7'])
    const allow = ['DELETE, OPTIONS'.length, 'GET, HEAD, OPTIONS'.length]
    expect(statuses.slice(2, 6)).toEqual([
      [204, allow[1], 0],
      [405, allow[1], '{"title":"Method Not Allowed","status":405}'.length],
      [204, allow[0], 0],
      [405, allow[0], '{"title":"Method Not Allowed","status":405}'.length],
    ])
  })
})

test('an own OPTIONS route answers itself', async () => {
  const server = await serve((app) => {
    app.get('/a', () => 'a')
    app.options('/a', (ctx) => ctx.header('x-own', 'yes').noContent())
  })
  const { status, headers } = await ask(server.url, 'OPTIONS', '/a')
  expect([status, headers['x-own']]).toEqual([204, 'yes'])
})

test('HEAD is served by GET: the same head, no body', async () => {
  const methods: string[] = []
  const server = await serve((app) => {
    app.get('/text', (ctx) => {
      methods.push(ctx.method)
      return 'twelve bytes'
    })
    app.get('/stream', (ctx) => ctx.stream(['a', 'b']))
    app.get('/big', (ctx) => ctx.bytes(new Uint8Array(1_000_000)))
  })
  const client = await RawClient.open(server.url)
  for (const path of ['/text', '/stream', '/big']) {
    await client.send(`HEAD ${path} HTTP/1.1\r\nhost: a\r\n\r\n`)
    const head = await client.response({ isHead: true })
    await client.send(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`)
    const get = await client.response()
    expect(head.status).toBe(get.status)
    expect(head.headers['content-type']).toBe(get.headers['content-type'])
    if (path !== '/stream') {
      expect(head.headers['content-length']).toBe(get.headers['content-length'])
    }
  }
  expect(methods).toEqual(['HEAD', 'GET'])
})

test('an own HEAD route wins over the GET route', async () => {
  const server = await serve((app) => {
    app.get('/a', () => 'a')
    app.head('/a', (ctx) => ctx.header('x-own', 'yes').noContent())
  })
  expect((await ask(server.url, 'HEAD', '/a')).headers['x-own']).toBe('yes')
})

test('app.notFound answers what no route matches; 405 stays with the core', async () => {
  const server = await serve((app) => {
    app.get('/a', () => 'a')
    app.notFound((ctx) => ctx.text(`nothing at ${ctx.path}`))
  })
  const { status, body } = await ask(server.url, 'GET', '/%62')
  expect([status, body]).toEqual([404, 'nothing at /b'])
  expect((await ask(server.url, 'POST', '/a')).status).toBe(405)
})

test('app.all takes every method, unknown ones too', async () => {
  const server = await serve((app) => app.all('/a', (ctx) => ctx.method))
  for (const method of ['GET', 'POST', 'PATCH', 'PURGE', 'X-Y']) {
    expect((await ask(server.url, method, '/a')).body).toBe(method)
  }
})

test('CONNECT is refused cleanly', async () => {
  const server = await serve((app) => app.all('/*rest', () => 'never'))
  const { status } = await ask(server.url, 'CONNECT', 'a:443')
  expect(status).toBeGreaterThanOrEqual(400)
  expect(server.stats()['dispatched']).toBe(0)
})

test('groups and prefixes cover what lies under them, and nothing else', async () => {
  const server = await serve((app) => {
    app.use('/api', (ctx, next) => {
      ctx.header('x-api', 'yes')
      return next()
    })
    app.get('/apix', () => 'x')
    app.group('/api', (api) => {
      api.get('/', () => 'root')
      api.group('/v1', (v1) => v1.get('/users/:id', (ctx) => ctx.params.id))
    })
  })
  for (const [target, body, mark] of [
    ['/api', 'root', 'yes'],
    ['/api/v1/users/7', '7', 'yes'],
    ['/apix', 'x', undefined],
  ]) {
    const reply = await ask(server.url, 'GET', target as string)
    expect([reply.body, reply.headers['x-api']]).toEqual([body, mark])
  }
})
