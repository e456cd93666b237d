// Ids of requests: made, taken from the client where that is trusted, and refused where it is odd.

import { App } from 'lanner'
import { requestId } from 'lanner/middleware/request-id'
import { expect, expectTypeOf, test } from 'vitest'

import type { RequestIdOptions } from 'lanner/middleware/request-id'

const RANDOM = /^[\da-f]{32}$/

async function ask(
  options: RequestIdOptions | undefined,
  headers: Record<string, string> = {},
): Promise<{ seen: unknown; sent: string | undefined }> {
  const app = new App().use(requestId(options))
  app.get('/', (ctx) => {
    expectTypeOf(ctx.state.requestId).toEqualTypeOf<string>()
    return ctx.json(ctx.state.requestId)
  })
  const reply = await app.inject({ path: '/', headers })
  const sent = reply.headers.get(options?.header ?? 'x-request-id') ?? undefined
  return { seen: JSON.parse(reply.text), sent }
}

test('each request has an id of its own, in its state and in its reply', async () => {
  const first = await ask(undefined)
  const second = await ask(undefined)
  expect(first.seen).toMatch(RANDOM)
  expect(first.sent).toBe(first.seen)
  expect(second.seen).not.toBe(first.seen)
})

test('no id comes twice', async () => {
  const app = new App().use(requestId())
  app.get('/', (ctx) => ctx.state.requestId)
  const ids = new Set<string>()
  for (let i = 0; i < 600; i++) ids.add((await app.inject('/')).text)
  expect(ids.size).toBe(600)
})

test('replies without a route have one too', async () => {
  const app = new App().use(requestId())
  const reply = await app.inject('/nowhere')
  expect([reply.status, reply.headers.get('x-request-id')]).toEqual([
    404,
    expect.stringMatching(RANDOM),
  ])
})

test.each<[string, RequestIdOptions, string, boolean]>([
  ['is not taken by default', {}, 'abc', false],
  ['is taken where it is trusted', { trust: true }, 'abc-1.2:3~4+5/6=', true],
  ['is taken where a function says so', { trust: (ctx) => ctx.path === '/' }, 'abc', true],
  ['is not taken where a function says no', { trust: () => false }, 'abc', false],
  ['is not taken where a promise says so', { trust: (async () => true) as never }, 'abc', false],
  ['is not taken when it is too long', { trust: true }, 'a'.repeat(129), false],
  ['is taken at the longest', { trust: true }, 'a'.repeat(128), true],
  ['is not taken with odd characters', { trust: true }, 'a b', false],
  ['is not taken empty', { trust: true }, '', false],
])('the id of a client %s', async (_name, options, id, isKept) => {
  const { seen, sent } = await ask(options, { 'x-request-id': id })
  expect(seen === id).toBe(isKept)
  expect(sent).toBe(seen)
})

test('the field and the maker are options', async () => {
  const { seen, sent } = await ask({ header: 'X-Trace', generate: (ctx) => `id of ${ctx.path}` })
  expect([seen, sent]).toEqual(['id of /', 'id of /'])
})

test.each<[unknown, string]>([
  [[], 'The option options of requestId() is an object'],
  [
    { headers: 'x' },
    'There is no option headers of requestId(); did you mean header? There are header, trust, generate',
  ],
  [{ header: 'a b' }, 'The option header of requestId() is the name of a field that can be set'],
  [{ header: 'Connection' }, 'The option header of requestId() is the name of a field that'],
  [{ trust: 'yes' }, 'The option trust of requestId() is true, false or a function, not "yes"'],
  [{ generate: 1 }, 'The option generate of requestId() is a function, not 1'],
])('wrong options %j', (options, message) => {
  expect(() => requestId(options as RequestIdOptions)).toThrow(message)
})
