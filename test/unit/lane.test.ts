// Turns: when handlers run, when replies leave, what happens to exchanges that outlive a batch.

import { describe, expect, test } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { harness } from '../support/lane.ts'
import {
  encodeBody,
  encodeBodyEnd,
  encodeCancel,
  encodeCredit,
  encodeUnknown,
} from '../support/wire.mjs'

import type { Context } from '../../src/context.ts'

const PEER_GONE = 1
const HALF_CLOSED = 7

describe('flushes', () => {
  test('synchronous replies of a batch leave in one flush, before dispatch returns', () => {
    const lane = harness((r) => r.get('/:n', (ctx) => ctx.params.n))
    const slots = lane.send(...[1, 2, 3].map((n) => ({ target: `/${n}` })))
    expect(lane.flushes).toBe(1)
    expect(slots.map((slot) => lane.reply(slot).text)).toEqual(['1', '2', '3'])
  })

  test('replies of one round of microtasks leave in one flush', async () => {
    const lane = harness((r) =>
      r.get('/:n', async (ctx) => {
        for (let i = 0; i < Number(ctx.params.n); i++) await undefined
        return ctx.params.n
      }),
    )
    lane.send(...[1, 2, 3, 20].map((n) => ({ target: `/${n}` })))
    expect(lane.flushes).toBe(0)
    await lane.rest()
    expect(lane.flushes).toBe(1)
    expect(lane.records).toHaveLength(4)
  })

  test('a reply from a timer leaves in the same turn of the loop', async () => {
    const gate = deferred<string>()
    const lane = harness((r) => r.get('/', () => gate.promise))
    lane.send({})
    await lane.rest()
    expect(lane.records).toEqual([])
    setTimeout(() => gate.resolve('late'), 1)
    await expect.poll(() => lane.records.length).toBe(1)
    expect(lane.reply(0).text).toBe('late')
  })

  test('a batch without replies flushes nothing', async () => {
    const lane = harness((r) => r.get('/', () => new Promise(() => {})))
    lane.send({})
    lane.batch(encodeUnknown(0, 1))
    await lane.rest()
    expect(lane.flushes).toBe(0)
  })

  test('synchronous handlers leave no promise behind', () => {
    const lane = harness((r) =>
      r.get(
        '/',
        (_, next) => next(),
        () => 'sync',
      ),
    )
    lane.send({})
    expect(lane.reply(0).text).toBe('sync')
    expect(lane.lane.held).toBe(0)
  })
})

