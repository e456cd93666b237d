// app.listen() and app.close(): servers as values.

import { App } from 'lanner'
import type { CloseOptions } from 'lanner'
import { expect, test } from 'vitest'

test('app.close() closes every server of the application', async () => {
  const app = new App()
  app.get('/', () => 'ok')
  const first = await app.listen({ port: 0, host: '127.0.0.1' })
  const second = await app.listen({ port: 0, host: '127.0.0.1' })
  expect(first.address.port).not.toBe(second.address.port)
  for (const { url } of [first, second]) expect(await (await fetch(url)).text()).toBe('ok')
  await app.close({ gracePeriod: '1s' })
  await Promise.all([first.closed, second.closed])
  await expect(fetch(first.url)).rejects.toThrow()
  await app.close()
})

test.each([
  [null, /options of close\(\) is an object, not null/],
  [{ gracePeriod: null }, /gracePeriod is a duration/],
  [{ graceperiod: '1s' }, /no option graceperiod of close\(\); did you mean gracePeriod\?/],
])('close(%j) is an error that says why, and closes nothing', async (options, message) => {
  const app = new App()
  app.get('/', () => 'ok')
  const server = await app.listen({ port: 0, host: '127.0.0.1' })
  const close = async (): Promise<void> => server.close(options as CloseOptions)
  await expect(close()).rejects.toThrow(message)
  await expect(close()).rejects.toMatchObject({ code: 'LANNER_OPTION_INVALID' })
  expect(await (await fetch(server.url)).text()).toBe('ok')
  await server.close({ gracePeriodMs: 0 })
})

test('a signal closes the server', async () => {
  const controller = new AbortController()
  const app = new App()
  app.get('/', () => 'ok')
  const server = await app.listen({ port: 0, host: '127.0.0.1', signal: controller.signal })
  controller.abort()
  await server.closed
  const aborted = app.listen({ port: 0, signal: AbortSignal.abort(new Error('too late')) })
  await expect(aborted).rejects.toThrow('too late')
})

test('the server is disposed of asynchronously', async () => {
  const app = new App()
  const server = await app.listen({ port: 0, host: '127.0.0.1' })
  await server[Symbol.asyncDispose]()
  await server.closed
})
