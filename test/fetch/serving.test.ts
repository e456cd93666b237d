// What serve() takes and returns.

import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { serve } from 'lanner'
import type { ServeOptions } from 'lanner'
import { expect, test } from 'vitest'

import { deferred } from '../support/deferred.ts'

const place = { port: 0, host: '127.0.0.1' }
const hello = (): Response => new Response('hello')

test('it can be used at once', async () => {
  const server = serve(hello, place)
  expect(server.url).toBe(`http://127.0.0.1:${server.addresses[0]!.port}`)
  expect(await (await fetch(server.url)).text()).toBe('hello')
  await server.close({ gracePeriodMs: 0 })
  await server.closed
  await expect(fetch(server.url)).rejects.toThrow(TypeError)
})

test('it can be awaited: then it is the Server of app.listen()', async () => {
  const serving = serve({ fetch: hello }, place)
  const server = await serving
  expect([server.url, server.stats()['held']]).toEqual([serving.url, 0])
  await server.close()
  await serving.closed
})

test('it is closed by `await using`', async () => {
  const serving = serve(hello, place)
  await serving[Symbol.asyncDispose]()
  await serving.closed
})

test('it closes with a signal', async () => {
  const controller = new AbortController()
  const serving = serve(hello, { ...place, signal: controller.signal })
  controller.abort()
  await serving.closed
})

test('a body that says that it is too long is 413 before the handler, others in it', async () => {
  const called = deferred<true>()
  let calls = 0
  const handler = async (request: Request): Promise<Response> => {
    calls++
    called.resolve(true)
    return new Response(await request.text())
  }
  async function* inPieces(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(500)
    await called.promise
    yield new Uint8Array(501)
  }
  const serving = serve(handler, { ...place, limits: { bodyBytes: 1000 } })
  const seen: [status: number, calls: number][] = []
  for (const body of [new Uint8Array(1001), ReadableStream.from(inPieces())]) {
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    seen.push([(await fetch(serving.url, init)).status, calls])
  }
  await serving.close()
  expect(seen).toEqual([
    [413, 0],
    [413, 1],
  ])
})

test('onListen is called with the server', async () => {
  let url = ''
  const serving = serve(hello, {
    ...place,
    onListen: (server) => {
      url = server.url
    },
  })
  expect(url).toBe(serving.url)
  await serving.close()
})

test('an address that is taken is a rejection', async () => {
  const first = serve(hello, place)
  const second = serve(hello, { ...place, port: first.addresses[0]!.port })
  await expect(second).rejects.toMatchObject({ code: 'LANNER_ADDRESS_IN_USE' })
  expect(() => second.url).toThrow(expect.objectContaining({ code: 'LANNER_ADDRESS_IN_USE' }))
  expect(() => second.addresses).toThrow('in use')
  await second.closed
  await second.close()
  await first.close()
})

test.each<[string, unknown, unknown, RegExp]>([
  [
    'no handler',
    undefined,
    place,
    /handler is a function, or an object with a function named fetch/,
  ],
  ['an object without fetch', { get: hello }, place, /handler is a function, or an object/],
  ['no options', hello, null, /options/],
  ['an unknown option', hello, { ...place, prot: 1 }, /no option prot/],
  ['an option out of range', hello, { port: 70_000 }, /port/],
  ['no onListen', hello, { ...place, onListen: 1 }, /onListen is a function/],
  ['no onError', hello, { ...place, onError: {} }, /onError is a function/],
  ['no flag', hello, { ...place, lazy: 'yes' }, /lazy is true or false/],
])('%s is a rejection that says so', async (_name, handler, options, message) => {
  const serving = serve(handler as () => Response, options as ServeOptions)
  await expect(serving).rejects.toMatchObject({ code: 'LANNER_OPTION_INVALID' })
  await expect(serving).rejects.toThrow(message)
})

test.skipIf(process.platform === 'win32')('it listens at a Unix socket', async () => {
  const path = join(tmpdir(), `lanner-serve-${process.pid}.sock`)
  const serving = serve(hello, { path })
  expect(serving.addresses).toEqual([{ family: 'unix', address: path, port: 0 }])
  await serving.close()
})
