// Stalls: a blocked event loop is reported while it is blocked, with the code that blocks it.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import { expect, onTestFinished, test } from 'vitest'

import { startNode } from '../support/child.ts'
import { waitFor } from '../support/patience.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { read } from '../support/source-tree.ts'
import { get } from './load.ts'

import type { ListenOptions, Stall } from 'lanner'

import type { Child } from '../support/child.ts'

const fixture = 'test/lifecycle/fixtures/stall.mjs'

/** The place in the fixture that a comment marks, as it stands in a frame. */
function placeOf(comment: string): string {
  const index = read(fixture)
    .split('\n')
    .findIndex((line) => line.endsWith(`// ${comment}`))
  return `stall.mjs:${index + 1}:`
}

const hasStacks = process.platform !== 'win32'
const QUICK: ListenOptions = { stall: { threshold: 200, interval: 0 } }
const ONCE: ListenOptions = { stall: { threshold: 200, interval: '1h' } }

function start(options: ListenOptions): Child {
  return startNode(fixture, { env: { OPTIONS: JSON.stringify(options) } })
}

async function ask(url: URL | string, path: string): Promise<string> {
  const client = await RawClient.open(url)
  await client.send(get(path))
  return (await client.response()).body
}

function lines(child: Child): string[] {
  return child.stderr.split('\n').filter((line) => line.startsWith('lanner: the event loop'))
}

/** The n-th event that the program heard of. */
async function heard(child: Child, n = 0): Promise<Stall> {
  await child.said(new RegExp(String.raw`(?:stall \{[^\n]*\}\n[^]*){${n + 1}}`))
  const found = [...child.stdout.matchAll(/stall (\{.*\})\n/g)][n]
  return JSON.parse(found![1]!) as Stall
}

test('a handler that blocks: line, event and counter name it', async () => {
  const child = start(ONCE)
  const url = await child.url()
  expect(await ask(url, '/block/1000')).toBe('done')
  const stall = await heard(child)
  expect(stall.ms).toBeGreaterThanOrEqual(990)
  // Milliseconds, and those of this stall; a busy machine makes it longer.
  expect(stall.ms).toBeLessThan(20_000)
  expect(stall.route).toBe('GET /block/:ms')
  expect(stall.ageMs).toBeGreaterThanOrEqual(stall.ms)
  expect(stall.ageMs).toBeLessThan(stall.ms + 10_000)
  expect(lines(child)).toHaveLength(1)
  expect(lines(child)[0]).toMatch(
    /blocked for \d+ ms by GET \/block\/:ms \(request age \d+ ms\) at/,
  )
  if (hasStacks) {
    expect(stall.frames[0]).toContain('spin (')
    expect(stall.frames[0]).toContain(placeOf('blocks here'))
    expect(lines(child)[0]).toContain(placeOf('blocks here'))
  }
  expect(JSON.parse(await ask(url, '/stats'))).toMatchObject({ stalls: 1 })
})

test('it is said while the handler still blocks, also by counter and probe', async () => {
  const child = start({ ...ONCE, metrics: { path: '/metrics' }, health: { ready: '/readyz' } })
  const url = await child.url()
  const blocked = ask(url, '/block/4000')
  await waitFor(() => expect(lines(child)).toHaveLength(1), { timeout: 3500, interval: 20 })
  expect(await ask(url, '/metrics')).toMatch(/\nlanner_stalls_total 1\n/)
  expect(JSON.parse(await ask(url, '/readyz'))).toMatchObject({ stalls: 1 })
  expect(child.stdout).not.toContain('stall {')
  expect(await blocked).toBe('done')
  expect((await heard(child)).ms).toBeGreaterThanOrEqual(3990)
})

test.each([
  ['a timer', '/timer/1000'],
  ['a handler after its first await', '/after-await/1000'],
])('%s that blocks is reported without a route', async (_, path) => {
  const child = start(ONCE)
  await ask(await child.url(), path)
  const stall = await heard(child)
  expect(stall).not.toHaveProperty('route')
  expect(stall).not.toHaveProperty('ageMs')
  expect(stall.ms).toBeGreaterThan(600)
  if (hasStacks) expect(stall.frames[0]).toContain(placeOf('blocks here'))
})

test.skipIf(!hasStacks)('a native call that blocks is named once it has returned', async () => {
  const child = start(ONCE)
  await ask(await child.url(), '/native/1')
  const stall = await heard(child)
  expect(stall.route).toBe('GET /native/:seconds')
  const own = stall.frames.find((frame) => !frame.includes('node:'))
  expect(own).toContain(placeOf('blocks in a native call'))
  expect(lines(child)[0]).toContain('(no stack: inside a native call, or not available here)')
})

