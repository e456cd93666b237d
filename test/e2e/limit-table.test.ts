// Limits end to end: at the limit a request is served, one past it it is refused as docs/limits.md
// says. The core's own table has all limits and their edges; this one shows that options arrive.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { RawClient } from '../support/raw.ts'
import { idle, serve } from '../support/server.ts'

import type { ListenOptions } from 'lanner'

interface Row {
  /** Its path in the options and in the document. */
  option: string
  options: ListenOptions
  /** What the client sends, at the limit and one past it. */
  input: (past: 0 | 1) => string
  status: number
  /** The counter that grows when it is passed. */
  label: `reject_${string}` | 'deadlines_passed'
}

const x = (n: number): string => 'x'.repeat(n)
const get = (path: string, fields = ''): string =>
  `GET ${path} HTTP/1.1\r\nhost: a\r\n${fields}\r\n`
const post = (fields: string, body = ''): string =>
  `POST / HTTP/1.1\r\nhost: a\r\n${fields}\r\n\r\n${body}`

const rows: Row[] = [
  {
    option: 'limits.requestLineBytes',
    options: { limits: { requestLineBytes: 64 } },
    input: (past) => get(`/?${x(47 + past)}`),
    status: 414,
    label: 'reject_request_line_too_long',
  },
  {
    option: 'limits.headerBytes',
    options: { limits: { headerBytes: 64 } },
    input: (past) => get('/', `b: ${x(50 + past)}\r\n`),
    status: 431,
    label: 'reject_headers_too_large',
  },
  {
    option: 'limits.headers',
    options: { limits: { headers: 3 } },
    input: (past) => get('/', 'b: c\r\n'.repeat(2 + past)),
    status: 431,
    label: 'reject_too_many_headers',
  },
  {
    option: 'limits.bodyBytes',
    options: { limits: { bodyBytes: '1kB' } },
    input: (past) => post(`content-length: ${1000 + past}`, x(1000 + past)),
    status: 413,
    label: 'reject_content_too_large',
  },
  {
    option: 'timeouts.headers',
    options: { timeouts: { headers: 100 } },
    input: (past) => (past === 0 ? get('/') : 'GET / HTTP/1.1\r\n'),
    status: 408,
    label: 'reject_headers_timeout',
  },
  {
    option: 'timeouts.request',
    options: { timeouts: { request: 500 } },
    input: (past) => get(past === 0 ? '/' : '/late'),
    status: 504,
    label: 'deadlines_passed',
  },
  {
    option: 'rates.request.bytesPerSecond',
    options: { rates: { request: { bytesPerSecond: '1MB', grace: 100 } } },
    input: (past) => post('content-length: 10', x(10 - past)),
    status: 408,
    label: 'reject_body_timeout',
  },
]

const document = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8')

test.each(rows)('$option', async ({ option, options, input, status, label }) => {
  const server = await serve((app) => {
    app.get('/', () => 'ok').post('/', async (ctx) => ctx.body.text())
    app.get('/late', async () => sleep(60_000, 'late', { ref: false }))
  }, options)
  const statusOf = async (past: 0 | 1): Promise<number> => {
    const client = await RawClient.open(server.url)
    await client.send(input(past))
    const response = await client.response()
    client.socket.destroy()
    return response.status
  }
  expect(await statusOf(0)).toBe(200)
  expect(server.stats()[label] ?? 0).toBe(0)
  expect(await statusOf(1)).toBe(status)
  expect(server.stats()[label]).toBe(1)
  const line = document.split('\n').find((text) => text.startsWith(`| \`${option}\``))
  expect(line).toContain(String(status))
  expect(line).toContain(label.replace('reject_', ''))
})

test.each([
  { requestLineBytes: 8192, headerBytes: 57_341 },
  { requestLineBytes: 65_469, headerBytes: 64 },
])('a head as long as both limits say: %j', async (limits) => {
  const server = await serve((app) => app.get('/', () => 'ok'), { limits })
  const { requestLineBytes, headerBytes } = limits
  const fields = `b: ${x(headerBytes - 14)}\r\n`
  for (const [line, status] of [
    [requestLineBytes, 200],
    [requestLineBytes + 1, 414],
  ] as const) {
    const client = await RawClient.open(server.url)
    await client.send(get(`/?${x(line - 17)}`, fields))
    expect((await client.response()).status).toBe(status)
  }
})

test('limits.connections', async () => {
  const server = await serve((app) => app.get('/', () => 'ok'), { limits: { connections: 2 } })
  const clients = [await RawClient.open(server.url), await RawClient.open(server.url)]
  for (const client of clients) {
    await client.send(get('/'))
    expect((await client.response()).status).toBe(200)
  }
  const third = await RawClient.open(server.url)
  expect(await third.rest()).toBe('')
  expect(server.stats()['connections_refused']).toBe(1)
  for (const { socket } of clients) socket.destroy()
  await idle(server)
  const again = await RawClient.open(server.url)
  await again.send(get('/'))
  expect((await again.response()).status).toBe(200)
})

test('timeouts.keepAlive', async () => {
  const server = await serve((app) => app.get('/', () => 'ok'), { timeouts: { keepAlive: 100 } })
  const client = await RawClient.open(server.url)
  await client.send(get('/'))
  expect((await client.response()).status).toBe(200)
  await client.closed()
  expect(server.stats()['keep_alive_timeouts']).toBe(1)
})
