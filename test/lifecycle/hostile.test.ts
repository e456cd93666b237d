// Clients that do not play along, handlers that do not either, and a system without descriptors:
// each has a defined outcome, and nobody else notices.

import { connect } from 'node:net'
import type { Socket } from 'node:net'

import { describe, expect, onTestFinished, test } from 'vitest'

import { startNode } from '../support/child.ts'
import { deferred } from '../support/deferred.ts'
import { waitFor } from '../support/patience.ts'
import { RawClient } from '../support/raw.ts'
import { idle, serve, takeReports } from '../support/server.ts'
import { ask, get } from './load.ts'

const MIB = 1024 * 1024

describe('a client that never reads', () => {
  test('holds a window of a stream, and its handler goes on when it has gone', async () => {
    let produced = 0
    const ended = deferred()
    function* endless(): Generator<Uint8Array> {
      const piece = new Uint8Array(16_384)
      try {
        while (true) {
          produced += piece.length
          yield piece
        }
      } finally {
        ended.resolve()
      }
    }
    const server = await serve((app) => {
      app.get('/', () => 'ok')
      app.get('/endless', (ctx) => ctx.stream(endless()))
    })
    const client = await RawClient.open(server.url)
    client.pause()
    await client.send(get('/endless'))
    // Production stops when the windows are full: the same count in many turns, with others served.
    let last = -1
    await waitFor(async () => {
      for (let i = 0; i < 50; i++) expect(await ask(server.url)).toBe('ok')
      const now = produced
      const isStill = now === last && now > 0
      last = now
      expect(isStill).toBe(true)
    })
    // What the system keeps for a connection, and our window.
    expect(produced).toBeLessThan(16 * MIB)
    await waitFor(() => expect(server.stats()).toMatchObject({ in_flight: 1, held: 1 }))
    client.cut()
    await ended.promise
    await idle(server)
  })

  test('holds no handler with a large reply, and a close ends it', async () => {
    const large = new Uint8Array(32 * MIB)
    const server = await serve((app) => {
      app.get('/', () => 'ok')
      app.get('/large', (ctx) => ctx.bytes(large))
    })
    const clients = await Promise.all(Array.from({ length: 4 }, () => RawClient.open(server.url)))
    for (const client of clients) {
      client.pause()
      await client.send(get('/large'))
    }
    await waitFor(() => expect(server.stats()['handled']).toBe(4))
    expect(server.stats()['held']).toBe(0)
    expect(await ask(server.url)).toBe('ok')
    const started = performance.now()
    await server.close({ gracePeriodMs: 50 })
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(server.stats()).toMatchObject({ connections: 0, in_flight: 0 })
  })
})

describe('a client that never writes', () => {
  test('is closed by the keep-alive time-out, without a word', async () => {
    const server = await serve((app) => app.get('/', () => 'ok'), { timeouts: { keepAlive: 50 } })
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.open(server.url)))
    await Promise.all(clients.map((client) => client.closed()))
    await idle(server)
    expect(server.stats()).toMatchObject({ keep_alive_timeouts: 20, requests: 0 })
  })

  test('beyond half a head gets a 408', async () => {
    const server = await serve((app) => app.get('/', () => 'ok'), { timeouts: { headers: 50 } })
    const client = await RawClient.open(server.url)
    await client.send('GET / HT')
    expect((await client.response()).status).toBe(408)
    await client.rest()
    await idle(server)
  })

  test('beyond half a body costs nothing once it has gone', async () => {
    const failure = deferred<unknown>()
    const server = await serve((app) => {
      app.get('/', () => 'ok')
      app.post('/', async (ctx) => {
        await ctx.body.bytes().catch((error: unknown) => failure.resolve(error))
        return 'nobody hears this'
      })
    })
    const client = await RawClient.open(server.url)
    await client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf')
    await waitFor(() => expect(server.stats()['held']).toBe(1))
    expect(await ask(server.url)).toBe('ok')
    client.cut()
    expect(await failure.promise).toMatchObject({ code: 'LANNER_PEER_GONE' })
    await idle(server)
  })
})

