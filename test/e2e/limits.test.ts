// Limits that need a clock or a count, over real sockets; the core's own tests have their edges.

import { setTimeout as sleep } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { ERROR_CODES } from '../../src/error-codes.ts'
import { deferred } from '../support/deferred.ts'
import { RawClient } from '../support/raw.ts'
import { idle, serve } from '../support/server.ts'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`

test('a handler that takes too long: 504, its signal aborts, its reply is dropped', async () => {
  const aborted = deferred<unknown>()
  const server = await serve(
    (app) => {
      app.get('/slow', async (ctx) => {
        await new Promise<void>((resolve) => {
          ctx.signal.addEventListener('abort', () => resolve())
        })
        aborted.resolve(ctx.signal.reason)
        return 'too late'
      })
      app.get('/fast', () => 'ok')
    },
    { timeouts: { request: 50 } },
  )
  const client = await RawClient.open(server.url)
  await client.send(get('/slow'))
  const { status, headers, body } = await client.response()
  expect([status, headers['content-type']]).toEqual([504, 'application/problem+json'])
  expect(JSON.parse(body)).toEqual({ title: 'Gateway Timeout', status: 504 })
  expect(await aborted.promise).toMatchObject({ code: 'LANNER_DEADLINE' })
  expect(ERROR_CODES.LANNER_DEADLINE.status).toBe(status)
  await client.send(get('/fast'))
  expect(await client.response()).toMatchObject({ status: 200, body: 'ok' })
  expect(server.stats()['deadlines_passed']).toBe(1)
})

test('a deadline passes while JavaScript is stuck', async () => {
  const server = await serve((app) => app.get('/', async () => sleep(60_000)), {
    timeouts: { request: 100 },
  })
  const client = await RawClient.open(server.url)
  await client.send(get('/'))
  await sleep(20)
  const until = Date.now() + 1500
  while (Date.now() < until);
  expect(server.stats()['deadlines_passed']).toBe(1)
  expect((await client.response()).status).toBe(504)
})

test('the last request of a connection says so', async () => {
  const server = await serve((app) => app.get('/', () => 'ok'), {
    limits: { requestsPerConnection: 2 },
  })
  const client = await RawClient.open(server.url)
  await client.send(get('/').repeat(3))
  expect((await client.response()).headers['connection']).toBeUndefined()
  expect((await client.response()).headers['connection']).toBe('close')
  client.socket.destroy()
  await idle(server)
  expect(server.stats()['requests']).toBe(2)
})

test('a body that trickles is refused', async () => {
  const server = await serve((app) => app.post('/', async (ctx) => ctx.body.text()), {
    rates: { request: { bytesPerSecond: 1000, grace: 50 } },
  })
  const client = await RawClient.open(server.url)
  await client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nx')
  expect((await client.response()).status).toBe(408)
  expect(server.stats()['reject_body_timeout']).toBe(1)
})

test('a route has limits of its own, before its handler is asked', async () => {
  let asked = 0
  const server = await serve(
    (app) => {
      app.post('/large', { limits: { bodyBytes: 20 } }, async (ctx) => ctx.body.text())
      app.post('/small', { limits: { bodyBytes: 0 } }, () => `${++asked}`)
      app.get('/late', { timeout: 50 }, async () => sleep(60_000, 'late', { ref: false }))
      app.post('/slow', { rates: { request: { bytesPerSecond: 1000, grace: 50 } } }, (ctx) =>
        ctx.body.text(),
      )
    },
    { limits: { bodyBytes: 10 } },
  )
  const statusOf = async (method: string, path: string, body = ''): Promise<number> => {
    const client = await RawClient.open(server.url)
    await client.send(
      `${method} ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${Math.abs(body.length)}\r\n\r\n${body}`,
    )
    return (await client.response()).status
  }
  expect(await statusOf('POST', '/large', 'x'.repeat(20))).toBe(200)
  expect(await statusOf('POST', '/large', 'x'.repeat(21))).toBe(413)
  expect(await statusOf('POST', '/small', 'x')).toBe(413)
  expect(asked).toBe(0)
  expect(await statusOf('GET', '/late')).toBe(504)
  const client = await RawClient.open(server.url)
  await client.send('POST /slow HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nx')
  expect((await client.response()).status).toBe(408)
  expect(server.stats()).toMatchObject({ reject_content_too_large: 2, deadlines_passed: 1 })
})

test('a handler changes the limits of its request', async () => {
  let changed = 0
  const server = await serve(
    (app) => {
      app.post('/body', async (ctx) => {
        ctx.limits.bodyBytes = 100
        changed += 1
        return String((await ctx.body.text()).length)
      })
      app.get('/late', async (ctx) => {
        ctx.limits.timeout = 50
        return sleep(60_000, 'late', { ref: false })
      })
    },
    { limits: { bodyBytes: 50 } },
  )
  const client = await RawClient.open(server.url)
  const chunk = `14\r\n${'x'.repeat(20)}\r\n`
  const head = 'POST /body HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'
  // Framing counts: three chunks are 78 bytes, which the server's own limit would refuse.
  await client.send(head)
  await expect.poll(() => changed).toBe(1)
  await client.send(`${chunk.repeat(3)}0\r\n\r\n`)
  expect(await client.response()).toMatchObject({ status: 200, body: '60' })
  await client.send(head)
  await expect.poll(() => changed).toBe(2)
  await client.send(chunk.repeat(5))
  expect((await client.response()).status).toBe(413)
  const other = await RawClient.open(server.url)
  await other.send(get('/late'))
  expect((await other.response()).status).toBe(504)
})

test('under overload routes are shed by their priority', async () => {
  const release = deferred()
  const server = await serve(
    (app) => {
      app.get('/low', { priority: 'low' }, () => release.promise)
      app.get('/normal', () => release.promise)
      app.group('/admin', { priority: 'high' }, (admin) => {
        admin.get('/', () => 'admin')
      })
    },
    { overload: { inFlight: 10, retryAfter: '90s' }, ioThreads: 1 },
  )
  const clients: RawClient[] = []
  const ask = async (path: string): Promise<RawClient> => {
    const client = await RawClient.open(server.url)
    clients.push(client)
    await client.send(get(path))
    return client
  }
  for (let i = 1; i <= 5; i++) await ask('/low')
  await expect.poll(() => server.stats()['dispatched']).toBe(5)
  const shed = await (await ask('/low')).response()
  expect([shed.status, shed.headers['retry-after']]).toEqual([503, '90'])
  for (let i = 6; i <= 9; i++) await ask('/normal')
  await expect.poll(() => server.stats()['dispatched']).toBe(9)
  expect((await (await ask('/normal')).response()).status).toBe(503)
  expect(await (await ask('/admin')).response()).toMatchObject({ status: 200, body: 'admin' })
  expect(server.stats()).toMatchObject({ shed: 2, shed_low: 1, shed_high: 0 })
  server.busy = true
  expect(await (await ask('/admin')).response()).toMatchObject({ status: 200, body: 'admin' })
  expect((await (await ask('/low')).response()).status).toBe(503)
  release.resolve()
})
