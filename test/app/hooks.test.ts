// Hooks: before the pipeline, after the exchange, and around a server's life.

import { setTimeout as sleep } from 'node:timers/promises'

import { App, HttpError } from 'lanner'
import { describe, expect, test, vi } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { waitFor } from '../support/patience.ts'
import { RawClient } from '../support/raw.ts'
import { serve, takeReports } from '../support/server.ts'

import type { ErrorHandler, Handler, InjectOptions, RequestHook, ResponseInfo } from 'lanner'

describe('onRequest', () => {
  test('runs before middleware, in order, and waits', async () => {
    const seen: string[] = []
    const app = new App()
    app.use((_, next) => {
      seen.push('middleware')
      return next()
    })
    app.onRequest(() => void seen.push('first'))
    app.onRequest(async () => {
      await Promise.resolve()
      seen.push('second')
    })
    app.onRequest((ctx) => {
      seen.push(`third ${ctx.path}`)
      ctx.header('x-hook', 'yes')
    })
    app.get('/', () => 'home')
    const { text, headers } = await app.inject('/')
    expect([text, headers.get('x-hook')]).toEqual(['home', 'yes'])
    expect(seen).toEqual(['first', 'second', 'third /', 'middleware'])
  })

  test.each<[string, RequestHook, number, string]>([
    ['a value', () => 'hook', 200, 'hook'],
    ['a helper', (ctx) => ctx.text('hook', 201), 201, 'hook'],
    ['a helper that is not returned', (ctx) => void ctx.text('hook'), 200, 'hook'],
    ['a promise', async (ctx) => ctx.json(null), 200, 'null'],
    ['a promise of nothing after a helper', async (ctx) => void ctx.text('hook'), 200, 'hook'],
    ['null', () => null, 200, 'null'],
  ])('answers with %s: nothing after it runs', async (_, hook, status, text) => {
    const never = vi.fn(() => 'never')
    const app = new App()
    app.onRequest(hook)
    app.onRequest(never)
    app.get('/', never)
    expect(await app.inject('/')).toMatchObject({ status, text })
    expect(never).not.toHaveBeenCalled()
  })

  test.each<[string, RequestHook]>([
    ['at once', (ctx) => ctx.header('x-hook', 'yes')],
    ['later', async (ctx) => ctx.header('x-hook', 'yes')],
  ])('a field alone is no answer, %s', async (_, hook) => {
    const app = new App().onRequest(hook).get('/', () => 'home')
    const { status, text, headers } = await app.inject('/')
    expect([status, text, headers.get('x-hook')]).toEqual([200, 'home', 'yes'])
  })

  test('a status that is returned is one', async () => {
    const never = vi.fn(() => 'never')
    const app = new App().onRequest((ctx) => ctx.status(403)).get('/', never)
    expect((await app.inject('/')).status).toBe(403)
    expect(never).not.toHaveBeenCalled()
  })

  test.each<[string, RequestHook]>([
    [
      'throws',
      () => {
        throw new HttpError(418)
      },
    ],
    ['rejects', () => Promise.reject(new HttpError(418))],
  ])('what it %s is answered like any error', async (_, hook) => {
    const app = new App()
    app.onRequest(hook)
    app.get('/', () => 'never')
    expect((await app.inject('/')).status).toBe(418)
  })

  test('sees requests that no route takes; their replies stay as they are', async () => {
    const plain = new App()
    const hooked = new App()
    const seen: string[] = []
    for (const app of [plain, hooked]) app.get('/a', () => 'a')
    hooked.onRequest((ctx) => void seen.push(`${ctx.method} ${ctx.path}`))
    const requests: InjectOptions[] = [
      { path: '/b' },
      { path: '/a', method: 'POST' },
      { path: '/a', method: 'OPTIONS' },
    ]
    for (const request of requests) {
      const [one, other] = [await plain.inject(request), await hooked.inject(request)]
      expect([other.status, other.text]).toEqual([one.status, one.text])
      expect(other.headers.get('allow')).toBe(one.headers.get('allow'))
    }
    expect(seen).toEqual(['GET /b', 'POST /a', 'OPTIONS /a'])
  })
})

