// app.inject() and app.fetch(): the application without a socket, parsed and routed natively.

import { App, HttpError } from 'lanner'
import { describe, expect, test, vi } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { waitFor } from '../support/patience.ts'

import type { InjectOptions } from 'lanner'

function demo(): App {
  const app = new App()
  app.use(async (ctx, next) => {
    await next()
    ctx.header('x-app', 'demo')
  })
  app.get('/', () => 'home')
  app.get('/users/:id', (ctx) => ({ id: ctx.params.id, q: ctx.query.get('q') ?? null }))
  app.post('/users', async (ctx) => ctx.json(await ctx.body.json(), 201))
  app.get('/headers', ({ headers }) => headers.raw())
  app.get('/*rest', (ctx) => ctx.text(ctx.path))
  return app
}

describe('inject', () => {
  test('a path alone', async () => {
    const { status, text, headers } = await demo().inject('/')
    expect([status, text, headers.get('x-app')]).toEqual([200, 'home', 'demo'])
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(headers.get('content-length')).toBe('4')
  })

  test('parameters, query, decoding', async () => {
    const app = demo()
    expect((await app.inject('/users/7?q=a%20b')).json()).toEqual({ id: '7', q: 'a b' })
    expect((await app.inject('/a%20b/./c/../d')).text).toBe('/a b/d')
  })

  test.each<[string, InjectOptions, unknown]>([
    ['an object', { path: '/users', body: { name: 'Ada' } }, { name: 'Ada' }],
    ['text', { path: '/users', body: '{"a":1}' }, { a: 1 }],
    ['bytes', { path: '/users', body: Buffer.from('[1]') }, [1]],
    ['an ArrayBuffer', { path: '/users', body: new Uint8Array([49]).buffer }, 1],
  ])('a body: %s', async (_, options, expected) => {
    const response = await demo().inject(options)
    expect([response.status, response.json()]).toEqual([201, expected])
  })

  test('fields, several of a name, and the body type', async () => {
    const response = await demo().inject({
      path: '/headers',
      headers: { 'X-One': 'a', 'x-two': ['b', 'c'], host: 'own.example' },
    })
    expect(response.json()).toEqual([
      ['X-One', 'a'],
      ['x-two', 'b'],
      ['x-two', 'c'],
      ['host', 'own.example'],
    ])
  })

  test('large bodies go both ways in pieces', async () => {
    const app = new App()
    app.post('/echo', async (ctx) => ctx.bytes(await ctx.body.bytes()))
    app.post('/pipe', (ctx) => ctx.stream(ctx.body))
    const body = Buffer.alloc(3_000_000, 'large')
    for (const path of ['/echo', '/pipe']) {
      const response = await app.inject({ method: 'POST', path, body })
      expect(Buffer.from(response.body).equals(body)).toBe(true)
    }
  })

  test('a body larger than the limit is refused natively', async () => {
    const app = new App().post('/', () => 'never') as App
    const response = await app.inject({ method: 'POST', body: Buffer.alloc(30_000_001) })
    expect(response.status).toBe(413)
  })

  test('the core answers by itself: 404, 405, OPTIONS', async () => {
    const app = new App()
    app.get('/a', () => 'a')
    const missing = await app.inject('/b')
    expect([missing.status, missing.json()]).toEqual([404, { title: 'Not Found', status: 404 }])
    const refused = await app.inject({ method: 'DELETE', path: '/a' })
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    const options = await app.inject({ method: 'OPTIONS', path: '/a' })
    expect([options.status, options.text]).toEqual([204, ''])
  })

  test('HEAD has no body', async () => {
    const { status, text, headers } = await demo().inject({ method: 'HEAD' })
    expect([status, text, headers.get('content-length')]).toEqual([200, '', '4'])
  })

  test('errors', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const app = new App()
    app.get('/http', () => {
      throw new HttpError(409, 'taken')
    })
    app.get('/unknown', () => {
      throw new Error('secret')
    })
    const http = await app.inject('/http')
    expect(http.json()).toEqual({ title: 'Conflict', status: 409, detail: 'taken' })
    expect(http.headers.get('content-type')).toBe('application/problem+json')
    expect((await app.inject('/unknown')).status).toBe(500)
    expect(error).toHaveBeenCalledTimes(1)
    error.mockRestore()
  })

  test('informational responses and trailers', async () => {
    const app = new App()
    app.get('/', (ctx) => {
      ctx.earlyHints({ link: '</a.css>' })
      ctx.trailers.set('x-sum', '1')
      return 'body'
    })
    const { text, trailers, informational } = await app.inject('/')
    expect([text, trailers.get('x-sum')]).toEqual(['body', '1'])
    expect(informational).toHaveLength(1)
    expect(informational[0]!.status).toBe(103)
    expect(informational[0]!.headers.get('link')).toBe('</a.css>')
  })

  test('a stream that breaks rejects', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const app = new App()
    app.get('/', async function* broken() {
      yield 'begun'
      await new Promise((resolve) => setImmediate(resolve))
      throw new Error('in the middle')
    })
    await expect(app.inject('/')).rejects.toThrow(/after its reply had begun/)
    expect(error).toHaveBeenCalledTimes(1)
    error.mockRestore()
  })

  test('a signal is a client that leaves', async () => {
    const aborted = deferred<unknown>()
    const app = new App()
    app.get('/', (ctx) => {
      ctx.signal.addEventListener('abort', () => aborted.resolve(ctx.signal.reason))
      return new Promise(() => {})
    })
    const controller = new AbortController()
    const response = app.inject({ signal: controller.signal })
    setImmediate(() => controller.abort(new Error('left')))
    await expect(response).rejects.toThrow('left')
    expect(await aborted.promise).toMatchObject({ code: 'LANNER_PEER_GONE' })
  })

  test('many at once do not mix, sync and async', async () => {
    const app = new App()
    app.get('/sync/:id', ({ params }) => params.id)
    app.get('/async/:id', async (ctx) => {
      await new Promise((resolve) => setTimeout(resolve, Number(ctx.params.id) % 3))
      return ctx.params.id
    })
    const paths = Array.from({ length: 200 }, (_, i) => `/${i % 2 ? 'sync' : 'async'}/${i}`)
    const texts = await Promise.all(paths.map(async (path) => (await app.inject(path)).text))
    expect(texts).toEqual(paths.map((path) => path.split('/')[2]))
  })

  test('within a handler of the same application', async () => {
    const app = new App()
    app.get('/inner/:x', ({ params }) => params.x)
    app.get('/outer', async () => {
      const inner = await Promise.all(['a', 'b'].map((x) => app.inject(`/inner/${x}`)))
      return inner.map(({ text }) => text)
    })
    expect((await app.inject('/outer')).json()).toEqual(['a', 'b'])
  })

  test('routes that are added later are there', async () => {
    const app = new App()
    app.get('/a', () => 'a')
    expect((await app.inject('/b')).status).toBe(404)
    app.get('/b', () => 'b')
    expect((await app.inject('/b')).text).toBe('b')
    app.notFound((ctx) => ctx.text('none'))
    expect(await app.inject('/c')).toMatchObject({ status: 404, text: 'none' })
  })

  test.each<[string, InjectOptions]>([
    ['a path that would begin another line', { path: '/a\r\nx: y' }],
    ['a path with a space', { path: '/a b' }],
    ['a value with a line break', { headers: { x: 'a\nb' } }],
    ['a name that is none', { headers: { 'a b': 'c' } }],
  ])('%s is an error', async (_, options) => {
    await expect(demo().inject(options)).rejects.toMatchObject({
      code: expect.stringMatching(/LANNER_(OPTION|HEADER)_INVALID/),
    })
  })

  test('two routes that cannot be told apart are an error that names both', () => {
    const app = new App().get('/users/:id', () => '')
    expect(() => app.get('/users/:name', () => '')).toThrow(
      expect.objectContaining({
        code: 'LANNER_ROUTE_INVALID',
        message: expect.stringMatching(/:id.*:name|:name.*:id/),
      }),
    )
  })
})

