// What middleware is told of a reply before it is sent, and of the end of the exchange.

import { HttpError, LannerError } from '../../src/errors.ts'
import { describe, expect, test, vi } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { harness } from '../support/lane.ts'
import { encodeCancel } from '../support/wire.mjs'

import type { ExchangeEnd, PreparedReply } from '../../src/reply-hooks.ts'
import type { Context } from '../../src/context.ts'

const PEER_GONE = 1

/** What a hook sees of the reply of a handler. */
async function seen(handler: (ctx: Context) => unknown): Promise<Record<string, unknown>> {
  const parts: Record<string, unknown>[] = []
  const lane = harness((r) =>
    r.get(
      '/',
      (ctx, next) => {
        ctx.onReply(({ status, type, length, isStream }: PreparedReply) => {
          parts.push({ status, type, length, isStream })
        })
        return next()
      },
      handler as never,
    ),
  )
  await lane.ask('/')
  expect(parts).toHaveLength(1)
  return parts[0]!
}

const text = 'text/plain; charset=utf-8'
const problem = 'application/problem+json'

describe('a reply hook sees every reply before it is sent', () => {
  test.each<[string, (ctx: Context) => unknown, object]>([
    ['text', () => 'héllo', { status: 200, type: text, length: 6, isStream: false }],
    [
      'data',
      () => ({ a: 1 }),
      { status: 200, type: 'application/json', length: 7, isStream: false },
    ],
    ['bytes', (ctx) => ctx.bytes(new Uint8Array(3), 201), { status: 201, length: 3 }],
    ['nothing', () => undefined, { status: 204, type: undefined, length: 0, isStream: false }],
    ['a promise', async () => 'later', { status: 200, length: 5 }],
    ['an own type', (ctx) => ctx.type('a/b').text('x'), { type: 'a/b', length: 1 }],
    ['a stream', (ctx) => ctx.stream(['a', 'b']), { length: undefined, isStream: true }],
    [
      'a stream with its length',
      (ctx) => ctx.header('content-length', '2').stream(['a', 'b']),
      { length: 2, isStream: true },
    ],
    ['a Response', () => new Response('x', { status: 202 }), { status: 202 }],
    [
      'a Response of a stream',
      () => new Response(new Blob(['x']).stream(), { status: 202 }),
      { status: 202, isStream: true },
    ],
    [
      'an error',
      () => {
        throw new HttpError(418)
      },
      { status: 418, type: problem, isStream: false },
    ],
    ['an error later', () => Promise.reject(new HttpError(409)), { status: 409, type: problem }],
  ])('%s', async (_, handler, expected) => {
    expect(await seen(handler)).toMatchObject(expected)
  })

  test('an error of onError, and what onError answers', async () => {
    const statuses: number[] = []
    const lane = harness(
      (r) =>
        r.get('/:how', (ctx) => {
          ctx.onReply((reply) => {
            statuses.push(reply.status)
          })
          throw new Error(ctx.params.how)
        }),
      {
        onError: (error, ctx) => {
          if ((error as Error).message === 'answered') return ctx.text('sorry', 503)
          if ((error as Error).message === 'left') return undefined
          throw new HttpError(502)
        },
      },
    )
    for (const how of ['answered', 'left', 'failed']) await lane.ask(`/${how}`)
    expect(statuses).toEqual([503, 500, 502])
  })

  test('it changes status, fields and body', async () => {
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ctx.onReply((reply) => {
          reply.status = 203
          reply.body = `${reply.body as string}!`
          reply.header('x-a', '1').append('x-a', '2').vary('Accept').vary('accept').vary('Origin')
        })
        return ctx.header('content-length', '2').text('hi')
      }),
    )
    const reply = await lane.ask('/')
    expect(reply).toMatchObject({ status: 203, text: 'hi!' })
    expect(reply.fields).toEqual([
      ['x-a', '1'],
      ['x-a', '2'],
      ['vary', 'Accept, Origin'],
    ])
  })

  test('inner before outer, and a promise makes the reply wait', async () => {
    const gate = deferred<undefined>()
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ctx.onReply((reply) => {
          reply.body = `${reply.body as string} outer`
        })
        ctx.onReply(async (reply) => {
          await gate.promise
          reply.body = `${reply.body as string} inner`
        })
        return 'body'
      }),
    )
    const [slot] = lane.send({})
    await lane.rest()
    expect(lane.records).toEqual([])
    gate.resolve(undefined)
    await lane.rest()
    expect(lane.reply(slot!).text).toBe('body inner outer')
  })

  test.each([
    ['at once', () => () => fault()],
    ['later', () => async () => fault()],
    ['behind one that takes its time', () => async () => fault()],
  ])('one that fails %s is not asked again; the others see the error', async (how, make) => {
    const statuses: number[] = []
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ctx.onReply((reply) => {
          statuses.push(reply.status)
        })
        ctx.onReply(make())
        if (how.startsWith('behind')) ctx.onReply(() => Promise.resolve())
        return 'body'
      }),
    )
    expect(await lane.ask('/')).toMatchObject({ status: 500 })
    expect(statuses).toEqual([500])
    expect(lane.takeReports()).toEqual([new Error('hook')])
  })

  test.each([
    ['at once', () => fault],
    ['later', () => async () => fault()],
    ['with the body changed', () => spoil],
  ])('one that fails %s while an error is shown takes no other with it', async (_, make) => {
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ctx.onReply((reply) => void reply.header('x-outer', String(reply.status)))
        ctx.onReply(make())
        ctx.onReply(make())
        ctx.onReply((reply) => void reply.header('x-inner', String(reply.status)))
        throw new Error('handler')
      }),
    )
    const reply = await lane.ask('/')
    expect(reply.status).toBe(500)
    expect(JSON.parse(reply.text)).toMatchObject({ status: 500 })
    expect(reply.fields).toEqual(
      expect.arrayContaining([
        ['x-inner', '500'],
        ['x-outer', '500'],
      ]),
    )
    expect(lane.takeReports()).toEqual(['handler', 'hook', 'hook'].map((text) => new Error(text)))
  })

  test('where nothing else can be sent, the reply is empty', async () => {
    const lane = harness(
      (r) =>
        r.get('/', (ctx) => {
          ctx.onReply((reply) => {
            reply.header('x-long', 'x'.repeat(50_000)).header('x-long-2', 'x'.repeat(50_000))
          })
          return 'body'
        }),
      { outboxBytes: 65_536 },
    )
    expect(await lane.ask('/')).toMatchObject({ status: 500, text: '' })
    expect(lane.takeReports().every((error) => error instanceof LannerError)).toBe(true)
  })
})

