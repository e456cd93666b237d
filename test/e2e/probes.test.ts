// Probes, metrics and shedding: what the network side does while JavaScript is stuck.

import { Worker } from 'node:worker_threads'

import { expect, onTestFinished, test } from 'vitest'

import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`
const probes = {
  health: { live: '/livez', ready: '/readyz', maxLoopDelay: 200 },
  metrics: { path: '/metrics' },
} as const

function block(ms: number): void {
  const until = Date.now() + ms
  while (Date.now() < until);
}

/** Another thread that asks again and again, since this one will be blocked. */
const prober = `
  const { parentPort, workerData } = require('node:worker_threads')
  const http = require('node:http')
  const agent = new http.Agent({ keepAlive: true })
  const seen = []
  let running = true
  parentPort.on('message', () => { running = false })
  const ask = (path) => new Promise((resolve, reject) => {
    const began = performance.now()
    http.get(workerData + path, { agent }, (response) => {
      let body = ''
      response.on('data', (data) => { body += data })
      response.on('end', () => {
        seen.push({ path, status: response.statusCode, body, ms: performance.now() - began })
        resolve()
      })
    }).on('error', reject)
  })
  const go = async () => {
    while (running) {
      for (const path of ['/livez', '/readyz', '/metrics', '/nowhere']) await ask(path)
      if (seen.length === 4) parentPort.postMessage('running')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    parentPort.postMessage(seen)
  }
  go()
`

interface Seen {
  path: string
  status: number
  body: string
  ms: number
}

/** What another thread saw while `work` ran; the first round is not counted. */
async function watched(url: string, work: () => unknown): Promise<Seen[]> {
  const worker = new Worker(prober, { eval: true, workerData: url })
  onTestFinished(async () => void (await worker.terminate()))
  const next = (): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve))
  await next()
  await work()
  const answers = next()
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  worker.postMessage('stop')
  return ((await answers) as Seen[]).slice(4)
}

function expectAlive(seen: Seen[]): void {
  const times = seen.map(({ ms }) => ms).sort((a, b) => a - b)
  expect(times.length).toBeGreaterThan(100)
  expect(times[Math.floor(times.length * 0.99)]).toBeLessThan(50)
  const live = seen.filter(({ path }) => path === '/livez')
  expect(live.filter(({ status }) => status !== 200)).toEqual([])
  const stuck = seen.filter(({ path, status }) => path === '/readyz' && status === 503)
  expect(stuck.length).toBeGreaterThan(10)
  const reports = stuck.map(
    ({ body }) => JSON.parse(body) as { state: string; loopDelayMs: number },
  )
  expect(new Set(reports.map(({ state }) => state))).toEqual(new Set(['stuck']))
  expect(Math.max(...reports.map(({ loopDelayMs }) => loopDelayMs))).toBeGreaterThan(1000)
}

test('probes answer in time while a handler blocks the event loop for two seconds', async () => {
  const server = await serve((app) => {
    app.get('/block', () => {
      block(2000)
      return 'done'
    })
  }, probes)
  const client = await RawClient.open(server.url)
  const seen = await watched(server.url, async () => {
    await client.send(get('/block'))
    expect((await client.response()).body).toBe('done')
  })
  expectAlive(seen)
})

test('a loop that something else blocks is noticed as well', async () => {
  const server = await serve((app) => app.get('/', () => 'ok'), probes)
  expectAlive(await watched(server.url, () => block(2000)))
  expect(server.stats()['dispatched']).toBe(0)
})

test('metrics count what happened, by name and reason', async () => {
  const server = await serve((app) => app.get('/', () => 'ok'), probes)
  const client = await RawClient.open(server.url)
  await client.send(get('/'))
  await client.response()
  const broken = await RawClient.open(server.url)
  await broken.send('GET / HTTP/1.1\r\n\r\n')
  expect((await broken.response()).status).toBe(400)
  await client.send(get('/metrics'))
  const { status, headers, body } = await client.response()
  expect([status, headers['content-type']]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  expect(body).toContain('\nlanner_dispatched_total 1\n')
  expect(body).toContain('\nlanner_rejects_total{reason="missing_host"} 1\n')
  expect(body).toContain('\n# TYPE lanner_connections gauge\n')
})

test('busy by hand: handlers get nothing, probes answer', async () => {
  const server = await serve((app) => app.get('/', () => 'ok'), probes)
  const client = await RawClient.open(server.url)
  const ask = async (path: string): Promise<number> => {
    await client.send(get(path))
    return (await client.response()).status
  }
  expect(server.busy).toBe(false)
  server.busy = true
  expect(server.busy).toBe(true)
  expect([await ask('/'), await ask('/readyz'), await ask('/livez')]).toEqual([503, 503, 200])
  server.busy = false
  expect([await ask('/'), await ask('/readyz')]).toEqual([200, 200])
})

test('a probe and a route of the same path exclude each other', async () => {
  const listening = serve((app) => app.get('/livez', () => 'mine'), probes)
  await expect(listening).rejects.toMatchObject({ code: 'LANNER_ROUTE_INVALID' })
})
