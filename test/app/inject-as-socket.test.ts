// The same requests by inject() and by a socket: status, fields, body and trailers are the same.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { App, created, file, html, HttpError, jsonLines, noContent, notFound } from 'lanner'
import { problem, redirect, sse } from 'lanner'
import { basicAuth } from 'lanner/middleware/basic-auth'
import { bearerAuth } from 'lanner/middleware/bearer-auth'
import { compress } from 'lanner/middleware/compress'
import { cors } from 'lanner/middleware/cors'
import { csrf } from 'lanner/middleware/csrf'
import { etag } from 'lanner/middleware/etag'
import { hostFilter } from 'lanner/middleware/host-filter'
import { staticFiles } from 'lanner/middleware/static'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'

import type { InjectOptions, Server } from 'lanner'

const root = mkdtempSync(join(tmpdir(), 'lanner-'))
const text = join(root, 'a.txt')
writeFileSync(text, '0123456789'.repeat(10))
afterAll(() => rmSync(root, { recursive: true }))

function addMiddleware(app: App): void {
  app.use('/cors', cors({ origin: ['https://a.example'], credentials: true, maxAge: 60 }))
  app.use('/etag', etag())
  app.use('/zip', compress())
  app.use('/basic', basicAuth({ verify: (name, given) => given === 'pw' && { name } }))
  app.use('/bearer', bearerAuth({ realm: 'r', verify: (given) => given === 'good' && {} }))
  app.use('/host', hostFilter({ hosts: ['ok.example'] }))
  app.use('/csrf', csrf())
  app.use('/files', staticFiles({ root, prefix: '/files' }))
  for (const path of ['/cors', '/etag', '/basic', '/bearer', '/host', '/csrf']) {
    app.get(`${path}/x`, () => 'x')
    app.post(`${path}/x`, () => 'posted')
  }
  app.get('/zip/x', () => 'hello '.repeat(500))
}

function addReplies(app: App): void {
  app.get('/', () => 'home')
  app.get('/json', () => ({ a: 1, at: new Date(0) }))
  app.get('/nothing', () => undefined)
  app.get('/null', () => null)
  app.get('/bytes', () => new Uint8Array([1, 2, 255]))
  app.get('/response', () => new Response('hi', { status: 203, headers: { 'x-a': '1' } }))
  app.get('/pieces', function* () {
    yield 'a'
    yield 'b'
  })
  app.get('/sse', () => sse(['x', { event: 'e', data: { a: 1 } }]))
  app.get('/lines', () => jsonLines([{ a: 1 }, { a: 2 }]))
  app.get('/created', () => created('/x/1', { id: 1 }))
  app.get('/none', () => noContent())
  app.get('/missing', () => notFound('not here'))
  app.get('/problem', () => problem(418, { detail: 'tea', type: 'https://x.example/y' }))
  app.get('/redirect', () => redirect('/json', 303))
  app.get('/html', () => html('<b>'))
  app.get('/file', () => file(text))
  app.get('/throws', (ctx) => {
    ctx.header('x-kept', '1').header('etag', '"x"')
    throw new Error('secret')
  })
  app.get('/rejects', () => Promise.reject(new HttpError(409, 'no', { headers: { 'x-c': '1' } })))
  app.get('/hints', (ctx) => {
    ctx.earlyHints({ link: '</a>; rel=preload' })
    return 'x'
  })
  app.get('/trailers', (ctx) => {
    ctx.trailers.set('x-sum', '1')
    return ctx.stream(['a', 'b'])
  })
  app.get('/several', (ctx) => ctx.append('x-m', '1').append('x-m', '2').text('m'))
  app.get('/length', (ctx) => ctx.header('content-length', '3').stream(['abc']))
}

function addReaders(app: App): void {
  const Numbers = z.object({ id: z.coerce.number() })
  const Tags = z.object({ tag: z.array(z.string()).optional() })
  app.get('/typed/:id', { params: Numbers, query: Tags }, (ctx) => [ctx.params, ctx.query])
  app.get('/users/:id', (ctx) => [ctx.params, [...ctx.query]])
  app.get('/rest/*path', (ctx) => ctx.params)
  app.get('/url', (ctx) => [ctx.url.href, ctx.path, ctx.rawTarget, ctx.host])
  app.get('/fields', (ctx) => ctx.headers.raw().filter(([name]) => /^x-/i.test(name)))
  app.get('/cookies', (ctx) => {
    ctx.cookies.set('a', 'b c')
    ctx.cookies.set('d', 'e', { httpOnly: true })
    return Object.fromEntries(ctx.cookies)
  })
  app.post('/body', { body: z.object({ a: z.number() }) }, (ctx) => ctx.body)
  app.post('/form', { body: z.object({ a: z.array(z.string()) }) }, (ctx) => ctx.body)
  app.post('/echo', async (ctx) => ctx.bytes(await ctx.body.bytes()))
  app.post('/unread', () => 'unread')
  app.post('/small', { limits: { bodyBytes: 3 } }, (ctx) => ctx.body.text())
  app.all('/any', (ctx) => ctx.method)
}

const paths = [
  ...['/', '/json', '/nothing', '/null', '/bytes', '/response', '/pieces', '/sse', '/lines'],
  ...['/created', '/none', '/missing', '/problem', '/redirect', '/html', '/file', '/throws'],
  ...['/rejects', '/hints', '/trailers', '/several', '/length', '/nowhere', '//json', '/json/'],
  ...['/typed/7?tag=a', '/typed/x', '/users/7?a=1&a=2&b=%20x', '/users/%zz', '/users/%00'],
  ...['/rest/a/b%2Fc', '/rest/a/../b/./c', '/url?q=1&%zz', '/cookies', '/any', '/files/'],
  ...['/files', '/files/a.txt', '/files/%2e%2e/x', '/files/nothing', '/cors/x', '/etag/x'],
  ...['/zip/x', '/basic/x', '/bearer/x', '/host/x'],
]

