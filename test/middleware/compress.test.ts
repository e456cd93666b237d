// What is compressed, how the client asks for it, and what is left alone.

import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import zlib from 'node:zlib'

import { App, HttpError } from 'lanner'
import { compress } from 'lanner/middleware/compress'
import { etag } from 'lanner/middleware/etag'
import { describe, expect, test } from 'vitest'

import { encodingOf } from '../../src/http/codings.ts'
import { deferred } from '../support/deferred.ts'
import { read } from '../support/source-tree.ts'

import type { Context, InjectResponse } from 'lanner'
import type { CompressOptions } from 'lanner/middleware/compress'
import type { Coding } from '../../src/http/codings.ts'

const hasZstd = 'zstdDecompressSync' in zlib
const long = 'All work and no play makes Jack a dull boy. '.repeat(100)
const decoders: Record<string, (body: Uint8Array) => Buffer> = {
  gzip: zlib.gunzipSync,
  deflate: zlib.inflateSync,
  br: zlib.brotliDecompressSync,
  zstd: (body) =>
    (zlib as unknown as { zstdDecompressSync: typeof zlib.gunzipSync }).zstdDecompressSync(body),
}

function ask(
  handler: (ctx: Context) => unknown,
  accepts: string | null = 'gzip',
  options: CompressOptions = {},
  method = 'GET',
): Promise<InjectResponse> {
  const app = new App().use(compress(options))
  app.all('/', handler)
  const headers: Record<string, string> = accepts === null ? {} : { 'accept-encoding': accepts }
  return app.inject({ method, headers })
}

function coding(reply: InjectResponse): string | null {
  return reply.headers.get('content-encoding')
}

function decoded(reply: InjectResponse): string {
  return decoders[coding(reply)!]!(reply.body).toString()
}

describe('the coding', () => {
  const best = hasZstd ? 'zstd' : 'br'
  test.each<[string | null, string | null]>([
    [null, null],
    ['', null],
    ['identity', null],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['deflate', 'deflate'],
    ['br', 'br'],
    ['zstd', hasZstd ? 'zstd' : null],
    ['gzip, deflate, br, zstd', best],
    ['GZIP;Q=0.5, Br;q=0.4', 'gzip'],
    ['gzip;q=0', null],
    ['gzip;q=0.001', 'gzip'],
    ['*', best],
    ['*;q=0', null],
    ['zstd;q=0, br;q=0, *', 'gzip'],
    ['gzip;q=0.5, identity', null],
    ['gzip;q=0.5, identity;q=0.5', 'gzip'],
    ['gzip;q=0.5, identity;q=0', 'gzip'],
    ['compress, x', null],
    ['gzip;q=2, b r, ;;,', null],
    ['gzip;level=9', null],
  ])('for %j is %j', async (accepts, expected) => {
    const reply = await ask(() => long, accepts)
    expect(coding(reply)).toBe(expected)
    expect(expected === null ? reply.text : decoded(reply)).toBe(long)
    expect(reply.headers.get('vary')).toBe('accept-encoding')
  })

  test('is the first of ours that the client takes', async () => {
    const codings = ['deflate', 'gzip'] as const
    expect(coding(await ask(() => long, 'br, gzip, deflate', { codings }))).toBe('deflate')
    expect(coding(await ask(() => long, 'br', { codings }))).toBe(null)
  })

  test.each(['zstd', 'br', 'gzip', 'deflate'])('%s has levels', async (name) => {
    if (name === 'zstd' && !hasZstd) return
    const text = read('docs/architecture.md')
    const sizes = [1, name === 'zstd' ? 19 : 9].map(async (level) => {
      const reply = await ask(() => text, name, { levels: { [name]: level } })
      expect(decoded(reply)).toBe(text)
      return reply.body.length
    })
    const [low, high] = await Promise.all(sizes)
    expect(high).toBeLessThan(low!)
  })
})

const gzip = { 'accept-encoding': 'gzip' }

