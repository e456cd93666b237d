// Limits that need a clock or a count, over real sockets; the core's own tests have their edges.

import { setTimeout as sleep } from 'node:timers/promises'

import { expect, test } from 'vitest'

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