function fault(): never {
  throw new Error('hook')
}

function spoil(reply: PreparedReply): never {
  reply.body = ['spoilt']
  return fault()
}

describe('an end hook hears of the end', () => {
  interface Case {
    path?: string
    method?: string
    handler: (ctx: Context) => unknown
    end: object
  }
  test.each<[string, Case]>([
    ['text', { handler: () => 'héllo', end: { status: 200, bodyBytes: 6, isAborted: false } }],
    ['nothing', { handler: () => undefined, end: { status: 204, bodyBytes: 0 } }],
    ['to HEAD', { method: 'HEAD', handler: () => 'hello', end: { status: 200, bodyBytes: 0 } }],
    ['bytes', { handler: () => new Uint8Array(70_000), end: { bodyBytes: 70_000 } }],
    ['long text', { handler: () => 'é'.repeat(40_000), end: { bodyBytes: 80_000 } }],
    [
      'a stream',
      {
        handler: async function* () {
          yield 'a'
          await new Promise((resolve) => setImmediate(resolve))
          yield 'bc'
        },
        end: { status: 200, bodyBytes: 3 },
      },
    ],
    [
      'an error',
      {
        handler: () => Promise.reject(new HttpError(404, 'no')),
        end: { status: 404, error: new HttpError(404, 'no'), isAborted: false },
      },
    ],
  ])('%s', async (_, { method, handler, end: expected }) => {
    const ends: object[] = []
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ctx.onEnd((end) => {
          const { status, bodyBytes, isAborted, error } = end
          // The request can still be read.
          expect(ctx.path).toBe('/')
          ends.push({ status, bodyBytes, isAborted, error })
        })
        return handler(ctx as Context)
      }),
    )
    lane.send(method === undefined ? {} : { method })
    for (let i = 0; i < 4; i++) await lane.rest()
    expect(ends).toHaveLength(1)
    expect(ends[0]).toMatchObject(expected)
  })

  test('when the replies of the turn have left', async () => {
    const flushes: number[] = []
    const lane = harness((r) =>
      r.get('/:n', (ctx) => {
        ctx.onEnd(() => void flushes.push(lane.flushes))
        return ctx.header('x-n', ctx.params.n).text('hello')
      }),
    )
    lane.send(...[1, 2].map((n) => ({ target: `/${n}` })))
    expect(flushes).toEqual([])
    await lane.rest()
    expect(flushes).toEqual([1, 1])
  })

  test('of a client that has gone, once', async () => {
    const ends: unknown[] = []
    const gate = deferred<string>()
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ctx.onEnd((end: ExchangeEnd) => ends.push(end.status, end.isAborted, end.error))
        return gate.promise
      }),
    )
    const [slot] = lane.send({})
    await lane.rest()
    lane.batch(encodeCancel(slot!, 1, PEER_GONE))
    await lane.rest()
    gate.resolve('late')
    await lane.rest()
    expect(ends).toEqual([0, true, expect.objectContaining({ code: 'LANNER_PEER_GONE' })])
  })

  test('what it throws is reported, and the other hooks hear all the same', async () => {
    const second = vi.fn()
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ctx.onEnd(fault).onEnd(second)
        return 'fine'
      }),
    )
    expect(await lane.ask('/')).toMatchObject({ text: 'fine' })
    expect(second).toHaveBeenCalledOnce()
    expect(lane.takeReports()).toEqual([new Error('hook')])
  })
})
