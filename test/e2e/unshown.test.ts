// Errors that cannot be looked at, and a console that throws: every request has its answer, and
// nothing leaves the path of requests.

import { setTimeout as sleep } from 'node:timers/promises'

import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { RawClient } from '../support/raw.ts'
import { serve, takeReports } from '../support/server.ts'

import type { App } from 'lanner'

/** A value that throws at `instanceof`. */
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const thrower = (): never => {
  throw new Error('from a getter')
}

/** Each when it is used: a test framework cannot show some of them either. */
const thrown: Record<string, () => unknown> = {
  'a revoked proxy': revoked,
  'a proxy that refuses all': () => new Proxy({}, { getPrototypeOf: thrower, get: thrower }),
  'an object whose getters throw': () =>
    Object.defineProperties(
      {},
      { name: { get: thrower }, cause: { get: thrower }, message: { get: thrower } },
    ),
  'an error whose getters throw': () =>
    Object.defineProperties(new Error('e'), {
      name: { get: thrower },
      cause: { get: thrower },
      stack: { get: thrower },
    }),
  'an object without a prototype': () => Object.create(null),
}

const escaped: unknown[] = []
const note = (error: unknown): void => void escaped.push(typeof error)

beforeEach(() => {
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
})

afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve))
  process.off('uncaughtException', note)
  process.off('unhandledRejection', note)
  expect(escaped.splice(0)).toEqual([])
})

const get = (path: string, accept = '*/*'): string =>
  `GET ${path} HTTP/1.1\r\nhost: a\r\naccept: ${accept}\r\n\r\n`

/** The statuses of pipelined requests. */
async function statuses(url: string, paths: string[], accept?: string): Promise<number[]> {
  const client = await RawClient.open(url)
  await client.send(paths.map((path) => get(path, accept)).join(''))
  const seen: number[] = []
  for (const _ of paths) seen.push((await client.response()).status)
  return seen
}

/** Routes that fail in every way. */
function failing(app: App, make: () => unknown): void {
  app.get('/ok', () => 'ok')
  app.get('/now', () => {
    throw make()
  })
  app.get('/later', async () => {
    await Promise.resolve()
    throw make()
  })
  app.get('/returned', make)
  app.get('/left', {}, async (_, next) => void next(), make)
  app.get('/answered', {}, async (_, next) => (next(), 'mine'), make)
}

describe.each([
  { development: false, accept: '*/*' },
  { development: true, accept: '*/*' },
  { development: true, accept: 'text/html' },
])('%j', ({ development, accept }) => {
  test.each(Object.keys(thrown))('%s is answered, and so are the others', async (kind) => {
    const server = await serve((app) => failing(app, thrown[kind]!), { development })
    const paths = ['/ok', '/now', '/ok', '/later', '/ok']
    expect(await statuses(server.url, paths, accept)).toEqual([200, 500, 200, 500, 200])
    expect(takeReports().length).toBeGreaterThanOrEqual(2)
    // What is no error and has a form as JSON is a reply like any other.
    const left = kind.startsWith('an object') ? 200 : 500
    const returning = ['/returned', '/left', '/answered', '/ok']
    expect(await statuses(server.url, returning, accept)).toEqual([left, left, left, 200])
    takeReports()
  })
})

test.each(Object.keys(thrown))('%s in an error handler', async (kind) => {
  const server = await serve((app) => {
    app.onError(() => {
      throw thrown[kind]!()
    })
    app.onResponse(thrower)
    failing(app, thrown[kind]!)
  })
  expect(await statuses(server.url, ['/now', '/later', '/ok'])).toEqual([500, 500, 200])
  await vi.waitFor(() => expect(takeReports().length).toBeGreaterThan(0))
})

test('a console that throws takes no reply along', async () => {
  const server = await serve((app) => failing(app, () => new Error('boom')))
  const broken = vi.spyOn(console, 'error').mockImplementation(() => {
    throw new Error('closed')
  })
  onTestFinished(() => broken.mockRestore())
  expect(await statuses(server.url, ['/now', '/later', '/ok'])).toEqual([500, 500, 200])
  expect(broken).toHaveBeenCalled()
})

describe('after the client has closed its sending side', () => {
  /** The reply to a client that half-closes while a handler waits, which then throws. */
  async function replyOf(fail: () => Promise<unknown>): Promise<string> {
    const reached = deferred()
    const server = await serve((app) => {
      app.get('/', async (ctx) => {
        reached.resolve()
        await sleep(60_000, undefined, { signal: ctx.signal }).catch(() => undefined)
        return fail()
      })
    })
    const client = await RawClient.open(server.url)
    await client.send(get('/'))
    await reached.promise
    client.finish()
    return client.rest()
  }

  test.each(Object.keys(thrown))('%s is an error as before', async (kind) => {
    expect(await replyOf(() => Promise.reject(thrown[kind]!()))).toMatch(/^HTTP\/1\.1 500 /)
    expect(takeReports()).toHaveLength(1)
  })

  test('an AbortError of a time limit of its own is reported', async () => {
    const own = (): Promise<unknown> => sleep(60_000, undefined, { signal: AbortSignal.timeout(1) })
    expect(await replyOf(own)).toMatch(/^HTTP\/1\.1 500 /)
    expect(takeReports()).toMatchObject([{ name: 'AbortError' }])
  })
})
