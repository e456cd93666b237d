// Connections over real sockets: reuse, order, ends.

import { expect, test } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { exchange, RawClient } from '../support/raw.ts'
import { idle, serve } from '../support/server.ts'

const get = (path: string, fields = ''): string =>
  `GET ${path} HTTP/1.1\r\nhost: a\r\n${fields}\r\n`

test('one connection serves many requests', async () => {
  const server = await serve((app) =>
    app.get('/', (ctx) => ({ connection: ctx.connection.id, port: ctx.remote.port })),
  )
  const client = await RawClient.open(server.url)
  const bodies = new Set<string>()
  for (let i = 0; i < 100; i++) {
    await client.send(get('/'))
    bodies.add((await client.response()).body)
  }
  expect(bodies.size).toBe(1)
  expect(server.stats()).toMatchObject({ accepted: 1, requests: 100, connections: 1 })
})

test('the bytes of a small reply', async () => {
  const server = await serve((app) => app.get('/', () => 'hi'))
  const client = await RawClient.open(server.url)
  await client.send(get('/'))
  const { head, body } = await client.response()
  expect(body).toBe('hi')
  expect(
    head
      .replace(/date: [^\r]*/i, 'date: …')
      .toLowerCase()
      .split('\r\n')
      .sort(),
  ).toEqual(
    [
      '',
      'http/1.1 200 ok',
      'content-type: text/plain; charset=utf-8',
      'content-length: 2',
      'date: …',
    ].sort(),
  )
})

test('pipelined replies leave in the order of the requests, whatever finishes first', async () => {
  const gates = Array.from({ length: 8 }, () => deferred())
  const started: number[] = []
  const server = await serve((app) =>
    app.get('/:n', async (ctx) => {
      const n = Number(ctx.params.n)
      started.push(n)
      await gates[n]!.promise
      return `reply ${n}`
    }),
  )
  const client = await RawClient.open(server.url)
  await client.send(gates.map((_, n) => get(`/${n}`)).join(''))
  await expect.poll(() => started.length).toBe(8)
  for (const n of [7, 3, 5, 1, 6, 2, 4, 0]) gates[n]!.resolve()
  for (let n = 0; n < 8; n++) expect((await client.response()).body).toBe(`reply ${n}`)
  expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

test('synchronous, asynchronous and native replies keep their order among each other', async () => {
  const server = await serve((app) => {
    app.get('/sync', () => 'sync')
    app.get('/async', async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return 'async'
    })
    app.get('/stream', (ctx) => ctx.stream(['a', 'b']))
  })
  const client = await RawClient.open(server.url)
  const round = ['/async', '/sync', '/none', '/stream', '/sync']
  const paths = Array.from({ length: 20 }, () => round).flat()
  await client.send(paths.map((path) => get(path)).join(''))
  for (const path of paths) {
    const { status, body } = await client.response()
    if (path === '/none') expect(status).toBe(404)
    else if (path === '/stream') expect(body).toBe('ab')
    else expect(`/${body}`).toBe(path)
  }
})

test('a request that changes something waits for those before it, and they do not wait for it', async () => {
  const gate = deferred()
  const seen: string[] = []
  const server = await serve((app) => {
    app.get('/slow', async () => {
      await gate.promise
      seen.push('slow done')
      return 'slow'
    })
    app.post('/change', () => {
      seen.push('change')
      return 'changed'
    })
  })
  const client = await RawClient.open(server.url)
  await client.send(get('/slow'), 'POST /change HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n')
  const other = await RawClient.open(server.url)
  await other.send('POST /change HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n')
  await other.response()
  gate.resolve()
  expect((await client.response()).body).toBe('slow')
  expect((await client.response()).body).toBe('changed')
  expect(seen).toEqual(['change', 'slow done', 'change'])
})

test('more pipelined requests than limits.pipelined are served, a few at a time', async () => {
  let running = 0
  let most = 0
  const server = await serve(
    (app) =>
      app.get('/', async () => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
        return 'ok'
      }),
    { limits: { pipelined: 4 } },
  )
  const client = await RawClient.open(server.url)
  await client.send(get('/').repeat(500))
  for (let i = 0; i < 500; i++) expect((await client.response()).status).toBe(200)
  expect(most).toBeLessThanOrEqual(4)
})

test.each([
  ['the client asks for it', get('/', 'connection: close\r\n')],
  ['the client speaks HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'],
  ['the handler asks for it', get('/close')],
])('the connection ends after the reply when %s', async (_, request) => {
  const server = await serve((app) => {
    app.get('/', () => 'hi')
    app.get('/close', (ctx) => ctx.header('connection', 'close').text('hi'))
  })
  const bytes = await exchange(server.url, request)
  expect(bytes).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(bytes).toMatch(/\r\nconnection: close\r\n/i)
  expect(bytes).toMatch(/\r\n\r\nhi$/)
})

