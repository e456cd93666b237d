// Options of routes as middleware: routeOptions(), and timeout() and bodyLimit() that are made of
// it. What a route, its groups and middleware say of one thing is joined in a fixed order.

import { App, routeOptions } from 'lanner'
import { bodyLimit } from 'lanner/middleware/body-limit'
import { timeout } from 'lanner/middleware/timeout'
import { describe, expect, test } from 'vitest'

import { RawClient } from '../support/raw.ts'
import { idle, serve } from '../support/server.ts'

import type { Context, Duration, Size } from 'lanner'

const limitsOf = (ctx: Context): Response =>
  Response.json([ctx.limits.timeout, ctx.limits.bodyBytes, ctx.route.options.timeout ?? null])

async function ask(app: App, path: string): Promise<unknown> {
  return JSON.parse((await app.inject(path)).text)
}

describe('what holds for a request', () => {
  const app = new App()
  app.use(timeout('30s'), bodyLimit('1MB'))
  app.use('/api', timeout('2s'))
  app.use('/api/slow', timeout(null))
  app.get('/', limitsOf)
  app.get('/api/x', limitsOf)
  app.get('/api/slow/x', limitsOf)
  app.get('/api/own', { timeout: '5s' }, limitsOf)
  app.get('/api/inline', timeout('7s'), limitsOf)
  app.group('/api/group', { limits: { bodyBytes: 7 } }, (group) => {
    group.use(routeOptions({ timeout: 9, limits: { bodyBytes: 1 } }))
    group.get('/x', limitsOf)
  })
  app.get('/:any/x', limitsOf)
  app.get('/:any/own', { timeout: '5s' }, limitsOf)
  app.notFound(limitsOf)

  test.each([
    ['the one of everything', '/', [30_000, 1_000_000, '30s']],
    ['the one registered last', '/api/x', [2000, 1_000_000, '2s']],
    ['none, where that was said last', '/api/slow/x', [null, 1_000_000, null]],
    ['that of the route', '/api/own', [5000, 1_000_000, '5s']],
    ['that of the functions of the route', '/api/inline', [7000, 1_000_000, '7s']],
    ['that of the group, before its middleware', '/api/group/x', [9, 7, 9]],
    ['outside the prefix', '/other/x', [30_000, 1_000_000, '30s']],
    [
      'that of the route, by a pattern that is covered at times',
      '/other/own',
      [5000, 1_000_000, '5s'],
    ],
    ['without a route', '/nowhere', [30_000, 1_000_000, '30s']],
    ['without a route, under the prefix', '/api/nowhere', [2000, 1_000_000, '2s']],
  ])('%s', async (_name, path, limits) => {
    expect(await ask(app, path)).toEqual(limits)
  })

  test('by the path, where the pattern does not tell', async () => {
    const other = new App()
    other.use('/api', timeout('2s'), bodyLimit(5))
    other.get('/:any/x', limitsOf)
    other.get('/:any/own', { timeout: '5s' }, limitsOf)
    expect(await ask(other, '/api/x')).toEqual([2000, 5, '2s'])
    expect(await ask(other, '/other/x')).toEqual([null, 30_000_000, null])
    expect(await ask(other, '/api/own')).toEqual([5000, 5, '5s'])
  })
})

describe('hooks of every request read them', () => {
  const app = new App()
  const answers = ({ route, limits }: Context): unknown => ({
    auth: route.options.auth ?? null,
    tags: route.options.tags ?? [],
    timeout: limits.timeout,
  })
  const told: unknown[] = []
  app.onRequest((ctx) => (ctx.query.has('hook') ? answers(ctx) : undefined))
  app.onResponse((ctx) => void told.push(answers(ctx)))
  app.use('/admin', routeOptions({ auth: true, tags: ['a'], timeout: '2s' }))
  app.use('/admin/deep', routeOptions({ auth: false, timeout: '3s' }))
  app.get('/admin/users', answers)
  app.get('/:area/:id', answers)
  app.get('/:area/:id/own', { auth: { roles: ['x'] } }, answers)
  app.notFound(answers)

  test.each([
    ['covered', '/admin/users', { auth: true, tags: ['a'], timeout: 2000 }],
    ['covered, as the path says', '/admin/7', { auth: true, tags: ['a'], timeout: 2000 }],
    ['not covered, as the path says', '/shop/7', { auth: null, tags: [], timeout: null }],
    ['covered twice', '/admin/deep', { auth: false, tags: ['a'], timeout: 3000 }],
    ['said by the route', '/admin/7/own', { auth: { roles: ['x'] }, tags: ['a'], timeout: 2000 }],
    ['no route', '/admin/a/b/c', { auth: true, tags: ['a'], timeout: 2000 }],
    ['no route, not covered', '/shop/a/b/c', { auth: null, tags: [], timeout: null }],
  ])('%s: %s', async (_name, path, options) => {
    expect((await app.inject(path)).json()).toEqual(options)
    expect((await app.inject(`${path}?hook`)).json()).toEqual(options)
    await new Promise((resolve) => setImmediate(resolve))
    expect(told.splice(0)).toEqual([options, options])
  })

  test('a body that is too long for them is refused, and the end is told', async () => {
    const infos: unknown[] = []
    const other = new App()
    other.onResponse((_, { status }) => void infos.push(status))
    other.use('/api', bodyLimit(5))
    other.post('/:any/x', () => 'never')
    const reply = await other.inject({ method: 'POST', path: '/api/x', body: 'abcdef' })
    expect(reply.status).toBe(413)
    await new Promise((resolve) => setImmediate(resolve))
    expect(infos).toEqual([413])
  })
})

