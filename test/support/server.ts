// Servers for tests: on a free port of loopback, always closed, watched for what nobody expected.
//
// Used by the tests over real sockets. Promises at the end of each test that nothing was reported
// but what the test took, and that no connection and no exchange is left once the server closed.

import { App, serve as serveHandler } from 'lanner'
import type {
  FetchHandler,
  FetchObject,
  FetchServerObject,
  ListenOptions,
  ServeOptions,
  Server,
} from 'lanner'
import { expect, onTestFinished, vi } from 'vitest'

import { waitFor } from './patience.ts'

export type { Server }

/** Errors that servers of this test reported, oldest first. */
let reported: unknown[] = []
let isWatched = false

/** Listens with what `setup` registers; the server is closed when the test ends. */
export async function serve(
  setup: (app: App) => unknown,
  options: ListenOptions = {},
): Promise<Server> {
  watchReports()
  const app = new App()
  setup(app)
  const hasPlace = options.endpoints !== undefined || options.path !== undefined
  const place = hasPlace ? {} : { port: 0, host: '127.0.0.1' }
  const server = await app.listen({ ...place, ...options })
  closeAtEnd(server)
  return server
}

/** The same for a fetch handler. */
export async function serveFetch(
  handler: FetchHandler | FetchObject | FetchServerObject,
  options: ServeOptions = {},
): Promise<Server> {
  watchReports()
  const server = await serveHandler(handler as FetchObject, {
    port: 0,
    host: '127.0.0.1',
    ...options,
  })
  closeAtEnd(server)
  return server
}

function closeAtEnd(server: Server): void {
  onTestFinished(async () => {
    await server.close({ gracePeriodMs: 0 })
    expect(leftovers(server)).toEqual({ connections: 0, in_flight: 0, held: 0 })
  })
}

/** Errors that were reported so far; the test expects them. */
export function takeReports(): unknown[] {
  const taken = reported
  reported = []
  return taken
}

/** What a server holds that only running requests may make it hold. */
export function leftovers(server: Server): Record<string, number | undefined> {
  const { connections, in_flight, held } = server.stats()
  return { connections, in_flight, held }
}

/** Resolves when nothing of earlier requests is left and no client is connected. */
export async function idle(server: Server): Promise<void> {
  await waitFor(() => expect(leftovers(server)).toEqual({ connections: 0, in_flight: 0, held: 0 }))
}

function watchReports(): void {
  if (isWatched) return
  isWatched = true
  reported = []
  const spy = vi.spyOn(console, 'error').mockImplementation((error) => {
    reported.push(error)
  })
  onTestFinished(() => {
    isWatched = false
    spy.mockRestore()
    expect(takeReports()).toEqual([])
  })
}
