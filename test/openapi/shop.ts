// A book shop: an application with a bit of everything, for the tests of OpenAPI and the client.
//
// Run by itself it serves on a port: `node --experimental-strip-types test/openapi/shop.ts 3000`.

import { pathToFileURL } from 'node:url'

import {
  App,
  conflict,
  created,
  defineGroup,
  defineRoute,
  noContent,
  notFound,
  ok,
  Problem,
  unauthorized,
} from 'lanner'
import { jsonSchema } from 'lanner/json-schema'
import { docsRoute, openapiRoute } from 'lanner/openapi'
import { Type } from 'typebox'
import * as v from 'valibot'
import { z } from 'zod'

import type { OpenApiOptions } from 'lanner/openapi'

const NewBook = z
  .object({
    title: z.string().min(1).max(200),
    pages: z.number().int().min(1).max(10_000),
    tags: z.array(z.string().max(40)).max(10).default([]),
    published: z.iso.date().optional(),
  })
  .meta({ id: 'NewBook' })

const Book = NewBook.extend({ id: z.number().int() }).meta({ id: 'Book' })
type Book = z.output<typeof Book>

const ById = z.object({ id: z.coerce.number().int().min(1).max(1_000_000) })

/** What the shop has. */
export class Shop {
  readonly books = new Map<number, Book>()
  readonly covers = new Map<number, Uint8Array<ArrayBuffer>>()
  #last = 0

