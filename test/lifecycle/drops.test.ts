// Connections cut in the middle, 512 at a time, twenty times over: nothing of them stays.

import { connect } from 'node:net'
import type { Socket } from 'node:net'

import { expect, onTestFinished, test } from 'vitest'

import { waitFor } from '../support/patience.ts'
import { idle, serve } from '../support/server.ts'
import { ask, get } from './load.ts'
import { descriptors, isBackTo, itCounts, threads } from './system.ts'

const CONNECTIONS = 512
const ROUNDS = 20

/** What a client has sent when it goes. */
const MOMENTS: Record<string, string> = {
  'within the head': 'POST /upload HTTP/1.1\r\nhost: a\r\nx-long: abc',
  'within the body': 'POST /upload HTTP/1.1\r\nhost: a\r\ncontent-length: 50000\r\n\r\nabcdef',
  'within a chunk':
    'POST /upload HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nff\r\nabc',
  'before the handler answers': get('/slow'),
  'before any of four answers': get('/slow').repeat(4),
  'within the reply': get('/download'),
  'within a large reply': get('/large'),
  'before anything': '',
}

/** Opens a connection that has sent its part when this resolves. */
async function open(url: URL, bytes: string): Promise<Socket> {
  const socket = connect({ port: Number(url.port), host: url.hostname, noDelay: true })
  socket.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  // Nothing is read: a download stops when the windows are full.
  socket.pause()
  await new Promise((resolve) => socket.write(bytes, resolve))
  return socket
}

function application(app: Parameters<Parameters<typeof serve>[0]>[0]): void {
  const large = new Uint8Array(1_000_000)
  app.get('/', () => 'ok')
  app.post('/upload', async (ctx) => ({ bytes: (await ctx.body.bytes()).length }))
  app.get('/slow', (ctx) => {
    return new Promise((resolve) => {
      ctx.signal.addEventListener('abort', () => resolve('nobody hears this'))
    })
  })
  app.get('/download', (ctx) => ctx.stream(pieces()))
  app.get('/large', (ctx) => ctx.bytes(large))
}

function* pieces(): Generator<string> {
  const piece = 'x'.repeat(16_384)
  for (let i = 0; i < 100; i++) yield piece
}

itCounts('512 connections cut mid-request, twenty times over', { timeout: 60_000 }, async () => {
  const server = await serve(application)
  const url = new URL(server.url)
  const moments = Object.values(MOMENTS)
  const round = async (i: number): Promise<void> => {
    const sockets = await Promise.all(
      Array.from({ length: CONNECTIONS }, (_, n) => open(url, moments[n % moments.length]!)),
    )
    await waitFor(() => expect(server.stats()['connections']).toBe(CONNECTIONS), {
      timeout: 10_000,
      interval: 2,
    })
    // Half of them with a reset, half with an end; and every other time with nobody waiting for
    // the server to have seen them all.
    for (const [n, socket] of sockets.entries()) {
      if ((n + i) % 2 === 0) socket.resetAndDestroy()
      else socket.destroy()
    }
    if (i % 2 === 0) await idle(server)
    expect(await ask(url)).toBe('ok')
  }
  await round(0)
  await idle(server)
  const before = { descriptors: descriptors(), threads: threads() }
  for (let i = 1; i < ROUNDS; i++) await round(i)
  await idle(server)
  await isBackTo(before)
  expect(await ask(url)).toBe('ok')
})

test.each(Object.entries(MOMENTS))('a close while 50 clients stay silent %s', async (_, bytes) => {
  const server = await serve(application)
  const url = new URL(server.url)
  const sockets = await Promise.all(Array.from({ length: 50 }, () => open(url, bytes)))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  await waitFor(() => expect(server.stats()['connections']).toBe(50))
  const started = performance.now()
  await server.close({ gracePeriodMs: 100 })
  expect(performance.now() - started).toBeLessThan(10_000)
  expect(server.stats()).toMatchObject({ connections: 0, in_flight: 0, held: 0 })
})
