// Memory stays flat: a short form of scripts/soak.mjs, in a process of its own.

import { expect, test } from 'vitest'

import { startNode } from '../support/child.ts'
import { ask, get, Load } from './load.ts'

const MIB = 1024 * 1024

interface Memory {
  rss: number
  heapUsed: number
  external: number
}

async function memory(url: URL): Promise<Memory> {
  return JSON.parse(await ask(url, '/memory')) as Memory
}

/** Sends at least so many requests. */
async function requests(url: URL, path: string, n: number, pipelined: number): Promise<void> {
  const load = new Load(url, { connections: 32, request: get(path), pipelined })
  while (load.replies < n) await new Promise((resolve) => setImmediate(resolve))
  await load.stop()
  expect(load).toMatchObject({ replies: load.sent, failed: 0, cut: 0, unanswered: 0 })
}

test('memory is flat over keep-alive requests', { timeout: 60_000 }, async () => {
  const child = startNode('test/lifecycle/fixtures/server.mjs', { flags: ['--expose-gc'] })
  const url = await child.url()
  await requests(url, '/', 60_000, 16)
  await requests(url, '/slow?ms=0', 5000, 4)
  const before = await memory(url)
  await requests(url, '/', 200_000, 16)
  await requests(url, '/slow?ms=0', 20_000, 4)
  const after = await memory(url)
  // Sixteen bytes kept per request would be seen.
  expect(after.heapUsed - before.heapUsed, 'heap').toBeLessThan(3 * MIB)
  expect(after.external - before.external, 'outside of the heap').toBeLessThan(2 * MIB)
  expect(after.rss - before.rss, 'resident').toBeLessThan(24 * MIB)
})

test('memory is flat over connections', { timeout: 60_000 }, async () => {
  const child = startNode('test/lifecycle/fixtures/server.mjs', { flags: ['--expose-gc'] })
  const url = await child.url()
  const connections = async (n: number): Promise<void> => {
    for (let i = 0; i < n; i += 50) {
      await Promise.all(Array.from({ length: 50 }, () => ask(url)))
    }
  }
  await connections(1000)
  const before = await memory(url)
  await connections(4000)
  const after = await memory(url)
  expect(after.heapUsed - before.heapUsed, 'heap').toBeLessThan(2 * MIB)
  expect(after.rss - before.rss, 'resident').toBeLessThan(16 * MIB)
})