describe('what is compressed', () => {
  const bytes = Buffer.from(long)
  const typed = (type: string) => (ctx: Context) => ctx.type(type).bytes(bytes)
  test.each<[string, (ctx: Context) => unknown, boolean]>([
    ['text', () => long, true],
    ['data', () => ({ long }), true],
    ['a problem document', (ctx) => ctx.notFound(long), true],
    ['HTML', (ctx) => ctx.html(long), true],
    ['JavaScript', typed('text/javascript'), true],
    ['SVG', typed('image/svg+xml'), true],
    ['XML of a kind', typed('application/vnd.x+xml;charset=utf-8'), true],
    ['WebAssembly', typed('application/wasm'), true],
    ['pictures', typed('image/png'), false],
    ['archives', typed('application/zip'), false],
    ['bytes of no type', (ctx) => ctx.bytes(bytes), false],
    ['a short text', () => 'short', false],
    ['a stream', (ctx) => ctx.type('text/plain').stream([long]), true],
    ['a Response', () => new Response(long), true],
    ['an error', () => Promise.reject(new HttpError(404, long)), true],
    ['what is encoded already', (ctx) => ctx.header('content-encoding', 'gzip').text(long), false],
    ['a part', (ctx) => ctx.status(206).header('content-range', 'bytes 0-1/2').text(long), false],
    ['no-transform', (ctx) => ctx.header('cache-control', 'no-transform').text(long), false],
    [
      'no-transform among others',
      (ctx) => ctx.header('cache-control', 'public,No-Transform, max-age=1').text(long),
      false,
    ],
    ['what has a digest', (ctx) => ctx.header('content-digest', 'sha-256=::').text(long), false],
    ['another directive', (ctx) => ctx.header('cache-control', 'x-no-transform').text(long), true],
    ['nothing', () => undefined, false],
  ])('%s', async (_, handler, isCompressed) => {
    const reply = await ask(handler)
    const own = reply.headers.get('content-encoding') === 'gzip' && reply.text === long
    expect(coding(reply) !== null && !own).toBe(isCompressed)
    if (isCompressed) expect(decoded(reply)).toContain(long)
  })

  test.each<[string, CompressOptions, string, boolean]>([
    ['as short as the limit', { minBytes: 5 }, 'hello', true],
    ['shorter', { minBytes: 6 }, 'hello', false],
    ['bytes and not characters count', { minBytes: 6 }, 'héllo', true],
    ['a type of ours', { types: ['text/*'] }, long, true],
    ['not a type of ours', { types: ['application/json', '*/xml'] }, long, false],
    ['a type by function', { types: (type) => type.startsWith('text/plain') }, long, true],
    ['a type by the end', { types: ['*/plain'] }, long, true],
    ['somebody says no', { when: (ctx) => ctx.path !== '/' }, long, false],
    ['somebody says yes', { when: (_ctx, reply) => reply.status === 200 }, long, true],
  ])('%s', async (_, options, text, isCompressed) => {
    expect(coding(await ask(() => text, 'gzip', options)) !== null).toBe(isCompressed)
  })

  test.each([
    [false, false, true],
    [true, undefined, false],
    [true, false, false],
    [true, true, true],
  ])('encrypted: %j, overTls: %j, compressed: %j', async (isSecure, overTls, isCompressed) => {
    const app = new App().use(compress(overTls === undefined ? {} : { overTls }))
    // Behind it, as a proxy may be believed anywhere.
    app.use((ctx, next) => {
      ctx.assume({ isSecure })
      return next()
    })
    app.get('/', () => long)
    const reply = await app.inject({ headers: { 'accept-encoding': 'gzip' } })
    expect(coding(reply)).toBe(isCompressed ? 'gzip' : null)
  })

  test('HEAD has the head of GET, without a length', async () => {
    const reply = await ask(() => long, 'gzip', {}, 'HEAD')
    expect([coding(reply), reply.headers.get('vary')]).toEqual(['gzip', 'accept-encoding'])
    expect(reply.headers.get('content-length')).toBeNull()
  })

  test('no more at a time than are allowed; the rest leaves as it is', async () => {
    const app = new App().use(compress({ concurrent: 2 }))
    app.get('/', () => long.repeat(2))
    const replies = await Promise.all(
      [1, 2, 3, 4].map(() => app.inject({ headers: { 'accept-encoding': 'gzip' } })),
    )
    expect(replies.map(coding)).toEqual(['gzip', 'gzip', null, null])
    // Those that are over make room.
    expect(coding(await app.inject({ headers: { 'accept-encoding': 'gzip' } }))).toBe('gzip')
  })

  const ways: Record<string, (app: App) => Promise<unknown>> = {
    'that ends': (app) => app.inject({ path: '/whole', headers: gzip }),
    'that fails before its head': (app) => app.inject({ path: '/early', headers: gzip }),
    'that fails later': (app) => app.inject({ path: '/late', headers: gzip }).catch(() => {}),
    'that a hook takes away': (app) => app.inject({ path: '/whole?drop', headers: gzip }),
    'that a hook puts something else for': (app) =>
      app.inject({ path: '/whole?replace', headers: gzip }),
    'that a hook fails after': (app) => app.inject({ path: '/whole?fail', headers: gzip }),
    'whose client leaves': async (app) => {
      const response = await app.fetch('/left', { headers: gzip })
      await response.body!.cancel()
      await expect.poll(() => left.has(app)).toBe(true)
      left.delete(app)
    },
  }
  const left = new Set<App>()

  /** Streams whose replies other middleware changes afterwards, two of them at a time. */
  function streaming(): App {
    const app = new App()
    app.use((ctx, next) => {
      ctx.onReply((reply) => {
        if (ctx.query.has('drop')) reply.body = undefined
        if (ctx.query.has('replace')) reply.body = 'another'
        if (ctx.query.has('fail')) throw new HttpError(503)
      })
      return next()
    })
    app.use(compress({ concurrent: 2 }))
    app.onError(() => {})
    app.get('/whole', (ctx) => ctx.type('text/plain').stream([long]))
    app.get('/early', (ctx) =>
      ctx.type('text/plain').stream(
        // oxlint-disable-next-line require-yield
        (async function* (): AsyncGenerator<string> {
          await Promise.resolve()
          throw new HttpError(503)
        })(),
      ),
    )
    app.get('/late', (ctx) =>
      ctx.type('text/plain').stream(
        (async function* () {
          for (let i = 0; i < 100; i++) yield randomBytes(4096)
          throw new Error('later')
        })(),
      ),
    )
    app.get('/left', (ctx) => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from(long)),
        cancel: () => void left.add(app),
      })
      return ctx.type('text/plain').stream(body)
    })
    app.get('/held', (ctx) =>
      ctx.type('text/plain').stream(
        (async function* () {
          yield long
          await gates.get(app)!.promise
        })(),
      ),
    )
    app.get('/text', () => long.repeat(2))
    return app
  }
  const gates = new WeakMap<App, ReturnType<typeof deferred<undefined>>>()

  /** The codings of streams that are open at the same time, and of a text beside them. */
  async function codingsAtOnce(app: App): Promise<(string | null)[]> {
    const gate = deferred<undefined>()
    gates.set(app, gate)
    const codings: (string | null)[] = []
    const bodies: Promise<ArrayBuffer>[] = []
    for (let i = 0; i < 3; i++) {
      const response = await app.fetch('/held', { headers: gzip })
      codings.push(response.headers.get('content-encoding'))
      bodies.push(response.arrayBuffer())
    }
    codings.push(coding(await app.inject({ path: '/text', headers: gzip })))
    gate.resolve(undefined)
    await Promise.all(bodies)
    return codings
  }

  test.each(Object.keys(ways))('streams count; one %s makes room, once', async (way) => {
    const app = streaming()
    expect(await codingsAtOnce(app)).toEqual(['gzip', 'gzip', null, null])
    for (let i = 0; i < 3; i++) await ways[way]!(app)
    expect(await codingsAtOnce(app)).toEqual(['gzip', 'gzip', null, null])
  })

  test('a strong tag becomes a weak one, and still answers 304', async () => {
    const app = new App().use(compress(), etag())
    app.get('/', (ctx) => ctx.header('accept-ranges', 'bytes').text(long))
    const first = await app.inject({ headers: { 'accept-encoding': 'gzip' } })
    const tag = first.headers.get('etag')!
    expect(tag).toMatch(/^W\/"/)
    expect(first.headers.get('accept-ranges')).toBeNull()
    const headers = { 'accept-encoding': 'gzip', 'if-none-match': tag }
    const second = await app.inject({ headers })
    expect([second.status, second.text]).toEqual([304, ''])
  })
})

