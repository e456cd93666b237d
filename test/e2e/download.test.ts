// Replies with bodies: sizes, streams, credit, trailers, informational responses.

import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { RawClient } from '../support/raw.ts'
import { idle, serve, takeReports } from '../support/server.ts'

import type { RawResponse } from '../support/raw.ts'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`

async function fetchRaw(url: string, path = '/'): Promise<RawResponse> {
  const client = await RawClient.open(url)
  await client.send(get(path))
  const response = await client.response()
  client.cut()
  return response
}

test.each([0, 1, 13, 16 * 1024, 16 * 1024 + 1, 64 * 1024, 256 * 1024, 1024 * 1024, 20_000_000])(
  'a reply of %i bytes arrives whole, with its length',
  async (size) => {
    const bytes = Buffer.alloc(size, 'xyz')
    const server = await serve((app) => {
      app.get('/bytes', (ctx) => ctx.bytes(bytes))
      app.get('/text', (ctx) => ctx.text(bytes.toString()))
      app.get('/value', () => bytes)
    })
    const client = await RawClient.open(server.url)
    for (const path of ['/bytes', '/text', '/value']) {
      await client.send(get(path))
      const { headers, body } = await client.response()
      expect(headers['content-length']).toBe(String(size))
      expect(body.length).toBe(size)
      expect(body === bytes.toString()).toBe(true)
    }
  },
)

test('long replies of many connections do not mix', async () => {
  const server = await serve((app) =>
    app.get('/:letter', ({ params }) => Buffer.alloc(300_000, params.letter)),
  )
  const letters = [...'abcdefghijklmnop']
  const clients = await Promise.all(letters.map(() => RawClient.open(server.url)))
  await Promise.all(clients.map((client, i) => client.send(get(`/${letters[i]}`).repeat(3))))
  for (const [i, client] of clients.entries()) {
    for (let n = 0; n < 3; n++) {
      expect((await client.response()).body === letters[i]!.repeat(300_000)).toBe(true)
    }
  }
})

test('text is UTF-8', async () => {
  const server = await serve((app) => app.get('/', () => 'größer €'))
  const { body, headers } = await fetchRaw(server.url)
  expect(Buffer.from(body, 'latin1').toString('utf8')).toBe('größer €')
  expect(headers['content-type']).toBe('text/plain; charset=utf-8')
})

test('a handler may return anything that has a meaning', async () => {
  class Item {
    readonly id = 7
    toJSON(): object {
      return { id: this.id }
    }
  }
  const server = await serve((app) => {
    app.get('/object', () => ({ a: 1 }))
    app.get('/array', () => [1, 2])
    app.get('/item', () => new Item())
    app.get('/number', () => 7)
    app.get('/null', () => null)
    app.get('/nothing', () => {})
    app.get('/blob', () => new Blob(['blob'], { type: 'text/x-blob' }))
    app.get('/params', () => new URLSearchParams({ a: 'b c' }))
    app.get('/buffer', () => new Uint8Array([65, 66]).buffer)
    app.get('/promise', () => Promise.resolve({ later: true }))
  })
  const seen: Record<string, unknown> = {}
  for (const path of ['object', 'array', 'item', 'number', 'null', 'nothing', 'blob', 'params']) {
    const { status, headers, body } = await fetchRaw(server.url, `/${path}`)
    seen[path] = [status, headers['content-type'], body]
  }
  const json = 'application/json'
  expect(seen).toEqual({
    object: [200, json, '{"a":1}'],
    array: [200, json, '[1,2]'],
    item: [200, json, '{"id":7}'],
    number: [200, json, '7'],
    null: [200, json, 'null'],
    nothing: [204, undefined, ''],
    blob: [200, 'text/x-blob', 'blob'],
    params: [200, 'application/x-www-form-urlencoded;charset=UTF-8', 'a=b+c'],
  })
  expect((await fetchRaw(server.url, '/buffer')).body).toBe('AB')
  expect((await fetchRaw(server.url, '/promise')).body).toBe('{"later":true}')
})

test('streams of every kind arrive whole', async () => {
  const chunk = Buffer.alloc(10_000, 'c')
  async function* slowly(): AsyncGenerator<Uint8Array | string> {
    for (let i = 0; i < 100; i++) {
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
      yield i % 2 === 0 ? chunk : chunk.toString()
    }
  }
  const web = (): ReadableStream<Uint8Array> => {
    let i = 0
    return new ReadableStream({
      pull: (controller) => {
        if (i++ === 100) controller.close()
        else controller.enqueue(chunk)
      },
    })
  }
  const server = await serve((app) => {
    app.get('/generator', (ctx) => ctx.stream(slowly()))
    app.get('/array', (ctx) => ctx.stream(Array.from({ length: 100 }, () => chunk)))
    app.get('/web', (ctx) => ctx.stream(web()))
    app.get('/node', (ctx) => ctx.stream(Readable.from(slowly())))
    app.get('/returned', () => slowly())
    app.get('/response', () => new Response(web(), { headers: { 'x-own': 'yes' } }))
  })
  const client = await RawClient.open(server.url)
  for (const path of ['generator', 'array', 'web', 'node', 'returned', 'response']) {
    await client.send(get(`/${path}`))
    const { headers, body } = await client.response()
    expect(headers['transfer-encoding']).toBe('chunked')
    expect([path, body.length, /^c*$/.test(body)]).toEqual([path, 1_000_000, true])
  }
})

test('a file as a Node stream', async () => {
  const path = fileURLToPath(import.meta.url)
  const server = await serve((app) => app.get('/', () => createReadStream(path)))
  expect((await fetchRaw(server.url)).body).toContain('a file as a Node stream')
})

test('a stream that ends at once is sent whole, with its length', async () => {
  const server = await serve((app) => {
    app.get('/empty', (ctx) => ctx.stream([]))
    app.get('/short', (ctx) => ctx.stream(['a', 'b']))
    app.get('/response', () => new Response('short'))
  })
  expect((await fetchRaw(server.url, '/empty')).headers['content-length']).toBe('0')
  expect((await fetchRaw(server.url, '/short')).headers['content-length']).toBe('2')
  expect((await fetchRaw(server.url, '/response')).headers['content-length']).toBe('5')
})

test('a stream with a declared length is sent with it', async () => {
  async function* later(): AsyncGenerator<string> {
    for (const part of ['ab', 'cd', 'ef']) {
      await new Promise((resolve) => setImmediate(resolve))
      yield part
    }
  }
  const server = await serve((app) => {
    app.get('/right', (ctx) => ctx.header('content-length', '6').stream(later()))
    app.get('/short', (ctx) => ctx.header('content-length', '7').stream(later()))
    app.get('/long', (ctx) => ctx.header('content-length', '5').stream(later()))
  })
  const right = await fetchRaw(server.url, '/right')
  expect([right.headers['content-length'], right.body]).toEqual(['6', 'abcdef'])
  for (const path of ['/short', '/long']) {
    await expect(fetchRaw(server.url, path)).rejects.toThrow(/connection has ended/)
  }
  await idle(server)
  expect(takeReports()).toMatchObject([
    { code: 'LANNER_CONTENT_LENGTH' },
    { code: 'LANNER_CONTENT_LENGTH' },
  ])
})

test('HTTP/1.0 gets a stream without chunks, ended by the connection', async () => {
  async function* parts(): AsyncGenerator<string> {
    for (const part of ['ab', 'cd']) {
      await new Promise((resolve) => setImmediate(resolve))
      yield part
    }
  }
  const server = await serve((app) => app.get('/', (ctx) => ctx.stream(parts())))
  const client = await RawClient.open(server.url)
  await client.send('GET / HTTP/1.0\r\n\r\n')
  const { headers, body } = await client.response()
  expect(headers['transfer-encoding']).toBeUndefined()
  expect(body).toBe('abcd')
})

test('a client that does not read stops the source, and gets everything later', async () => {
  const chunk = Buffer.alloc(64 * 1024, 'b')
  const total = 1024
  let made = 0
  function* source(): Generator<Uint8Array> {
    for (; made < total; made++) yield chunk
  }
  const server = await serve((app) => {
    app.get('/', (ctx) => ctx.stream(source()))
    app.get('/ping', () => 'pong')
  })
  const client = await RawClient.open(server.url)
  client.pause()
  await client.send(get('/'))
  const other = await RawClient.open(server.url)
  let before = -1
  // When two hundred round trips bring nothing new, it stands.
  while (made !== before) {
    before = made
    for (let i = 0; i < 200; i++) {
      await other.send(get('/ping'))
      await other.response()
    }
  }
  expect(made).toBeGreaterThan(0)
  expect(made).toBeLessThan(total / 2)
  client.pause(false)
  expect((await client.response()).body.length).toBe(total * chunk.length)
})

test('a source is told when the client has gone', async () => {
  const ended: string[] = []
  const all = deferred()
  const note = (what: string): void => {
    ended.push(what)
    if (ended.length === 3) all.resolve()
  }
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      while (true) yield Buffer.alloc(10_000)
    } finally {
      note('generator')
    }
  }
  const server = await serve((app) => {
    app.get('/generator', (ctx) => ctx.stream(endless()))
    app.get('/web', () => {
      return new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(Buffer.alloc(10_000)),
          cancel: () => note('web'),
        }),
      )
    })
    app.get('/node', () => {
      return new Readable({
        read() {
          this.push(Buffer.alloc(10_000))
        },
        destroy(_error, done) {
          note('node')
          done(null)
        },
      })
    })
  })
  for (const path of ['/generator', '/web', '/node']) {
    const client = await RawClient.open(server.url)
    await client.send(get(path))
    await client.take(100_000)
    client.cut()
  }
  await all.promise
  expect(ended.sort()).toEqual(['generator', 'node', 'web'])
  await idle(server)
})

test('trailers follow the body', async () => {
  const server = await serve((app) => {
    app.get('/stream', (ctx) => {
      async function* parts(): AsyncGenerator<string> {
        yield 'a'
        await new Promise((resolve) => setImmediate(resolve))
        yield 'b'
        ctx.trailers.set('x-sum', '2')
        ctx.trailers.set('Server-Timing', 'x;dur=1')
      }
      return ctx.stream(parts())
    })
    app.get('/whole', (ctx) => {
      ctx.trailers.set('x-sum', '5')
      return ctx.text('whole')
    })
  })
  const client = await RawClient.open(server.url)
  await client.send(get('/stream'), get('/whole'))
  const stream = await client.response()
  expect([stream.body, stream.trailers]).toEqual([
    'ab',
    [
      ['x-sum', '2'],
      ['server-timing', 'x;dur=1'],
    ],
  ])
  const whole = await client.response()
  expect([whole.body, whole.trailers]).toEqual(['whole', [['x-sum', '5']]])
})

test('Early Hints come before the reply, as often as they are sent', async () => {
  const gate = deferred()
  const server = await serve((app) =>
    app.get('/', async (ctx) => {
      ctx.earlyHints({ link: '</a.css>; rel=preload; as=style' })
      await gate.promise
      ctx.earlyHints({ link: ['</b.css>; rel=preload', '</c.js>; rel=preload'] })
      return 'page'
    }),
  )
  const client = await RawClient.open(server.url)
  await client.send(get('/'))
  const first = await client.response()
  expect([first.status, first.headers]).toEqual([103, { link: '</a.css>; rel=preload; as=style' }])
  gate.resolve()
  const second = await client.response()
  expect(second.headers['link']).toBe('</b.css>; rel=preload, </c.js>; rel=preload')
  expect((await client.response()).body).toBe('page')
})

test('HTTP/1.0 clients are spared informational responses', async () => {
  const server = await serve((app) =>
    app.get('/', (ctx) => ctx.earlyHints({ link: '</a.css>; rel=preload' }).text('page')),
  )
  const client = await RawClient.open(server.url)
  await client.send('GET / HTTP/1.0\r\n\r\n')
  expect((await client.response()).status).toBe(200)
})

test('server-sent events arrive one by one', async () => {
  let send = (_text: string): void => {}
  const left = deferred()
  const server = await serve((app) =>
    app.get('/', (ctx) => {
      const events = new ReadableStream<string>({
        start: (controller) => {
          send = (text) => controller.enqueue(`data: ${text}\n\n`)
        },
        cancel: () => left.resolve(),
      })
      return ctx.type('text/event-stream').header('cache-control', 'no-store').stream(events)
    }),
  )
  const client = await RawClient.open(server.url)
  await client.send(get('/'))
  expect(await client.until('\r\n\r\n')).toMatch(/content-type: text\/event-stream/i)
  for (let i = 0; i < 5; i++) {
    send(`event ${i}`)
    expect(await client.until('\n\n\r\n')).toContain(`data: event ${i}\n\n`)
  }
  client.cut()
  await left.promise
})

test.each([204, 205, 304])('status %i has no body', async (status) => {
  const server = await serve((app) => {
    app.get('/plain', (ctx) => ctx.status(status))
    app.get('/body', (ctx) => ctx.text('body', status))
    app.get('/response', () => new Response(null, { status }))
  })
  const client = await RawClient.open(server.url)
  await client.send(get('/plain'), get('/response'), get('/body'))
  for (let i = 0; i < 2; i++) {
    const reply = await client.response()
    expect([reply.status, reply.body]).toEqual([status, ''])
    if (status === 204) expect(reply.headers['content-length']).toBeUndefined()
  }
  expect((await client.response()).status).toBe(500)
  expect(takeReports()).toMatchObject([{ code: 'LANNER_BODY_NOT_ALLOWED' }])
})

test('a redirect names its target', async () => {
  const server = await serve((app) => {
    app.get('/a', (ctx) => ctx.redirect('/b?c=d'))
    app.get('/moved', (ctx) => ctx.redirect(new URL('https://b.example/ü'), 301))
  })
  const first = await fetchRaw(server.url, '/a')
  expect([first.status, first.headers['location']]).toEqual([302, '/b?c=d'])
  const second = await fetchRaw(server.url, '/moved')
  expect([second.status, second.headers['location']]).toEqual([301, 'https://b.example/%C3%BC'])
})

test('a Response keeps its status, fields and cookies', async () => {
  const server = await serve((app) => {
    app.get('/', (ctx) => {
      ctx.header('x-middleware', 'kept').header('x-both', 'mine')
      const headers = new Headers({ 'x-both': 'its', 'content-type': 'text/x-own' })
      headers.append('set-cookie', 'a=1')
      headers.append('set-cookie', 'b=2')
      return new Response('teapot', { status: 418, headers })
    })
  })
  const { status, headers, body } = await fetchRaw(server.url)
  expect([status, body]).toEqual([418, 'teapot'])
  expect(headers).toMatchObject({
    'x-middleware': 'kept',
    'x-both': 'its',
    'content-type': 'text/x-own',
    'set-cookie': 'a=1, b=2',
  })
})
