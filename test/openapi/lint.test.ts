// The document of an application with a bit of everything, in the eyes of a validator that is not
// ours: Redocly, with its recommended rules.

import { openapi } from 'lanner/openapi'
import { expect, test } from 'vitest'

import { lint } from '../support/redocly.ts'
import { documentedShop, documentOptions, shopApp } from './shop.ts'

test('the document of the shop has no fault', () => {
  expect(lint(openapi(shopApp(), documentOptions))).toEqual([])
})

test('the validator finds faults', () => {
  const document = openapi(shopApp(), documentOptions) as unknown as Record<string, any>
  document['paths']['/books']['get']['parameters'][0]['in'] = 'nowhere'
  expect(lint(document).join('\n')).toContain('`in`')
})

test('nothing of the shop is left without a description', () => {
  const warnings: string[] = []
  const onWarning = (message: string): unknown => warnings.push(message)
  openapi(shopApp(), { ...documentOptions, onWarning })
  expect(warnings).toEqual([])
})

test('it is served as JSON, without itself and its page', async () => {
  const app = documentedShop()
  const reply = await app.fetch('/openapi.json')
  expect(reply.headers.get('content-type')).toBe('application/json')
  const served = (await reply.json()) as { paths: object }
  expect(served).toEqual(JSON.parse(JSON.stringify(openapi(app, documentOptions))))
  expect(Object.keys(served.paths)).toEqual([
    '/books',
    '/books/{id}',
    '/search',
    '/login',
    '/archive',
    '/archive/{year}',
    '/events',
    '/files/{rest}',
    '/books/{id}/cover',
  ])
})
