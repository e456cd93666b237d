// Where a server listens, and what it says when it cannot.

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'

import { App, LannerError } from 'lanner'
import type { ListenOptions } from 'lanner'
import { describe, expect, onTestFinished, test } from 'vitest'

import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

const get = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'
const hello = (app: App): unknown =>
  app.get('/', (ctx) => `${ctx.local.family} ${ctx.local.address} from ${ctx.remote.address}`)

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === '::1')

async function bodyOf(target: Parameters<typeof RawClient.open>[0]): Promise<string> {
  const client = await RawClient.open(target)
  await client.send(get)
  return (await client.response()).body
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'lanner-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function failure(options: ListenOptions): Promise<LannerError> {
  const app = new App()
  app.get('/', () => 'never')
  const error: unknown = await app.listen(options).then(
    async (server) => {
      await server.close()
      return new Error('it listens')
    },
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(LannerError)
  return error as LannerError
}

test('port 0 takes a free port, which url and address name', async () => {
  const server = await serve(hello)
  expect(server.address).toEqual({ family: 'tcp4', address: '127.0.0.1', port: expect.any(Number) })
  expect(server.address.port).toBeGreaterThan(0)
  expect(server.url).toBe(`http://127.0.0.1:${server.address.port}`)
  expect(await bodyOf(server.url)).toBe('IPv4 127.0.0.1 from 127.0.0.1')
})

test.runIf(hasIpv6)('localhost is both families, at one port', async () => {
  const server = await serve(hello, { host: 'localhost' })
  expect(server.addresses.map(({ family }) => family).sort()).toEqual(['tcp4', 'tcp6'])
  expect(new Set(server.addresses.map(({ port }) => port)).size).toBe(1)
  expect(server.url).toBe(`http://localhost:${server.address.port}`)
  for (const host of ['127.0.0.1', '::1']) {
    expect(await bodyOf({ host, port: server.address.port })).toContain(`${host} from ${host}`)
  }
})

test.runIf(hasIpv6)('::1 is one family', async () => {
  const server = await serve(hello, { host: '::1' })
  expect(server.url).toBe(`http://[::1]:${server.address.port}`)
  expect(await bodyOf({ host: '::1', port: server.address.port })).toContain('IPv6 ::1')
  await expect(bodyOf({ host: '127.0.0.1', port: server.address.port })).rejects.toThrow()
})

test.runIf(hasIpv6)('"*" and "::" are every address of both families', async () => {
  for (const host of ['*', '::']) {
    const server = await serve(hello, { host })
    for (const address of ['127.0.0.1', '::1']) {
      expect(await bodyOf({ host: address, port: server.address.port })).toContain(address)
    }
  }
})

test.runIf(hasIpv6)('ipv6Only leaves IPv4 out', async () => {
  const server = await serve(hello, { host: '::', ipv6Only: true })
  expect(await bodyOf({ host: '::1', port: server.address.port })).toContain('::1')
  await expect(bodyOf({ host: '127.0.0.1', port: server.address.port })).rejects.toThrow()
})

test('several endpoints at once', async () => {
  const path = join(folder(), 'app.sock')
  const endpoints = [{ host: '127.0.0.1', port: 0 }, { host: '127.0.0.1', port: 0 }, { path }]
  if (process.platform === 'win32') endpoints.pop()
  const server = await serve(hello, { endpoints })
  expect(server.addresses).toHaveLength(endpoints.length)
  for (const { family, address, port } of server.addresses) {
    const target = family === 'unix' ? { path: address } : { host: address, port }
    expect(await bodyOf(target)).toBeTruthy()
  }
})

describe.skipIf(process.platform === 'win32')('Unix sockets', () => {
  test('serve, carry their permissions and are removed at the end', async () => {
    const path = join(folder(), 'app.sock')
    const server = await serve(hello, { path, mode: 0o660 })
    expect(server.address).toEqual({ family: 'unix', address: path, port: 0 })
    expect(statSync(path).mode & 0o777).toBe(0o660)
    expect(await bodyOf({ path })).toMatch(/^unix/)
    await server.close()
    expect(() => statSync(path)).toThrow(/ENOENT/)
  })

  test('a file that a dead server left is replaced', async () => {
    const path = join(folder(), 'app.sock')
    const dead = createServer()
    await new Promise<void>((resolve) => dead.listen(path, resolve))
    // Bound, and nobody listens: what a crash leaves behind.
    const { spawnSync } = await import('node:child_process')
    const crash = `
      const server = require('node:net').createServer()
      server.listen(process.argv[1] + '2', () => process.kill(process.pid, 'SIGKILL'))
    `
    spawnSync(process.execPath, ['-e', crash, path])
    await new Promise((resolve) => dead.close(resolve))
    expect(statSync(`${path}2`).isSocket()).toBe(true)
    await serve(hello, { path: `${path}2` })
    expect(await bodyOf({ path: `${path}2` })).toMatch(/^unix/)
  })

  test('a living server is not pushed aside', async () => {
    const path = join(folder(), 'app.sock')
    await serve(hello, { path })
    expect((await failure({ path })).code).toBe('LANNER_ADDRESS_IN_USE')
    expect(await bodyOf({ path })).toMatch(/^unix/)
  })

  test('a file that is no socket is left alone', async () => {
    const path = join(folder(), 'file')
    writeFileSync(path, 'precious')
    expect((await failure({ path })).code).toMatch(/^LANNER_/)
    expect(statSync(path).isFile()).toBe(true)
  })
})

test('a port in use is a typed error that says so', async () => {
  const server = await serve(hello)
  const { port } = server.address
  const error = await failure({ port, host: '127.0.0.1' })
  expect(error.code).toBe('LANNER_ADDRESS_IN_USE')
  expect(error.message).toContain(String(port))
  expect(await bodyOf(server.url)).toBeTruthy()
})

test('when one endpoint fails none is left open', async () => {
  const server = await serve(hello)
  const { port } = server.address
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const free = (probe.address() as { port: number }).port
  await new Promise((resolve) => probe.close(resolve))
  const endpoints = [free, port].map((one) => ({ host: '127.0.0.1', port: one }))
  expect((await failure({ endpoints })).code).toBe('LANNER_ADDRESS_IN_USE')
  await expect(bodyOf({ host: '127.0.0.1', port: free })).rejects.toThrow(/ECONNREFUSED/)
})

test('an address of another machine, an unknown host and a forbidden path are told apart', async () => {
  expect((await failure({ host: '192.0.2.1', port: 0 })).code).toBe('LANNER_ADDRESS_UNAVAILABLE')
  expect((await failure({ host: 'no.such.host.invalid', port: 0 })).code).toBe(
    'LANNER_HOST_UNKNOWN',
  )
})

test.each([
  [{ port: 65_536 }, /port .*0 to 65535.*65536/],
  [{ port: '80' }, /port .*"80"/],
  [{ endpoints: [{ port: 0 }, { port: -1 }] }, /endpoints\[1\]\.port/],
  [{ endpoints: [] }, /endpoints/],
  [{ port: 0, endpoints: [{ port: 0 }] }, /port.*endpoints/],
  [{ port: 0, limits: { bodyBytes: '30 bananas' } }, /limits\.bodyBytes/],
  [{ port: 0, limits: { bodyByte: 1 } }, /limits\.bodyByte\b/],
  [{ port: 0, timeouts: { headers: -1 } }, /timeouts\.headers/],
  [{ port: 0, timeouts: { keepAlive: '1 fortnight' } }, /timeouts\.keepAlive/],
  [{ port: 0, ioThreads: 0 }, /ioThreads/],
  [{ port: 0, hots: 'localhost' }, /hots/],
  [{ port: 0, path: '/tmp/x' }, /path/],
])('the wrong option in %j is named', async (options, message) => {
  const error = await failure(options as ListenOptions)
  expect(error.code).toBe('LANNER_OPTION_INVALID')
  expect(error.message).toMatch(message)
})

test('routes are closed once the server listens, and are checked before', async () => {
  const app = new App()
  expect(() => app.get('no-slash' as '/', () => '')).toThrow(/begins with "\/"/)
  expect(() => app.get('/:a/:a', () => '')).toThrow(
    expect.objectContaining({ code: 'LANNER_ROUTE_INVALID' }),
  )
  app.get('/a/:b', () => '')
  const server = await app.listen({ port: 0 })
  onTestFinished(() => server.close())
  expect(() => app.get('/late', () => '')).toThrow(
    expect.objectContaining({ code: 'LANNER_APP_LISTENING' }),
  )
})

test('two routes that cannot be told apart are an error that names both', async () => {
  const app = new App()
  const listen = async (): Promise<unknown> => {
    app.get('/users/:id', () => '')
    app.get('/users/:name', () => '')
    const server = await app.listen({ port: 0 })
    return server.close()
  }
  await expect(listen()).rejects.toMatchObject({
    code: 'LANNER_ROUTE_INVALID',
    message: expect.stringMatching(/:id.*:name|:name.*:id/),
  })
})
