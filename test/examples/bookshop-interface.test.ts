// What the bookshop says of itself: its document, in the eyes of a validator that is not ours, and
// what the type of the application tells its page.

import { spawnSync } from 'node:child_process'

import { openapi } from 'lanner/openapi'
import { expect, test } from 'vitest'

import { toolPath } from '../../scripts/lib/run.mjs'
import { documentOptions } from '../../examples/bookshop/app.ts'
import { lint } from '../support/redocly.ts'
import { root } from '../support/source-tree.ts'
import { openShop } from './shop.ts'

interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> }
  readonly responses: Readonly<Record<string, { readonly content?: Record<string, unknown> }>>
}

/** The operations of the document that is served, by their name. */
async function operations(): Promise<Map<string, Operation>> {
  const { app } = await openShop()
  const { paths } = (await app.inject('/openapi.json')).json<{
    paths: Record<string, Record<string, Operation>>
  }>()
  const all = Object.values(paths).flatMap((path) => Object.values(path))
  return new Map(all.map((operation) => [operation.operationId, operation]))
}

test('the document is valid, and describes everything', async () => {
  const { app } = await openShop()
  const warnings: string[] = []
  const onWarning = (message: string): unknown => warnings.push(message)
  expect(lint(openapi(app, { ...documentOptions, onWarning }))).toEqual([])
  expect(warnings).toEqual([])
})

test('it has every route, by name and by group', async () => {
  const byTag: Record<string, string[]> = {}
  for (const { operationId, tags } of (await operations()).values()) {
    ;(byTag[tags.join(' ')] ??= []).push(operationId)
  }
  expect(byTag).toEqual({
    auth: ['register', 'logIn', 'logOut', 'getMe'],
    books: ['listBooks', 'addBook', 'getBook', 'changeBook', 'removeBook'],
    'books covers': ['putCover', 'getCover'],
    'books reviews': ['listReviews', 'addReview'],
    authors: ['listAuthors', 'addAuthor', 'getAuthor'],
    orders: ['placeOrder', 'listOrders', 'watchOrders', 'getOrder', 'cancelOrder'],
    customers: ['listCustomers', 'listOrdersOfCustomer'],
  })
})

test('it says who may, what goes in and what comes out', async () => {
  const all = await operations()
  expect(all.get('listBooks')?.security ?? []).toEqual([])
  expect(all.get('placeOrder')?.security).toEqual([{ bearer: [] }])
  expect(all.get('addBook')?.security).toEqual([{ bearer: ['clerk'] }])
  expect(all.get('listCustomers')?.security).toEqual([{ bearer: ['clerk'] }])
  expect(all.get('listBooks')?.parameters?.map(({ name }) => name)).toEqual([
    'q',
    'isbn',
    'inStock',
    'sort',
    'limit',
    'offset',
  ])
  expect(Object.keys(all.get('putCover')?.requestBody?.content ?? {})).toEqual([
    'multipart/form-data',
  ])
  expect(Object.keys(all.get('placeOrder')?.responses ?? {})).toEqual(
    expect.arrayContaining(['201', '409']),
  )
})

test('there is a page to read it', async () => {
  const { app } = await openShop()
  const page = await app.inject('/docs')
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(page.text).toContain('/openapi.json')
})

test('the page of the shop makes only calls that there are', { timeout: 60_000 }, () => {
  const tsc = toolPath('typescript', 'tsc')
  const args = [tsc, '-p', 'examples/bookshop/public']
  const { stdout, status } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  expect([status, stdout]).toEqual([0, ''])
})
