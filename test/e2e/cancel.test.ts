// Exchanges that do not end as planned: the client leaves, the handler is late or never answers.

import { expect, test } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { RawClient } from '../support/raw.ts'
import { idle, serve } from '../support/server.ts'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`

function abortOf(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason)
    signal.addEventListener('abort', () => resolve(signal.reason))
  })
}

test.each(['reset', 'end'])('ctx.signal aborts when the client goes away by %s', async (how) => {
  const started = deferred()
  const reason = deferred<unknown>()
  const server = await serve((app) =>
    app.get('/', async (ctx) => {
      started.resolve()
      reason.resolve(await abortOf(ctx.signal))
      return 'late'
    }),
  )
  const client = await RawClient.open(server.url)
  await client.send(get('/'))
  await started.promise
  if (how === 'reset') client.cut()
  else client.socket.destroy()
  await expect(reason.promise).resolves.toMatchObject({ code: 'LANNER_PEER_GONE' })
  await idle(server)
})

test('ctx.signal that is touched late is aborted already', async () => {
  const started = deferred()
  const gate = deferred()
  const seen = deferred<boolean>()
  const server = await serve((app) => {
    app.get('/ping', () => 'pong')
    app.get('/', async (ctx) => {
      started.resolve()
      await gate.promise
      seen.resolve(ctx.signal.aborted)
      return 'late'
    })
  })
  const client = await RawClient.open(server.url)
  await client.send(get('/'))
  await started.promise
  client.cut()
  await expect.poll(() => server.stats()['held']).toBe(0)
  gate.resolve()
  expect(await seen.promise).toBe(true)
})

test('ctx.signal never aborts on a normal end', async () => {
  const signals: AbortSignal[] = []
  const server = await serve((app) => {
    app.use((ctx, next) => {
      signals.push(ctx.signal)
      return next()
    })
    app.get('/sync', () => 'sync')
    app.get('/async', async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return 'async'
    })
    app.get('/stream', (ctx) => ctx.stream(['a', 'b']))
    app.post('/body', (ctx) => ctx.body.text())
    app.post('/unread', () => 'unread')
    app.get('/big', (ctx) => ctx.bytes(new Uint8Array(1_000_000)))
  })
  for (let round = 0; round < 5; round++) {
    const client = await RawClient.open(server.url)
    for (const path of ['/sync', '/async', '/stream', '/big']) {
      await client.send(get(path))
      await client.response()
    }
    for (const path of ['/body', '/unread']) {
      await client.send(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi`)
      await client.response()
    }
    await client.send(get('/sync').repeat(10))
    for (let i = 0; i < 10; i++) await client.response()
    await client.send('GET /async HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
    await client.rest()
  }
  await idle(server)
  expect(signals).toHaveLength(5 * 17)
  expect(signals.filter((signal) => signal.aborted)).toEqual([])
})

test('a reply after the client has left goes nowhere and harms nobody', async () => {
  const gates = Array.from({ length: 20 }, () => deferred())
  let started = 0
  const done: Promise<void>[] = []
  const server = await serve((app) => {
    app.get('/ok', () => 'ok')
    app.get('/:n', async (ctx) => {
      const finished = deferred()
      done.push(finished.promise)
      started++
      await gates[Number(ctx.params.n)]!.promise
      finished.resolve()
      return ctx.header('x-late', 'yes').json({ late: true })
    })
  })
  const clients = await Promise.all(gates.map(() => RawClient.open(server.url)))
  for (const [n, client] of clients.entries()) await client.send(get(`/${n}`))
  await expect.poll(() => started).toBe(20)
  for (const client of clients) client.cut()
  await idle(server)
  // Their slots are given to others before the late replies come.
  const other = await RawClient.open(server.url)
  for (const gate of gates) {
    await other.send(get('/ok'))
    gate.resolve()
    expect((await other.response()).body).toBe('ok')
  }
  await Promise.all(done)
  await other.send(get('/ok'))
  expect((await other.response()).body).toBe('ok')
})

test('a stream that goes on after the client has left is ended', async () => {
  let isRunning = true
  async function* endless(): AsyncGenerator<string> {
    try {
      while (true) {
        await new Promise((resolve) => setImmediate(resolve))
        yield 'more '
      }
    } finally {
      isRunning = false
    }
  }
  const server = await serve((app) => app.get('/', (ctx) => ctx.stream(endless())))
  const client = await RawClient.open(server.url)
  await client.send(get('/'))
  await client.until('more')
  client.cut()
  await expect.poll(() => isRunning).toBe(false)
  await idle(server)
})

test('a handler that never answers costs nothing once its client has left', async () => {
  const server = await serve((app) => {
    app.get('/hang', () => new Promise(() => {}))
    app.get('/ok', () => 'ok')
  })
  for (let round = 0; round < 3; round++) {
    const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.open(server.url)))
    for (const client of clients) await client.send(get('/hang'))
    await expect.poll(() => server.stats()['in_flight']).toBe(50)
    for (const client of clients) client.cut()
    await idle(server)
  }
  const client = await RawClient.open(server.url)
  await client.send(get('/ok'))
  expect((await client.response()).body).toBe('ok')
})

test('requests behind one that never answers are cancelled with it', async () => {
  const aborted: string[] = []
  const server = await serve((app) => {
    app.get('/:n', async (ctx) => {
      await abortOf(ctx.signal)
      aborted.push(ctx.params.n)
    })
  })
  const client = await RawClient.open(server.url)
  await client.send(get('/1'), get('/2'), get('/3'))
  await expect.poll(() => server.stats()['in_flight']).toBe(3)
  client.cut()
  await expect.poll(() => aborted.length).toBe(3)
  expect(aborted.sort()).toEqual(['1', '2', '3'])
})

test('a context kept beyond its request says so', async () => {
  const kept: { path: string; headers: { get(name: string): string | null } }[] = []
  const server = await serve((app) =>
    app.get('/:n', (ctx) => {
      kept.push(ctx)
      return 'ok'
    }),
  )
  const client = await RawClient.open(server.url)
  for (const path of ['/first', '/second']) {
    await client.send(get(path))
    await client.response()
  }
  expect(() => kept[0]!.path).toThrow(expect.objectContaining({ code: 'LANNER_CONTEXT_EXPIRED' }))
})

test('what is read after a pause is still the own request, whatever came in between', async () => {
  const gate = deferred()
  const server = await serve((app) => {
    app.get('/wait/:id', async (ctx) => {
      await gate.promise
      return { id: ctx.params.id, q: ctx.query.get('q'), x: ctx.headers.get('x-id'), p: ctx.path }
    })
    app.get('/other', () => 'other')
  })
  const clients = await Promise.all(Array.from({ length: 30 }, () => RawClient.open(server.url)))
  for (const [n, client] of clients.entries()) {
    await client.send(`GET /wait/${n}?q=q${n} HTTP/1.1\r\nhost: a\r\nx-id: x${n}\r\n\r\n`)
  }
  const other = await RawClient.open(server.url)
  for (let i = 0; i < 50; i++) {
    await other.send(`GET /other HTTP/1.1\r\nhost: a\r\nx-filler: ${'f'.repeat(i * 20)}\r\n\r\n`)
    await other.response()
  }
  await expect.poll(() => server.stats()['in_flight']).toBe(30)
  gate.resolve()
  for (const [n, client] of clients.entries()) {
    expect(JSON.parse((await client.response()).body)).toEqual({
      id: String(n),
      q: `q${n}`,
      x: `x${n}`,
      p: `/wait/${n}`,
    })
  }
})
