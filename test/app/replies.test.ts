// What handlers answer, as values: how results are sent, and how replies are held to the responses
// that their route lists.

import {
  accepted,
  App,
  badRequest,
  conflict,
  created,
  forbidden,
  html,
  noContent,
  notFound,
  ok,
  problem,
  redirect,
  Result,
  stream,
  unauthorized,
} from 'lanner'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { query } from '../support/query.ts'
import { serve } from '../support/server.ts'

import type { Context, StandardSchema } from 'lanner'

/** What the check of a schema gives. */
type StandardResult = Awaited<ReturnType<StandardSchema['~standard']['validate']>>

const json = 'application/json'
const problems = 'application/problem+json'

describe('results', () => {
  const rows: [result: Result, status: number, type: string | null, body: unknown][] = [
    [ok({ a: 1 }), 200, json, { a: 1 }],
    [ok('text'), 200, 'text/plain; charset=utf-8', 'text'],
    [ok(null), 200, json, null],
    [ok(), 200, null, ''],
    [created('/a', [1]), 201, json, [1]],
    [created(), 201, null, ''],
    [accepted('/a'), 202, null, ''],
    [noContent(), 204, null, ''],
    [html('<p>'), 200, 'text/html; charset=utf-8', '<p>'],
    [stream(['a', 'b'], 'text/csv'), 200, 'text/csv', 'ab'],
    [badRequest('no'), 400, problems, { title: 'Bad Request', status: 400, detail: 'no' }],
    [unauthorized(), 401, problems, { title: 'Unauthorized', status: 401 }],
    [forbidden({ title: 'T', more: 1 }), 403, problems, { title: 'T', status: 403, more: 1 }],
    [notFound(), 404, problems, { title: 'Not Found', status: 404 }],
    [conflict('x'), 409, problems, { title: 'Conflict', status: 409, detail: 'x' }],
    [
      problem(418, { type: 'urn:x', detail: 'd', status: 7 }),
      418,
      problems,
      { type: 'urn:x', title: expect.any(String) as string, status: 418, detail: 'd' },
    ],
    [redirect('/ä'), 302, null, ''],
    [redirect('/b', 308), 308, null, ''],
  ]
  test.each(rows)('%j', async (result, status, type, body) => {
    const reply = await new App().get('/', () => result).inject('/')
    expect(reply.status).toBe(status)
    expect(reply.headers.get('content-type')).toBe(type)
    const isJson = type === json || type === problems
    expect(isJson ? reply.json() : reply.text).toEqual(body)
  })

  test('carry fields and cookies, and never change', async () => {
    const plain = created('/a', 'x')
    const full = plain.header('X-A', '1').header('x-a', '2').cookie('a', 'b').cookie('c', 'd')
    expect(plain.headers).toEqual({ location: '/a' })
    const app = new App()
      .get('/', (ctx) => {
        ctx.header('x-a', 'before').header('x-b', 'stays')
        ctx.cookies.set('z', 'z')
        return full
      })
      .get('/challenge', () => unauthorized('who?', 'Bearer'))
    const { headers } = await app.inject('/')
    expect(headers.get('location')).toBe('/a')
    expect([headers.get('x-a'), headers.get('x-b')]).toEqual(['2', 'stays'])
    expect(headers.getSetCookie()).toEqual(['z=z; Path=/', 'a=b; Path=/', 'c=d; Path=/'])
    const challenged = await app.inject('/challenge')
    expect(challenged.headers.get('www-authenticate')).toBe('Bearer')
    expect((await app.inject('/')).headers.getSetCookie()).toHaveLength(3)
  })

  test('a status that is none is an error where it is made', () => {
    expect(() => problem(200, 'fine')).toThrow('400 to 599')
    expect(() => redirect('/', 200 as 302)).toThrow('301, 302')
  })

  test('middleware may replace what a handler made', async () => {
    const app = new App()
      .use(async (_, next) => {
        const value = await next()
        return value instanceof Result ? value.header('x-seen', `${value.status}`) : value
      })
      .get('/', () => ok('x'))
    expect((await app.inject('/')).headers.get('x-seen')).toBe('200')
  })
})

const User = z.object({ id: z.number(), at: z.date().optional() })
const responses = { 200: User, 204: null, 404: z.object({ title: z.string() }) }

/** Handlers by what is wrong with what they answer; null for nothing. */
const answers: [name: string, handler: (ctx: Context) => unknown, wrong: RegExp | null][] = [
  ['a value that fits', () => ({ id: 1, at: new Date(0) }), null],
  ['a result that fits', () => ok({ id: 1 }), null],
  ['a promise that fits', async () => ok({ id: 1 }), null],
  ['a problem that is listed', () => notFound(), null],
  ['a query that fits', () => query({ id: 1 }), null],
  ['nothing', () => {}, null],
  ['no content', (ctx) => ctx.noContent(), null],
  ['JSON of the context', (ctx) => ctx.json({ id: 1 }), null],
  ['JSON of the context, noted', (ctx) => void ctx.json({ id: 1 }), null],
  ['a Response', () => Response.json({ id: 'one' }), null],
  ['a stream', () => ok(['chunk'][Symbol.iterator]()), null],
  ['another value', () => ({ id: 'one' }), /of status 200 does not fit its schema: \/id: /],
  ['another result', () => ok({ id: 'one' }), /status 200 does not fit/],
  ['another promise', async () => ({}), /status 200 does not fit/],
  ['another query', () => query({ id: 'one' }), /status 200 does not fit/],
  ['other JSON', (ctx) => ctx.json({ id: 'one' }), /status 200 does not fit/],
  ['other JSON, noted', async (ctx) => void ctx.json({ id: 'one' }), /status 200 does not fit/],
  ['text', () => 'text', /status 200 does not fit/],
  ['a status that is not listed', () => problem(409), /has the status 409, which is not listed/],
  ['a Response that is not', () => new Response('', { status: 202 }), /has the status 202/],
  ['a body too many', () => new Result(204, { id: 1 }), /of status 204 has a body/],
]