describe('fetch', () => {
  test('a path, a URL, a Request', async () => {
    const app = demo()
    for (const input of [
      '/users/7?q=x',
      new URL('http://a.example/users/7?q=x'),
      new Request('http://a.example/users/7?q=x'),
    ]) {
      const response = await app.fetch(input)
      expect(response).toBeInstanceOf(Response)
      expect(await response.json()).toEqual({ id: '7', q: 'x' })
    }
  })

  test('the host of the URL', async () => {
    const app = new App()
    app.get('/', (ctx) => ctx.url.href)
    expect(await (await app.fetch('http://a.example:81/?x')).text()).toBe('http://a.example:81/?x')
  })

  test('bodies: text, JSON, form, stream', async () => {
    const app = new App()
    app.post('/text', (ctx) => ctx.body.text())
    app.post('/form', async (ctx) => Object.fromEntries(await ctx.body.form()))
    app.post('/request', async (ctx) => (await ctx.request.formData()).get('field') as string)
    const post = async (path: string, init: RequestInit): Promise<string> =>
      (await app.fetch(path, { method: 'POST', ...init })).text()

    expect(await post('/text', { body: 'größe' })).toBe('größe')
    expect(await post('/form', { body: new URLSearchParams({ a: 'b c' }) })).toBe('{"a":"b c"}')
    const form = new FormData()
    form.set('field', 'value')
    expect(await post('/request', { body: form })).toBe('value')
    const stream = new Blob(['a', 'b'.repeat(100_000)]).stream()
    const init = { body: stream, duplex: 'half' } as RequestInit
    expect((await post('/text', init)).length).toBe(100_001)
  })

  test('a Blob has its type, or that of bytes', async () => {
    const app = new App()
    app.post('/', async (ctx) => [ctx.headers.get('content-type'), await ctx.body.text()])
    const typed = new Blob(['<a/>'], { type: 'text/xml' })
    expect((await app.inject({ body: typed })).json()).toEqual(['text/xml', '<a/>'])
    const bare = await app.inject({ body: new Blob(['x']) })
    expect(bare.json()).toEqual(['application/octet-stream', 'x'])
  })

  test('a Request that was made before, with a body', async () => {
    const app = new App()
    app.post('/', (ctx) => ctx.body.text())
    const request = new Request('http://a/', { method: 'POST', body: 'made before' })
    expect(await (await app.fetch(request)).text()).toBe('made before')
  })

  test('the body of the response is pulled as it is read', async () => {
    let taken = 0
    const app = new App()
    app.get('/', async function* source() {
      while (true) {
        taken++
        yield Buffer.alloc(10_000)
        await undefined
      }
    })
    const response = await app.fetch('/')
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(taken).toBeLessThan(10)
    const reader = response.body!.getReader()
    for (let i = 0; i < 30; i++) await reader.read()
    expect(taken).toBeGreaterThan(20)
    expect(taken).toBeLessThan(60)
    await reader.cancel()
  })

  test('a body that is cancelled is a client that leaves', async () => {
    const aborted = deferred()
    const app = new App()
    app.get('/', (ctx) => {
      ctx.signal.addEventListener('abort', () => aborted.resolve())
      return ctx.stream(
        (async function* endless() {
          while (true) yield 'x'.repeat(1000)
        })(),
      )
    })
    const response = await app.fetch('/')
    await response.body!.cancel()
    await aborted.promise
  })

  test('cookies apart, statuses without a body', async () => {
    const app = new App()
    app.get('/', (ctx) => {
      ctx.cookies.set('a', '1')
      ctx.cookies.set('b', '2')
      return ctx.noContent()
    })
    const response = await app.fetch('/')
    expect(response.status).toBe(204)
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/'])
  })
})

