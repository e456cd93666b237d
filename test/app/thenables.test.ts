// What query builders and ORMs give (a `then`, and no Promise) is waited for like a promise,
// wherever a function of the application may answer later: its query runs, once, and its error is
// told where that of a promise would be.

import { App, HttpError, jsonLines, serve as serveHandler } from 'lanner'
import { describe, expect, expectTypeOf, test } from 'vitest'
import * as z from 'zod'

import { waitFor } from '../support/patience.ts'
import { query } from '../support/query.ts'
import { serve, takeReports } from '../support/server.ts'

import type { Middleware } from 'lanner'

/** A query that notes when it runs: not before somebody waits for it. */
class Query<T> implements PromiseLike<T> {
  runs = 0
  readonly #run: () => T

  constructor(run: () => T) {
    this.#run = run
  }

  // oxlint-disable-next-line unicorn/no-thenable
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.runs++
    return Promise.resolve().then(this.#run).then(onValue, onError)
  }
}

const fails = (): Query<never> =>
  new Query(() => {
    throw new HttpError(418, 'the query failed')
  })

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('handlers behind middleware', () => {
  const through: Record<string, Middleware> = {
    'await next()': async (_ctx, next) => {
      await next()
    },
    'return next()': async (_ctx, next) => next(),
    'await, and its value': async (_ctx, next) => {
      const value = await next()
      return value
    },
    'no promise': (_ctx, next) => next(),
    'nobody waits': (_ctx, next) => {
      void next()
    },
  }
  for (const [name, middleware] of Object.entries(through)) {
    test.each([1, 2])(`a query runs once: ${name}, %d of them`, async (count) => {
      const [row, nothing] = [new Query(() => 'a row'), new Query(() => undefined)]
      const app = new App()
      for (let i = 0; i < count; i++) app.use(middleware)
      app.get('/row', () => row)
      app.get('/nothing', (ctx) => {
        ctx.status(204)
        return nothing
      })
      expect((await app.inject('/row')).text).toBe('a row')
      expect((await app.inject('/nothing')).status).toBe(204)
      expect([row.runs, nothing.runs]).toEqual([1, 1])
    })
  }

  test('a query whose value is looked at runs once', async () => {
    const row = new Query(() => 'a row')
    const app = new App({ validation: { responses: 'error' } })
    app.use(through['await next()']!)
    app.get('/', { responses: { 200: z.string() } }, () => row as unknown as string)
    expect((await app.inject('/')).text).toBe('a row')
    expect(row.runs).toBe(1)
  })
})

describe('hooks of a request', () => {
  test('onRequest: its value is the answer, its error that of a handler', async () => {
    const app = new App()
    const nothing = new Query(() => undefined)
    app.onRequest(() => nothing)
    app.onRequest((ctx) => (ctx.path === '/fails' ? fails() : undefined))
    app.onRequest(() => query('from the hook'))
    expect((await app.inject('/')).text).toBe('from the hook')
    expect((await app.inject('/fails')).status).toBe(418)
    expect(nothing.runs).toBe(2)
  })

  test('onReply: the reply waits, its error is answered', async () => {
    const app = new App()
    const note = new Query(() => 'noted')
    app.get('/', (ctx) => {
      ctx.onReply((reply) =>
        query(undefined).then(() => {
          reply.header('x-later', 'yes')
        }),
      )
      ctx.onReply(() => note)
      return 'home'
    })
    app.get('/fails', (ctx) => ctx.onReply(fails).text('never'))
    const { text, headers } = await app.inject('/')
    expect([text, headers.get('x-later'), note.runs]).toEqual(['home', 'yes', 1])
    expect((await app.inject('/fails')).status).toBe(418)
  })

  test('onEnd: it runs, its error is reported', async () => {
    const server = await serve((app) => {
      app.get('/', (ctx) => ctx.onEnd(() => note).text('home'))
      app.get('/fails', (ctx) => ctx.onEnd(fails).text('home'))
      app.get('/rejects', (ctx) => ctx.onEnd(() => Promise.reject(new Error('late'))).text('home'))
    })
    const note = new Query(() => 'noted')
    for (const path of ['/', '/fails', '/rejects']) {
      expect(await (await fetch(server.url + path)).text()).toBe('home')
    }
    await waitFor(() => expect(note.runs).toBe(1))
    const reports: unknown[] = []
    await waitFor(() => expect(reports.push(...takeReports())).toBe(2))
    expect(reports).toMatchObject([{ message: 'the query failed' }, { message: 'late' }])
  })

  test('onResponse: it runs, its error goes to onError, whose own query runs too', async () => {
    const app = new App()
    const told: unknown[] = []
    const note = new Query(() => 'noted')
    app.onError((error) => {
      told.push(error)
      return note
    })
    app.onResponse(() => fails())
    app.get('/', () => 'home')
    expect((await app.inject('/')).text).toBe('home')
    await waitFor(() => expect(told).toMatchObject([{ message: 'the query failed' }]))
    await turn()
    expect(note.runs).toBe(1)
  })
})