describe.skipIf(process.platform === 'win32')('without a descriptor left', () => {
  test('accepting pauses, and goes on when some are free', async () => {
    const child = startNode('test/lifecycle/fixtures/server.mjs', {
      shell: 'ulimit -n 64 && exec "$@"',
    })
    const url = await child.url()
    // Opened first: how the server is asked while it can take nobody else.
    const control = await RawClient.open(url)
    const stats = async (): Promise<Record<string, number>> => {
      await control.send(get('/stats'))
      return JSON.parse((await control.response()).body) as Record<string, number>
    }
    await stats()
    const sockets: Socket[] = []
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
    })
    for (let i = 0; i < 100; i++) {
      sockets.push(connect(Number(url.port), url.hostname).on('error', () => {}))
    }
    const paused = await waitFor(async () => {
      const now = await stats()
      expect(now['accept_pauses']).toBeGreaterThan(0)
      return now
    })
    expect(paused['connections']).toBeLessThan(64)
    // It pauses: it does not spin.
    const { turns } = await stats()
    expect((await stats())['turns']! - turns!).toBeLessThan(100)

    // The first half leaves; those that the system kept waiting are served.
    for (const socket of sockets.splice(0, 60)) socket.destroy()
    const bodies = sockets.map(async (socket) => {
      socket.setEncoding('latin1')
      socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
      let text = ''
      for await (const data of socket) text += data as string
      return text.slice(-2)
    })
    expect(await Promise.all(bodies)).toEqual(Array(40).fill('ok'))
    expect(await ask(url)).toBe('ok')
    await waitFor(async () => expect((await stats())['connections']).toBe(1))
    control.finish()
    child.kill('SIGTERM')
    expect(await child.exited).toEqual({ code: 0, signal: null })
  })
})

describe('a handler', () => {
  test('that throws: a 500, and the connection goes on', async () => {
    const server = await serve((app) => {
      app.get('/', () => 'ok')
      app.get('/throws', () => {
        throw new Error('on purpose')
      })
      app.get('/rejects', () => Promise.reject(new Error('on purpose')))
    })
    const client = await RawClient.open(server.url)
    await client.send(get('/throws'), get('/'), get('/rejects'), get('/'))
    const statuses = []
    for (let i = 0; i < 4; i++) statuses.push((await client.response()).status)
    expect(statuses).toEqual([500, 200, 500, 200])
    expect(takeReports()).toHaveLength(2)
  })

  test('that replies twice: one reply, and the second is an error of the handler', async () => {
    let code: unknown
    const server = await serve((app) =>
      app.get('/', (ctx) => {
        const reply = ctx.text('first')
        try {
          ctx.text('second')
        } catch (error) {
          code = (error as { code: unknown }).code
        }
        return reply
      }),
    )
    const client = await RawClient.open(server.url)
    for (let i = 0; i < 3; i++) {
      await client.send(get('/'))
      expect((await client.response()).body).toBe('first')
    }
    expect(code).toBe('LANNER_ALREADY_REPLIED')
    expect(server.stats()).toMatchObject({ double_replies: 0, stale_records: 0 })
  })

  test('that never replies: the connection ends with the grace period', async () => {
    const reason = deferred<unknown>()
    const server = await serve((app) =>
      app.get('/', (ctx) => {
        ctx.signal.addEventListener('abort', () => reason.resolve(ctx.signal.reason))
        return new Promise(() => {})
      }),
    )
    const client = await RawClient.open(server.url)
    await client.send(get('/'))
    await waitFor(() => expect(server.stats()['in_flight']).toBe(1))
    const started = performance.now()
    await server.close({ gracePeriodMs: 100 })
    const took = performance.now() - started
    expect(took).toBeGreaterThan(95)
    expect(took).toBeLessThan(10_000)
    expect(await reason.promise).toMatchObject({ code: 'LANNER_SERVER_CLOSING' })
    await client.rest().catch(() => {})
    expect(server.stats()).toMatchObject({ connections: 0, in_flight: 0, held: 0, replies: 0 })
  })

  test('that replies after the client has left: the reply is dropped and counted', async () => {
    const gate = deferred()
    const done: Promise<unknown>[] = []
    const server = await serve((app) => {
      app.get('/ok', () => 'ok')
      app.get('/late', (ctx) => {
        const reply = gate.promise.then(() => ctx.text('late'))
        done.push(reply)
        return reply
      })
    })
    const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.open(server.url)))
    for (const client of clients) await client.send(get('/late'))
    await waitFor(() => expect(server.stats()['held']).toBe(50))
    for (const client of clients) client.cut()
    await idle(server)
    gate.resolve()
    await Promise.all(done)
    expect(await ask(server.url, '/ok')).toBe('ok')
    expect(server.stats()).toMatchObject({ cancelled: 50, late_replies: 50, double_replies: 0 })
  })
})