test('reports keep their distance, the counter counts all, the next report says how many', async () => {
  const child = start({ stall: { threshold: 100, interval: '5s' } })
  const url = await child.url()
  for (let i = 0; i < 4; i++) await ask(url, '/block/300')
  expect(lines(child)).toHaveLength(1)
  await waitFor(async () => {
    await ask(url, '/block/300')
    expect(lines(child)).toHaveLength(2)
  })
  const second = await heard(child, 1)
  const { stalls } = JSON.parse(await ask(url, '/stats')) as { stalls: number }
  expect(stalls).toBeGreaterThanOrEqual(5)
  expect(second.suppressed).toBe(stalls - 2)
  expect(lines(child)[1]).toContain(`${stalls - 2} earlier stalls were not reported`)
})

test('a stall that lasts is said again', async () => {
  const child = start({ stall: { threshold: 100, interval: 500 } })
  await ask(await child.url(), '/block/1500')
  const { ms } = await heard(child)
  expect(lines(child).length).toBeGreaterThanOrEqual(2)
  expect(lines(child).length).toBeLessThanOrEqual(1 + Math.floor(ms / 500))
  expect(child.stdout.match(/stall \{/g)).toHaveLength(1)
})

test.each([
  ['turned off', { stall: false }, 0],
  ['shorter than the threshold', { stall: { threshold: '1min' } }, 0],
  ['without a line', { stall: { threshold: 200, log: false } }, 1],
] as const)('%s: nothing on standard error', async (_, options, stalls) => {
  const child = start(options)
  const url = await child.url()
  await ask(url, '/block/700')
  if (stalls > 0) await heard(child)
  expect(JSON.parse(await ask(url, '/stats'))).toMatchObject({ stalls })
  expect(child.stderr).toBe('')
  if (stalls === 0) expect(child.stdout).not.toContain('stall {')
})

test('a server in a worker: its own stalls, its own stack, beside a main thread that runs', async () => {
  const worker = new Worker(new URL('fixtures/stall.mjs', import.meta.url), {
    env: { ...process.env, OPTIONS: JSON.stringify({ stall: { threshold: 200, log: false } }) },
  })
  onTestFinished(async () => void (await worker.terminate()))
  const [line] = (await once(worker, 'message')) as [string]
  const url = line.replace('listening on ', '')
  const told = once(worker, 'message') as Promise<[string]>
  expect(await ask(url, '/block/700')).toBe('done')
  const stall = JSON.parse((await told)[0].replace('stall ', '')) as Stall
  expect(stall.route).toBe('GET /block/:ms')
  if (hasStacks) expect(stall.frames[0]).toContain(placeOf('blocks here'))
})

test('a worker is terminated while it is stuck, again and again', async () => {
  for (let i = 0; i < 5; i++) {
    const worker = new Worker(new URL('fixtures/stall.mjs', import.meta.url), {
      env: { ...process.env, OPTIONS: JSON.stringify({ stall: { threshold: 20, log: false } }) },
    })
    const [line] = (await once(worker, 'message')) as [string]
    const client = await RawClient.open(line.replace('listening on ', ''))
    await client.send(get('/block/60000'))
    await new Promise((resolve) => setTimeout(resolve, 15 * i))
    const began = performance.now()
    await worker.terminate()
    expect(performance.now() - began, 'not the minute').toBeLessThan(15_000)
    await client.rest()
  }
})

test('process.exit right after a stall, and a signal during one, end the process', async () => {
  const exiting = start(QUICK)
  const client = await RawClient.open(await exiting.url())
  await client.send(get('/exit/600'))
  expect(await exiting.exited).toEqual({ code: 7, signal: null })
  const killed = start(QUICK)
  const other = await RawClient.open(await killed.url())
  await other.send(get('/block/60000'))
  await waitFor(() => expect(lines(killed).length).toBeGreaterThan(0))
  killed.kill('SIGTERM')
  expect(await killed.exited).toEqual({ code: null, signal: 'SIGTERM' })
})

test('listeners: all are called, one that was removed is not called', async () => {
  const server = await serve((app) => app.get('/', () => 'ok'), {
    stall: { threshold: 50, interval: 0, log: false },
  })
  const heard: string[] = []
  const removed = (): unknown => heard.push('removed')
  server
    .on('stall', removed)
    .on('stall', () => heard.push('first'))
    .on('stall', () => heard.push('second'))
    .off('stall', removed)
  const until = Date.now() + 400
  while (Date.now() < until);
  // A busy machine may stall it once more.
  await waitFor(() => expect(heard.length).toBeGreaterThan(1))
  expect(heard.slice(0, 2)).toEqual(['first', 'second'])
  expect(heard).not.toContain('removed')
})
