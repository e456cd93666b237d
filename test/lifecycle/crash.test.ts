// A process that ends while its server is busy: by its own exit code, soon, and never by a crash.
//
// The ends are those that JavaScript chooses (process.exit) and those that it suffers (an exception
// or a rejection that nobody handles). A native crash would show as a signal, a hang as a time-out.

import { expect, test } from 'vitest'

import { startNode } from '../support/child.ts'
import type { ChildOptions } from '../support/child.ts'
import { waitFor } from '../support/patience.ts'
import { RawClient } from '../support/raw.ts'
import { get, Load } from './load.ts'

const fixture = 'test/lifecycle/fixtures/server.mjs'

const POST = [
  'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n',
  'x'.repeat(100_000),
].join('')

/** Rounds of each end: what can go wrong is a race. */
const ROUNDS = 4

const nodeMajor = Number(process.versions.node.split('.')[0])

/**
 * Without V8's helpers where one may compile by Maglev, because process.exit waits for it while it
 * waits for the main thread to collect garbage: a deadlock of Node's own (nodejs/node#54918), seen
 * once in 26 runs on Node 24, and open for 26. Node 20 and 22 have no Maglev. Ours stay.
 */
const FLAGS = nodeMajor >= 24 ? ['--single-threaded'] : []

/** Loads a server with requests of every kind, asks it to end, gives how it ended. */
async function endUnderLoad(path: string, options: ChildOptions = {}): Promise<unknown> {
  const child = startNode(fixture, { flags: FLAGS, ...options })
  const url = await child.url()
  const loads = [
    new Load(url, { connections: 32, pipelined: 8 }),
    new Load(url, { connections: 16, request: get('/slow?ms=3') }),
    new Load(url, { connections: 8, request: get('/hang') }),
    new Load(url, { connections: 8, request: get('/stream') }),
    new Load(url, {
      connections: 8,
      request: POST,
    }),
  ]
  await waitFor(() => {
    const [pipelined, slow, , , posts] = loads
    expect(pipelined!.replies).toBeGreaterThan(1000)
    expect(slow!.replies).toBeGreaterThan(100)
    expect(posts!.replies).toBeGreaterThan(20)
  })
  const asked = performance.now()
  const client = await RawClient.open(url)
  await client.send(get(path))
  const exit = await child.exited
  expect(performance.now() - asked, 'milliseconds to the end').toBeLessThan(15_000)
  await Promise.all(loads.map((load) => load.ended))
  return { ...exit, stderr: child.stderr }
}

test('process.exit in a handler, under load', async () => {
  for (let i = 0; i < ROUNDS; i++) {
    expect(await endUnderLoad('/exit')).toEqual({ code: 7, signal: null, stderr: '' })
  }
})

test('process.exit outside of a handler, under load', async () => {
  for (let i = 0; i < ROUNDS; i++) {
    expect(await endUnderLoad('/exit-later')).toEqual({ code: 8, signal: null, stderr: '' })
  }
})

test('an exception that nobody catches, under load', async () => {
  for (let i = 0; i < ROUNDS; i++) {
    const { stderr, ...exit } = (await endUnderLoad('/throw')) as { stderr: string }
    expect(exit).toEqual({ code: 1, signal: null })
    expect(stderr).toContain('Error: nobody catches this')
  }
})

test('a rejection that nobody handles, under load', async () => {
  for (let i = 0; i < ROUNDS; i++) {
    const { stderr, ...exit } = (await endUnderLoad('/reject')) as { stderr: string }
    expect(exit).toEqual({ code: 1, signal: null })
    expect(stderr).toContain('Error: nobody handles this')
  }
})

test('a rejection that the process is told to survive', async () => {
  const flags = ['--unhandled-rejections=warn']
  const child = startNode(fixture, { flags })
  const client = await RawClient.open(await child.url())
  for (let i = 0; i < 3; i++) {
    await client.send(get('/reject'))
    expect((await client.response()).body).toBe('soon')
  }
  client.cut()
})

test('a server that is closed without grace, under load, lets the process end', async () => {
  const exit = await endUnderLoad('/close-now')
  expect(exit).toMatchObject({ code: 9, signal: null })
})
