// Sockets that somebody else opened: a parent that hands a descriptor over, and systemd.

import { openSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, ListenOptions as NetOptions, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { App } from 'lanner'
import { describe, expect, onTestFinished, test } from 'vitest'

import { startNode } from '../support/child.ts'
import type { Child } from '../support/child.ts'
import { RawClient } from '../support/raw.ts'

import type { RawTarget } from '../support/raw.ts'

const fixture = 'test/lifecycle/fixtures/inherited.mjs'
const get = 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'

/** A socket that listens and that nobody accepts from in this process, with its descriptor. */
async function listening(options: NetOptions): Promise<{ server: Server; fd: number }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(options, resolve))
  onTestFinished(() => void server.close())
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle
  return { server, fd }
}

function start(options: object, fds: readonly number[], systemd?: string): Child {
  const env = { OPTIONS: JSON.stringify(options) }
  return startNode(fixture, {
    env,
    fds,
    ...(systemd === undefined ? {} : { shell: `${systemd} exec "$@"` }),
  })
}

/** Whether the child serves there: the parent never accepts what it does not get to. */
async function isServedBy(child: Child, target: RawTarget): Promise<void> {
  const client = await RawClient.open(target)
  await client.send(get)
  expect((await client.response()).body).toContain(`${child.process.pid} `)
}

async function failure(child: Child): Promise<string> {
  const [, said] = await child.said(/failed (.*)\n/)
  return said!
}

describe.skipIf(process.platform === 'win32')('inherited sockets', () => {
  test('a TCP socket of the parent is served by the child', async () => {
    const { server, fd } = await listening({ host: '127.0.0.1', port: 0 })
    const { port } = server.address() as AddressInfo
    // Both processes have the socket; this one stops accepting.
    ;(server as unknown as { _handle: { unref(): void } })._handle.unref()
    const child = start({ fd: 3 }, [fd])
    const [, address] = await child.said(/at (.*)\n/)
    expect(address).toBe(`127.0.0.1|${port}`)
    server.close()
    await isServedBy(child, port)
    await isServedBy(child, port)
  })

  test('a Unix socket of the parent is served by the child, and its file stays', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lanner-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const path = join(folder, 'inherited.sock')
    const { fd } = await listening({ path })
    const child = start({ fd: 3 }, [fd])
    const [, address] = await child.said(/at (.*)\n/)
    expect(address).toBe(`${path}|0`)
  })

  test('a server that has closed holds the socket no more', async () => {
    const { server: parent, fd } = await listening({ host: '127.0.0.1', port: 0 })
    const { port } = parent.address() as AddressInfo
    const server = await new App().listen({ fd })
    await server.close()
    await new Promise((resolve) => parent.close(resolve))
    // Nobody listens any more, although the server is still there.
    await expect(RawClient.open(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(server.address.port).toBe(port)
  })

  test('what is not a listening stream socket is an error that says what it is', async () => {
    const file = openSync(fixture, 'r')
    expect(await failure(start({ fd: 3 }, [file]))).toMatch(
      /^LANNER_DESCRIPTOR_INVALID: descriptor 3 is not a socket; pass a stream socket/,
    )
    expect(await failure(start({ fd: 1000 }, []))).toMatch(
      /^LANNER_DESCRIPTOR_INVALID: descriptor 1000 is not open/,
    )
  })
})

describe.skipIf(process.platform === 'win32')('socket activation by systemd', () => {
  const pid = 'LISTEN_PID=$$; export LISTEN_PID LISTEN_FDS LISTEN_FDNAMES;'

  test('all sockets, or those of a name', async () => {
    const first = await listening({ host: '127.0.0.1', port: 0 })
    const second = await listening({ host: '127.0.0.1', port: 0 })
    const fds = [first.fd, second.fd]
    const ports = [first, second].map(({ server }) => (server.address() as AddressInfo).port)
    const env = `LISTEN_FDS=2; LISTEN_FDNAMES=web:admin; ${pid}`
    const all = start({ systemd: true }, fds, env)
    const [, addresses] = await all.said(/at (.*)\n/)
    expect(addresses).toBe(ports.map((port) => `127.0.0.1|${port}`).join(' '))
    all.kill('SIGKILL')
    await all.exited
    const named = start({ endpoints: [{ systemd: 'admin' }] }, fds, env)
    const [, address] = await named.said(/at (.*)\n/)
    expect(address).toBe(`127.0.0.1|${ports[1]}`)
    second.server.close()
    await isServedBy(named, ports[1]!)
  })

  test('sockets that are meant for another process, or for nobody, are an error', async () => {
    const { fd } = await listening({ host: '127.0.0.1', port: 0 })
    const other = 'LISTEN_PID=1; LISTEN_FDS=1; export LISTEN_PID LISTEN_FDS;'
    expect(await failure(start({ systemd: true }, [fd], other))).toMatch(
      /^LANNER_SYSTEMD: systemd passed no such sockets \(LISTEN_PID is "1" and this process is \d/,
    )
    expect(await failure(start({ systemd: true }, [fd]))).toMatch(
      /^LANNER_SYSTEMD: .*LISTEN_PID and LISTEN_FDS are not set/,
    )
  })
})
