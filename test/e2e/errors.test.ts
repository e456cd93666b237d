// Handlers that fail, each with its defined outcome.

import { HttpError } from 'lanner'
import { describe, expect, test } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { waitFor } from '../support/patience.ts'
import { RawClient } from '../support/raw.ts'
import { idle, serve, takeReports } from '../support/server.ts'

import type { RawResponse } from '../support/raw.ts'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`

async function ask(url: string, path = '/'): Promise<RawResponse> {
  const client = await RawClient.open(url)
  await client.send(get(path))
  return client.response()
}

const problem = 'application/problem+json'

test('an unknown error is a 500 that tells the client nothing', async () => {
  const secret = new Error('the password is swordfish')
  const server = await serve((app) => {
    app.get('/sync', () => {
      throw secret
    })
    app.get('/async', async () => {
      await Promise.resolve()
      throw secret
    })
    app.get('/odd', () => {
      throw undefined as unknown as Error
    })
  })
  for (const path of ['/sync', '/async', '/odd']) {
    const { status, headers, body } = await ask(server.url, path)
    expect([status, headers['content-type']]).toEqual([500, problem])
    expect(JSON.parse(body)).toEqual({ title: 'Internal Server Error', status: 500 })
  }
  expect(takeReports()).toEqual([secret, secret, undefined])
})

test('development shows what happened', async () => {
  const server = await serve(
    (app) =>
      app.get('/', () => {
        throw new TypeError('no such falcon')
      }),
    { development: true },
  )
  const { body } = await ask(server.url)
  expect(JSON.parse(body)).toMatchObject({ status: 500, detail: 'TypeError: no such falcon' })
  expect(takeReports()).toHaveLength(1)
})

test('an HttpError is its status, text and fields, and is not reported', async () => {
  const server = await serve((app) => {
    app.get('/teapot', () => {
      throw new HttpError(418, 'short and stout', { headers: { 'x-pot': 'tea' } })
    })
    app.get('/hidden', async () => {
      throw new HttpError(503, 'database on fire')
    })
  })
  const teapot = await ask(server.url, '/teapot')
  expect([teapot.status, teapot.headers['x-pot']]).toEqual([418, 'tea'])
  expect(JSON.parse(teapot.body)).toMatchObject({ status: 418, detail: 'short and stout' })
  const hidden = await ask(server.url, '/hidden')
  expect(hidden.status).toBe(503)
  expect(hidden.body).not.toContain('fire')
})

test('what was said about the body that failed is forgotten', async () => {
  const server = await serve((app) =>
    app.get('/', (ctx) => {
      ctx.header('content-encoding', 'gzip').header('etag', '"x"').header('x-trace', 'kept')
      throw new HttpError(400)
    }),
  )
  const { status, headers } = await ask(server.url)
  expect(status).toBe(400)
  expect(headers['content-encoding']).toBeUndefined()
  expect(headers['etag']).toBeUndefined()
  expect(headers['x-trace']).toBe('kept')
})

test('app.onError answers, and its own failure is a 500', async () => {
  const server = await serve((app) => {
    app.get('/known', () => {
      throw new RangeError('known')
    })
    app.get('/other', () => {
      throw new HttpError(404)
    })
    app.get('/worse', () => {
      throw new SyntaxError('worse')
    })
    app.onError((error, ctx) => {
      if (error instanceof RangeError) return ctx.json({ own: true }, 409)
      if (error instanceof SyntaxError) throw new Error('in the handler of errors')
      return undefined
    })
  })
  const known = await ask(server.url, '/known')
  expect([known.status, known.body]).toEqual([409, '{"own":true}'])
  expect((await ask(server.url, '/other')).status).toBe(404)
  expect((await ask(server.url, '/worse')).status).toBe(500)
  expect(takeReports()).toMatchObject([{ message: 'in the handler of errors' }])
})

test('middleware sees the error and may answer in its place', async () => {
  const server = await serve((app) => {
    app.use(async (ctx, next) => {
      try {
        return await next()
      } catch {
        return ctx.text('caught', 202)
      }
    })
    app.get('/', async () => {
      throw new Error('thrown')
    })
  })
  const { status, body } = await ask(server.url)
  expect([status, body]).toEqual([202, 'caught'])
})

test('a stream that fails after it began is cut, so that it never looks whole', async () => {
  async function* broken(): AsyncGenerator<string> {
    yield 'begun '
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    throw new Error('in the middle')
  }
  const server = await serve((app) => app.get('/', (ctx) => ctx.stream(broken())))
  const client = await RawClient.open(server.url)
  await client.send(get('/'))
  const bytes = await client.rest()
  expect(bytes).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(bytes).not.toMatch(/\r\n0\r\n\r\n$/)
  expect(takeReports()).toMatchObject([{ message: 'in the middle' }])
  await idle(server)
})

test('a stream that fails before it began is an ordinary error', async () => {
  // oxlint-disable-next-line require-yield
  async function* broken(): AsyncGenerator<string> {
    throw new HttpError(409, 'too early')
  }
  const server = await serve((app) => app.get('/', (ctx) => ctx.stream(broken())))
  expect((await ask(server.url)).status).toBe(409)
})

test('a second reply is an error of the handler; the client gets one reply', async () => {
  const codes: unknown[] = []
  const server = await serve((app) => {
    app.get('/caught', (ctx) => {
      const reply = ctx.text('first')
      try {
        ctx.text('second')
      } catch (error) {
        codes.push((error as { code: string }).code)
      }
      return reply
    })
    app.get('/thrown', (ctx) => {
      ctx.text('first')
      return ctx.json({ second: true })
    })
    app.get('/late', (ctx) => {
      setImmediate(() => {
        try {
          ctx.text('second')
        } catch (error) {
          codes.push((error as { code: string }).code)
        }
      })
      return 'first'
    })
  })
  const client = await RawClient.open(server.url)
  await client.send(get('/caught'))
  expect((await client.response()).body).toBe('first')
  await client.send(get('/thrown'))
  expect((await client.response()).status).toBe(500)
  expect(takeReports()).toMatchObject([{ code: 'LANNER_ALREADY_REPLIED' }])
  await client.send(get('/late'))
  expect((await client.response()).body).toBe('first')
  await expect.poll(() => codes.length).toBe(2)
  expect(new Set(codes)).toEqual(new Set(['LANNER_ALREADY_REPLIED']))
  await client.send(get('/caught'))
  expect((await client.response()).body).toBe('first')
})

test('next() twice, or with nothing behind it, is a clear error', async () => {
  const server = await serve((app) => {
    app.get(
      '/twice',
      async (_ctx, next) => {
        await next()
        await next()
      },
      () => 'once',
    )
    app.get('/missing', (_ctx, next) => next())
  })
  for (const [path, code] of [
    ['/twice', 'LANNER_NEXT_TWICE'],
    ['/missing', 'LANNER_NEXT_MISSING'],
  ]) {
    expect((await ask(server.url, path)).status).toBe(500)
    expect(takeReports()).toMatchObject([{ code }])
  }
})

test.each([
  ['a function', () => () => 1],
  ['a symbol', () => Symbol('s')],
  ['a bigint', () => 1n],
  [
    'an object that contains itself',
    () => {
      const loop: Record<string, unknown> = {}
      loop['loop'] = loop
      return loop
    },
  ],
])('%s as a reply is a 500', async (_, handler) => {
  const server = await serve((app) => app.get('/', handler))
  expect((await ask(server.url)).status).toBe(500)
  expect(takeReports()).toHaveLength(1)
})

test('a stream with something else in it is cut or a 500', async () => {
  const server = await serve((app) =>
    app.get('/', (ctx) => ctx.stream([{ not: 'bytes' }] as unknown as string[])),
  )
  expect((await ask(server.url)).status).toBe(500)
  expect(takeReports()).toMatchObject([{ code: 'LANNER_BODY_CHUNK' }])
})

test('after every kind of failure the connection goes on', async () => {
  const server = await serve((app) => {
    app.get('/throw', () => {
      throw new Error('thrown')
    })
    app.get('/ok', () => 'ok')
  })
  const client = await RawClient.open(server.url)
  for (let i = 0; i < 10; i++) {
    await client.send(get('/throw'), get('/ok'))
    expect((await client.response()).status).toBe(500)
    expect((await client.response()).body).toBe('ok')
  }
  expect(takeReports()).toHaveLength(10)
})

describe('what only the core can see is told, beside the 500', () => {
  test('a field that its status does not allow any more', async () => {
    const server = await serve((app) => {
      app.get('/old/:n', (ctx) => ctx.status(426).header('upgrade', 'h2c').status(200).text('ok'))
      app.get('/ok', () => 'ok')
    })
    const client = await RawClient.open(server.url)
    await client.send(get('/old/7'), get('/ok'))
    const { status, body } = await client.response()
    expect([status, body]).toEqual([500, '{"title":"Internal Server Error","status":500}'])
    expect((await client.response()).body).toBe('ok')
    await waitFor(() => expect(server.stats()['invalid_replies']).toBe(1))
    // It crosses to JavaScript behind the reply to the client.
    const reports: unknown[] = []
    await waitFor(() => expect(reports.push(...takeReports())).toBe(1))
    const [error] = reports as Error[]
    expect(error).toMatchObject({ code: 'LANNER_HEADER_RESERVED' })
    expect(error!.message).toMatch(/^The reply of GET \/old\/:n cannot be sent.* "upgrade"\.$/)
  })

  test('the head of a stream: its source is told, nothing waits for it', async () => {
    const ended = deferred<unknown>()
    const server = await serve((app) =>
      app.get('/', (ctx) => {
        ctx.status(426).header('upgrade', 'h2c').status(200)
        const cancel = (reason: unknown): void => ended.resolve(reason)
        const pull = (c: ReadableStreamDefaultController): void => c.enqueue(Buffer.alloc(65_536))
        return ctx.stream(new ReadableStream({ pull, cancel }))
      }),
    )
    expect((await ask(server.url)).status).toBe(500)
    expect(await ended.promise).toMatchObject({ code: 'LANNER_HEADER_RESERVED' })
    expect(takeReports()).toMatchObject([{ code: 'LANNER_HEADER_RESERVED' }])
  })

  // Where it is set, and not when the body has been sent: both sides have one list.
  test.each(['via', 'pragma', 'X-Forwarded-For', 'set-cookie', 'content-length'])(
    'a trailer that proxies would act on: %s',
    async (name) => {
      const server = await serve((app) =>
        app.get('/', (ctx) => {
          ctx.trailers.set(name, '1')
          return ctx.stream(['some', 'thing'])
        }),
      )
      expect((await ask(server.url)).status).toBe(500)
      expect(server.stats()['invalid_replies']).toBe(0)
      const [error] = takeReports() as Error[]
      expect(error).toMatchObject({ code: 'LANNER_HEADER_RESERVED' })
      expect(error!.message).toContain(`The field ${name} cannot be sent as a trailer`)
    },
  )
})