describe('entries', () => {
  test('unknown kinds are skipped by their size', () => {
    const lane = harness((r) => r.get('/', () => 'ok'))
    const first = lane.encode({})
    const second = lane.encode({})
    lane.batch(encodeUnknown(7, 7), first.bytes, encodeUnknown(0, 1), second.bytes)
    expect(lane.reply(first.slot).text).toBe('ok')
    expect(lane.reply(second.slot).text).toBe('ok')
  })

  test('entries for exchanges that are settled, or never were, are counted and ignored', () => {
    const lane = harness((r) => r.get('/', () => 'ok'))
    lane.send({ slot: 5 })
    lane.batch(
      encodeBody(5, 1, 'x', true),
      encodeBodyEnd(5, 1),
      encodeCancel(5, 1, PEER_GONE),
      encodeCredit(5, 1, 10),
      encodeCredit(1000, 1, 10),
    )
    expect(lane.lane.stats.staleEntries).toBe(5)
    expect(lane.records).toHaveLength(1)
  })

  test('an entry of an older generation does not reach the present exchange', async () => {
    const signals: AbortSignal[] = []
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        signals.push(ctx.signal)
        return new Promise(() => {})
      }),
    )
    lane.send({ slot: 3, generation: 8 })
    lane.batch(encodeCancel(3, 7, PEER_GONE))
    expect(signals[0]!.aborted).toBe(false)
    lane.batch(encodeCancel(3, 8, PEER_GONE))
    expect(signals[0]!.aborted).toBe(true)
  })

  test('slots of several I/O threads are told apart', async () => {
    const gates = new Map<string, (value: string) => void>()
    const lane = harness((r) =>
      r.get('/:n', (ctx) => new Promise((resolve) => gates.set(ctx.params.n, resolve))),
    )
    const slots = [0, 1, 1 << 20, (1 << 20) + 1, 5 << 20]
    lane.send(...slots.map((slot) => ({ slot, target: `/${slot}` })))
    lane.batch(encodeCancel(1 << 20, 1, PEER_GONE))
    for (const [name, resolve] of gates) resolve(name)
    await lane.rest()
    expect(lane.records.map(({ slot, text }) => [slot, text])).toEqual(
      slots.filter((slot) => slot !== 1 << 20).map((slot) => [slot, String(slot)]),
    )
    expect(lane.lane.held).toBe(0)
  })

  test('handlers that throw everything there is leave dispatch whole', () => {
    const lane = harness((r) =>
      r.get('/:n', (ctx) => {
        const thrown = [undefined, null, 0, 'text', Symbol('s'), { a: 1 }, new Error('e')]
        throw thrown[Number(ctx.params.n)]
      }),
    )
    const slots = lane.send(...[0, 1, 2, 3, 4, 5, 6].map((n) => ({ target: `/${n}` })))
    expect(slots.map((slot) => lane.reply(slot).status)).toEqual(slots.map(() => 500))
    expect(lane.takeReports()).toHaveLength(7)
  })
})

