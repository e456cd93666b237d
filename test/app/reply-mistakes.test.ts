// What handlers answer by mistake: never sent as the text of something else, and told of with the
// route that it was in.

import { createContext, runInContext } from 'node:vm'

import { afterEach, expect, test, vi } from 'vitest'

import { App, HttpError, jsonLines, ok, redirect, Result, sse } from 'lanner'

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

/** An object that hides what it is made of, and shows a circle. */
function ringOf(hidden: unknown[]): object {
  const top: Record<string, unknown> = {}
  const next = { up: top }
  const shown = { toJSON: () => ({ next }) }
  return Object.assign(top, { a: [1, shown], toJSON: undefined, hidden })
}

const circle: Record<string, unknown> = { name: 'Ada' }
circle['friends'] = [{ of: circle }]
const any = (ctx: Context): Record<string, (...args: unknown[]) => unknown> => ctx as never
const cookie = (value: unknown, options?: object) => (ctx: Context) => {
  ctx.cookies.set('sid', value as string, options)
  return 'x'
}

/** A bigint that only shows in what toJSON() gives, behind one that does not. */
const shownOnly = { hidden: { toJSON: () => 'x', n: 1n }, list: [{ toJSON: () => ({ m: 1n }) }] }

test.each<[string, (ctx: Context) => unknown, string, string]>([
  ['a bigint of toJSON()', () => shownOnly, 'LANNER_REPLY_VALUE', 'form: list[0].m is a bigint'],
  ['a circle of toJSON()', () => ringOf([]), 'LANNER_REPLY_VALUE', 'form: a[1].next.up is an'],
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
  ['header(x, {})', (ctx) => any(ctx)['header']!('x', { a: 1 }), 'LANNER_HEADER_INVALID', '{ a }.'],
  ['a cookie of an object', cookie({ x: 1 }), 'LANNER_HEADER_INVALID', 'is a text, not { x }.'],
  ['a cookie of a list', cookie(['x']), 'LANNER_HEADER_INVALID', 'is a text, not a list of 1.'],
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

test.each([
  [19, 'left.left is an object that it lies in.'],
  // Deeper than a place is told.
  [25, 'circular structure'],
])('a ring of %i is walked once, however many ways go round', async (length, message) => {
  let reads = 0
  const ring = Array.from({ length }, () => ({}))
  for (const [i, node] of ring.entries()) {
    const link = { enumerable: true, get: () => (reads++, ring[(i + 1) % length]) }
    Object.defineProperties(node, { left: link, right: link })
  }
  const { error } = await told(() => ring[0])
  expect((error as Error).message).toContain(message)
  // Once for the reply, once for the place, and once by whoever looked for small data.
  expect(reads).toBeLessThanOrEqual(3 * length)
})

test('an error that does not come again is told as it was', async () => {
  let reads = 0
  const { error } = await told(() => ({
    get once() {
      if (++reads > 1) throw new RangeError('gone')
      return 1n
    },
  }))
  expect(error).toBeInstanceOf(TypeError)
  expect((error as Error).message).toMatch(/bigint/i)
})

test('options of a cookie that were inherited are not asked for', async () => {
  const inherited = Object.create({ note: 'ours' }, { path: { value: '/a', enumerable: true } })
  const app = new App().get('/', (ctx) => {
    ctx.cookies.set('sid', 'x', inherited as object)
    return 'x'
  })
  expect((await app.inject('/')).headers.getSetCookie()).toEqual(['sid=x; Path=/a'])
})

const realm = createContext({ URL: undefined })
const foreign = runInContext('Uint8Array.from([104, 105]).buffer', realm) as ArrayBuffer
const shared = new Uint8Array(new SharedArrayBuffer(2))
shared.set([104, 105])

test.each<[string, (ctx: Context) => unknown]>([
  ['bytes() of an ArrayBuffer of another realm', (ctx) => ctx.bytes(foreign)],
  ['bytes() of a SharedArrayBuffer', (ctx) => ctx.bytes(shared.buffer as never)],
  ['an ArrayBuffer of another realm', () => foreign],
  ['a SharedArrayBuffer', () => shared.buffer],
  ['a stream of both', (ctx) => ctx.stream([foreign.slice(0, 1), shared.buffer.slice(1)] as never)],
])('%s', async (_what, handler) => {
  const reply = await new App().get('/', handler as never).inject('/')
  expect([reply.status, reply.text]).toEqual([200, 'hi'])
})

test.each<[string, (ctx: Context) => unknown]>([
  ['ctx.redirect()', (ctx) => ctx.redirect({ href: 'http://h/ä' } as URL)],
  ['redirect()', () => redirect({ href: 'http://h/ä' } as URL)],
])('%s takes a URL that somebody else made', async (_what, handler) => {
  const reply = await new App().get('/', handler as never).inject('/')
  expect([reply.status, reply.headers.get('location')]).toEqual([302, 'http://h/%C3%A4'])
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
