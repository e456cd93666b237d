// Listen and close in a loop: what a server takes from the system comes back.

import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

import { App } from 'lanner'
import { expect, onTestFinished, test } from 'vitest'

import { parseOptions } from '../../src/options.ts'
import type { NativeBinding } from '../../src/native/binding.ts'
import { startNode } from '../support/child.ts'
import { deferred } from '../support/deferred.ts'
import { ask, Load } from './load.ts'
import { descriptors, isBackTo, itCounts, resident, threads } from './system.ts'

const here = { port: 0, host: '127.0.0.1' }

function hello(): App {
  const app = new App()
  app.get('/', () => 'hello')
  return app
}

async function cycles(n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    // An application of its own each time, so that what is compiled must go too.
    const server = await hello().listen(here)
    expect(await ask(server.url)).toBe('hello')
    await server.close()
  }
}

itCounts('200 servers one after the other leave no descriptor, no thread, no memory', async () => {
  // Memory rises to a level within the first 150 servers, and then stays there.
  await cycles(250)
  const before = { descriptors: descriptors(), threads: threads() }
  const memory = await resident()
  await cycles(200)
  await isBackTo(before)
  // Each server has a mebibyte and more of batches: 200 of them would be seen.
  expect((await resident()) - memory).toBeLessThan(24 * 1024 * 1024)
})

itCounts('servers that nobody asked anything leave nothing either', async () => {
  await cycles(1)
  const before = { descriptors: descriptors(), threads: threads() }
  for (let i = 0; i < 50; i++) await (await hello().listen(here)).close()
  const many = await Promise.all(Array.from({ length: 20 }, () => hello().listen(here)))
  await Promise.all(many.map((server) => server.close()))
  await isBackTo(before)
})

// The end may come while the isolate is within a turn: nobody rings for what it has seen itself.
test('200 servers closed without grace while they are busy: each of them closes', async () => {
  const post = `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n${'x'.repeat(100_000)}`
  for (let i = 0; i < 200; i++) {
    const arrived = deferred()
    const app = hello()
    app.post('/', async (ctx) => {
      arrived.resolve()
      return ctx.bytes(await ctx.body.bytes())
    })
    const server = await app.listen(here)
    const loads = [
      new Load(server.url, { connections: 4, request: post }),
      new Load(server.url, { connections: 4, pipelined: 4 }),
    ]
    await arrived.promise
    for (let turns = i % 10; turns > 0; turns--) await new Promise((done) => setImmediate(done))
    await server.close({ gracePeriodMs: 0 })
    for (const load of loads) load.destroy()
  }
})

test('close may be called again, at once and later', async () => {
  const server = await hello().listen(here)
  expect(await ask(server.url)).toBe('hello')
  const [first, second] = [server.close(), server.close()]
  await Promise.all([first, second, server.closed])
  await server.close()
  await server.close({ gracePeriodMs: 0 })
  expect(server.stats()).toMatchObject({ connections: 0, in_flight: 0, held: 0, requests: 1 })
  await expect(ask(server.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('a port is free again as soon as close has resolved', async () => {
  const app = hello()
  const { port } = (await app.listen(here).then(async (server) => {
    await server.close()
    return server.address
  })) as AddressInfo
  for (let i = 0; i < 20; i++) {
    const server = await app.listen({ ...here, port })
    expect(await ask(server.url)).toBe('hello')
    await server.close()
  }
})

test('a server is closed at the end of an `await using`', async () => {
  let url = ''
  {
    await using server = await hello().listen(here)
    url = server.url
    expect(await ask(url)).toBe('hello')
  }
  await expect(ask(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('an aborted signal closes the server, and `closed` tells', async () => {
  const controller = new AbortController()
  const server = await hello().listen({ ...here, signal: controller.signal })
  controller.abort()
  await server.closed
  await expect(hello().listen({ ...here, signal: controller.signal })).rejects.toMatchObject({
    name: 'AbortError',
  })
})

test('app.close closes every server of the application', async () => {
  const app = hello()
  const servers = [await app.listen(here), await app.listen(here)]
  await app.close()
  for (const { url } of servers) {
    await expect(ask(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  }
})

test('the functions of a closed lane do nothing', async () => {
  const load = createRequire(import.meta.url)('../../native.cjs').load as () => NativeBinding
  const native = new (load().Server)({ ...parseOptions({}).native, endpoints: [here] })
  const outbox = new ArrayBuffer(65_536)
  const lane = native.openLane(
    { inbox: new ArrayBuffer(1 << 20), outbox, mark: new ArrayBuffer(4) },
    () => {},
    () => {},
  )
  native.listen()
  await new Promise<void>((resolve) => native.close(0, resolve))
  const calls = [
    () => lane.flush(0),
    () => lane.flush(64),
    () => lane.attach(new Uint8Array(100_000)),
    () => lane.read(0, new Uint8Array(10)),
  ]
  for (const call of [...calls, ...calls]) {
    try {
      call()
    } catch (error) {
      // To refuse is fine; to take the process down is not.
      expect(error).toBeInstanceOf(Error)
    }
  }
  await new Promise<void>((resolve) => native.close(0, resolve))
  expect(native.stats()).toMatchObject({ connections: 0, in_flight: 0 })
})

itCounts('listen() that fails leaves nothing behind', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  onTestFinished(() => void taken.close())
  const { port } = taken.address() as AddressInfo
  const app = hello()
  const listen = (): Promise<unknown> => app.listen({ endpoints: [here, { ...here, port }] })
  await expect(listen()).rejects.toMatchObject({ code: 'LANNER_ADDRESS_IN_USE' })
  const before = { descriptors: descriptors(), threads: threads() }
  for (let i = 0; i < 50; i++) await expect(listen()).rejects.toThrow()
  await isBackTo(before)
})

test('a process whose listen() failed ends by itself', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  onTestFinished(() => void taken.close())
  const { port } = taken.address() as AddressInfo
  const child = startNode('test/lifecycle/fixtures/listen-fails.mjs', {
    env: { PORT: String(port) },
  })
  child.process.channel?.unref()
  expect(await child.exited).toEqual({ code: 0, signal: null })
  expect(child.stdout).toMatch(/^failed LANNER_ADDRESS_IN_USE\nfailed LANNER_\w+\n$/)
})
