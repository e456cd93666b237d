// The client of the shop, against a server that listens and against the application itself.

import { ClientError, createClient, unwrap } from 'lanner/client'
import { beforeEach, describe, expect, test } from 'vitest'

import { Shop, shopApp } from '../openapi/shop.ts'

import type { Client } from 'lanner/client'
import type { RoutesOf } from 'lanner'

type ShopClient = Client<RoutesOf<ReturnType<typeof shopApp>>>

const headers = { authorization: 'Bearer let-me-in' }

for (const way of ['a socket', 'app.fetch'] as const) {
  describe(`through ${way}`, () => {
    let api: ShopClient
    let shop: Shop

    beforeEach(async () => {
      shop = new Shop()
      const app = shopApp(shop)
      if (way === 'app.fetch') {
        api = createClient<typeof app>('', { fetch: (url, init) => app.fetch(url, init) })
        return
      }
      const server = await app.listen({ port: 0, host: '127.0.0.1' })
      api = createClient<typeof app>(server.url)
      return () => server.close()
    })

    test('data there and back, told by status', async () => {
      const body = { title: 'Emma', pages: 474 }
      const made = await api.post('/books', { headers, body })
      if (made.status !== 201) throw new Error(`status ${made.status}`)
      expect(made).toMatchObject({ ok: true, body: { id: 1, title: 'Emma', tags: [] } })
      expect(made.headers.get('location')).toBe('/books/1')
      const again = await api.post('/books', { headers, body })
      expect(again).toMatchObject({ status: 409, ok: false })
      if (again.status === 409) expect(again.body.detail).toBe('there is a book Emma')
      expect((await api.get('/books/:id', { params: { id: 1 } })).body).toEqual(made.body)
    })

    test('no body is undefined', async () => {
      shop.add({ title: 'Emma', pages: 1, tags: [] })
      const gone = await api.delete('/books/:id', { params: { id: 1 } })
      expect([gone.status, gone.body]).toEqual([204, undefined])
    })

    test('lists in queries', async () => {
      shop.add({ title: 'Emma', pages: 474, tags: ['a', 'b'] })
      shop.add({ title: 'Persuasion', pages: 249, tags: ['a'] })
      const titles = async (tag?: string[]): Promise<unknown> => {
        const reply = await api.get('/books', tag === undefined ? {} : { query: { tag } })
        return reply.status === 200 && reply.body.books.map(({ title }) => title)
      }
      expect(await titles()).toEqual(['Emma', 'Persuasion'])
      expect(await titles(['a'])).toEqual(['Emma', 'Persuasion'])
      expect(await titles(['a', 'b'])).toEqual(['Emma'])
      const found = await api.get('/search', { query: { q: 'a', pages: [300, 500], exact: false } })
      expect(found.body).toEqual(['Emma'])
    })

    test('files as forms, and back as a stream', async () => {
      shop.add({ title: 'Emma', pages: 474, tags: [] })
      const params = { id: 1 }
      const cover = new File([new Uint8Array([1, 2, 3])], 'c.png', { type: 'image/png' })
      const path = '/books/:id/cover'
      expect((await api.put(path, { params, body: { cover } })).body).toEqual({ bytes: 3 })
      const form = new FormData()
      form.set('cover', cover)
      expect((await api.put(path, { params, body: form })).status).toBe(200)
      const reply = await api.get(path, { params })
      expect(reply.body).toBeInstanceOf(ReadableStream)
      expect(new Uint8Array(await reply.response.arrayBuffer())).toEqual(new Uint8Array([1, 2, 3]))
    })

    test('forms of texts', async () => {
      const body = new URLSearchParams({ name: 'Ada', password: 'secret' })
      expect((await api.post('/login', { body })).body).toBe('let-me-in')
    })

    test('optional parameters and the rest of a path', async () => {
      shop.add({ title: 'Emma', pages: 1, tags: [], published: '1815-12-23' })
      expect((await api.get('/archive/:year?')).body).toEqual({ count: 1 })
      const other = await api.get('/archive/:year?', { params: { year: '1999' } })
      expect(other.body).toEqual({ count: 0 })
      const file = await api.raw('GET', '/files/*rest', { params: { rest: 'a/b c' } })
      expect(await file.text()).toBe('a/b c')
    })

    test('event streams come as they are', async () => {
      const events = await api.raw('GET', '/events')
      expect(events.headers.get('content-type')).toContain('text/event-stream')
      expect(await events.text()).toBe('data: 1\n\ndata: 2\n\n')
      const { body } = await api.get('/events')
      const came: unknown[] = []
      for await (const event of body as AsyncIterable<unknown>) came.push(event)
      expect(came).toEqual([
        { event: 'message', data: 1, text: '1', id: '' },
        { event: 'message', data: 2, text: '2', id: '' },
      ])
    })

    test('unwrap gives the body of a success and throws anything else', async () => {
      shop.add({ title: 'Emma', pages: 1, tags: [] })
      const { title } = await unwrap(api.get('/books/:id', { params: { id: 1 } }))
      expect(title).toBe('Emma')
      const missing = unwrap(api.get('/books/:id', { params: { id: 2 } }))
      const error: unknown = await missing.catch((thrown: unknown) => thrown)
      if (!(error instanceof ClientError)) throw error
      expect(error).toMatchObject({
        name: 'ClientError',
        status: 404,
        message: 'status 404: no such book',
      })
      expect(error.problem).toMatchObject({ title: 'Not Found', detail: 'no such book' })
    })

    test('what does not fit is a problem that says where', async () => {
      const reply = await api.get('/books', { query: { limit: 1000 } })
      expect(reply.status).toBe(400)
      expect(reply.body).toMatchObject({ errors: [{ in: 'query', path: '/limit' }] })
    })
  })
}
