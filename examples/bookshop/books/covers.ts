// Covers: an upload as a form with a file, within limits. Schemas by Zod.

import { defineGroup, defineRoute, notFound, ok } from 'lanner'
import { z } from 'zod'

import { ById, Problem } from '../common.ts'
import { findBook } from './store.ts'

const types = ['image/png', 'image/jpeg', 'image/webp'] as const

const putCover = defineRoute(
  'PUT',
  '/',
  {
    name: 'putCover',
    summary: 'Keeps the cover of a book',
    auth: { roles: ['clerk'] },
    // The network side ends longer bodies; the schema says which of the file's fault it is.
    limits: { bodyBytes: '1MB' },
    timeout: '30s',
    consumes: ['multipart/form-data'],
    params: ById,
    body: z.object({
      cover: z
        .file()
        .min(1)
        .max(500_000)
        .mime([...types]),
    }),
    responses: { 200: z.object({ bytes: z.number().int() }), 404: Problem },
  },
  async ({ params, body: { cover }, services: { database } }) => {
    if (findBook(database, params.id) === undefined) return notFound('no such book')
    const bytes = new Uint8Array(await cover.arrayBuffer())
    database.run('INSERT OR REPLACE INTO covers VALUES (?, ?, ?)', [params.id, cover.type, bytes])
    return ok({ bytes: bytes.length })
  },
)

const getCover = defineRoute(
  'GET',
  '/',
  {
    name: 'getCover',
    summary: 'The cover of a book',
    params: ById,
    responses: { 200: z.file(), 404: Problem },
  },
  ({ params, services: { database } }) => {
    const cover = database.one<{ type: string; bytes: Uint8Array<ArrayBuffer> }>(
      'SELECT type, bytes FROM covers WHERE book_id = ?',
      [params.id],
    )
    if (cover === undefined) return notFound('no cover')
    return ok(new File([cover.bytes], 'cover', { type: cover.type }))
  },
)

export const covers = defineGroup('/:id/cover', { tags: ['covers'] }, [putCover, getCover])
