// What nobody takes is told of on standard error with the route that it happened in: the stack of a
// mistake may end in this package.

import { format } from 'node:util'

import { App, HttpError } from 'lanner'
import { describe, expect, test, vi } from 'vitest'

import type { Handler } from 'lanner'

/** What is written for one request. */
async function written(app: App, path = '/things/7'): Promise<unknown[][]> {
  const lines = vi.spyOn(console, 'error').mockImplementation(() => {})
  await app.inject(path).catch(() => undefined)
  await new Promise((resolve) => setImmediate(resolve))
  const { calls } = lines.mock
  lines.mockRestore()
  return calls
}

const at = (handler: Handler<any, any, any>): App => new App().get('/things/:id', handler) as App

describe('a report names the route', () => {
  test.each<[mistake: string, handler: Handler<any, any, any>, code: string | undefined]>([
    ['a reply after a reply', (ctx) => (ctx.text('a'), ctx.json(1)), 'LANNER_ALREADY_REPLIED'],
    ['a value that is no reply', () => Symbol('x'), 'LANNER_REPLY_VALUE'],
    [
      'a body that is read twice',
      async (ctx) => {
        await ctx.body.text()
        return ctx.body.text()
      },
      'LANNER_BODY_USED',
    ],
    ['an error of the application', () => Promise.reject(new Error('boom')), undefined],
    [
      'a stream that breaks',
      async function* () {
        yield await Promise.resolve('a')
        throw new Error('late')
      },
      undefined,
    ],
  ])('%s', async (_, handler, code) => {
    const place = '(in GET /things/:id)'
    expect(await written(at(handler))).toEqual([[expect.toSatisfy(hasCode(code)), place]])
  })

  const hasCode = (code: string | undefined) => (error: unknown) =>
    error instanceof Error && (error as { code?: string }).code === code

  test('or says that there is none', async () => {
    const app = new App().use((ctx, next) => {
      if (ctx.path === '/none') throw new Error('boom')
      return next()
    })
    expect(await written(app, '/none')).toEqual([
      [expect.anything(), '(in a path without a route)'],
    ])
  })
})

test('what was thrown as an answer is no report', async () => {
  expect(await written(at(() => Promise.reject(new HttpError(503))))).toEqual([])
})

test('a text that was thrown is no format', async () => {
  const calls = await written(at(() => Promise.reject('10%d of them')))
  expect(calls).toHaveLength(1)
  expect(format(...calls[0]!)).toBe('10%d of them (in GET /things/:id)')
})