describe('streams', () => {
  test.each(['gzip', 'deflate', 'br', ...(hasZstd ? ['zstd'] : [])])(
    '%s: a long one arrives whole, pulled as it is taken',
    async (accepts) => {
      const chunk = Buffer.from(long)
      let pulled = 0
      const handler = (ctx: Context): unknown =>
        ctx.type('text/plain').stream(
          (async function* () {
            for (; pulled < 500; pulled++) yield chunk
          })(),
        )
      const reply = await ask(handler, accepts)
      expect(decoded(reply)).toBe(long.repeat(500))
    },
  )

  test.each(['gzip', 'deflate', 'br', ...(hasZstd ? ['zstd'] : [])])(
    '%s: an event is on its way before the next one comes',
    async (accepts) => {
      const gate = deferred<string>()
      const app = new App().use(compress())
      app.get('/', (ctx) =>
        ctx.type('text/event-stream').stream(
          (async function* () {
            yield 'data: first\n\n'
            yield await gate.promise
          })(),
        ),
      )
      const response = await app.fetch('/', { headers: { 'accept-encoding': accepts } })
      const reader = response.body!.getReader()
      const pieces: Uint8Array[] = []
      const partial = (): string => {
        const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH }
        if (accepts === 'br') {
          const finishFlush = zlib.constants.BROTLI_OPERATION_FLUSH
          return zlib.brotliDecompressSync(Buffer.concat(pieces), { finishFlush }).toString()
        }
        if (accepts === 'zstd') return pieces.length > 0 ? 'data: first\n\n' : ''
        return zlib.unzipSync(Buffer.concat(pieces), options).toString()
      }
      while (pieces.length === 0 || partial() !== 'data: first\n\n') {
        pieces.push((await reader.read()).value!)
      }
      gate.resolve('data: second\n\n')
      for (let step = await reader.read(); !step.done; step = await reader.read()) {
        pieces.push(step.value)
      }
      const all = decoders[accepts]!(Buffer.concat(pieces)).toString()
      expect(all).toBe('data: first\n\ndata: second\n\n')
    },
  )

  test('the source hears at once that the client has gone', async () => {
    const cancelled = deferred<undefined>()
    const app = new App().use(compress())
    app.get('/', () => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from(long)),
        cancel: () => cancelled.resolve(undefined),
      })
      return new Response(body, { headers: { 'content-type': 'text/plain' } })
    })
    await using server = await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n')
    await new Promise((resolve) => socket.once('data', resolve))
    socket.destroy()
    await cancelled.promise
  })

  test.each(['gzip', 'deflate', 'br', ...(hasZstd ? ['zstd'] : [])])(
    '%s: who gives one up waits until its source has ended',
    async (name) => {
      const gate = deferred<undefined>()
      let hasEnded = false
      const source = (async function* () {
        try {
          for (;;) yield long
        } finally {
          await gate.promise
          hasEnded = true
        }
      })()
      const stream = encodingOf(name as Coding, 5).stream(source)
      await stream.next()
      const seen = stream.return().then(() => hasEnded)
      const again = stream.return().then(() => hasEnded)
      setImmediate(() => gate.resolve(undefined))
      expect([await seen, await again]).toEqual([true, true])
    },
  )

  test('one that fails early is an error, and no coding is left over', async () => {
    const reply = await ask((ctx) => {
      const body = new ReadableStream({ pull: () => Promise.reject(new HttpError(503)) })
      ctx.type('text/plain')
      return ctx.stream(body)
    })
    expect([reply.status, coding(reply)]).toEqual([503, null])
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
  })
})

test.each<[unknown, string]>([
  [[], 'The option options of compress() is an object'],
  [
    { level: 1 },
    'There is no option level of compress(); did you mean levels? There are codings, levels,',
  ],
  [{ codings: [] }, 'The option codings of compress() is a list of codings'],
  [{ codings: ['lzw'] }, "The option codings[0] of compress() is 'zstd' or 'br' or"],
  [{ levels: { br: 12 } }, 'The option levels.br of compress() is an integer from 0 to 11, not 12'],
  [{ levels: { lzw: 1 } }, 'There is no option levels.lzw of compress()'],
  [{ minBytes: '1 apple' }, 'The option minBytes of compress() is a size'],
  [{ types: 'text' }, 'The option types of compress() is a list of content types'],
  [{ types: ['text'] }, "The option types[0] of compress() is a content type as 'text/html'"],
  [{ overTls: 1 }, 'The option overTls of compress() is true or false'],
  [{ concurrent: 0 }, 'The option concurrent of compress() is an integer from 1 to 65536'],
  [{ when: true }, 'The option when of compress() is a function'],
])('wrong options %j', (options, message) => {
  expect(() => compress(options as CompressOptions)).toThrow(message)
})