describe('exchanges that outlive their batch', () => {
  test('they keep what they need, whatever comes into the inbox', async () => {
    const gate = deferred()
    const lane = harness((r) =>
      r.get('/:id', async (ctx) => {
        await gate.promise
        const { id } = ctx.params
        return { id, path: ctx.path, q: ctx.query.get('q'), x: ctx.headers.get('x-id') }
      }),
    )
    const names = Array.from({ length: 200 }, (_, n) => `request-${n}-${'p'.repeat(n)}`)
    for (const part of [names.slice(0, 90), names.slice(90)]) {
      const headers = (id: string): [string, string][] => [['X-Id', id]]
      lane.send(...part.map((id) => ({ target: `/${id}?q=${id}`, headers: headers(id) })))
      await lane.rest()
      lane.lane.bytes.fill(0xff)
    }
    gate.resolve()
    await lane.rest()
    for (const [slot, id] of names.entries()) {
      expect(JSON.parse(lane.reply(slot).text)).toEqual({ id, path: `/${id}`, q: id, x: id })
    }
  })

  test('some of a batch may settle at once and others late', async () => {
    const gate = deferred()
    const lane = harness((r) => {
      r.get('/sync/:id', (ctx) => ctx.params.id)
      r.get('/late/:id', async (ctx) => {
        await gate.promise
        return ctx.params.id
      })
    })
    const targets = Array.from({ length: 40 }, (_, n) => `/${n % 3 ? 'late' : 'sync'}/${n}`)
    lane.send(...targets.map((target) => ({ target })))
    await lane.rest()
    lane.lane.bytes.fill(0xff)
    gate.resolve()
    await lane.rest()
    for (const [slot] of targets.entries()) expect(lane.reply(slot).text).toBe(String(slot))
  })

  test('an inline body that was not read yet is kept, one that was read is not needed', async () => {
    const gate = deferred()
    const lane = harness((r) => {
      r.post('/before', async (ctx) => {
        const text = await ctx.body.text()
        await gate.promise
        return `${text} ${ctx.path}`
      })
      r.post('/after', async (ctx) => {
        await gate.promise
        return `${await ctx.body.text()} ${ctx.path}`
      })
    })
    const body = 'b'.repeat(5000)
    lane.send(
      { method: 'POST', target: '/before', body },
      { method: 'POST', target: '/after', body },
      { method: 'POST', target: '/before', body },
    )
    await lane.rest()
    lane.lane.bytes.fill(0xff)
    gate.resolve()
    await lane.rest()
    expect([0, 1, 2].map((slot) => lane.reply(slot).text)).toEqual([
      `${body} /before`,
      `${body} /after`,
      `${body} /before`,
    ])
  })

  test('a view that was taken before is still right after', async () => {
    const gate = deferred()
    const lane = harness((r) =>
      r.get('/', async ({ headers, query, body }) => {
        await gate.promise
        return [headers.get('x-id'), query.get('q'), body.hasBody]
      }),
    )
    lane.send({ target: '/?q=1', headers: [['x-id', 'own']] })
    await lane.rest()
    lane.send({ target: '/?q=2', headers: [['x-id', 'other']] })
    await lane.rest()
    gate.resolve()
    await lane.rest()
    expect(lane.reply(0).text).toBe('["own","1",false]')
  })

  test('a context whose batch is gone says so; what was read before stays', async () => {
    const kept: Context[] = []
    const lane = harness((r) =>
      r.get('/:id', (ctx) => {
        kept.push(ctx as unknown as Context)
        return ctx.params.id
      }),
    )
    lane.send({ target: '/first' })
    expect(kept[0]!.path).toBe('/first')
    lane.send({ target: '/second' })
    const expired = expect.objectContaining({ code: 'LANNER_CONTEXT_EXPIRED' })
    expect(kept[0]!.path).toBe('/first')
    expect(kept[0]!.params['id']).toBe('first')
    for (const read of [
      () => kept[0]!.method,
      () => kept[0]!.headers.get('host'),
      () => kept[0]!.query,
      () => kept[0]!.rawTarget,
      () => kept[0]!.remote,
      () => kept[0]!.body,
    ]) {
      expect(read).toThrow(expired)
    }
  })

  test('a dispatch that comes before the tick never shows the bytes of others', async () => {
    const gate = deferred()
    const lane = harness((r) =>
      r.get('/:id', async (ctx) => {
        await gate.promise
        return ctx.params.id
      }),
    )
    lane.send({ target: '/secret-1' })
    lane.send({ target: '/secret-2' })
    await lane.rest()
    gate.resolve()
    await lane.rest()
    expect(lane.reply(0).status).toBe(500)
    expect(lane.reply(1).text).toBe('secret-2')
    expect(lane.takeReports()).toMatchObject([{ code: 'LANNER_CONTEXT_EXPIRED' }])
  })
})

