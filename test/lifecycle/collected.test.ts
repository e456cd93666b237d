// A server that has closed is garbage as soon as nobody has it, whatever listens to its events.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { App } from 'lanner'
import type { Server } from 'lanner'
import { expect, test } from 'vitest'

import { waitFor } from '../support/patience.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const listeners: [string, (server: Server) => void | Promise<void>][] = [
  ['nobody listened', (server) => server.close()],
  [
    'somebody listened before it closed',
    (server) => {
      server.on('reject', () => expect.unreachable(server.url))
      server.on('limit', () => expect.unreachable(server.url))
      return server.close()
    },
  ],
  [
    'somebody listens after it has closed',
    async (server) => {
      await server.close()
      server.on('reject', () => expect.unreachable(server.url))
    },
  ],
]

test.each(listeners)('%s', async (_, use) => {
  const open = async (): Promise<WeakRef<Server>> => {
    const server = await new App().listen({ port: 0, host: '127.0.0.1' })
    await use(server)
    return new WeakRef(server)
  }
  const server = await open()
  await waitFor(() => {
    collect()
    // A failed expectation of the server itself would hold it.
    expect(server.deref() === undefined).toBe(true)
  })
})