const head = (path: string): InjectOptions => ({ method: 'HEAD', path })
const ask = (path: string, headers: InjectOptions['headers'], method = 'GET'): InjectOptions => ({
  method,
  path,
  headers: headers!,
})
const send = (path: string, type: string, body: string): InjectOptions => ({
  method: 'POST',
  path,
  headers: { 'content-type': type },
  body,
})
const ours = { origin: 'https://a.example' }
const FORM = 'application/x-www-form-urlencoded'

const requests: InjectOptions[] = [
  ...paths.map((path) => ({ path })),
  ...['/json', '/sse', '/throws', '/nowhere', '/file', '/files/a.txt', '/zip/x'].map(head),
  { method: 'DELETE', path: '/json' },
  { method: 'OPTIONS', path: '/json' },
  { method: 'OPTIONS', path: '*' },
  { method: 'PURGE', path: '/any' },
  ask('/files/a.txt', { range: 'bytes=2-4' }),
  ask('/files/a.txt', { range: 'bytes=500-' }),
  ask('/cors/x', ours),
  ask('/cors/x', { origin: 'https://b.example' }),
  ask('/cors/x', { ...ours, 'access-control-request-method': 'POST' }, 'OPTIONS'),
  ask('/etag/x', { 'if-none-match': '*' }),
  ask('/etag/x', { 'if-match': '"other"' }),
  ask('/zip/x', { 'accept-encoding': 'gzip' }),
  ask('/basic/x', { authorization: `Basic ${btoa('ada:pw')}` }),
  ask('/basic/x', { authorization: 'Basic !' }),
  ask('/bearer/x', { authorization: 'Bearer bad' }),
  ask('/bearer/x', { authorization: 'Bearer good' }),
  ask('/host/x', { host: 'ok.example:99' }),
  ask('/csrf/x', { origin: 'https://evil.example' }, 'POST'),
  ask('/cookies', { cookie: 'x=1; x=2; y="q"; z=%41' }),
  ask('/fields', { 'x-a': ['1', '2'], 'X-B': 'c' }),
  ask('/json', { expect: '100-continue' }),
  ask('/json', { expect: 'something' }),
  ask('/json', { host: 'two words' }),
  send('/body', 'application/json', '{"a":1}'),
  send('/body', 'application/json', '{"a":"x"}'),
  send('/body', 'application/json', '{'),
  send('/body', 'text/plain', 'x'),
  { method: 'POST', path: '/body' },
  send('/form', FORM, 'a=1'),
  send('/echo', 'x/y', 'abc'),
  send('/unread', 'x/y', 'abc'),
  send('/small', 'x/y', 'abcd'),
  send('/small', 'x/y', 'abc'),
  send('/nowhere', 'x/y', 'abc'),
]

interface Seen {
  status: number
  fields: Record<string, string>
  body: string
  trailers: string[]
}

/** What one way of sending has and the other has not: framing, connection and time. */
const OF_THE_WAY = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding'])

function byName(fields: Iterable<readonly [name: string, value: string]>): Seen['fields'] {
  const all: Seen['fields'] = {}
  for (const [name, value] of fields) {
    const key = name.toLowerCase()
    if (!OF_THE_WAY.has(key)) all[key] = key in all ? `${all[key]}, ${value}` : value
  }
  return all
}

async function byInject(app: App, options: InjectOptions): Promise<Seen> {
  const { status, headers, body, trailers } = await app.inject(options)
  const fields = byName([...headers])
  return { status, fields, body: latin1(body), trailers: [...trailers].flat() }
}

function bySocket(server: Server, { method, path, headers, body }: InjectOptions): Promise<Seen> {
  const url = new URL(server.url)
  const sent = { host: 'localhost', ...headers } as Record<string, string | string[]>
  const target = { host: url.hostname, port: url.port, agent: false as const }
  return new Promise((resolve, reject) => {
    const client = request({ ...target, method, path: path!, headers: sent }, (reply) => {
      const chunks: Buffer[] = []
      reply.on('data', (chunk: Buffer) => chunks.push(chunk))
      reply.on('error', reject)
      reply.on('end', () => {
        const raw = reply.rawHeaders
        const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1]!]] : []))
        resolve({
          status: reply.statusCode!,
          fields: byName(pairs as [string, string][]),
          body: latin1(Buffer.concat(chunks)),
          trailers: reply.rawTrailers,
        })
      })
    })
    client.on('error', reject)
    client.end(body as string | undefined)
  })
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

test(`${requests.length} requests`, async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => {
    vi.restoreAllMocks()
  })
  const app = new App()
  addMiddleware(app)
  addReplies(app)
  addReaders(app)
  const server = await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => server.close({ gracePeriod: 0 }))
  const statuses = new Map<number, number>()
  for (const options of requests) {
    const injected = await byInject(app, options)
    const sent = await bySocket(server, options)
    expect({ options, ...injected }).toEqual({ options, ...sent })
    statuses.set(sent.status, (statuses.get(sent.status) ?? 0) + 1)
  }
  // So that a typing error does not make all of them 404.
  expect(statuses.get(200)).toBeGreaterThan(40)
  expect(statuses.size).toBeGreaterThan(15)
})
