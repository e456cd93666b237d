// The bookshop, group by group, without a socket: what it does, and what it answers when a request
// is not as it should be.

import { expect, test } from 'vitest'

import { Database } from '../../examples/bookshop/database.ts'
import { openShop, PASSWORD } from './shop.ts'

import type { Shop } from './shop.ts'

type Fields = Readonly<Record<string, string>>

interface Said {
  readonly status: number
  readonly body: any
  readonly headers: Headers
}

/** Sends JSON and reads JSON, as `METHOD /path`. */
async function ask(shop: Shop, line: string, body?: unknown, headers: Fields = {}): Promise<Said> {
  const [method, path] = line.split(' ') as [string, string]
  const isData = body !== undefined && !(body instanceof FormData)
  const reply = await shop.app.fetch(`/api${path}`, {
    method,
    headers: { ...headers, ...(isData && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: isData ? JSON.stringify(body) : (body as FormData) }),
  })
  const text = await reply.text()
  const isJson = /json/.test(reply.headers.get('content-type') ?? '')
  return { status: reply.status, body: isJson ? JSON.parse(text) : text, headers: reply.headers }
}

/** Where a validation error says that something is wrong. */
function places({ body }: Said): string[] {
  return body.errors.map((error: { in: string; path: string }) => `${error.in} ${error.path}`)
}

test('customers register, log in, are known, and log out', async () => {
  const shop = await openShop()
  const grace = { email: 'grace@example.org', name: 'Grace', password: PASSWORD }
  const made = await ask(shop, 'POST /auth/register', grace)
  expect([made.status, made.headers.get('location')]).toEqual([201, '/api/auth/me'])
  expect(made.body).toEqual({ id: 3, email: grace.email, name: 'Grace', role: 'customer' })
  expect((await ask(shop, 'POST /auth/register', grace)).status).toBe(409)

  const entered = await ask(shop, 'POST /auth/login', grace)
  expect([entered.status, entered.headers.get('cache-control')]).toEqual([200, 'no-store'])
  const headers = { authorization: `Bearer ${entered.body.token}` }
  expect((await ask(shop, 'GET /auth/me', undefined, headers)).body).toEqual(made.body)
  expect((await ask(shop, 'POST /auth/logout', undefined, headers)).status).toBe(204)
  const after = await ask(shop, 'GET /auth/me', undefined, headers)
  expect([after.status, after.headers.get('www-authenticate')]).toEqual([
    401,
    'Bearer realm="bookshop", error="invalid_token"',
  ])
})

test('nobody comes in with a wrong password or a wrong form', async () => {
  const shop = await openShop()
  for (const email of ['ada@example.org', 'nobody@example.org']) {
    const refused = await ask(shop, 'POST /auth/login', { email, password: 'wrong' })
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect(refused.body.detail).toBe('no such address with this password')
  }
  const bad = await ask(shop, 'POST /auth/register', { email: 'x', name: '', password: 'short' })
  expect([bad.status, places(bad).sort()]).toEqual([
    400,
    ['body /email', 'body /name', 'body /password'],
  ])
  expect(JSON.stringify(bad.body)).not.toContain('short')
})

test('books are found by query', async () => {
  const shop = await openShop()
  const titles: Record<string, string[]> = {
    '?sort=price&limit=2': ['The Goshawk', 'The Peregrine'],
    '?q=hawk&sort=title': ['H is for Hawk', 'The Goshawk'],
    '?q=macdonald&inStock=true&offset=1': ['Vesper Flights'],
    '?inStock=false': ['The Goshawk'],
    '?isbn=9780224097000&isbn=9781590172490': ['H is for Hawk', 'The Goshawk'],
    '?isbn=9780224097000': ['H is for Hawk'],
    "?q=';--": [],
  }
  for (const [query, expected] of Object.entries(titles)) {
    const { body } = await ask(shop, `GET /books${query}`)
    expect(body.books.map((book: { title: string }) => book.title)).toEqual(expected)
  }
  expect((await ask(shop, 'GET /books?limit=1')).body.total).toBe(4)
  const bad = await ask(shop, 'GET /books?limit=0&sort=colour&inStock=maybe')
  expect([bad.status, places(bad)]).toEqual([
    400,
    ['query /inStock', 'query /sort', 'query /limit'],
  ])
})

