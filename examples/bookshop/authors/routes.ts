// Authors. Schemas by Valibot.

import { conflict, created, defineGroup, defineRoute, notFound, ok } from 'lanner'
import * as v from 'valibot'

import { Problem } from '../common.ts'
import * as store from './store.ts'

const year = v.pipe(v.number(), v.integer(), v.minValue(-3000), v.maxValue(2100))
const NewAuthor = v.object({
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100)),
  born: v.optional(v.nullable(year), null),
})
const Author = v.object({
  id: v.pipe(v.number(), v.integer()),
  name: v.string(),
  born: v.nullable(year),
})
const Title = v.object({ id: v.number(), title: v.string() })

/** A number in a path, as Valibot says it. */
const ById = v.object({
  id: v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/), v.transform(Number)),
})

const listAuthors = defineRoute(
  'GET',
  '/',
  { name: 'listAuthors', summary: 'All authors', responses: { 200: v.array(Author) } },
  ({ services }) => ok(store.findAuthors(services.database)),
)

const addAuthor = defineRoute(
  'POST',
  '/',
  {
    name: 'addAuthor',
    summary: 'Adds an author',
    auth: { roles: ['clerk'] },
    body: NewAuthor,
    responses: { 201: Author, 409: Problem },
  },
  ({ body, services }) => {
    const author = store.addAuthor(services.database, body)
    if (author === undefined) return conflict('there is an author of this name')
    return created(`/api/authors/${author.id}`, author)
  },
)

const getAuthor = defineRoute(
  'GET',
  '/:id',
  {
    name: 'getAuthor',
    summary: 'An author and the books',
    params: ById,
    responses: { 200: v.object({ ...Author.entries, books: v.array(Title) }), 404: Problem },
  },
  ({ params, services: { database } }) => {
    const author = store.findAuthor(database, params.id)
    if (author === undefined) return notFound('no such author')
    return ok({ ...author, books: store.titlesOf(database, author) })
  },
)

export const authors = defineGroup('/authors', { tags: ['authors'] }, [
  listAuthors,
  addAuthor,
  getAuthor,
])
