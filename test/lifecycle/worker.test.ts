// A server in a worker: the worker's end is the end of its server and of nothing else.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import { expect, onTestFinished, test } from 'vitest'

import { waitFor } from '../support/patience.ts'
import { serve } from '../support/server.ts'
import { ask, get, Load } from './load.ts'
import { collect, itCounts, threads } from './system.ts'

const fixture = new URL('fixtures/server.mjs', import.meta.url)

async function start(): Promise<{ worker: Worker; url: string }> {
  const worker = new Worker(fixture, { env: { ...process.env, PORT: '0' }, stdout: true })
  onTestFinished(async () => {
    await worker.terminate()
  })
  const [url] = (await once(worker, 'message')) as [string]
  return { worker, url }
}

/** Requests of every kind, until the server goes away. */
async function busy(url: string): Promise<Load[]> {
  const loads = [
    new Load(url, { connections: 32, pipelined: 4 }),
    new Load(url, { connections: 8, request: get('/slow?ms=1') }),
    new Load(url, { connections: 4, request: get('/hang') }),
    new Load(url, { connections: 4, request: get('/stream') }),
  ]
  await waitFor(() => {
    expect(loads[0]!.replies).toBeGreaterThan(300)
    expect(loads[1]!.replies).toBeGreaterThan(20)
  })
  return loads
}

test('worker.terminate() under load, twenty times, beside a server of the main thread', async () => {
  const own = await serve((app) => app.get('/', () => 'main'))
  for (let i = 0; i < 20; i++) {
    const { worker, url } = await start()
    const loads = await busy(url)
    await worker.terminate()
    // Their connections are gone with the worker: none is left open and silent.
    await Promise.all(loads.map((load) => load.ended))
    await expect(ask(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(await ask(own.url)).toBe('main')
  }
})

test('a worker that ends by itself, under load', async () => {
  const own = await serve((app) => app.get('/', () => 'main'))
  for (let i = 0; i < 5; i++) {
    const { worker, url } = await start()
    const loads = await busy(url)
    const exited = once(worker, 'exit')
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
    worker.postMessage('end')
    expect(await exited).toEqual([0])
    await Promise.all(loads.map((load) => load.ended))
    expect(await ask(own.url)).toBe('main')
  }
})

test('a worker that an exception ends, under load', async () => {
  const { worker, url } = await start()
  const loads = await busy(url)
  const failed = new Promise((resolve) => worker.once('error', resolve))
  const exited = new Promise((resolve) => worker.once('exit', resolve))
  await ask(url, '/throw').catch(() => {})
  expect(await failed).toMatchObject({ message: 'nobody catches this' })
  expect(await exited).toBe(1)
  await Promise.all(loads.map((load) => load.ended))
})

test('several workers at once, ended while the others go on', async () => {
  const workers = await Promise.all(Array.from({ length: 3 }, start))
  const loads = workers.map(({ url }) => new Load(url, { connections: 4 }))
  for (const [i, { worker }] of workers.entries()) {
    await waitFor(() => expect(loads[i]!.replies).toBeGreaterThan(50))
    await worker.terminate()
    await loads[i]!.ended
    for (const { url } of workers.slice(i + 1)) expect(await ask(url)).toBe('ok')
  }
})

itCounts('the threads of a server end with its worker', async () => {
  const once = async (): Promise<void> => {
    const { worker, url } = await start()
    expect(await ask(url)).toBe('ok')
    await worker.terminate()
  }
  await once()
  await collect()
  const before = threads()
  for (let i = 0; i < 5; i++) await once()
  await waitFor(() => expect(threads()).toBeLessThanOrEqual(before))
})
