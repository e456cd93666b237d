// Books: anybody may look, clerks may change. Schemas by Zod.

import { conflict, created, defineGroup, defineRoute, noContent, notFound, ok } from 'lanner'

import { authorExists } from '../authors/store.ts'
import { ById, Problem } from '../common.ts'
import { covers } from './covers.ts'
import { reviews } from './reviews.ts'
import { Book, BookChange, BookPage, BookQuery, NewBook } from './schemas.ts'
import * as store from './store.ts'

const clerk = { roles: ['clerk'] }

const listBooks = defineRoute(
  'GET',
  '/',
  {
    name: 'listBooks',
    summary: 'Books, page by page',
    query: BookQuery,
    responses: { 200: BookPage },
  },
  ({ query, services }) => ok(store.findBooks(services.database, query)),
)

const addBook = defineRoute(
  'POST',
  '/',
  {
    name: 'addBook',
    summary: 'Adds a book',
    auth: clerk,
    body: NewBook,
    responses: { 201: Book, 409: Problem },
  },
  ({ body, services: { database } }) => {
    if (!authorExists(database, body.authorId)) return conflict('no such author')
    if (store.isbnExists(database, body.isbn)) return conflict('there is a book of this ISBN')
    const id = store.addBook(database, body)
    return created(`/api/books/${id}`, store.findBook(database, id)!)
  },
)

const getBook = defineRoute(
  'GET',
  '/:id',
  { name: 'getBook', summary: 'One book', params: ById, responses: { 200: Book, 404: Problem } },
  ({ params, services }) => {
    const book = store.findBook(services.database, params.id)
    return book === undefined ? notFound('no such book') : ok(book)
  },
)

const changeBook = defineRoute(
  'PATCH',
  '/:id',
  {
    name: 'changeBook',
    summary: 'Changes a book',
    auth: clerk,
    params: ById,
    body: BookChange,
    responses: { 200: Book, 404: Problem, 409: Problem },
  },
  ({ params, body, services: { database } }) => {
    const book = store.findBook(database, params.id)
    if (book === undefined) return notFound('no such book')
    if (body.authorId !== undefined && !authorExists(database, body.authorId)) {
      return conflict('no such author')
    }
    store.changeBook(database, book, body)
    return ok(store.findBook(database, params.id)!)
  },
)

const removeBook = defineRoute(
  'DELETE',
  '/:id',
  {
    name: 'removeBook',
    summary: 'Removes a book that nobody has ordered',
    auth: clerk,
    params: ById,
    responses: { 204: null, 404: Problem, 409: Problem },
  },
  ({ params, services: { database } }) => {
    if (store.isOrdered(database, params.id)) return conflict('somebody has ordered it')
    return store.removeBook(database, params.id) ? noContent() : notFound('no such book')
  },
)

export const books = defineGroup('/books', { tags: ['books'] }, [
  listBooks,
  addBook,
  getBook,
  changeBook,
  removeBook,
  covers,
  reviews,
])