test('clerks add, change and remove books', async () => {
  const shop = await openShop()
  const book = { isbn: '9780141439600', title: 'Falconry', authorId: 1, cents: 900 }
  const made = await ask(shop, 'POST /books', book, shop.clerk)
  expect([made.status, made.headers.get('location')]).toEqual([201, '/api/books/5'])
  expect(made.body).toEqual({ ...book, id: 5, stock: 0, author: 'Helen Macdonald' })
  expect((await ask(shop, 'POST /books', book, shop.clerk)).status).toBe(409)
  const nobodys = await ask(shop, 'POST /books', { ...book, authorId: 99 }, shop.clerk)
  expect([nobodys.status, nobodys.body.detail]).toEqual([409, 'no such author'])

  const changed = await ask(shop, 'PATCH /books/5', { stock: 3, cents: 0 }, shop.clerk)
  expect(changed.body).toEqual({ ...made.body, stock: 3, cents: 0 })
  expect((await ask(shop, 'GET /books/5')).body).toEqual(changed.body)
  expect((await ask(shop, 'PATCH /books/5', { authorId: 99 }, shop.clerk)).status).toBe(409)
  expect((await ask(shop, 'PATCH /books/99', {}, shop.clerk)).status).toBe(404)

  expect((await ask(shop, 'DELETE /books/5', undefined, shop.clerk)).status).toBe(204)
  expect((await ask(shop, 'DELETE /books/5', undefined, shop.clerk)).status).toBe(404)
  expect((await ask(shop, 'GET /books/5')).status).toBe(404)
  expect(places(await ask(shop, 'GET /books/five'))).toEqual(['params /id'])
})

test('customers and strangers do not', async () => {
  const shop = await openShop()
  for (const line of ['POST /books', 'PATCH /books/1', 'DELETE /books/1', 'PUT /books/1/cover']) {
    const stranger = await ask(shop, line)
    expect([line, stranger.status, stranger.body.status]).toEqual([line, 401, 401])
    expect([line, (await ask(shop, line, undefined, shop.ada)).status]).toEqual([line, 403])
  }
})

test('authors, with their books', async () => {
  const shop = await openShop()
  expect((await ask(shop, 'GET /authors')).body).toHaveLength(3)
  expect((await ask(shop, 'GET /authors/2')).body).toEqual({
    id: 2,
    name: 'J. A. Baker',
    born: 1926,
    books: [{ id: 2, title: 'The Peregrine' }],
  })
  const made = await ask(shop, 'POST /authors', { name: ' Frederick II ', born: 1194 }, shop.clerk)
  expect([made.status, made.body]).toEqual([201, { id: 4, name: 'Frederick II', born: 1194 }])
  expect((await ask(shop, 'POST /authors', made.body, shop.clerk)).status).toBe(409)
  expect((await ask(shop, 'GET /authors/99')).status).toBe(404)
  const bad = await ask(shop, 'POST /authors', { name: ' ', born: 'then' }, shop.clerk)
  expect([bad.status, places(bad)]).toEqual([400, ['body /name', 'body /born']])
  expect(places(await ask(shop, 'GET /authors/0'))).toEqual(['params /id'])
})

test('one review of each customer for each book', async () => {
  const shop = await openShop()
  const review = { stars: 5, text: 'soars' }
  expect((await ask(shop, 'POST /books/1/reviews', review, shop.ada)).status).toBe(201)
  expect((await ask(shop, 'POST /books/1/reviews', review, shop.ada)).status).toBe(409)
  expect((await ask(shop, 'POST /books/9/reviews', review, shop.ada)).status).toBe(404)
  expect((await ask(shop, 'POST /books/1/reviews', review)).status).toBe(401)
  const bad = await ask(shop, 'POST /books/1/reviews', { stars: 6, text: '' }, shop.ada)
  expect([bad.status, places(bad)]).toEqual([400, ['body /stars', 'body /text']])
  expect((await ask(shop, 'GET /books/1/reviews')).body).toEqual([{ ...review, by: 'Ada' }])
  expect((await ask(shop, 'GET /books/9/reviews')).status).toBe(404)
})

