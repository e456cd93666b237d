// The clients that people use: fetch, node:http with keep-alive, curl.

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, onTestFinished, test } from 'vitest'

import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

import type { IncomingMessage } from 'node:http'

const run = promisify(execFile)

/** Routes that the clients below call. */
function routes(app: Parameters<Parameters<typeof serve>[0]>[0]): void {
  app.get('/', (ctx) =>
    ctx.json({ connection: ctx.connection.id, agent: ctx.headers.get('user-agent') }),
  )
  app.post('/echo', async (ctx) =>
    ctx
      .type(ctx.headers.get('content-type') ?? 'application/octet-stream')
      .bytes(await ctx.body.bytes()),
  )
  app.post('/pass', (ctx) => ctx.stream(ctx.body))
  app.get('/stream', (ctx) => ctx.stream(Array.from({ length: 100 }, () => 'x'.repeat(10_000))))
  app.put('/form', async (ctx) => Object.fromEntries(await ctx.request.formData()))
}

test('fetch gets, posts, streams both ways and sends forms', async () => {
  const server = await serve(routes)
  const at = (path: string): string => new URL(path, server.url).href
  const replies = await Promise.all(
    Array.from({ length: 50 }, async () => (await fetch(at('/'))).json()),
  )
  expect(replies).toHaveLength(50)
  const echo = await fetch(at('/echo'), { method: 'POST', body: JSON.stringify({ a: 1 }) })
  expect(await echo.json()).toEqual({ a: 1 })
  expect(echo.headers.get('content-type')).toBe('text/plain;charset=UTF-8')
  async function* parts(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 200; i++) yield Buffer.alloc(10_000, 'p')
  }
  const passed = await fetch(at('/pass'), {
    method: 'POST',
    body: ReadableStream.from(parts()),
    duplex: 'half',
  } as RequestInit)
  expect((await passed.text()).length).toBe(2_000_000)
  expect((await (await fetch(at('/stream'))).text()).length).toBe(1_000_000)
  const form = new FormData()
  form.set('name', 'Ada')
  const sent = await fetch(at('/form'), { method: 'PUT', body: form })
  expect(await sent.json()).toEqual({ name: 'Ada' })
})

test('an http.Agent keeps its connections', async () => {
  const server = await serve(routes)
  const agent = new Agent({ keepAlive: true, maxSockets: 2 })
  onTestFinished(() => agent.destroy())
  const ask = (): Promise<{ connection: number }> =>
    new Promise((resolve, reject) => {
      const outgoing = request(new URL('/', server.url), { agent }, (incoming: IncomingMessage) => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => {
          text += chunk
        })
        incoming.on('end', () => resolve(JSON.parse(text)))
      })
      outgoing.on('error', reject)
      outgoing.end()
    })
  const connections = new Set<number>()
  for (let round = 0; round < 20; round++) {
    for (const { connection } of await Promise.all([ask(), ask(), ask()]))
      connections.add(connection)
  }
  expect(connections.size).toBe(2)
  expect(server.stats()['accepted']).toBe(2)
})

test('node:http sees trailers, informational responses and 100 Continue', async () => {
  const server = await serve((app) =>
    app.post('/', async (ctx) => {
      ctx.earlyHints({ link: '</a.css>; rel=preload' })
      const text = await ctx.body.text()
      ctx.trailers.set('x-sum', String(text.length))
      return ctx.text(text)
    }),
  )
  const seen: unknown[] = []
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(server.url, { method: 'POST', headers: { expect: '100-continue' } })
    outgoing.on('information', ({ statusCode }) => seen.push(statusCode))
    outgoing.on('continue', () => {
      seen.push('continue')
      outgoing.end('hello')
    })
    outgoing.on('response', resolve)
    outgoing.on('error', reject)
    outgoing.flushHeaders()
  })
  let text = ''
  for await (const chunk of incoming) text += String(chunk)
  expect(text).toBe('hello')
  expect(incoming.trailers).toEqual({ 'x-sum': '5' })
  expect(seen).toContain('continue')
  expect(seen).toContain(103)
})

const curl = await run('curl', ['--version']).then(
  () => true,
  () => false,
)

test.runIf(curl)('curl gets, posts and uploads', async () => {
  const server = await serve(routes)
  const at = (path: string): string => new URL(path, server.url).href
  const plain = await run('curl', ['-sS', '-i', at('/')])
  expect(plain.stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  const post = await run('curl', ['-sS', '-d', 'a=b', at('/echo')])
  expect(post.stdout).toBe('a=b')
  const folder = mkdtempSync(join(tmpdir(), 'lanner-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [file, back] = [join(folder, 'file'), join(folder, 'back')]
  const bytes = randomBytes(5_000_000)
  writeFileSync(file, bytes)
  for (const fields of [[], ['-H', 'transfer-encoding: chunked']]) {
    await run('curl', ['-sS', '-X', 'POST', '-T', file, ...fields, '-o', back, at('/pass')])
    expect(readFileSync(back).equals(bytes)).toBe(true)
  }
  const out = join(folder, 'out')
  const twice = [at('/stream'), '-o', out, at('/stream'), '-o', out]
  const many = await run('curl', ['-sS', '-w', '%{num_connects} ', ...twice])
  expect(many.stdout.trim()).toBe('1 0')
})

test('HTTP/1.1 clients that pipeline and close their side get everything', async () => {
  const server = await serve(routes)
  const client = await RawClient.open(server.url)
  await client.send('GET /stream HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(3))
  client.finish()
  for (let i = 0; i < 3; i++) expect((await client.response()).body.length).toBe(1_000_000)
  await client.closed()
})
