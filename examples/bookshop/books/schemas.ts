// What a book is. Schemas by Zod.

import { z } from 'zod'

export const NewBook = z
  .object({
    isbn: z.string().regex(/^\d{13}$/, 'an ISBN has 13 digits'),
    title: z.string().min(1).max(200),
    authorId: z.number().int().min(1),
    cents: z.number().int().min(0).max(1_000_000),
    stock: z.number().int().min(0).max(10_000).default(0),
  })
  .meta({ id: 'NewBook' })

export const Book = NewBook.extend({
  id: z.number().int(),
  stock: z.number().int(),
  author: z.string(),
}).meta({ id: 'Book' })

export type Book = z.output<typeof Book>

export const BookChange = NewBook.omit({ isbn: true, stock: true })
  .extend({ stock: z.number().int().min(0).max(10_000) })
  .partial()
  .meta({ id: 'BookChange' })

export const BookQuery = z.object({
  q: z.string().max(100).optional().describe('Part of the title or of the author.'),
  isbn: z.array(z.string()).max(50).optional().describe('One of these.'),
  inStock: z.stringbool().optional(),
  sort: z.enum(['title', 'price', 'id']).default('id'),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  offset: z.coerce.number().int().min(0).max(1e6).default(0),
})
export type BookQuery = z.output<typeof BookQuery>

export const BookPage = z
  .object({ books: z.array(Book), total: z.number().int() })
  .meta({ id: 'BookPage' })
