// Authors in the database.

import type { Database } from '../database.ts'

export interface Author {
  id: number
  name: string
  born: number | null
}

export function findAuthor(database: Database, id: number): Author | undefined {
  return database.one<Author>('SELECT id, name, born FROM authors WHERE id = ?', [id])
}

export function authorExists(database: Database, id: number): boolean {
  return findAuthor(database, id) !== undefined
}

export function findAuthors(database: Database): Author[] {
  return database.all<Author>('SELECT id, name, born FROM authors ORDER BY name')
}

/** Undefined where there is one of that name. */
export function addAuthor(database: Database, author: Omit<Author, 'id'>): Author | undefined {
  const { changes, id } = database.run(
    'INSERT INTO authors (name, born) VALUES (?, ?) ON CONFLICT DO NOTHING',
    [author.name, author.born],
  )
  return changes === 0 ? undefined : { id, ...author }
}

export function titlesOf(database: Database, { id }: Author): { id: number; title: string }[] {
  return database.all('SELECT id, title FROM books WHERE author_id = ? ORDER BY title', [id])
}
