// Probes, metrics and shedding: what the network side does while JavaScript is stuck.

import { Worker } from 'node:worker_threads'

import { expect, onTestFinished, test } from 'vitest'

import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

import type { App } from 'lanner'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`
const probes = {
  health: { live: '/livez', ready: '/readyz', maxLoopDelay: 200 },
  metrics: { path: '/metrics' },
} as const

/** For how long the event loop is blocked. */
const BLOCK_MS = 2000

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
  // They are asked one after the other: had one waited for the event loop, it had waited for most
  // of the block.
  expect(seen.length).toBeGreaterThan(20)
  expect(Math.max(...seen.map(({ ms }) => ms))).toBeLessThan(BLOCK_MS / 2)
  const live = seen.filter(({ path }) => path === '/livez')
  expect(live.filter(({ status }) => status !== 200)).toEqual([])
  const stuck = seen.filter(({ path, status }) => path === '/readyz' && status === 503)
  expect(stuck.length).toBeGreaterThan(2)
  const reports = stuck.map(
    ({ body }) => JSON.parse(body) as { state: string; loopDelayMs: number },
  )
  expect(new Set(reports.map(({ state }) => state))).toEqual(new Set(['stuck']))
  expect(Math.max(...reports.map(({ loopDelayMs }) => loopDelayMs))).toBeGreaterThan(1000)
}

test('probes answer before the end while a handler blocks the event loop', async () => {
  const server = await serve((app) => {
    app.get('/block', () => {
      block(BLOCK_MS)
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
  expectAlive(await watched(server.url, () => block(BLOCK_MS)))
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
  const samples = scraped(body)
  expect(samples.get('lanner_dispatched_requests_total')).toBe(1)
  expect(samples.get('lanner_rejects_total{reason="missing_host"}')).toBe(1)
  expect(samples.get('lanner_active_connections')).toBeGreaterThan(0)
  const root = 'http_request_method="GET",url_scheme="http",http_route="/"'
  const ok = `${root},http_response_status_code="200"`
  const name = 'http_server_request_duration_seconds'
  expect(samples.get(`${name}_count{${ok}}`)).toBe(1)
  expect(samples.get(`${name}_bucket{${ok},le="10"}`)).toBe(1)
})

/** What a scraper reads: the text in the strict form of version 0.0.4. */
function scraped(text: string): Map<string, number> {
  const kinds = new Map<string, string>()
  const samples = new Map<string, number>()
  const faults: string[] = []
  let family = ''
  const lines = text.split('\n')
  expect(lines.pop()).toBe('')
  for (const line of lines) {
    const help = /^# HELP ([a-z_]+) \S.*$/.exec(line)
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line)
    const sample = /^(([a-z_]+)(?:\{(.*)\})?) ([-+0-9.e]+)$/.exec(line)
    let isRight = true
    if (help !== null) {
      family = help[1]!
    } else if (type !== null) {
      isRight = type[1] === family && !kinds.has(family)
      kinds.set(family, type[2]!)
    } else {
      const [, series = '', name = '', labels = '', value] = sample ?? []
      const suffix = kinds.get(family) === 'histogram' ? /^_(?:bucket|sum|count)$/ : /^$/
      isRight =
        name.startsWith(family) &&
        suffix.test(name.slice(family.length)) &&
        /^(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,(?=.)|$))*$/.test(labels) &&
        !samples.has(series)
      samples.set(series, Number(value))
    }
    if (!isRight) faults.push(line)
  }
  expect([...faults, ...brokenHistograms(samples)]).toEqual([])
  return samples
}

/** Where a bucket has less than the one before, or the last one not all. */
function brokenHistograms(samples: Map<string, number>): string[] {
  const faults: string[] = []
  let [before, last] = ['', 0]
  for (const [series, value] of samples) {
    const bucket = /^(.*)_bucket\{(.*?),?le="(.*)"\}$/.exec(series)
    if (bucket === null) continue
    const [, name, labels, bound] = bucket
    const own = `${name}{${labels}}`
    const count = labels === '' ? `${name}_count` : `${name}_count{${labels}}`
    const shrinks = own === before && value < last
    if (shrinks || (bound === '+Inf' && samples.get(count) !== value)) faults.push(series)
    ;[before, last] = [own, value]
  }
  return faults
}

test('the figures of stats() are complete, in milliseconds, and add up', async () => {
  const server = await serve((app) => {
    app.get('/', () => 'ok')
    app.get('/block', () => {
      block(30)
      return 'done'
    })
  })
  const client = await RawClient.open(server.url)
  for (const path of ['/', '/block', '/nowhere']) {
    await client.send(get(path))
    await client.response()
  }
  client.finish()
  await expect.poll(() => server.stats().connections).toBe(0)
  const stats = server.stats()
  expect(stats.closed_client_closed).toBe(1)
  expect([stats.request_duration.count, stats.connection_duration.count]).toEqual([3, 1])
  expect([stats.queue_wait.count, stats.handler_duration.count]).toEqual([2, 2])
  for (const { p50, p99, max } of [stats.request_duration, stats.handler_duration]) {
    expect(max).toBeGreaterThan(29)
    expect(p99).toBeGreaterThan(27)
    expect(p50).toBeLessThan(p99)
  }
  expect(stats.isolates).toHaveLength(1)
  const [isolate] = stats.isolates
  expect(isolate).toMatchObject({ dispatched: 2, queued: 0, in_flight: 0 })
  expect(isolate!.busy).toBeGreaterThan(29)
  expect(isolate!.handler_duration).toEqual(stats.handler_duration)
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

test.each<[of: string, add: (app: App) => unknown]>([
  ['GET', (app) => app.get('/livez', () => 'mine')],
  ['every method', (app) => app.all('/livez', () => 'mine')],
])('a probe and a route for %s of the same path exclude each other', async (_, add) => {
  await expect(serve(add, probes)).rejects.toMatchObject({
    code: 'LANNER_OPTION_INVALID',
    message: expect.stringContaining('health.live') as string,
  })
})