describe('middleware registered before them reads them', () => {
  const app = new App()
  app.use((ctx, next) =>
    ctx.route.options.auth === true ? ctx.status(401).text('who are you?') : next(),
  )
  app.use('/admin', routeOptions({ auth: true }))
  app.use('/admin/login', routeOptions({ auth: false }))
  app.get('/admin/users', () => 'users')
  app.get('/:area/:id', () => 'any')
  app.get('/:area/:id/open', { auth: false }, () => 'open')
  app.notFound((ctx) => ctx.status(404).text('nothing'))

  test.each([
    ['by the pattern', '/admin/users', 401],
    ['by the path, where the pattern does not tell', '/admin/7', 401],
    ['of another path', '/shop/7', 200],
    ['the one registered last', '/admin/login', 200],
    ['that of the route', '/admin/7/open', 200],
    ['without a route', '/admin/a/b/c', 401],
    ['without a route, the one registered last', '/admin/login/b/c', 404],
    ['without a route, of another path', '/shop/a/b/c', 404],
  ])('%s', async (_name, path, status) => {
    expect((await app.inject(path)).status).toBe(status)
  })

  test('without a route, what is said last of everything', async () => {
    const other = new App()
    other.use('/admin', routeOptions({ auth: true }))
    other.use(routeOptions({ auth: false }))
    other.notFound((ctx) => ctx.json(ctx.route.options.auth))
    expect((await other.inject('/admin/x')).json()).toBe(false)
  })
})

test('they are no part of the chain', async () => {
  const app = new App().use(timeout('30s'))
  let seen = ''
  app.get(
    '/',
    (ctx, next) => {
      seen = String((ctx as { downstream?: unknown }).downstream)
      return next()
    },
    () => 'hello',
  )
  expect((await app.inject('/')).text).toBe('hello')
  expect(seen).toBe('undefined')
})

test('paths that only they cover are answered without JavaScript', async () => {
  const server = await serve((app) => {
    app.use(timeout('30s'))
    app.get('/', () => 'hello')
  })
  const client = await RawClient.open(server.url)
  await client.send('GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n')
  expect((await client.response()).status).toBe(404)
  expect(server.stats().handled).toBe(0)
})

test('the deadline answers 504 and aborts the signal', async () => {
  let reason: unknown
  const server = await serve((app) => {
    app.use('/api', timeout('50ms'))
    app.get('/api/stuck', async (ctx) => {
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
      reason = ctx.signal.reason
    })
  })
  const client = await RawClient.open(server.url)
  await client.send('GET /api/stuck HTTP/1.1\r\nhost: a\r\n\r\n')
  expect((await client.response()).status).toBe(504)
  client.cut()
  await idle(server)
  expect(reason).toMatchObject({ code: 'LANNER_DEADLINE' })
})

test.each([
  ['announced', 'POST /api/x HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n\r\nabcdef', 413],
  [
    'in chunks',
    'POST /api/x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n6\r\nabcdef\r\n0\r\n\r\n',
    413,
  ],
  ['not too long', 'POST /api/x HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nabcde', 200],
  ['of another path', 'POST /other/x HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n\r\nabcdef', 200],
])('a body %s', async (_name, request, status) => {
  const server = await serve((app) => {
    app.use('/api', bodyLimit(5))
    app.post('/:any/x', async (ctx) => ctx.body.text())
    app.post('/api/x', async (ctx) => ctx.body.text())
  })
  const client = await RawClient.open(server.url)
  await client.send(request)
  expect((await client.response()).status).toBe(status)
})

test.each<[() => unknown, string]>([
  [() => timeout('2 parsecs' as Duration), 'The option timeout of timeout() is a duration'],
  [
    () => timeout(undefined as unknown as Duration),
    'The option timeout of timeout() is a duration',
  ],
  [() => timeout(0), 'The option timeout of timeout() is a duration from 1'],
  [() => bodyLimit('2 pages' as Size), 'The option limits.bodyBytes of bodyLimit() is a size'],
  [() => bodyLimit(-1), 'The option limits.bodyBytes of bodyLimit() is a size'],
  [() => routeOptions({ tag: 'x' } as object), 'There is no option tag of routeOptions()'],
])('wrong options %s', (make, message) => {
  expect(make).toThrow(message)
})
