// Refusals and limits as events, and what refusals say: seen on the network side, so that it holds
// while JavaScript is stuck.

import { Worker } from 'node:worker_threads'

import type { LimitEvent, ListenOptions, RejectEvent, Server } from 'lanner'
import { expect, onTestFinished, test, vi } from 'vitest'

import { waitFor } from '../support/patience.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`

function hello(options: ListenOptions = {}): Promise<Server> {
  return serve((app) => app.get('/', (ctx) => String(ctx.connection.id)), options)
}

async function refused(server: Server, bytes: string): Promise<string> {
  const client = await RawClient.open(server.url)
  await client.send(bytes)
  return client.rest()
}

test('a refusal is told with its reason, whom it concerns and what came', async () => {
  const server = await hello()
  const seen: RejectEvent[] = []
  server.on('reject', (event) => seen.push(event))
  const before = Date.now()
  const client = await RawClient.open(server.url)
  await client.send(get('/'))
  const { body } = await client.response()
  await client.send('GET /caf\xe9\x00 HTTP/1.1\r\nhost: a\r\n\r\n')
  expect(await client.rest()).toMatch(/^HTTP\/1\.1 400 /)
  await waitFor(() => expect(seen).toHaveLength(1))
  const { localAddress, localPort } = client.socket
  expect(seen[0]).toEqual({
    reason: 'invalid_request_target',
    status: 400,
    remote: { family: 'IPv4', address: localAddress, port: localPort },
    local: { family: 'IPv4', address: '127.0.0.1', port: server.address.port },
    connection: Number(body),
    bytes: String.raw`GET /caf\xe9\x00 HTTP/1.1\r\nhost: a\r\n\r\n`,
    time: expect.any(Number) as number,
    dropped: 0,
  })
  expect(seen[0]!.time).toBeGreaterThanOrEqual(before - 1000)
  expect(seen[0]!.time).toBeLessThanOrEqual(Date.now() + 1000)
})

test('a limit is told with the name of its counter', async () => {
  const server = await hello({ timeouts: { keepAlive: '500ms' } })
  const seen: LimitEvent[] = []
  const rejects = vi.fn()
  server.on('limit', (event) => seen.push(event)).on('reject', rejects)
  const client = await RawClient.open(server.url)
  expect(await client.rest()).toBe('')
  await waitFor(() => expect(seen).toHaveLength(1))
  expect(seen[0]).toMatchObject({ limit: 'keep_alive_timeouts', dropped: 0 })
  expect(seen[0]!.remote.port).toBe(client.socket.localPort ?? seen[0]!.remote.port)
  expect(server.stats()['keep_alive_timeouts']).toBe(1)
  expect(rejects).not.toHaveBeenCalled()
})

test('a connection that has had all its requests is told of', async () => {
  const server = await hello({ limits: { requestsPerConnection: 2 } })
  const seen: LimitEvent[] = []
  server.on('limit', (event) => seen.push(event))
  const client = await RawClient.open(server.url)
  await client.send(get('/') + get('/'))
  expect(await client.rest()).toMatch(/connection: close/i)
  await waitFor(() => expect(seen).toHaveLength(1))
  expect(seen[0]).toMatchObject({ limit: 'connections_used_up', connection: 0 })
  expect(server.stats()['connections_used_up']).toBe(1)
})

test('who listens no more hears nothing more, and counters go on', async () => {
  const server = await hello()
  const [first, second] = [vi.fn(), vi.fn()]
  server.on('reject', first).on('reject', second).off('reject', first)
  await refused(server, 'bad\r\n\r\n')
  await waitFor(() => expect(second).toHaveBeenCalledTimes(1))
  server.off('reject', second)
  await refused(server, 'bad\r\n\r\n')
  await refused(server, get('/nowhere').replace('1.1', '1.2'))
  expect(first).not.toHaveBeenCalled()
  expect(second).toHaveBeenCalledTimes(1)
  expect(server.stats()).toMatchObject({ reject_invalid_request_line: 2 })
})