test('HTTP/1.0 keeps the connection when it is asked to', async () => {
  const server = await serve((app) => app.get('/', (ctx) => ctx.protocol))
  const client = await RawClient.open(server.url)
  for (let i = 0; i < 3; i++) {
    await client.send('GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n')
    const { headers, body } = await client.response()
    expect(headers['connection']?.toLowerCase()).toBe('keep-alive')
    expect(body).toBe('HTTP/1.0')
  }
})

test('nothing after "connection: close" is served, whoever says it', async () => {
  const seen: string[] = []
  const server = await serve((app) =>
    app.get('/:n', async (ctx) => {
      seen.push(ctx.params.n)
      if (ctx.params.n === 'end') ctx.header('connection', 'close')
      return ctx.params.n
    }),
  )
  for (const last of [get('/2', 'connection: close\r\n'), 'GET /2 HTTP/1.0\r\n\r\n']) {
    seen.length = 0
    const bytes = await exchange(server.url, get('/1') + last + get('/3'))
    expect(bytes.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
    expect(seen).toEqual(['1', '2'])
  }
  const bytes = await exchange(server.url, get('/1') + get('/end') + get('/3'))
  expect(bytes.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
})

test('pipelined requests behind more than a window of replies are served', async () => {
  const server = await serve((app) => app.get('/', (ctx) => ctx.bytes(new Uint8Array(100_000))))
  for (const isFinished of [false, true]) {
    const client = await RawClient.open(server.url)
    await client.send(get('/').repeat(100))
    if (isFinished) client.finish()
    for (let i = 0; i < 100; i++) expect((await client.response()).body.length).toBe(100_000)
  }
})

test('requests that wait behind one another are served though the client has finished', async () => {
  const server = await serve((app) => {
    app.post('/', async (ctx) => `posted ${await ctx.body.text()}`)
    app.get('/', () => 'got')
  })
  const client = await RawClient.open(server.url)
  const post = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi'
  await client.send(post, get('/'), post, get('/'))
  client.finish()
  for (const body of ['posted hi', 'got', 'posted hi', 'got']) {
    expect((await client.response()).body).toBe(body)
  }
  await client.closed()
})

test('a client that has finished sending still gets its replies', async () => {
  const gate = deferred()
  const server = await serve((app) =>
    app.get('/', async () => {
      await gate.promise
      return 'late and welcome'
    }),
  )
  const client = await RawClient.open(server.url)
  await client.send(get('/'))
  client.finish()
  await expect.poll(() => server.stats()['in_flight']).toBe(1)
  gate.resolve()
  expect((await client.response()).body).toBe('late and welcome')
  await client.closed()
})

test('a request that comes byte by byte is one request', async () => {
  const server = await serve((app) => app.post('/p', async (ctx) => ctx.body.text()))
  const client = await RawClient.open(server.url)
  const bytes =
    'POST /p HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'
  for (const byte of bytes) await client.send(byte)
  expect((await client.response()).body).toBe('abc')
})

test('bad requests are refused, counted and never reach a handler', async () => {
  let calls = 0
  const server = await serve((app) => app.all('/*rest', () => String(++calls)))
  for (const [bytes, status, label] of [
    ['GET / HTTP/1.1\r\n\r\n', 400, 'reject_missing_host'],
    ['GET / HTTP/2.0\r\nhost: a\r\n\r\n', 505, 'reject_unsupported_version'],
    ['GET / HTTP/1.1\r\nhost: a\r\nbad name: x\r\n\r\n', 400, undefined],
    [
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      400,
      undefined,
    ],
  ] as const) {
    const answer = await exchange(server.url, bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).toMatch(/\r\nconnection: close\r\n/i)
    const rejects = Object.entries(server.stats()).filter(([name]) => name.startsWith('reject_'))
    expect(rejects.length).toBeGreaterThan(0)
    if (label !== undefined) expect(Object.fromEntries(rejects)[label]).toBe(1)
  }
  expect(calls).toBe(0)
})

test('idle connections end by the keep-alive timeout', async () => {
  const server = await serve((app) => app.get('/', () => 'hi'), { timeouts: { keepAlive: 50 } })
  const client = await RawClient.open(server.url)
  await client.send(get('/'))
  await client.response()
  await client.closed()
  expect(server.stats()['keep_alive_timeouts']).toBe(1)
})

test('a head that never ends is refused with 408', async () => {
  const server = await serve((app) => app.get('/', () => 'hi'), { timeouts: { headers: 50 } })
  const answer = await exchange(server.url, 'GET / HTTP/1.1\r\nhost: a\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 408 /)
})

test('many connections at once', async () => {
  const server = await serve((app) => app.get('/', () => 'hi'))
  const clients = await Promise.all(Array.from({ length: 200 }, () => RawClient.open(server.url)))
  await Promise.all(clients.map((client) => client.send(get('/'))))
  const replies = await Promise.all(clients.map((client) => client.response()))
  expect(replies.every(({ body }) => body === 'hi')).toBe(true)
  for (const client of clients) client.cut()
  await idle(server)
})
