// Books in the database.

import type { z } from 'zod'

import type { Database } from '../database.ts'
import type { Book, BookChange, BookQuery, NewBook } from './schemas.ts'

const SELECT = `SELECT books.id, isbn, title, author_id AS authorId, authors.name AS author, cents,
  stock FROM books JOIN authors ON authors.id = author_id`
const ORDER = { id: 'books.id', title: 'title', price: 'cents' }

export function findBook(database: Database, id: number): Book | undefined {
  return database.one<Book>(`${SELECT} WHERE books.id = ?`, [id])
}

/** A page of the books that fit, and how many there are in all. */
export function findBooks(database: Database, query: BookQuery): { books: Book[]; total: number } {
  const { q, isbn, inStock, sort, limit, offset } = query
  const conditions = ['1']
  const values: (string | number)[] = []
  if (q !== undefined) {
    conditions.push('(instr(lower(title), lower(?)) OR instr(lower(authors.name), lower(?)))')
    values.push(q, q)
  }
  if (isbn !== undefined) {
    conditions.push(`isbn IN (${isbn.map(() => '?').join(', ')})`)
    values.push(...isbn)
  }
  if (inStock !== undefined) conditions.push(inStock ? 'stock > 0' : 'stock = 0')
  const fitting = `${SELECT} WHERE ${conditions.join(' AND ')}`
  const { total } = database.one<{ total: number }>(
    `SELECT count(*) AS total FROM (${fitting})`,
    values,
  ) ?? { total: 0 }
  const page = `${fitting} ORDER BY ${ORDER[sort]} LIMIT ? OFFSET ?`
  return { books: database.all<Book>(page, [...values, limit, offset]), total }
}

export function addBook(database: Database, book: z.output<typeof NewBook>): number {
  const { isbn, title, authorId, cents, stock } = book
  return database.run(
    'INSERT INTO books (isbn, title, author_id, cents, stock) VALUES (?, ?, ?, ?, ?)',
    [isbn, title, authorId, cents, stock],
  ).id
}

export function changeBook(database: Database, book: Book, by: z.output<typeof BookChange>): void {
  const { title, authorId, cents, stock } = { ...book, ...by }
  database.run('UPDATE books SET title = ?, author_id = ?, cents = ?, stock = ? WHERE id = ?', [
    title ?? book.title,
    authorId ?? book.authorId,
    cents ?? book.cents,
    stock ?? book.stock,
    book.id,
  ])
}

export function isbnExists(database: Database, isbn: string): boolean {
  return database.one('SELECT 1 FROM books WHERE isbn = ?', [isbn]) !== undefined
}

/** Whether somebody has ordered it: then it stays. */
export function isOrdered(database: Database, id: number): boolean {
  return database.one('SELECT 1 FROM order_items WHERE book_id = ?', [id]) !== undefined
}

export function removeBook(database: Database, id: number): boolean {
  return database.run('DELETE FROM books WHERE id = ?', [id]).changes > 0
}
