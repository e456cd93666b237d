// Request bodies: framing, sizes, credit, ends.

import { createHash } from 'node:crypto'

import { expect, test } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { RawClient } from '../support/raw.ts'
import { idle, serve } from '../support/server.ts'

const head = (fields: string, path = '/'): string =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\n${fields}\r\n`

const sha = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')

function pattern(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >>> 8)) & 0xff
  return bytes
}

test('a body in chunks, with extensions, comes as one', async () => {
  const server = await serve((app) => app.post('/', (ctx) => ctx.body.text()))
  const client = await RawClient.open(server.url)
  await client.send(
    head('transfer-encoding: chunked\r\n'),
    '5;a=b\r\nhello\r\n1\r\n \r\nA ; x="y"\r\n0123456789\r\n0\r\n\r\n',
  )
  expect((await client.response()).body).toBe('hello 0123456789')
})

test('trailers of the request are there once the body was read', async () => {
  const server = await serve((app) =>
    app.post('/', async (ctx) => {
      const before = ctx.body.trailers === undefined
      const text = await ctx.body.text()
      return { before, text, sum: ctx.body.trailers?.get('X-Sum') }
    }),
  )
  const client = await RawClient.open(server.url)
  for (let i = 0; i < 2; i++) {
    await client.send(
      head('transfer-encoding: chunked\r\ntrailer: x-sum\r\n'),
      `2\r\nab\r\n0\r\nX-Sum: ${i}\r\nother: y\r\n\r\n`,
    )
    expect(JSON.parse((await client.response()).body)).toEqual({
      before: true,
      text: 'ab',
      sum: String(i),
    })
  }
})

test.each([0, 1, 1000, 16 * 1024, 64 * 1024, 64 * 1024 + 1, 1024 * 1024])(
  '%i bytes arrive whole, by length and in chunks, read in every way',
  async (size) => {
    const bytes = pattern(size)
    const server = await serve((app) => {
      app.post('/bytes', async (ctx) => sha(await ctx.body.bytes()))
      app.post('/chunks', async (ctx) => {
        const hash = createHash('sha1')
        for await (const chunk of ctx.body) hash.update(chunk)
        return hash.digest('hex')
      })
      app.post('/stream', async (ctx) => {
        const hash = createHash('sha1')
        const reader = ctx.body.stream.getReader()
        for (let step = await reader.read(); !step.done; step = await reader.read()) {
          hash.update(step.value)
        }
        return hash.digest('hex')
      })
      app.post('/request', async (ctx) => sha(new Uint8Array(await ctx.request.arrayBuffer())))
    })
    const client = await RawClient.open(server.url)
    for (const path of ['/bytes', '/chunks', '/stream', '/request']) {
      await client.send(head(`content-length: ${size}\r\n`, path), bytes)
      expect((await client.response()).body).toBe(sha(bytes))
      await client.send(head('transfer-encoding: chunked\r\n', path))
      for (let at = 0; at < size; at += 50_000) {
        const piece = bytes.subarray(at, at + 50_000)
        await client.send(`${piece.length.toString(16)}\r\n`, piece, '\r\n')
      }
      await client.send('0\r\n\r\n')
      expect((await client.response()).body).toBe(sha(bytes))
    }
  },
)

test('20 MB arrive whole', async () => {
  const bytes = pattern(20_000_000)
  const server = await serve((app) => {
    app.post('/bytes', async (ctx) => sha(await ctx.body.bytes()))
    app.post('/count', async (ctx) => {
      let n = 0
      for await (const chunk of ctx.body) n += chunk.byteLength
      return String(n)
    })
  })
  const client = await RawClient.open(server.url)
  await client.send(head('content-length: 20000000\r\n', '/bytes'), bytes)
  expect((await client.response()).body).toBe(sha(bytes))
  await client.send(head('content-length: 20000000\r\n', '/count'), bytes)
  expect((await client.response()).body).toBe('20000000')
})

test('100 Continue is sent when the handler begins to read, not before', async () => {
  const gate = deferred()
  const arrived = deferred()
  const server = await serve((app) =>
    app.post('/', async (ctx) => {
      arrived.resolve()
      await gate.promise
      return ctx.body.text()
    }),
  )
  const client = await RawClient.open(server.url)
  await client.send(head('content-length: 2\r\nexpect: 100-continue\r\n'))
  await arrived.promise
  const other = await RawClient.open(server.url)
  await other.send('GET /none HTTP/1.1\r\nhost: a\r\n\r\n')
  expect((await other.response()).status).toBe(404)
  expect(client.socket.bytesRead).toBe(0)
  gate.resolve()
  expect((await client.response()).head).toMatch(/^HTTP\/1\.1 100 Continue\r\n/)
  await client.send('hi')
  expect((await client.response()).body).toBe('hi')
})

test('a handler that refuses spares the client the body', async () => {
  const server = await serve((app) => app.post('/', (ctx) => ctx.text('no, thanks', 403)))
  const client = await RawClient.open(server.url)
  await client.send(head('content-length: 1000000\r\nexpect: 100-continue\r\n'))
  const { status } = await client.response()
  expect(status).toBe(403)
})

test('a body that is there already needs no 100 Continue', async () => {
  const server = await serve((app) => app.post('/', (ctx) => ctx.body.text()))
  const client = await RawClient.open(server.url)
  await client.send(head('content-length: 2\r\nexpect: 100-continue\r\n'), 'hi')
  const first = await client.response()
  const last = first.status === 100 ? await client.response() : first
  expect(last.body).toBe('hi')
})

test('a slow upload is handed over piece by piece', async () => {
  const pieces: string[] = []
  let waiting = deferred()
  const server = await serve((app) =>
    app.post('/', async (ctx) => {
      for await (const chunk of ctx.body) {
        pieces.push(Buffer.from(chunk).toString())
        waiting.resolve()
      }
      return pieces.join('|')
    }),
  )
  const client = await RawClient.open(server.url)
  await client.send(head('content-length: 6\r\n'))
  for (const piece of ['ab', 'cd', 'ef']) {
    waiting = deferred()
    await client.send(piece)
    await waiting.promise
  }
  expect((await client.response()).body).toBe('ab|cd|ef')
})

/** Round trips on other connections: what the first one can do by then, it has done. */
async function roundTrips(url: string, n: number): Promise<void> {
  const other = await RawClient.open(url)
  for (let i = 0; i < n; i++) {
    await other.send('GET /ping HTTP/1.1\r\nhost: a\r\n\r\n')
    expect((await other.response()).status).toBe(200)
  }
  other.cut()
}

test('a handler that does not read holds one window, and the rest waits at the client', async () => {
  const windowBytes = 256 * 1024
  const gate = deferred()
  const total = 24 * 1024 * 1024
  const server = await serve(
    (app) => {
      app.get('/ping', () => 'pong')
      app.post('/', async (ctx) => {
        await gate.promise
        let n = 0
        for await (const chunk of ctx.body) n += chunk.byteLength
        return String(n)
      })
    },
    { limits: { requestWindowBytes: windowBytes }, ioThreads: 1 },
  )
  const client = await RawClient.open(server.url)
  await client.send(head(`content-length: ${total}\r\n`))
  const sent = client.send(Buffer.alloc(total))
  await expect.poll(() => server.stats()['bytes_in']).toBeGreaterThanOrEqual(windowBytes)
  await roundTrips(server.url, 200)
  const before = server.stats()['bytes_in'] ?? 0
  // One receive may have begun before the window was full.
  expect(before).toBeLessThan(2 * windowBytes + 512 * 1024)
  await roundTrips(server.url, 200)
  expect((server.stats()['bytes_in'] ?? 0) - before).toBeLessThan(20_000)
  gate.resolve()
  await sent
  expect((await client.response()).body).toBe(String(total))
})

test('the memory for bodies is one for all connections: past it bodies wait, requests get 503', async () => {
  const gate = deferred()
  const total = 4 * 1024 * 1024
  const server = await serve(
    (app) => {
      app.get('/ping', () => 'pong')
      app.post('/', async (ctx) => {
        await gate.promise
        return String((await ctx.body.bytes()).byteLength)
      })
    },
    { limits: { bodyMemoryBytes: 200_000 }, ioThreads: 2 },
  )
  const clients = await Promise.all([1, 2, 3].map(() => RawClient.open(server.url)))
  const other = await RawClient.open(server.url)
  const ping = async (): Promise<number> => {
    await other.send('GET /ping HTTP/1.1\r\nhost: a\r\n\r\n')
    return (await other.response()).status
  }
  expect(await ping()).toBe(200)
  for (const client of clients) await client.send(head(`content-length: ${total}\r\n`))
  await expect.poll(() => server.stats().dispatched).toBe(4)
  const sent = clients.map((client) => client.send(Buffer.alloc(total)))
  await expect.poll(() => server.stats().body_bytes).toBeGreaterThanOrEqual(200_000)
  await expect.poll(ping).toBe(503)
  // What each thread may read in the millisecond before it sees what the other one holds.
  expect(server.stats().body_bytes).toBeLessThan(200_000 + 3 * 512 * 1024)
  expect(server.stats().shed_for_memory).toBeGreaterThan(0)
  gate.resolve()
  await Promise.all(sent)
  for (const client of clients) expect((await client.response()).body).toBe(String(total))
  await expect.poll(() => server.stats().body_bytes).toBe(0)
  expect(await ping()).toBe(200)
})

test('a handler that reads slowly is waited for', async () => {
  const windowBytes = 128 * 1024
  const total = 8 * 1024 * 1024
  let consumed = 0
  let most = 0
  const server = await serve(
    (app) =>
      app.post('/', async (ctx) => {
        for await (const chunk of ctx.body) {
          most = Math.max(most, (server.stats()['bytes_in'] ?? 0) - consumed)
          consumed += chunk.byteLength
          await new Promise((resolve) => setImmediate(resolve))
        }
        return String(consumed)
      }),
    { limits: { requestWindowBytes: windowBytes } },
  )
  const client = await RawClient.open(server.url)
  await client.send(head(`content-length: ${total}\r\n`), Buffer.alloc(total))
  expect((await client.response()).body).toBe(String(total))
  expect(most).toBeLessThan(2 * windowBytes + 512 * 1024)
})

test('an unread body is dropped and the connection goes on, or is closed when it is long', async () => {
  const server = await serve((app) => app.post('/', () => 'not read'))
  const client = await RawClient.open(server.url)
  for (let i = 0; i < 3; i++) {
    await client.send(head('content-length: 100000\r\n'), Buffer.alloc(100_000))
    expect((await client.response()).body).toBe('not read')
  }
  expect(server.stats()['accepted']).toBe(1)
  await client.send(head('content-length: 29000000\r\n'))
  expect((await client.response()).body).toBe('not read')
  // The rest may be taken or cut off, but it cannot be waited for without end.
  client.socket.on('error', () => {})
  client.socket.write(Buffer.alloc(29_000_000))
  await client.rest()
})

test('reading the body twice is a clear error', async () => {
  const codes: unknown[] = []
  const server = await serve((app) =>
    app.post('/', async (ctx) => {
      await ctx.body.text()
      await ctx.body.json().catch((error) => codes.push(error.code))
      return 'once'
    }),
  )
  const client = await RawClient.open(server.url)
  await client.send(head('content-length: 2\r\n'), '{}')
  expect((await client.response()).body).toBe('once')
  expect(codes).toEqual(['LANNER_BODY_USED'])
})

test('a body that is not JSON is 400, a form of another type 415', async () => {
  const server = await serve((app) => {
    app.post('/json', (ctx) => ctx.body.json())
    app.post('/form', async (ctx) => [...(await ctx.body.form())])
  })
  const client = await RawClient.open(server.url)
  await client.send(head('content-length: 4\r\n', '/json'), '{"a"')
  const bad = await client.response()
  expect(bad.status).toBe(400)
  expect(JSON.parse(bad.body)).toMatchObject({ status: 400, code: 'LANNER_JSON_INVALID' })
  await client.send(head('content-length: 3\r\ncontent-type: text/plain\r\n', '/form'), 'a=b')
  expect((await client.response()).status).toBe(415)
  const type = 'content-type: application/x-www-form-urlencoded; charset=utf-8\r\n'
  await client.send(head(`content-length: 7\r\n${type}`, '/form'), 'a=b+%26')
  expect(JSON.parse((await client.response()).body)).toEqual([['a', 'b &']])
})

test('a body over limits.bodyBytes is 413, announced or not', async () => {
  const ended = deferred<unknown>()
  const server = await serve(
    (app) =>
      app.post('/', async (ctx) => {
        try {
          return await ctx.body.text()
        } catch (error) {
          ended.resolve(error)
          throw error
        }
      }),
    { limits: { bodyBytes: 1000 } },
  )
  const announced = await RawClient.open(server.url)
  await announced.send(head('content-length: 1001\r\n'))
  expect((await announced.response()).status).toBe(413)
  const chunked = await RawClient.open(server.url)
  await chunked.send(head('transfer-encoding: chunked\r\n'), '3e8\r\n', Buffer.alloc(1000), '\r\n')
  await chunked.send('1\r\nx\r\n0\r\n\r\n')
  expect((await chunked.response()).status).toBe(413)
  await expect(ended.promise).resolves.toMatchObject({ code: 'LANNER_BODY_TOO_LARGE' })
  await idle(server)
})

test('a body that breaks the rules is 400, and the handler hears of it', async () => {
  const ended = deferred<unknown>()
  const server = await serve((app) =>
    app.post('/', async (ctx) => {
      try {
        return await ctx.body.text()
      } catch (error) {
        ended.resolve(error)
        throw error
      }
    }),
  )
  const client = await RawClient.open(server.url)
  await client.send(head('transfer-encoding: chunked\r\n'), '3\r\nabc\r\n')
  await client.send('xyz\r\n')
  expect((await client.response()).status).toBe(400)
  await expect(ended.promise).resolves.toMatchObject({ code: 'LANNER_BODY_MALFORMED' })
  await idle(server)
})

test('a client that leaves in the middle of its body fails the read', async () => {
  const started = deferred()
  const ended = deferred<unknown>()
  const server = await serve((app) =>
    app.post('/', async (ctx) => {
      started.resolve()
      try {
        await ctx.body.text()
      } catch (error) {
        ended.resolve(error)
      }
      return 'nobody reads this'
    }),
  )
  const client = await RawClient.open(server.url)
  await client.send(head('content-length: 10\r\n'), 'abc')
  await started.promise
  client.cut()
  await expect(ended.promise).resolves.toMatchObject({ code: 'LANNER_PEER_GONE' })
  await idle(server)
})