describe('hooks of a server', () => {
  test('onListen and onClose: listen() and close() wait for them', async () => {
    const seen: string[] = []
    const server = await serve((app) => {
      app.onListen(() => new Query(() => seen.push('listens')))
      app.onClose(() => new Query(() => seen.push('closed')))
    })
    expect(seen).toEqual(['listens'])
    await server.close({ gracePeriod: 0 })
    expect(seen).toEqual(['listens', 'closed'])
  })

  test('their errors are those of listen(), and reported by close()', async () => {
    const app = new App()
    app.onListen(fails)
    const listening = app.listen({ port: 0, host: '127.0.0.1' })
    await expect(listening).rejects.toThrow('the query failed')
    const server = await serve((other) => other.onClose(fails))
    await server.close({ gracePeriod: 0 })
    expect(takeReports()).toMatchObject([{ message: 'the query failed' }])
  })
})

describe('services', () => {
  test.each(['app', 'request'] as const)('a factory of scope %s: one query', async (scope) => {
    const settings = new Query(() => ({ title: 'Shop' }))
    const disposed: unknown[] = []
    const app = new App()
      .provide('settings', () => settings, {
        scope: scope as 'app',
        dispose: (made) => new Query(() => disposed.push(made.title)),
      })
      .get('/', async ({ services }) => {
        expectTypeOf(services.settings).toEqualTypeOf<Promise<{ title: string }>>()
        const [one, other] = await Promise.all([services.settings, services.settings])
        return one === other && services.settings instanceof Promise
      })
    expect((await app.inject('/')).json()).toBe(true)
    await app.close()
    await waitFor(() => expect(disposed).toEqual(['Shop']))
    expect(settings.runs).toBe(1)
  })

  test('one that fails is tried again, and a disposer that fails is reported', async () => {
    let runs = 0
    const server = await serve((app) =>
      app
        .provide(
          'settings',
          () =>
            new Query(() => {
              if (++runs === 1) throw new HttpError(503)
              return 'up'
            }),
          { dispose: fails },
        )
        .get('/', ({ services }) => services.settings),
    )
    expect((await fetch(server.url)).status).toBe(503)
    expect(await (await fetch(server.url)).text()).toBe('up')
    await server.close({ gracePeriod: 0 })
    expect(takeReports()).toMatchObject([{ message: 'the query failed' }])
  })
})

describe('streams', () => {
  /** An iterator whose steps are no Promises, as promise libraries make them. */
  function rows(): AsyncIterable<string> {
    let at = 0
    const next = (): PromiseLike<IteratorResult<string, undefined>> =>
      query(at++ < 2 ? { value: `row ${at}`, done: false } : { value: undefined, done: true })
    return { [Symbol.asyncIterator]: () => ({ next: next as AsyncIterator<string>['next'] }) }
  }

  test('steps of an iterator are waited for', async () => {
    const app = new App()
    app.get('/text', (ctx) => ctx.stream(rows()))
    app.get('/lines', () => jsonLines(rows()))
    expect((await app.inject('/text')).text).toBe('row 1row 2')
    expect((await app.inject('/lines')).text).toBe('"row 1"\n"row 2"\n')
  })
})

test('a fetch handler', async () => {
  const handler = (): Promise<Response> => query(new Response('later')) as Promise<Response>
  const server = await serveHandler(handler, { port: 0, host: '127.0.0.1' })
  expect(await (await fetch(server.url)).text()).toBe('later')
  await server.close({ gracePeriod: 0 })
})
