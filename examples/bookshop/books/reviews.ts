// Reviews: one of each customer for each book. Schemas by Zod.

import { conflict, created, defineGroup, defineRoute, notFound, ok } from 'lanner'
import { z } from 'zod'

import { userOf } from '../auth/users.ts'
import { ById, Problem } from '../common.ts'
import { findBook } from './store.ts'

const NewReview = z
  .object({ stars: z.number().int().min(1).max(5), text: z.string().trim().min(1).max(2000) })
  .meta({ id: 'NewReview' })
const Review = NewReview.extend({ by: z.string() }).meta({ id: 'Review' })
type Review = z.output<typeof Review>

const listReviews = defineRoute(
  'GET',
  '/',
  {
    name: 'listReviews',
    summary: 'What customers say of a book',
    params: ById,
    responses: { 200: z.array(Review), 404: Problem },
  },
  ({ params, services: { database } }) => {
    if (findBook(database, params.id) === undefined) return notFound('no such book')
    const found = database.all<Review>(
      `SELECT stars, text, name AS by FROM reviews JOIN customers ON customers.id = customer_id
       WHERE book_id = ? ORDER BY reviews.rowid`,
      [params.id],
    )
    return ok(found)
  },
)

const addReview = defineRoute(
  'POST',
  '/',
  {
    name: 'addReview',
    summary: 'Says something of a book',
    auth: true,
    params: ById,
    body: NewReview,
    responses: { 201: Review, 404: Problem, 409: Problem },
  },
  (ctx) => {
    const { database } = ctx.services
    const { id } = ctx.params
    const { stars, text } = ctx.body
    const user = userOf(ctx)
    if (findBook(database, id) === undefined) return notFound('no such book')
    const { changes } = database.run(
      'INSERT INTO reviews VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      [id, user.id, stars, text],
    )
    if (changes === 0) return conflict('there is a review of yours')
    return created(`/api/books/${id}/reviews`, { stars, text, by: user.name })
  },
)

export const reviews = defineGroup('/:id/reviews', { tags: ['reviews'] }, [listReviews, addReview])
