// Opens listening sockets and hands them to the parent: a process that lives for a moment.
//
// Started by sockets.ts, which says why. A name that is several addresses is several sockets at one
// port; an address of a family that this machine lacks is left out as long as another one is there.

import { lookup } from 'node:dns/promises'
import { createServer } from 'node:net'

import { codeOf } from './errors.js'

import type { AddressInfo, Server } from 'node:net'
import type { OpenerMessage } from './sockets.js'

/** Tries for a free port that is free at every address. */
const ATTEMPTS = 10
const UNAVAILABLE = ['EADDRNOTAVAIL', 'EAFNOSUPPORT']

process.once('message', ({ host, port }: { host: string; port: number }) => {
  void open(host, port)
})

async function open(host: string, port: number): Promise<void> {
  try {
    const servers = await openAll(await addressesOf(host), port)
    for (const server of servers) await hand(server)
    await tell({ done: true })
  } catch (error) {
    const code = codeOf(error) ?? ''
    await tell({ failed: { code, message: (error as Error).message } })
  }
}

async function addressesOf(host: string): Promise<readonly string[]> {
  if (host === '*') return ['::', '0.0.0.0']
  const found = await lookup(host, { all: true })
  const all = host === 'localhost' ? ['127.0.0.1', '::1'] : found.map(({ address }) => address)
  return [...new Set(all)]
}

async function openAll(addresses: readonly string[], port: number): Promise<Server[]> {
  for (let attempt = 1; ; attempt++) {
    const servers: Server[] = []
    try {
      for (const address of addresses) {
        const bound = (servers[0]?.address() as AddressInfo | undefined)?.port ?? port
        const server = await openOne(address, bound, servers.length > 0)
        if (server !== undefined) servers.push(server)
        // Every address of both families at once.
        if (address === '::' && server !== undefined) break
      }
      return servers
    } catch (error) {
      for (const server of servers) server.close()
      if (port !== 0 || codeOf(error) !== 'EADDRINUSE' || attempt === ATTEMPTS) throw error
    }
  }
}

/** Nothing where another address is open and this one is none of this machine. */
function openOne(host: string, port: number, isMore: boolean): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      const isMissing = UNAVAILABLE.includes(codeOf(error) ?? '')
      if (isMissing && (isMore || host === '::')) resolve(undefined)
      else reject(error)
    })
    server.listen({ host, port, exclusive: true }, () => resolve(server))
  })
}

/** The handle alone: a Server would be accepted from by whoever gets it. */
function hand(server: Server): Promise<void> {
  const { port } = server.address() as AddressInfo
  const { _handle: handle } = server as unknown as { _handle: Server }
  return tell({ opened: { port } }, handle)
}

function tell(message: OpenerMessage, handle?: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(message, handle, {}, (error) => (error === null ? resolve() : reject(error)))
  })
}
