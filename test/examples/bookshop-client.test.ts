// The bookshop on a port, called by the typed client: the way of a program that knows its type.

import { ClientError, createClient, unwrap } from 'lanner/client'
import { expect, expectTypeOf, onTestFinished, test } from 'vitest'

import { OrderFeed } from '../../examples/bookshop/orders/feed.ts'
import { startNode } from '../support/child.ts'
import { openShop, PASSWORD } from './shop.ts'

import type { Client } from 'lanner/client'
import type { RoutesOf, Server } from 'lanner'
import type { Api } from '../../examples/bookshop/app.ts'
import type { Order } from '../../examples/bookshop/orders/store.ts'
import type { Shop } from './shop.ts'

type Calls = Client<RoutesOf<Api>>

async function listen(): Promise<{ shop: Shop; server: Server; as: (who: Who) => Calls }> {
  const shop = await openShop()
  const server = await shop.app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => server.close({ gracePeriod: 0 }))
  const as = (who: Who): Calls =>
    createClient<Api>(server.url, { headers: who === 'nobody' ? {} : shop[who] })
  return { shop, server, as }
}

type Who = 'nobody' | 'ada' | 'clerk'

test('a customer logs in, finds a book and orders it', async () => {
  const { server, as } = await listen()
  const credentials = { email: 'ada@example.org', password: PASSWORD }
  const { token, user } = await unwrap(as('nobody').post('/api/auth/login', { body: credentials }))
  expectTypeOf(user.role).toEqualTypeOf<'customer' | 'clerk'>()
  const api = createClient<Api>(server.url, { headers: { authorization: `Bearer ${token}` } })

  const { books } = await unwrap(api.get('/api/books', { query: { q: 'peregrine', limit: 1 } }))
  expectTypeOf(books[0]!.cents).toEqualTypeOf<number>()
  const items = [{ bookId: books[0]!.id, count: 2 }]
  const placed = await api.post('/api/orders', { body: { items } })
  if (placed.status !== 201) throw new Error(`status ${placed.status}`)
  expectTypeOf(placed.body.state).toEqualTypeOf<'new' | 'cancelled'>()
  expect([placed.body.cents, placed.body.items[0]!.title]).toEqual([2590, 'The Peregrine'])

  const again = await api.post('/api/orders', { body: { items } })
  if (again.status !== 409) throw new Error(`status ${again.status}`)
  expectTypeOf(again.body.detail).toEqualTypeOf<string | undefined>()
  expect(again.body.detail).toBe('there are not 2 of book 2')
})

test('a failure is an error with its problem', async () => {
  const { as } = await listen()
  const body = { isbn: '978', title: 'x', authorId: 1, cents: 1 }
  const failed = unwrap(as('clerk').post('/api/books', { body }))
  const error = await failed.then(String, (reason: ClientError) => reason)
  expect(error).toBeInstanceOf(ClientError)
  expect((error as ClientError).problem).toMatchObject({
    status: 400,
    errors: [{ in: 'body', path: '/isbn', message: 'an ISBN has 13 digits' }],
  })
})

test('a cover goes up and comes down', async () => {
  const { as } = await listen()
  const bytes = crypto.getRandomValues(new Uint8Array(50_000))
  const cover = new File([bytes], 'c.webp', { type: 'image/webp' })
  const params = { id: 3 }
  const put = await unwrap(as('clerk').put('/api/books/:id/cover', { params, body: { cover } }))
  expect(put.bytes).toBe(50_000)
  const got = await as('nobody').get('/api/books/:id/cover', { params })
  if (got.status !== 200) throw new Error(`status ${got.status}`)
  expectTypeOf(got.body).toEqualTypeOf<ReadableStream<Uint8Array>>()
  const came = await new Response(got.body as ReadableStream).arrayBuffer()
  expect(Buffer.from(came).equals(bytes)).toBe(true)
})

test('clerks see orders as they come, and what they missed', async () => {
  const { server, as } = await listen()
  const order = (bookId: number): Promise<unknown> =>
    as('ada').post('/api/orders', { body: { items: [{ bookId, count: 1 }] } })
  await order(1)
  const headers = { 'last-event-id': '0' }
  const response = await as('clerk').raw('GET', '/api/orders/events', { headers })
  const events = textOf(response)
  await events.until('id: 1\n')
  await order(4)
  const seen = await events.until('id: 2\n')
  expect(seen).toMatch(/^retry: 2000[^]*event: new\nid: 1\ndata: {[^]*"title":"H is for Hawk"/)
  await as('ada').post('/api/orders/:id/cancel', { params: { id: 2 } })
  expect(await events.until('event: cancelled\n')).toContain('"title":"Vesper Flights"')
  // A server that closes waits for no stream of events.
  await server.close({ gracePeriod: '10s' })
  await events.end()
})

// Node runs TypeScript by itself since 22.18.
const hasTypes = 'typescript' in process.features && Boolean(process.features.typescript)
const isWindows = process.platform === 'win32'

test.skipIf(!hasTypes || isWindows)('main.ts listens, and ends well by a signal', async () => {
  const { shop } = await listen()
  await shop.app.close()
  const child = startNode('examples/bookshop/main.ts', { env: { BOOKSHOP_DB: shop.file } })
  const url = await child.url()
  const api = createClient<Api>(url, { headers: shop.ada })
  const items = [{ bookId: 1, count: 1 }]
  expect((await api.post('/api/orders', { body: { items } })).status).toBe(201)
  const watched = createClient<Api>(url, { headers: shop.clerk })
  const events = textOf(await watched.raw('GET', '/api/orders/events'))
  child.kill()
  await events.end()
  expect(await child.exited).toEqual({ code: 0, signal: null })
})

test.skipIf(!hasTypes)('the command line knows its routes', async () => {
  const args = ['routes', 'examples/bookshop/shop.ts']
  const child = startNode('dist/cli/main.js', { args })
  expect(await child.exited).toEqual({ code: 0, signal: null })
  expect(child.stdout).toMatch(/PUT +\/api\/books\/:id\/cover/)
})

test('an order is heard of as soon as somebody listens, waited for or not', async () => {
  const feed = new OrderFeed()
  const order: Order = { id: 1, customerId: 1, state: 'new', at: '', cents: 0, items: [] }
  feed.publish(order)
  const coming = feed.listen(AbortSignal.timeout(10_000))[Symbol.asyncIterator]()
  feed.publish({ ...order, id: 2 })
  expect((await coming.next()).value).toEqual([{ ...order, id: 2 }])
  await coming.return?.()
})

/** A body that is read as far as a test needs. */
function textOf(response: Response): {
  until: (part: string) => Promise<string>
  end: () => Promise<void>
} {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const more = async (): Promise<boolean> => {
    const { done, value } = await reader.read()
    text += value ?? ''
    return !done
  }
  return {
    async until(part) {
      while (!text.includes(part) || !text.endsWith('\n\n')) {
        if (!(await more())) throw new Error(`ended before ${part}: ${text}`)
      }
      return text
    },
    async end() {
      while (await more());
    },
  }
}