describe('LANNER_RESPONSE_INVALID: replies are held to the listed responses', () => {
  test.each(answers)('%s', async (_, handler, wrong) => {
    const app = new App({ validation: { responses: 'error' } })
    app.get('/x/:id', { responses } as object, handler as () => unknown)
    let failure: unknown
    app.onError((error) => {
      failure = error
      return new Response('failed', { status: 500 })
    })
    const reply = await app.inject('/x/1')
    if (wrong === null) {
      expect(failure).toBeUndefined()
      expect(reply.status).toBeLessThan(500)
    } else {
      expect(failure).toMatchObject({ code: 'LANNER_RESPONSE_INVALID' })
      expect(String(failure)).toMatch(/The reply of the route GET \/x\/:id /)
      expect(String(failure)).toMatch(wrong)
      expect(reply.status).toBe(500)
    }
  })

  test('filters are inside of what is checked, middleware is outside', async () => {
    const app = new App({ validation: { responses: 'error' } })
      .use(async (_, next) => {
        await next()
        return problem(409)
      })
      .get('/', { responses, filters: [async (_, next) => void (await next())] }, async () => ({
        id: 1,
      }))
    expect((await app.inject('/')).status).toBe(409)
  })

  test('what is thrown is no reply of the handler', async () => {
    const app = new App({ validation: { responses: 'error', status: 422 } }).get(
      '/:id',
      { responses, params: z.object({ id: z.coerce.number() }) },
      () => ({ id: 1 }),
    )
    expect((await app.inject('/x')).status).toBe(422)
  })

  test.each([
    ['a promise', (result: StandardResult) => Promise.resolve(result)],
    ['a query', (result: StandardResult) => query(result) as Promise<StandardResult>],
  ])('schemas may answer later, with %s', async (_, make) => {
    const late: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => make({ issues: [{ message: 'late' }] }),
      },
    }
    const app = new App({ validation: { responses: 'error' } })
    app.get('/', { responses: { 200: late } }, () => 'x')
    let told = ''
    app.onError((error) => {
      told = String(error)
      return 'failed'
    })
    await app.inject('/')
    expect(told).toMatch('does not fit its schema: late.')
  })

  test('by default only in development', async () => {
    const wrong = new App().get('/', { responses } as object, () => 'wrong')
    expect((await wrong.inject('/')).text).toBe('wrong')
    const server = await serve(
      (app) => {
        app.get('/', { responses } as object, () => 'wrong')
        app.onError((error) => String(error))
      },
      { development: true },
    )
    expect(await (await fetch(server.url)).text()).toMatch('does not fit its schema')
  })
})

test.each([
  ['production by default', {}, 1],
  ['count', { validation: { responses: 'count' } }, 1],
  ['off', { validation: { responses: 'off' } }, 0],
] as const)('mismatches are sent, and counted where looked for: %s', async (_, options, n) => {
  const server = await serve((app) => {
    app.get('/', { responses, ...options } as object, () => 'wrong')
    app.get('/right', { responses, ...options }, () => ({ id: 1 }))
  })
  expect(await (await fetch(server.url)).text()).toBe('wrong')
  await fetch(new URL('/right', server.url))
  expect(server.stats().response_mismatches).toBe(n)
})

describe('routes that no request could reach are errors where they stand', () => {
  const rows: [first: string, second: string][] = [
    ['/users/:id', '/users/:name'],
    ['/a', '/a/:b?'],
    ['/a/:b?', '/a/:c'],
    ['/files/*path', '/files/*rest'],
  ]
  test.each(rows)('%s and %s', (first, second) => {
    const app = new App().get(first, () => '')
    const taken = `GET ${first} takes its requests already.`
    const message = `The route GET ${second} cannot be added: ${taken}`
    expect(() => app.get(second, () => '')).toThrow(message)
    // Another method, and paths that some requests tell apart, are something else.
    app
      .post(second, () => '')
      .get(`${first}/more`.replace(/\*\w+\//, 'x/').replace('?', ''), () => '')
  })

  test('two routes of one name', () => {
    const app = new App().get('/a', { name: 'getA' }, () => '')
    expect(() => app.post('/b', { name: 'getA' }, () => '')).toThrow(
      'The route POST /b cannot be added: GET /a has its name, getA, already.',
    )
  })
})
