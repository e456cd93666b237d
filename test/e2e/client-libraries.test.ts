// Clients that people install: undici with its pools and pipelining, supertest.

import { Readable, Writable } from 'node:stream'

import type { App, Server } from 'lanner'
import { expect, onTestFinished, test } from 'vitest'

import { idle, serve } from '../support/server.ts'

/** What is used of supertest, which brings no types. */
interface Asked extends PromiseLike<Answer> {
  set(name: string, value: string): this
  query(values: object): this
  send(body: unknown): this
  attach(name: string, bytes: Buffer, file: string): this
  field(name: string, value: string): this
  expect(status: number): this
  expect(name: string, value: string | RegExp): this
}

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly text: string
}

type Ask = Readonly<Record<'get' | 'post' | 'put' | 'delete', (path: string) => Asked>>
interface Supertest {
  (url: string): Ask
  agent(url: string): Ask
}

/** What is used of undici, whose types are those of a newer Node than the oldest one here. */
interface Undici {
  readonly Agent: new () => Dispatcher
  readonly Client: new (url: string, options?: { pipelining: number }) => Dispatcher
  readonly Pool: new (url: string, options: { connections: number }) => Dispatcher
  request(url: string, options: { dispatcher: Dispatcher }): Promise<UndiciReply>
  stream(url: string, options: object, factory: () => Writable): Promise<unknown>
}

interface Dispatcher {
  request(options: {
    path: string
    method: string
    body?: Body
    signal?: AbortSignal
  }): Promise<UndiciReply>
  destroy(): Promise<void>
}

type Body = string | Buffer | Blob | Readable

interface UndiciReply {
  readonly statusCode: number
  readonly trailers: object
  readonly body: { text(): Promise<string>; json(): Promise<unknown> }
}

const undici = (await import('undici' as string)) as Undici
const { Agent, Client, Pool, request, stream } = undici
const { default: supertest } = (await import('supertest' as string)) as { default: Supertest }

function routes(app: App): void {
  app.get('/numbers/:n', ({ params }) => ({ n: Number(params.n) }))
  app.post('/echo', async (ctx) => {
    ctx.type(ctx.headers.get('content-type') ?? 'application/octet-stream')
    return ctx.bytes(await ctx.body.bytes())
  })
  app.post('/pass', (ctx) => ctx.stream(ctx.body))
  app.get('/search', ({ query }) => ({ q: query.get('q'), tags: query.all('tag') }))
  app.post('/form', async (ctx) => Object.fromEntries(await ctx.body.form()))
  app.post('/upload', async (ctx) => {
    const form = await ctx.request.formData()
    const file = form.get('file') as File
    return { name: form.get('name'), file: file.name, bytes: (await file.arrayBuffer()).byteLength }
  })
  app.get('/login', (ctx) => {
    ctx.cookies.set('sid', '7', { httpOnly: true })
    return ctx.redirect('/me')
  })
  app.get('/me', (ctx) => ({ sid: ctx.cookies.get('sid') ?? null }))
  app.delete('/numbers/:n', (ctx) => ctx.noContent())
  app.get('/slow', () => new Promise(() => {}))
  app.get('/trailers', (ctx) => {
    ctx.trailers.set('x-sum', '3')
    return ctx.stream(['a', 'b', 'c'])
  })
}

/** A dispatcher that is gone when the test is. */
function closing<Closes extends { destroy(): Promise<void> }>(dispatcher: Closes): Closes {
  onTestFinished(() => dispatcher.destroy())
  return dispatcher
}

const counted = (server: Server): number => server.stats()['accepted'] ?? 0

test('undici pipelines on one connection, and gets the replies in order', async () => {
  const server = await serve(routes)
  const client = closing(new Client(server.url, { pipelining: 16 }))
  const replies = await Promise.all(
    Array.from({ length: 200 }, async (_, n) => {
      const { statusCode, body } = await client.request({ path: `/numbers/${n}`, method: 'GET' })
      return [statusCode, ((await body.json()) as { n: number }).n]
    }),
  )
  expect(replies).toEqual(Array.from({ length: 200 }, (_, n) => [200, n]))
  expect(counted(server)).toBe(1)
})

test('an undici pool keeps its connections, and sends bodies of every kind', async () => {
  const server = await serve(routes)
  const pool = closing(new Pool(server.url, { connections: 4 }))
  const text = 'x'.repeat(300_000)
  const bodies = [text, Buffer.from(text), new Blob([text]), () => Readable.from([text, text])]
  for (let round = 0; round < 5; round++) {
    const echoed = await Promise.all(
      bodies.map(async (body) => {
        const sent = typeof body === 'function' ? body() : body
        const path = typeof body === 'function' ? '/pass' : '/echo'
        const reply = await pool.request({ path, method: 'POST', body: sent })
        return (await reply.body.text()).length
      }),
    )
    expect(echoed).toEqual([text.length, text.length, text.length, 2 * text.length])
  }
  expect(counted(server)).toBe(4)
})

test('undici sees trailers, and streams into what it is given', async () => {
  const server = await serve(routes)
  const dispatcher = closing(new Agent())
  const { body, trailers } = await request(`${server.url}/trailers`, { dispatcher })
  expect([await body.text(), trailers]).toEqual(['abc', { 'x-sum': '3' }])
  const chunks: Buffer[] = []
  const into = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  await stream(`${server.url}/numbers/7`, { dispatcher, method: 'GET' }, () => into)
  expect(Buffer.concat(chunks).toString()).toBe('{"n":7}')
})

test('undici aborts a request, and the server hears of it', async () => {
  const server = await serve(routes)
  const client = closing(new Client(server.url))
  const controller = new AbortController()
  const { signal } = controller
  const hanging = client.request({ path: '/slow', method: 'GET', signal })
  setImmediate(() => controller.abort())
  await expect(hanging).rejects.toMatchObject({ name: 'AbortError' })
  await client.destroy()
  await idle(server)
})

test('supertest asks, sends and expects', async () => {
  const server = await serve(routes)
  const api = supertest(server.url)
  await api.get('/numbers/7').expect(200).expect('content-type', /json/)
  expect((await api.get('/search').query({ q: 'a b', tag: ['1', '2'] })).body).toEqual({
    q: 'a b',
    tags: ['1', '2'],
  })
  expect((await api.post('/echo').send({ a: [1] })).body).toEqual({ a: [1] })
  const form = api.post('/form').set('content-type', 'application/x-www-form-urlencoded')
  expect((await form.send('a=1&b=2')).body).toEqual({ a: '1', b: '2' })
  const upload = api
    .post('/upload')
    .field('name', 'Ada')
    .attach('file', Buffer.alloc(5000), 'a.bin')
  expect((await upload).body).toEqual({ name: 'Ada', file: 'a.bin', bytes: 5000 })
  await api.delete('/numbers/7').expect(204)
  await api
    .get('/none')
    .expect(404)
    .expect('content-type', /problem\+json/)
})

test('an agent of supertest keeps its cookies and follows redirects', async () => {
  const server = await serve(routes)
  const agent = supertest.agent(server.url)
  expect((await agent.get('/me')).body).toEqual({ sid: null })
  await agent.get('/login').expect(302).expect('location', '/me')
  expect((await agent.get('/me')).body).toEqual({ sid: '7' })
})