describe('as over a socket', () => {
  test('a request that is given up is told before another one takes its place', async () => {
    const app = new App()
    const signals: AbortSignal[] = []
    app.get('/hang', (ctx) => {
      signals.push(ctx.signal)
      return new Promise(() => {})
    })
    app.get('/', async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return 'ok'
    })
    for (let round = 0; round < 3; round++) {
      const controller = new AbortController()
      const given = app.inject({ path: '/hang', signal: controller.signal })
      await waitFor(() => expect(signals).toHaveLength(round + 1))
      controller.abort(new Error('given up'))
      const next = Promise.all(['/', '/', '/'].map((path) => app.inject(path)))
      await expect(given).rejects.toThrow('given up')
      expect((await next).map(({ text }) => text)).toEqual(['ok', 'ok', 'ok'])
      await waitFor(() => expect(signals[round]!.aborted).toBe(true))
    }
  })

  test('CONNECT is refused', async () => {
    const app = new App()
    app.all('/*rest', () => 'never')
    expect(
      (await app.inject({ method: 'CONNECT', path: 'a:443', headers: { host: 'a:443' } })).status,
    ).toBe(501)
  })

  test('a head that no entry can carry is refused', async () => {
    const app = new App()
    app.get('/*rest', () => 'never')
    const long = await app.inject({ headers: { 'x-long': 'x'.repeat(40_000) } })
    expect(long.status).toBe(431)
    expect((await app.inject(`/${'x'.repeat(9000)}`)).status).toBe(414)
    const headers = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x-${i}`, 'x']))
    expect((await app.inject({ headers })).status).toBe(431)
  })

  describe('a body that passes the limit of its route', () => {
    const pieces = (count: number): ReadableStream<Uint8Array> =>
      new ReadableStream({
        pull: (controller) => {
          if (count-- > 0) controller.enqueue(new Uint8Array(100))
          else controller.close()
        },
      })
    const send = (app: App, path: string, count: number): Promise<Response> =>
      app.fetch(path, { method: 'POST', body: pieces(count), duplex: 'half' } as RequestInit)
    const limited = (): { app: App; codes: unknown[] } => {
      const codes: unknown[] = []
      const app = new App()
      app.post('/', { limits: { bodyBytes: 250 } }, async (ctx) => {
        try {
          return `${(await ctx.body.bytes()).length}`
        } catch (error) {
          codes.push((error as { code: unknown }).code)
          throw error
        }
      })
      app.post('/raised', { limits: { bodyBytes: 250 } }, async (ctx) => {
        ctx.limits.bodyBytes = 1000
        return `${(await ctx.body.bytes()).length}`
      })
      return { app, codes }
    }

    test('in pieces', async () => {
      const { app, codes } = limited()
      expect(await (await send(app, '/', 2)).text()).toBe('200')
      expect((await send(app, '/', 3)).status).toBe(413)
      await waitFor(() => expect(codes).toEqual(['LANNER_BODY_TOO_LARGE']))
    })

    test('declared', async () => {
      const { app, codes } = limited()
      expect((await app.inject({ method: 'POST', body: 'x'.repeat(251) })).status).toBe(413)
      expect(codes).toEqual([])
    })

    test('unless the handler raises it', async () => {
      const { app } = limited()
      expect(await (await send(app, '/raised', 9)).text()).toBe('900')
      expect((await send(app, '/raised', 11)).status).toBe(413)
    })

    test('that its handler sets when some of it has been sent', async () => {
      for (const [limit, more] of [
        [150, 0],
        [250, 1],
      ] as const) {
        const sent = deferred()
        const lowered = deferred()
        let body!: ReadableStreamDefaultController<Uint8Array>
        const stream = new ReadableStream<Uint8Array>({
          start: (controller) => {
            body = controller
          },
        })
        const app = new App()
        app.post('/', { limits: { bodyBytes: null } }, async (ctx) => {
          await sent.promise
          ctx.limits.bodyBytes = limit
          lowered.resolve()
          // It reads nothing: nobody but the client's side can see that there is too much.
          await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
        })
        const init = { method: 'POST', body: stream, duplex: 'half' } as RequestInit
        const response = app.fetch('/', init)
        for (let i = 0; i < 2; i++) body.enqueue(new Uint8Array(100))
        await waitFor(() => expect(body.desiredSize).toBe(1))
        sent.resolve()
        await lowered.promise
        if (more > 0) body.enqueue(new Uint8Array(100))
        expect((await response).status, `a limit of ${limit}`).toBe(413)
      }
    })
  })
})
