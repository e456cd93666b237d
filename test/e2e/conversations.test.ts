// Generated conversations: pipelines of every kind of request, cut into random pieces, read whole
// and in order, or broken off. A seed makes each of them again: LANNER_SEED=n.

import type { App } from 'lanner'
import { expect, test } from 'vitest'

import { RawClient } from '../support/raw.ts'
import { idle, serve } from '../support/server.ts'

/** A request as it is sent, and the body of its reply. */
interface Exchange {
  bytes: string
  reply: string
}

type Below = (n: number) => number

/** Numbers below n, the same for the same seed (mulberry32). */
function numbers(seed: number): Below {
  let state = seed
  return (n) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function routes(app: App): void {
  app.get('/sync/:n', (ctx) => ctx.params.n)
  app.get('/async/:n', async (ctx) => {
    for (let ticks = Number(ctx.query.get('ticks')); ticks > 0; ticks--) await tick()
    return ctx.params.n
  })
  app.get('/bytes/:n', (ctx) => ctx.bytes(Buffer.alloc(Number(ctx.params.n), 'b')))
  app.get('/stream/:n', (ctx) => ctx.stream(pieces(Number(ctx.params.n))))
  app.post('/echo', async (ctx) => ctx.bytes(await ctx.body.bytes()))
  app.post('/pass', (ctx) => ctx.stream(ctx.body))
  app.post('/unread', () => 'unread')
  app.post('/first', async (ctx) => {
    for await (const chunk of ctx.body) return chunk.byteLength > 0 ? 'some' : 'empty'
    return 'none'
  })
  app.post('/count', async (ctx) => {
    let bytes = 0
    for await (const chunk of ctx.body) {
      bytes += chunk.byteLength
      if (bytes % 3 === 0) await tick()
    }
    return String(bytes)
  })
}

async function* pieces(n: number): AsyncGenerator<string> {
  for (let i = 0; i < n; i++) {
    if (i % 3 === 0) await tick()
    yield 'q'.repeat(1000)
  }
}

const SIZES = [0, 1, 100, 5000, 17_000, 70_000, 200_000]

function exchange(below: Below, n: number): Exchange {
  const size = SIZES[below(SIZES.length)] as number
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`
  const kind = below(8)
  if (kind === 0) return { bytes: get(`/sync/${n}`), reply: String(n) }
  if (kind === 1) return { bytes: get(`/async/${n}?ticks=${below(5)}`), reply: String(n) }
  if (kind === 2) return { bytes: get(`/bytes/${size}`), reply: 'b'.repeat(size) }
  if (kind === 3) {
    const count = below(40)
    return { bytes: get(`/stream/${count}`), reply: 'q'.repeat(count * 1000) }
  }
  const body = 'x'.repeat(size)
  const replies = {
    '/echo': body,
    '/pass': body,
    '/unread': 'unread',
    '/first': size === 0 ? 'none' : 'some',
    '/count': String(size),
  }
  const entries = Object.entries(replies)
  const [path, reply] = entries[below(entries.length)] as [string, string]
  return { bytes: `POST ${path} HTTP/1.1\r\nhost: a\r\n${framed(below, body)}`, reply }
}

/** The rest of the head, and the body by its length or in chunks. */
function framed(below: Below, body: string): string {
  if (below(2) === 0) return `content-length: ${body.length}\r\n\r\n${body}`
  let text = 'transfer-encoding: chunked\r\n\r\n'
  for (let at = 0; at < body.length;) {
    const chunk = body.slice(at, at + 1 + below(20_000))
    text += `${chunk.length.toString(16)}\r\n${chunk}\r\n`
    at += chunk.length
  }
  return `${text}0\r\n${below(2) === 0 ? 'x-trailer: 1\r\n' : ''}\r\n`
}

async function sendInPieces(client: RawClient, below: Below, bytes: string): Promise<void> {
  const longest = [bytes.length, 60_000, 2000][below(3)] as number
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.slice(at, at + 1 + below(longest))
    void client.send(piece)
    at += piece.length
    if (below(4) === 0) await tick()
  }
}

async function converse(url: string, below: Below): Promise<void> {
  const exchanges = Array.from({ length: 1 + below(24) }, (_, n) => exchange(below, n))
  const bytes = exchanges.map((one) => one.bytes).join('')
  const client = await RawClient.open(url)
  if (below(6) === 0) {
    await sendInPieces(client, below, bytes.slice(0, below(bytes.length)))
    if (below(2) === 0) client.cut()
    else client.socket.destroy()
    return
  }
  const finishes = below(4) === 0
  const sent = sendInPieces(client, below, bytes).then(() => finishes && client.finish())
  for (const { bytes: request, reply } of exchanges) {
    const { status, body } = await client.response()
    expect([request.slice(0, 40), status, body === reply]).toEqual([
      request.slice(0, 40),
      200,
      true,
    ])
  }
  await sent
  if (finishes) await client.closed()
  client.cut()
}

const given = process.env['LANNER_SEED']
const seeds = given === undefined ? [1, 2, 3, 4] : [Number(given)]

test.each(seeds)('400 conversations from seed %i', { timeout: 60_000 }, async (seed) => {
  const below = numbers(seed)
  const limits = {
    pipelined: 1 + below(32),
    requestWindowBytes: 65_536,
    replyWindowBytes: below(2) === 0 ? 4096 : 65_536,
  }
  const server = await serve(routes, { limits, ioThreads: 1 + below(3) })
  const talkers = Array.from({ length: 8 }, async (_, t) => {
    const own = numbers(seed * 1000 + t)
    for (let i = 0; i < 50; i++) await converse(server.url, own)
  })
  await Promise.all(talkers)
  await idle(server)
  expect(server.stats()).toMatchObject({ double_replies: 0, malformed_batches: 0 })
})
