// Routes with schemas: checked before the handler, typed in it, and held to what they promise.
// Run: node examples/typed-routes.mjs
// Then: curl 'http://localhost:3000/books?limit=1' ; curl http://localhost:3000/books/none
// @ts-check

import { App, created, defineGroup, defineRoute, notFound, ok, Problem } from 'lanner'
import { z } from 'zod'

const NewBook = z.object({ title: z.string().min(1), year: z.number().int().optional() })
const Book = NewBook.extend({ id: z.number() })
/** @type {z.infer<typeof Book>[]} */
const books = [{ id: 1, title: 'The Left Hand of Darkness', year: 1969 }]

const list = defineRoute(
  'GET',
  '/',
  {
    query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(10) }),
    responses: { 200: z.array(Book) },
  },
  (ctx) => books.slice(0, ctx.query.limit),
)

const show = defineRoute(
  'GET',
  '/:id',
  { params: z.object({ id: z.coerce.number().int() }), responses: { 200: Book, 404: Problem } },
  (ctx) => {
    const book = books.find(({ id }) => id === ctx.params.id)
    return book === undefined ? notFound('no such book') : ok(book)
  },
)

const add = defineRoute('POST', '/', { body: NewBook, responses: { 201: Book } }, (ctx) => {
  const book = { id: books.length + 1, ...ctx.body }
  books.push(book)
  return created(`/books/${book.id}`, book)
})

const app = new App().add(defineGroup('/books', { tags: ['books'] }, [list, show, add]))

const server = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${server.url}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