test('a flood is bounded, and what is left out is counted', async () => {
  const server = await hello()
  const seen: RejectEvent[] = []
  server.on('reject', (event) => seen.push(event))
  const refuse = async (): Promise<void> => {
    for (let i = 0; i < 40; i++) await refused(server, 'bad\r\n\r\n')
  }
  // A hundred a second are told: a machine that is slower than that is asked again.
  let came = 0
  let took = Infinity
  while (took > 2000 && came < 4000) {
    const began = performance.now()
    await Promise.all(Array.from({ length: 10 }, refuse))
    took = performance.now() - began
    came += 400
  }
  await new Promise((resolve) => setTimeout(resolve, 1100))
  await refused(server, 'bad\r\n\r\n')
  const dropped = (): number => seen.reduce((sum, event) => sum + event.dropped, 0)
  // Which event says so depends on how long the flood took.
  await waitFor(() => expect(seen.length + dropped()).toBe(came + 1))
  expect(dropped()).toBeGreaterThan(0)
  expect(server.stats()['reject_invalid_request_line']).toBe(came + 1)
})

test('a listener that throws is an uncaught error, and keeps nobody from the event', async () => {
  const server = await hello()
  const uncaught = vi.fn()
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException').once('uncaughtException', uncaught)
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException')
    for (const other of others) process.on('uncaughtException', other)
  })
  const second = vi.fn()
  server.on('reject', () => {
    throw new Error('listener')
  })
  server.on('reject', second)
  await refused(server, 'bad\r\n\r\n')
  await waitFor(() => expect(uncaught).toHaveBeenCalledTimes(1))
  expect(uncaught.mock.calls[0]![0]).toMatchObject({ message: 'listener' })
  expect(second).toHaveBeenCalledTimes(1)
})

test('an event that does not exist is an error that names those that do', async () => {
  const server = await hello()
  expect(() => server.on('rejects' as 'reject', () => {})).toThrow(
    'A server has no event "rejects"; there are reject, limit, stall.',
  )
})

test('a refusal says what the options say, framed as before', async () => {
  const server = await hello({
    rejects: {
      body: ({ reason, status, title }) => {
        if (reason === 'invalid_method') return undefined
        const text = JSON.stringify({ status, title, reason })
        return reason === 'missing_host'
          ? { type: 'application/problem+json', body: text }
          : `${text} ü`
      },
    },
  })
  const json = '{"status":400,"title":"Bad Request","reason":"missing_host"}'
  const noHost = await refused(server, 'GET / HTTP/1.1\r\n\r\n')
  expect(noHost).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
  expect(noHost).toContain(`Content-Length: ${json.length}\r\nConnection: close\r\n`)
  expect(noHost).toContain('Content-Type: application/problem+json\r\n')
  expect(noHost.endsWith(`\r\n\r\n${json}`)).toBe(true)
  const plain = await refused(server, 'GET a HTTP/1.1\r\nhost: a\r\n\r\n')
  expect(plain).toContain('Content-Type: text/plain; charset=utf-8\r\n')
  expect(Buffer.from(plain, 'latin1').toString()).toMatch(/"invalid_request_target"\} ü$/)
  const silent = await refused(server, 'G(T / HTTP/1.1\r\nhost: a\r\n\r\n')
  expect(silent).toContain('Content-Length: 0\r\n')
  const head = await refused(server, 'HEAD / HTTP/1.1\r\n\r\n')
  expect(head).toContain(`Content-Length: ${json.length}\r\n`)
  expect(head.endsWith('\r\n\r\n')).toBe(true)
})

/** Another thread that is refused while this one is blocked, and says so without its help. */
const prober = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { connect } = require('node:net')
  const socket = connect(workerData.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\\r\\n\\r\\n')
  let text = ''
  socket.on('data', (data) => { text += data })
  socket.on('close', () => {
    parentPort.postMessage(text)
    Atomics.store(workerData.isOver, 0, 1)
  })
`

test('all of it holds while JavaScript is stuck', async () => {
  const server = await hello({ rejects: { body: () => 'no' } })
  const seen: RejectEvent[] = []
  server.on('reject', (event) => seen.push(event))
  const isOver = new Int32Array(new SharedArrayBuffer(4))
  const { port } = server.address
  const worker = new Worker(prober, { eval: true, workerData: { port, isOver } })
  onTestFinished(async () => void (await worker.terminate()))
  const answer = new Promise<string>((resolve) => worker.once('message', resolve))
  const until = Date.now() + 15_000
  while (Atomics.load(isOver, 0) === 0 && Date.now() < until);
  const blockedUntil = Date.now()
  expect(blockedUntil, 'the refusal came while nothing else could run').toBeLessThan(until)
  expect(await answer).toMatch(/^HTTP\/1\.1 400 [^]*\r\n\r\nno$/)
  await waitFor(() => expect(seen).toHaveLength(1))
  expect(seen[0]).toMatchObject({ reason: 'missing_host', status: 400 })
  expect(seen[0]!.time).toBeLessThanOrEqual(blockedUntil)
})
