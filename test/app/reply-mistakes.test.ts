// What handlers answer by mistake: never sent as the text of something else, and told of with the
// route that it was in.

import { afterEach, expect, test, vi } from 'vitest'

import { App, HttpError, jsonLines, ok, Result, sse } from 'lanner'

import type { Context } from 'lanner'

afterEach(() => {
  vi.restoreAllMocks()
})

/** What a handler's mistake is answered with, and what standard error is told. */
async function told(
  handler: (ctx: Context) => unknown,
): Promise<{ status: number; error: unknown; rest: unknown[] }> {
  const spy = vi.spyOn(console, 'error').mockImplementation(() => {})
  const reply = await new App().get('/users/:id', handler as never).inject('/users/7')
  const [error, ...rest] = spy.mock.calls[0] ?? []
  return { status: reply.status, error, rest }
}

const circle: Record<string, unknown> = { name: 'Ada' }
circle['friends'] = [{ of: circle }]
const any = (ctx: Context): Record<string, (...args: unknown[]) => unknown> => ctx as never
const cookie = (value: unknown, options?: object) => (ctx: Context) => {
  ctx.cookies.set('sid', value as string, options)
  return 'x'
}

test.each<[string, (ctx: Context) => unknown, string, string]>([
  ['a circle', () => circle, 'LANNER_REPLY_VALUE', 'friends[0].of is an object that it lies in.'],
  ['ctx.json(a circle)', (ctx) => ctx.json(circle), 'LANNER_REPLY_VALUE', 'friends[0].of is'],
  ['a bigint in it', () => ({ a: [{ n: 1n }] }), 'LANNER_REPLY_VALUE', 'a[0].n is a bigint'],
  ['a bigint in a line', () => jsonLines([1n]), 'LANNER_REPLY_VALUE', 'it is a bigint'],
  ['a bigint in an event', () => sse([{ data: { n: 1n } }]), 'LANNER_REPLY_VALUE', 'n is a bigint'],
  [
    'text(undefined)',
    (ctx) => any(ctx)['text']!(undefined),
    'LANNER_REPLY_VALUE',
    'not undefined.',
  ],
  ['text({})', (ctx) => any(ctx)['text']!({ a: 1 }), 'LANNER_REPLY_VALUE', 'a text, not { a }.'],
  ['html()', (ctx) => any(ctx)['html']!(), 'LANNER_REPLY_VALUE', 'ctx.html() takes a text'],
  ['bytes("x")', (ctx) => any(ctx)['bytes']!('x'), 'LANNER_REPLY_VALUE', 'ctx.bytes() takes'],
  ['status("200")', (ctx) => any(ctx)['status']!('200'), 'LANNER_STATUS_INVALID', '"200" is not a'],
  ['header(null)', (ctx) => any(ctx)['header']!('x', null), 'LANNER_HEADER_INVALID', 'not null.'],
  ['header({})', (ctx) => any(ctx)['header']!({ a: 'b' }), 'LANNER_HEADER_INVALID', 'is not the'],
  ['redirect()', (ctx) => any(ctx)['redirect']!(), 'LANNER_HEADER_INVALID', 'a text or a URL, not'],
  ['a cookie of undefined', cookie(undefined), 'LANNER_HEADER_INVALID', 'sid is a text, not'],
  ['a cookie with httponly', cookie('x', { httponly: true }), 'LANNER_OPTION_INVALID', 'httpOnly?'],
  ['a cookie with ttl', cookie('x', { ttl: 1 }), 'LANNER_OPTION_INVALID', 'there are domain,'],
])('%s', async (_what, handler, code, message) => {
  const { status, error, rest } = await told(handler)
  expect(status).toBe(500)
  expect(error).toMatchObject({ code })
  expect((error as Error).message).toContain(message)
  expect(rest).toEqual(['(in GET /users/:id)'])
})

test.each<[string, (ctx: Context) => unknown]>([
  ['of the context', (ctx) => (ctx.status(201), new URLSearchParams('a=1'))],
  ['of a result', () => new Result(201, new URLSearchParams('a=1'))],
  ['of the context, with files', (ctx) => (ctx.status(201), new FormData())],
])('a form keeps the status %s', async (_, handler) => {
  expect((await new App().get('/', handler).inject('/')).status).toBe(201)
})

/** What an error handler answers with, for an error without a status and for one of 409. */
const answers: [string, (error: unknown, ctx: Context) => unknown, number, number][] = [
  ['a text', () => 'sorry', 500, 409],
  ['data', () => ({ sorry: true }), 500, 409],
  ['a helper', (_, ctx) => ctx.json({ sorry: true }), 500, 409],
  ['a helper that is not returned', (_, ctx) => void ctx.text('sorry'), 500, 409],
  ['a promise', () => Promise.resolve('sorry'), 500, 409],
  ['a status and a text', (_, ctx) => ctx.status(503).text('sorry'), 503, 503],
  ['a form', () => new URLSearchParams('a=1'), 500, 409],
  ['a form with files', () => new FormData(), 500, 409],
  ['a status of its own', (_, ctx) => ctx.text('sorry', 200), 200, 200],
  ['a result', () => ok('sorry'), 200, 200],
  ['a Response', () => new Response('sorry', { status: 202 }), 202, 202],
  ['nothing', () => undefined, 500, 409],
  ['fields alone', (_, ctx) => ctx.header('x-a', '1'), 500, 409],
]

test.each(answers)('onError answers with %s', async (_what, handler, unknown, conflict) => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const app = new App().onError(handler)
  app.get('/unknown', () => Promise.reject(new Error('down')))
  app.get('/conflict', () => {
    throw new HttpError(409, 'twice')
  })
  const statuses = [(await app.inject('/unknown')).status, (await app.inject('/conflict')).status]
  expect(statuses).toEqual([unknown, conflict])
})

test('what toJSON() throws is what is told', async () => {
  const own = new TypeError('a circular dependency of ours')
  const { error } = await told(() => ({
    toJSON() {
      throw own
    },
  }))
  expect(error).toBe(own)
})

test.each(['status', 'type', 'body'])('ctx.%s that is set as a field', async (name) => {
  const { status, error } = await told((ctx) => Object.assign(ctx, { [name]: 404 }))
  expect(status).toBe(500)
  expect(error).toBeInstanceOf(TypeError)
  expect(String(error)).toContain(name)
})

test('a limit that there is not', async () => {
  const { error } = await told((ctx) => Object.assign(ctx.limits, { bodyBites: 1 }))
  expect(error).toBeInstanceOf(TypeError)
})

test('a number is a text', async () => {
  const app = new App().get('/', (ctx) => any(ctx)['text']!(5) as never)
  expect((await app.inject('/')).text).toBe('5')
})

test.each<[string, unknown, unknown[]]>([
  ['a text', '10%d', ['%s', '10%d']],
  ['nothing', undefined, [undefined]],
])('%s that is thrown is told of with its route', async (_what, thrown, shown) => {
  const { status, error, rest } = await told(() => {
    throw thrown
  })
  expect(status).toBe(500)
  expect([error, ...rest]).toEqual([...shown, '(in GET /users/:id)'])
})

test('an error that cannot be shown is answered all the same', async () => {
  const spy = vi.spyOn(console, 'error').mockImplementation((error: unknown) => {
    if (error instanceof Error) throw new Error(`not even ${String(error.stack)}`)
  })
  const reply = await new App().get('/', () => Promise.reject(new Error('hidden'))).inject('/')
  expect(reply.status).toBe(500)
  expect(spy).toHaveBeenLastCalledWith('An error that cannot be shown.', '(in GET /)')
})