test('covers are uploaded within limits', async () => {
  const shop = await openShop()
  const form = (bytes: number, type = 'image/png', name = 'cover'): FormData => {
    const made = new FormData()
    made.append(name, new File([new Uint8Array(bytes).fill(7)], 'c.png', { type }))
    return made
  }
  const put = (body: unknown, id = 1): Promise<Said> =>
    ask(shop, `PUT /books/${id}/cover`, body, shop.clerk)

  expect((await ask(shop, 'GET /books/1/cover')).status).toBe(404)
  expect((await put(form(100_000))).body).toEqual({ bytes: 100_000 })
  const cover = await shop.app.fetch('/api/books/1/cover')
  expect(cover.headers.get('content-type')).toBe('image/png')
  expect((await cover.arrayBuffer()).byteLength).toBe(100_000)

  expect((await put(form(10), 99)).status).toBe(404)
  for (const bad of [form(500_001), form(10, 'image/gif'), form(10, 'image/png', 'other')]) {
    const refused = await put(bad)
    expect([refused.status, new Set(places(refused))]).toEqual([400, new Set(['body /cover'])])
  }
  expect((await put(form(1_100_000))).status).toBe(413)
  expect((await put({ cover: 'text' })).status).toBe(415)
})

test('orders take books off the shelf, cancelled ones put them back', async () => {
  const shop = await openShop()
  const stock = async (id: number): Promise<number> =>
    (await ask(shop, `GET /books/${id}`)).body.stock
  const items = [
    { bookId: 1, count: 2 },
    { bookId: 2, count: 1 },
  ]
  const made = await ask(shop, 'POST /orders', { items }, shop.ada)
  expect([made.status, made.headers.get('location')]).toEqual([201, '/api/orders/1'])
  expect(made.body).toMatchObject({ id: 1, customerId: 2, state: 'new', cents: 2 * 1499 + 1295 })
  expect([await stock(1), await stock(2)]).toEqual([3, 1])
  expect((await ask(shop, 'DELETE /books/1', undefined, shop.clerk)).status).toBe(409)

  const tooMany = [items[0], { bookId: 2, count: 2 }]
  const refused = await ask(shop, 'POST /orders', { items: tooMany }, shop.ada)
  expect([refused.status, refused.body.detail]).toEqual([409, 'there are not 2 of book 2'])
  expect([await stock(1), await stock(2)]).toEqual([3, 1])

  expect((await ask(shop, 'GET /orders', undefined, shop.ada)).body).toEqual([made.body])
  expect((await ask(shop, 'GET /orders/1', undefined, shop.ada)).body).toEqual(made.body)
  const cancelled = await ask(shop, 'POST /orders/1/cancel', undefined, shop.ada)
  expect(cancelled.body).toEqual({ ...made.body, state: 'cancelled' })
  expect([await stock(1), await stock(2)]).toEqual([5, 2])
  expect((await ask(shop, 'POST /orders/1/cancel', undefined, shop.ada)).status).toBe(409)
})

test('orders are seen by their customer and by clerks', async () => {
  const shop = await openShop()
  const items = [{ bookId: 4, count: 1 }]
  expect((await ask(shop, 'POST /orders', { items })).status).toBe(401)
  await ask(shop, 'POST /orders', { items }, shop.clerk)
  await ask(shop, 'POST /orders', { items }, shop.ada)
  expect((await ask(shop, 'GET /orders/1', undefined, shop.ada)).status).toBe(404)
  expect((await ask(shop, 'POST /orders/1/cancel', undefined, shop.ada)).status).toBe(404)
  expect((await ask(shop, 'GET /orders/2', undefined, shop.clerk)).status).toBe(200)
  for (const bad of [{}, { items: [] }, { items: [{ bookId: 1, count: 0 }] }]) {
    expect((await ask(shop, 'POST /orders', bad, shop.ada)).status).toBe(400)
  }

  expect((await ask(shop, 'GET /customers', undefined, shop.ada)).status).toBe(403)
  const ada = { id: 2, email: 'ada@example.org', name: 'Ada', orders: 1 }
  expect((await ask(shop, 'GET /customers', undefined, shop.clerk)).body).toEqual([ada])
  const hers = await ask(shop, 'GET /customers/2/orders', undefined, shop.clerk)
  expect(hers.body).toMatchObject([{ id: 2, customerId: 2 }])
  expect((await ask(shop, 'GET /customers/99/orders', undefined, shop.clerk)).status).toBe(404)
  expect((await ask(shop, 'GET /orders/events', undefined, shop.ada)).status).toBe(403)
})

test('the database is a file that outlives the application', async () => {
  const shop = await openShop()
  await ask(shop, 'POST /orders', { items: [{ bookId: 4, count: 1 }] }, shop.ada)
  await shop.app.close()
  const database = new Database(shop.file)
  expect(database.all('SELECT customer_id, state FROM orders')).toEqual([
    { customer_id: 2, state: 'new' },
  ])
  database[Symbol.dispose]()
})
