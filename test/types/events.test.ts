// The events of a route in types: what sources may yield, and what clients get.

import { App, defineRoute, sse, sseEvents } from 'lanner'
import { createClient, unwrap } from 'lanner/client'
import { expect, expectTypeOf, test } from 'vitest'
import { type } from 'arktype'
import * as v from 'valibot'
import { z } from 'zod'

const Price = z.object({ eur: z.number(), kind: z.enum(['bid', 'ask']), at: z.date().optional() })
const responses = {
  200: sseEvents({ price: Price, end: v.object({ why: v.string() }), message: z.string() }),
}

test('what a source yields is one of the events of the route', () => {
  const app = new App()
  app.get('/a', { responses }, () =>
    sse(async function* () {
      yield { event: 'price', data: { eur: 3, kind: 'bid' } }
      yield { event: 'price', data: { eur: 3, kind: 'ask', at: new Date() }, id: 7, retry: '2s' }
      yield { event: 'end', data: { why: 'closed' }, comment: 'bye' }
      yield { event: 'message', data: 'text' }
      yield { data: 'text' }
      yield 'text'
      yield { comment: 'a note' }
    }),
  )
  app.get('/b', { responses }, async ({ path }) =>
    sse(
      async function* ({ signal, lastEventId }) {
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
        expectTypeOf(lastEventId).toEqualTypeOf<string | undefined>()
        yield { event: 'end', data: { why: path } }
      },
      { retry: '2s' },
    ).header('x-a', 'b'),
  )
  app.get('/c', { responses }, () => sse([{ event: 'price', data: { eur: 1, kind: 'bid' } }]))
  app.get('/d', { responses }, (ctx) => ctx.sse(['anything']))
  // @ts-expect-error there is no such event
  app.get('/e', { responses }, () => sse([{ event: 'prise', data: { eur: 1, kind: 'bid' } }]))
  // @ts-expect-error the data is that of another event
  app.get('/f', { responses }, () => sse([{ event: 'price', data: { why: 'closed' } }]))
  // @ts-expect-error it has a wrong member
  app.get('/g', { responses }, () => sse([{ event: 'price', data: { eur: 1, kind: 'sold' } }]))
  app.get('/h', { responses }, () =>
    // @ts-expect-error the data is missing
    sse(async function* () {
      yield { event: 'price' }
    }),
  )
  // @ts-expect-error the status has events and nothing else
  app.get('/i', { responses }, () => ({ eur: 1 }))
  // @ts-expect-error without a message no text may be sent
  app.get('/j', { responses: { 200: sseEvents({ price: Price }) } }, () => sse(['text']))
})

test('without a list any events may be sent', () => {
  new App().get('/', () => sse([{ event: 'any', data: { thing: 1n } }, 'text']))
  // @ts-expect-error an event has no such member
  sse([{ name: 'price' }])
})

test('schemas of all libraries', () => {
  const Order = type({ id: 'number', state: '"new" | "old"' })
  const order = { id: 1, state: 'new' as 'new' | 'old' }
  const route = defineRoute(
    'GET',
    '/',
    { responses: { 200: sseEvents({ new: Order, old: Order }) } },
    () =>
      sse(async function* () {
        const id = order.state === 'new' ? { id: order.id } : {}
        yield { ...id, event: order.state, data: order }
      }),
  )
  expectTypeOf(route.path).toEqualTypeOf<'/'>()
})

test('mistakes are told where they are made', () => {
  // @ts-expect-error a schema is needed
  expect(() => sseEvents({ price: 7 })).toThrow(
    'The option events.price of sseEvents() is a schema',
  )
  expect(() => sseEvents({})).toThrow('The option events of sseEvents() is an object with a schema')
})

test('the client gets them by name', () => {
  const app = new App().get('/prices', { responses }, () => sse(['text']))
  const api = createClient<typeof app>('')
  const calls = async (): Promise<void> => {
    const reply = await api.get('/prices')
    if (reply.status !== 200) return
    for await (const came of reply.body) {
      expectTypeOf(came.event).toEqualTypeOf<'price' | 'end' | 'message'>()
      expectTypeOf(came.id).toEqualTypeOf<string>()
      if (came.event === 'price') {
        expectTypeOf(came.data.eur).toEqualTypeOf<number>()
        expectTypeOf(came.data.at).toEqualTypeOf<string | undefined>()
        expectTypeOf(came.text).toEqualTypeOf<string>()
      }
      if (came.event === 'end') expectTypeOf(came.data.why).toEqualTypeOf<string>()
      if (came.event === 'message') {
        expectTypeOf(came.data).toEqualTypeOf<unknown>()
        expectTypeOf(came.text).toEqualTypeOf<string>()
      }
      // @ts-expect-error there is no such event
      if (came.event === 'prise') return
    }
    expectTypeOf(await unwrap(api.get('/prices'))).toEqualTypeOf<typeof reply.body>()
  }
  expectTypeOf(calls).toBeFunction()
})