  add(book: Omit<Book, 'id'>): Book {
    const made = { ...book, id: ++this.#last }
    this.books.set(made.id, made)
    return made
  }
}

/** The routes of one shop. */
export function shopApp(shop: Shop = new Shop()) {
  const covers = defineGroup('/books/:id/cover', { tags: ['covers'] }, [
    defineRoute(
      'PUT',
      '/',
      {
        name: 'putCover',
        summary: 'Keeps the cover of a book',
        params: ById,
        body: z.object({ cover: z.file().max(100_000) }),
        responses: { 200: z.object({ bytes: z.number().int() }), 404: Problem },
      },
      async (ctx) => {
        if (!shop.books.has(ctx.params.id)) return notFound('no such book')
        const bytes = new Uint8Array(await ctx.body.cover.arrayBuffer())
        shop.covers.set(ctx.params.id, bytes)
        return ok({ bytes: bytes.length })
      },
    ),
    defineRoute(
      'GET',
      '/',
      {
        name: 'getCover',
        summary: 'The cover of a book',
        params: ById,
        responses: { 200: z.file(), 404: Problem },
      },
      (ctx) => {
        if (!shop.books.has(ctx.params.id)) return notFound('no such book')
        return ok(new File([shop.covers.get(ctx.params.id) ?? ''], 'cover'))
      },
    ),
  ])

  return new App()
    .get(
      '/books',
      {
        name: 'listBooks',
        summary: 'Books, page by page',
        tags: ['books'],
        query: jsonSchema(
          Type.Object({
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
            after: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
            tag: Type.Optional(Type.Array(Type.String())),
          }),
        ),
        responses: { 200: z.object({ books: z.array(Book), next: z.number().int().nullable() }) },
      },
      ({ query }) => {
        const { limit = 20, after = 0, tag = [] } = query
        const all = [...shop.books.values()].filter(({ id }) => id > after)
        const found = all.filter((book) => tag.every((one) => book.tags.includes(one)))
        const books = found.slice(0, limit)
        return ok({ books, next: found.length > limit ? books.at(-1)!.id : null })
      },
    )
    .post(
      '/books',
      {
        name: 'addBook',
        summary: 'Adds a book',
        tags: ['books'],
        auth: { roles: ['editor'] },
        headers: z.object({ authorization: z.string().optional() }),
        body: NewBook,
        responses: { 201: Book, 401: Problem, 409: Problem },
      },
      ({ body, input }) => {
        if (input.headers.authorization !== 'Bearer let-me-in') {
          return unauthorized('who are you?', 'Bearer')
        }
        const isThere = [...shop.books.values()].some(({ title }) => title === body.title)
        if (isThere) return conflict(`there is a book ${body.title}`)
        const book = shop.add(body)
        return created(`/books/${book.id}`, book)
      },
    )
    .get(
      '/books/:id',
      {
        name: 'getBook',
        summary: 'One book',
        tags: ['books'],
        params: ById,
        responses: { 200: Book, 404: Problem },
      },
      ({ params }) => {
        const book = shop.books.get(params.id)
        return book === undefined ? notFound('no such book') : ok(book)
      },
    )
    .patch(
      '/books/:id',
      {
        name: 'changeBook',
        summary: 'Changes a book',
        tags: ['books'],
        params: ById,
        body: NewBook.partial().meta({ id: 'BookChange' }),
        responses: { 200: Book, 404: Problem },
      },
      ({ params, body }) => {
        const book = shop.books.get(params.id)
        if (book === undefined) return notFound('no such book')
        const changed: Book = { ...book, ...(body as Partial<Book>) }
        shop.books.set(book.id, changed)
        return ok(changed)
      },
    )
    .delete(
      '/books/:id',
      {
        name: 'removeBook',
        summary: 'Removes a book',
        tags: ['books'],
        params: ById,
        responses: { 204: null, 404: Problem },
      },
      ({ params }) => (shop.books.delete(params.id) ? noContent() : notFound('no such book')),
    )
    .get(
      '/search',
      {
        name: 'search',
        summary: 'Books by a word',
        description: 'Looks at titles; `exact` for whole ones.',
        tags: ['books'],
        query: jsonSchema(
          Type.Object({
            q: Type.String({ minLength: 1, description: 'What to look for.' }),
            pages: Type.Optional(Type.Array(Type.Integer(), { maxItems: 2 })),
            exact: Type.Optional(Type.Boolean()),
          }),
        ),
        headers: jsonSchema(Type.Object({ 'x-shop': Type.Optional(Type.String()) })),
        responses: { 200: jsonSchema(Type.Array(Type.String())) },
      },
      ({ query: { q, exact = false, pages = [] } }) =>
        [...shop.books.values()]
          .filter((book) => book.pages >= (pages[0] ?? 0) && book.pages <= (pages[1] ?? 1e9))
          .map(({ title }) => title)
          .filter((title) => (exact ? title === q : title.includes(q))),
    )
    .post(
      '/login',
      {
        name: 'logIn',
        summary: 'A token for a name and a password',
        tags: ['users'],
        auth: false,
        consumes: ['application/x-www-form-urlencoded'],
        body: v.object({ name: v.string(), password: v.string() }),
        responses: { 200: v.string(), 401: Problem },
      },
      ({ body }) => (body.password === 'secret' ? ok('let-me-in') : unauthorized('wrong')),
    )
    .get(
      '/archive/:year?',
      {
        name: 'archive',
        summary: 'How many books there are of a year',
        tags: ['books'],
        params: v.object({ year: v.optional(v.pipe(v.string(), v.regex(/^\d{4}$/))) }),
        responses: { 200: v.object({ count: v.number() }) },
      },
      ({ params }) => {
        const years = [...shop.books.values()].map(({ published = '' }) => published.slice(0, 4))
        return { count: years.filter((year) => (params.year ?? year) === year).length }
      },
    )
    .get('/events', { name: 'events', summary: 'What happens', deprecated: true }, (ctx) =>
      ctx.type('text/event-stream').stream(['data: 1\n\n', 'data: 2\n\n']),
    )
    .get(
      '/files/*rest',
      {
        name: 'file',
        summary: 'A path, said back',
        params: z.object({ rest: z.string().regex(/^[ -~]*$/) }),
      },
      (ctx) => ctx.type('application/x-path').stream([ctx.params.rest]),
    )
    .add(covers)
}

export const documentOptions: OpenApiOptions = {
  info: { title: 'Books', version: '1.0.0', license: { name: 'MIT', identifier: 'MIT' } },
  tags: [
    { name: 'books', description: 'What there is to read.' },
    { name: 'users', description: 'Who reads.' },
    { name: 'covers', description: 'What books look like.' },
  ],
}

/** The shop with its document and its page. */
export function documentedShop(shop?: Shop) {
  const app = shopApp(shop)
  return app.add(openapiRoute(app, '/openapi.json', documentOptions), docsRoute('/docs'))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const server = await documentedShop().listen({
    port: Number(process.argv[2] ?? 0),
    rejects: {
      body: ({ status, title }) => ({
        type: 'application/problem+json',
        body: JSON.stringify({ title, status }),
      }),
    },
  })
  process.stdout.write(`${server.url}\n`)
}