/** Hooks hear of the end when the replies of a turn have left. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Runs a request against a handler; gives what the hook heard. */
async function heard(handler: Handler, options: InjectOptions = {}): Promise<ResponseInfo[]> {
  const infos: ResponseInfo[] = []
  const app = new App()
  app.onError((error) => (error instanceof HttpError ? undefined : 'taken'))
  app.onResponse((_, info) => infos.push(info))
  app.get('/', handler)
  await app.inject(options).catch(() => {})
  await turn()
  return infos
}

describe('onResponse', () => {
  const boom = new Error('boom')
  const teapot = new HttpError(418)
  async function* chunks(): AsyncGenerator<string> {
    yield 'a'
    await new Promise((resolve) => setImmediate(resolve))
    yield 'b'
  }
  async function* broken(): AsyncGenerator<string> {
    yield* chunks()
    throw boom
  }
  const early = (): never => {
    throw teapot
  }
  test.each<[string, Handler, InjectOptions, number, unknown]>([
    ['text', () => 'text', {}, 200, undefined],
    ['a promise', async () => 'text', {}, 200, undefined],
    ['a helper', (ctx) => ctx.json({}, 201), {}, 201, undefined],
    ['nothing', () => undefined, {}, 204, undefined],
    ['a status alone', (ctx) => void ctx.status(304), {}, 304, undefined],
    ['bytes', () => new Uint8Array(9), {}, 200, undefined],
    ['a Response', () => new Response('r', { status: 202 }), {}, 202, undefined],
    ['a stream', (ctx) => ctx.stream(chunks(), 206), {}, 206, undefined],
    ['HEAD', () => 'text', { method: 'HEAD' }, 200, undefined],
    ['HEAD of a stream', (ctx) => ctx.stream(chunks()), { method: 'HEAD' }, 200, undefined],
    ['connection: close', (ctx) => ctx.header('connection', 'close').text('t'), {}, 200, undefined],
    ['an answered error', early, {}, 418, teapot],
    ['an error that onError answered', () => Promise.reject(boom), {}, 500, boom],
    ['a stream that fails', (ctx) => ctx.stream(broken()), {}, 200, boom],
    ['no route', () => '', { path: '/nothing' }, 404, undefined],
    ['no method', () => '', { method: 'DELETE' }, 405, undefined],
  ])('is called once for %s', async (_, handler, options, status, error) => {
    expect(await heard(handler, options)).toEqual([
      { status, error, durationMs: expect.any(Number), bodyBytes: expect.any(Number) },
    ])
  })

  test('the duration is that of the whole exchange', async () => {
    const [info] = await heard((ctx) =>
      ctx.stream(
        (async function* () {
          yield 'a'
          await new Promise((resolve) => setTimeout(resolve, 30))
        })(),
      ),
    )
    expect(info?.durationMs).toBeGreaterThanOrEqual(25)
  })

  test('reads the request, in order, with what handlers left', async () => {
    const seen: unknown[] = []
    const app = new App()
    app.onResponse((ctx) => seen.push([ctx.method, ctx.path, ctx.query.get('q'), ctx.state]))
    app.onResponse((ctx) => seen.push(ctx.route.pattern))
    app.get('/users/:id', (ctx) => {
      ctx.state = { user: 7 }
      return 'done'
    })
    await app.inject('/users/7?q=1')
    await turn()
    expect(seen).toEqual([['GET', '/users/7', '1', { user: 7 }], '/users/:id'])
  })

  test('a client that has gone: 499, or the status that was sent', async () => {
    const infos: ResponseInfo[] = []
    const app = new App()
    const reached = deferred()
    app.onResponse((_, info) => infos.push(info))
    app.get('/waits', async (ctx) => {
      reached.resolve()
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
      return 'late'
    })
    app.get('/streams', (ctx) =>
      ctx.stream(
        (async function* () {
          yield 'a'
          await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
        })(),
      ),
    )
    const waiting = new AbortController()
    const failed = app.inject({ path: '/waits', signal: waiting.signal }).catch(() => 'gone')
    await reached.promise
    waiting.abort()
    expect(await failed).toBe('gone')

    const response = await app.fetch('/streams')
    await response.body?.cancel()
    await waitFor(() => expect(infos).toHaveLength(2))
    const error = expect.objectContaining({ code: 'LANNER_PEER_GONE' })
    expect(infos).toMatchObject([
      { status: 499, error },
      { status: 200, error },
    ])
  })

  describe('handlers that wait with ctx.signal are told of no error when their client goes', () => {
    const waits: [how: string, wait: (signal: AbortSignal) => Promise<unknown>][] = [
      ['an AbortError', (signal) => sleep(60_000, undefined, { signal })],
      [
        'the reason itself',
        (signal) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error))
          }),
      ],
      [
        'an error of theirs with the reason as its cause',
        (signal) =>
          sleep(60_000, undefined, { signal }).catch(() => {
            throw new Error('no answer of the database', { cause: signal.reason })
          }),
      ],
    ]

    test.each(waits)('%s', async (_, wait) => {
      const infos: ResponseInfo[] = []
      const reached = deferred()
      const server = await serve((app) => {
        app.onResponse((_ctx, info) => infos.push(info))
        app.get('/waits', (ctx) => {
          reached.resolve()
          return wait(ctx.signal)
        })
        app.get('/streams', async function* (ctx) {
          yield 'a'
          await wait(ctx.signal)
        })
      })
      const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`
      const waiting = await RawClient.open(server.url)
      await waiting.send(get('/waits'))
      await reached.promise
      waiting.finish()
      expect(await waiting.rest()).toMatch(/^HTTP\/1\.1 499 .*"code":"LANNER_PEER_GONE"\}$/s)

      const reading = await RawClient.open(server.url)
      await reading.send(get('/streams'))
      await reading.until('a\r\n')
      reading.finish()
      await reading.rest()
      await waitFor(() => expect(infos).toHaveLength(2))
      const error = expect.objectContaining({ code: 'LANNER_PEER_GONE' })
      expect(infos).toMatchObject([
        { status: 499, error },
        { status: 200, error },
      ])
    })

    test('but of one that is another', async () => {
      const reached = deferred()
      const server = await serve((app) => {
        app.get('/', async (ctx) => {
          reached.resolve()
          await sleep(60_000, undefined, { signal: ctx.signal }).catch(() => undefined)
          throw new Error('boom')
        })
      })
      const client = await RawClient.open(server.url)
      await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
      await reached.promise
      client.finish()
      expect(await client.rest()).toMatch(/^HTTP\/1\.1 500 /)
      expect(takeReports()).toMatchObject([{ message: 'boom' }])
    })
  })

  test('a deadline that passed: 504', async () => {
    const infos: ResponseInfo[] = []
    const server = await serve((app) => {
      app.onResponse((_, info) => infos.push(info))
      app.get('/', { timeout: '20ms' }, (ctx) => {
        return new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
      })
    })
    expect((await fetch(server.url)).status).toBe(504)
    await waitFor(() => expect(infos).toHaveLength(1))
    expect(infos).toMatchObject([{ status: 504, error: { code: 'LANNER_DEADLINE' } }])
  })

  test('what a hook throws goes to onError and keeps no other from running', async () => {
    const told: unknown[] = []
    const app = new App()
    app.onError((error) => void told.push(error))
    app.onResponse(() => {
      throw new Error('sync')
    })
    app.onResponse(async () => {
      await Promise.resolve()
      throw new Error('async')
    })
    const last = vi.fn()
    app.onResponse(last)
    app.get('/', () => 'fine')
    expect((await app.inject('/')).text).toBe('fine')
    await waitFor(() => expect(told).toHaveLength(2))
    expect(told).toMatchObject([{ message: 'sync' }, { message: 'async' }])
    expect(last).toHaveBeenCalledOnce()
  })

  test('it cannot reply', async () => {
    const codes: unknown[] = []
    const app = new App()
    app.onResponse((ctx) => {
      try {
        ctx.text('more')
      } catch (error) {
        codes.push((error as { code: string }).code)
      }
    })
    app.get('/', () => 'fine')
    await app.inject('/')
    await turn()
    expect(codes).toEqual(['LANNER_ALREADY_REPLIED'])
  })
})

describe('onError', () => {
  const boom = new Error('boom')
  const nothing: ErrorHandler = () => undefined
  const later = (handler: ErrorHandler): ErrorHandler => {
    return async (error, ctx) => {
      await turn()
      return handler(error, ctx)
    }
  }
  const rows: [name: string, first: ErrorHandler, status: number, text: string, asked: boolean][] =
    [
      ['the first one answers', () => 'first', 500, 'first', false],
      ['with a helper', (_, ctx) => void ctx.json('first', 418), 418, '"first"', false],
      ['with a status alone', (_, ctx) => void ctx.status(418), 418, '', false],
      ['the first one only looks', nothing, 500, 'second', true],
      ['fields alone are no answer', (_, ctx) => ctx.header('x-a', '1'), 500, 'second', true],
    ]

  for (const [when, wrap] of Object.entries({ 'at once': (one: ErrorHandler) => one, later })) {
    test.each(rows)(`several are asked until one answers, ${when}: %s`, async (...row) => {
      const [, first, status, text, isAsked] = row
      const second = vi.fn(() => 'second')
      const app = new App().onError(wrap(first)).onError(second)
      app.get('/', () => Promise.reject(boom))
      const reply = await app.inject('/')
      expect([reply.status, reply.text]).toEqual([status, text])
      expect(second).toHaveBeenCalledTimes(isAsked ? 1 : 0)
    })
  }

  test('where none answers the problem document does', async () => {
    const app = new App().onError(nothing).onError(later(nothing))
    app.get('/', () => Promise.reject(new HttpError(409, 'taken')))
    expect((await app.inject('/')).json()).toMatchObject({ status: 409, detail: 'taken' })
  })

  test('each is told of an error that is too late, whatever the others do', async () => {
    const told: string[] = []
    const hear = (name: string): ErrorHandler => {
      return (error, ctx) => {
        if (!ctx.sent) return undefined
        told.push(`${name}: ${(error as Error).message}`)
        return name === 'b' ? Promise.reject(new Error('from b')) : name
      }
    }
    const thrower: ErrorHandler = () => {
      throw new Error('from the thrower')
    }
    const app = new App().onError(hear('a')).onError(hear('b')).onError(hear('c'))
    app.onError(thrower)
    const reports = vi.spyOn(console, 'error').mockImplementation(() => {})
    app.onResponse(() => {
      throw new Error('late')
    })
    app.get('/', () => 'fine')
    expect((await app.inject('/')).text).toBe('fine')
    await waitFor(() => expect(reports).toHaveBeenCalledTimes(2))
    reports.mockRestore()
    expect(told).toEqual(['a: late', 'b: late', 'c: late'])
  })

  test('only functions are taken', () => {
    expect(() => new App().onError('no' as never)).toThrow(/given to onError\(\)/)
  })
})

describe('onListen and onClose', () => {
  test('are called in order with the server, and waited for', async () => {
    const seen: string[] = []
    const server = await serve((app) => {
      app.onListen(async ({ url }) => {
        await Promise.resolve()
        seen.push(`listens at ${new URL(url).hostname}`)
      })
      app.onListen(() => void seen.push('second'))
      app.onClose(async () => {
        await Promise.resolve()
        seen.push('closed')
      })
      app.onClose(() => void seen.push('closed, second'))
    })
    expect(seen.splice(0)).toEqual(['listens at 127.0.0.1', 'second'])
    await server.close({ gracePeriod: 0 })
    expect(seen).toEqual(['closed', 'closed, second'])
  })

  test('an error of onListen is that of listen(), and the server is closed', async () => {
    const app = new App()
    const closed = vi.fn()
    app.onListen(() => Promise.reject(new Error('no database')))
    app.onClose(closed)
    await expect(app.listen({ port: 0, host: '127.0.0.1' })).rejects.toThrow('no database')
    expect(closed).toHaveBeenCalledOnce()
  })

  test('an error of onClose is reported; closing goes on', async () => {
    const last = vi.fn()
    const server = await serve((app) => {
      app.onClose(() => Promise.reject(new Error('stuck')))
      app.onClose(last)
    })
    await server.close({ gracePeriod: 0 })
    await server.close({ gracePeriod: 0 })
    expect(last).toHaveBeenCalledExactlyOnceWith(server, expect.anything())
    expect(takeReports()).toMatchObject([{ message: 'stuck' }])
  })
})

test.each(['onError', 'onRequest', 'onResponse', 'onListen', 'onClose'] as const)(
  '%s takes a function, before listen()',
  async (name) => {
    const app = new App()
    expect(() => app[name]('text' as never)).toThrow(
      `"text" was given to ${name}(), not a function.`,
    )
    const server = await app.listen({ port: 0, host: '127.0.0.1' })
    expect(() => app[name](() => {})).toThrow(
      expect.objectContaining({ code: 'LANNER_APP_LISTENING' }),
    )
    await server.close({ gracePeriod: 0 })
  },
)
