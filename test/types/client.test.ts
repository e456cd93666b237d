// What the client knows of an application: right calls compile, wrong ones do not. The compiler is
// the test; running it proves only that the file is looked at.

import { App } from 'lanner'
import { createClient, unwrap } from 'lanner/client'
import { expectTypeOf, test } from 'vitest'

import type { shopApp } from '../openapi/shop.ts'

type Shop = ReturnType<typeof shopApp>

/** Never called: the compiler looks at what is in it. */
function compiles(calls: () => unknown): void {
  expectTypeOf(calls).toBeFunction()
}

const api = createClient<Shop>('http://127.0.0.1')

interface Book {
  id: number
  title: string
  pages: number
  tags?: string[] | undefined
  published?: string | undefined
}

test('paths are those of the method', () => {
  expectTypeOf<Parameters<typeof api.get>[0]>().toEqualTypeOf<
    | '/books'
    | '/books/:id'
    | '/books/:id/cover'
    | '/search'
    | '/archive/:year?'
    | '/events'
    | '/files/*rest'
  >()
  expectTypeOf<Parameters<typeof api.delete>[0]>().toEqualTypeOf<'/books/:id'>()
  compiles(() => {
    // @ts-expect-error there is no such path
    void api.get('/book')
    // @ts-expect-error the path has no such method
    void api.put('/books')
    // @ts-expect-error nothing takes PURGE
    void api.request('PURGE', '/books')
    void api.request('DELETE', '/books/:id', { params: { id: 1 } })
  })
})

test('parameters are needed where they are, and of the type that the schema takes', () => {
  compiles(() => {
    void api.get('/books/:id', { params: { id: 7 } })
    // @ts-expect-error params are needed
    void api.get('/books/:id')
    // @ts-expect-error id is needed
    void api.get('/books/:id', { params: {} })
    // @ts-expect-error id comes out as a number, so a number goes in
    void api.get('/books/:id', { params: { id: 'x' } })
    void api.get('/archive/:year?')
    void api.get('/archive/:year?', { params: { year: '2024' } })
    const bare = new App().get('/a/:b/*c', () => '')
    const other = createClient<typeof bare>('')
    void other.get('/a/:b/*c', { params: { b: 7, c: 'x/y' } })
    // @ts-expect-error without a schema a parameter is anything that can be written
    void other.get('/a/:b/*c', { params: { b: {}, c: '' } })
  })
})

test('queries, header fields and bodies likewise', () => {
  compiles(() => {
    void api.get('/books')
    void api.get('/books', { query: { limit: 10, tag: ['a'] } })
    // @ts-expect-error a list is needed
    void api.get('/books', { query: { tag: 'a' } })
    // @ts-expect-error there is no such parameter
    void api.get('/books', { query: { limits: 10 } })
    // @ts-expect-error q is needed
    void api.get('/search', { query: {} })
    void api.get('/search', { query: { q: 'x', pages: [1] }, headers: { 'x-shop': 'a' } })
    // @ts-expect-error a body is needed
    void api.post('/books')
    // @ts-expect-error pages are needed
    void api.post('/books', { body: { title: 'x' } })
    void api.post('/books', { body: { title: 'x', pages: 1 } })
    void api.patch('/books/:id', { params: { id: 1 }, body: {} })
    void api.put('/books/:id/cover', { params: { id: 1 }, body: { cover: new File([], 'x') } })
    void api.put('/books/:id/cover', { params: { id: 1 }, body: new FormData() })
    // @ts-expect-error there is no such option
    void api.get('/books', { signals: AbortSignal.abort() })
  })
})

test('replies are told apart by their status', () => {
  compiles(async () => {
    const reply = await api.get('/books/:id', { params: { id: 7 } })
    if (reply.status === 200) {
      expectTypeOf(reply.body).branded.toEqualTypeOf<Book>()
      expectTypeOf(reply.ok).toEqualTypeOf<true>()
    }
    if (reply.status === 404) {
      expectTypeOf(reply.body.detail).toEqualTypeOf<string | undefined>()
      expectTypeOf(reply.ok).toEqualTypeOf<false>()
    }
    if (reply.status === 500) expectTypeOf(reply.body).toEqualTypeOf<unknown>()
    if (reply.ok) expectTypeOf(reply.body.title).toEqualTypeOf<string>()
    // @ts-expect-error the route lists no 201
    if (reply.status === 201) return
    // @ts-expect-error not before the status is known
    void reply.body.title
    const gone = await api.delete('/books/:id', { params: { id: 7 } })
    if (gone.status === 204) expectTypeOf(gone.body).toEqualTypeOf<undefined>()
    const cover = await api.get('/books/:id/cover', { params: { id: 7 } })
    if (cover.ok) expectTypeOf(cover.body).toEqualTypeOf<ReadableStream<Uint8Array>>()
    const events = await api.get('/events')
    expectTypeOf(events.body).toEqualTypeOf<unknown>()
    expectTypeOf(events.status).toEqualTypeOf<number>()
  })
})

test('unwrap gives the body of a success', () => {
  compiles(async () => {
    const book = await unwrap(api.get('/books/:id', { params: { id: 7 } }))
    expectTypeOf(book.title).toEqualTypeOf<string>()
    expectTypeOf(await unwrap(api.get('/search', { query: { q: 'x' } }))).toEqualTypeOf<string[]>()
    expectTypeOf(await unwrap(api.get('/events'))).toEqualTypeOf<unknown>()
    expectTypeOf(await api.raw('GET', '/events')).toEqualTypeOf<Response>()
  })
})