describe('cancel', () => {
  test('aborts the signal with its reason and drops the reply', async () => {
    const gate = deferred<string>()
    const reasons: unknown[] = []
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ctx.signal.addEventListener('abort', () => reasons.push(ctx.signal.reason))
        return gate.promise
      }),
    )
    lane.send({})
    lane.batch(encodeCancel(0, 1, PEER_GONE))
    expect(reasons).toMatchObject([{ code: 'LANNER_PEER_GONE' }])
    expect(lane.lane.held).toBe(0)
    gate.resolve('late')
    await lane.rest()
    expect(lane.records).toEqual([])
    expect(lane.lane.stats.lateReplies).toBe(1)
  })

  test('a handler may go on as if nothing had happened', async () => {
    const gate = deferred()
    const done = deferred()
    const lane = harness((r) =>
      r.get('/', async (ctx) => {
        await gate.promise
        ctx.status(201).header('x-a', 'b').earlyHints({ link: '<a>' })
        ctx.cookies.set('a', 'b')
        const reply = ctx.json({ late: ctx.signal.aborted, path: ctx.path })
        done.resolve()
        return reply
      }),
    )
    lane.send({})
    await lane.rest()
    lane.batch(encodeCancel(0, 1, PEER_GONE))
    gate.resolve()
    await done.promise
    await lane.rest()
    expect(lane.records).toEqual([])
  })

  test('a handler that fails after it is not reported', async () => {
    const gate = deferred()
    const lane = harness((r) => r.get('/', () => gate.promise))
    lane.send({})
    lane.batch(encodeCancel(0, 1, PEER_GONE))
    gate.reject(new Error('late'))
    await lane.rest()
    expect(lane.records).toEqual([])
    expect(lane.lane.stats.lateReplies).toBe(1)
  })

  test('a source that comes late is told that nobody wants it', async () => {
    const gate = deferred()
    let cancelled: unknown
    const lane = harness((r) =>
      r.get('/', async () => {
        await gate.promise
        return new ReadableStream({ cancel: (reason) => void (cancelled = reason) })
      }),
    )
    lane.send({})
    lane.batch(encodeCancel(0, 1, PEER_GONE))
    gate.resolve()
    await lane.rest()
    expect(cancelled).toMatchObject({ code: 'LANNER_PEER_GONE' })
  })

  test.each([
    [1, 'LANNER_PEER_GONE'],
    [2, 'LANNER_DEADLINE'],
    [3, 'LANNER_SERVER_CLOSING'],
    [4, 'LANNER_BODY_MALFORMED'],
    [5, 'LANNER_BODY_TOO_LARGE'],
    [6, 'LANNER_BODY_TIMEOUT'],
    [99, 'LANNER_PEER_GONE'],
  ])('reason %i is %s', (reason, code) => {
    let signal: AbortSignal | undefined
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ;({ signal } = ctx)
        return new Promise(() => {})
      }),
    )
    lane.send({})
    lane.batch(encodeCancel(0, 1, reason))
    expect(signal!.reason).toMatchObject({ code })
  })

  test('a client that closed only its sending side still gets its reply', async () => {
    const gate = deferred<string>()
    let signal: AbortSignal | undefined
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ;({ signal } = ctx)
        return gate.promise
      }),
    )
    lane.send({})
    lane.batch(encodeCancel(0, 1, HALF_CLOSED))
    expect(signal!.aborted).toBe(true)
    gate.resolve('still')
    await lane.rest()
    expect(lane.reply(0).text).toBe('still')
  })

  test('closing the lane cancels what runs', async () => {
    const reasons: unknown[] = []
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ctx.signal.addEventListener('abort', () => reasons.push(ctx.signal.reason))
        return new Promise(() => {})
      }),
    )
    lane.send({}, {})
    lane.lane.close()
    expect(reasons).toMatchObject([
      { code: 'LANNER_SERVER_CLOSING' },
      { code: 'LANNER_SERVER_CLOSING' },
    ])
    expect(lane.lane.held).toBe(0)
  })
})

test('the signal never aborts on a normal end, and can be touched after it', async () => {
  const contexts: Context[] = []
  const lane = harness((r) => {
    r.get('/sync', (ctx) => {
      contexts.push(ctx as unknown as Context)
      return ctx.signal.aborted ? 'aborted' : 'fine'
    })
    r.get('/async', async (ctx) => {
      contexts.push(ctx as unknown as Context)
      await undefined
      return 'fine'
    })
  })
  lane.send({ target: '/sync' }, { target: '/async' })
  await lane.rest()
  lane.batch(encodeCancel(0, 1, PEER_GONE), encodeCancel(1, 1, PEER_GONE))
  expect(contexts.map((ctx) => ctx.signal.aborted)).toEqual([false, false])
})

test('a fallback gets what no route matches, with 404 unless it says otherwise', async () => {
  const lane = harness(() => {}, {
    notFound: (ctx) => (ctx.path === '/moved' ? ctx.redirect('/') : ctx.text(`no ${ctx.path}`)),
  })
  expect(await lane.ask('/nowhere')).toMatchObject({ status: 404, text: 'no /nowhere' })
  expect(await lane.ask('/moved')).toMatchObject({ status: 302 })
})
