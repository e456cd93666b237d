// Errors of handlers and what clients see of them.

import { describe, expect, test } from 'vitest'

import { ERROR_CODES } from '../../src/error-codes.ts'
import { HttpError, LannerError } from '../../src/errors.ts'
import { harness } from '../support/lane.ts'

import type { ErrorHandler, Handler } from '../../src/handler.ts'
import type { HarnessOptions } from '../support/lane.ts'

async function answer(error: unknown, options: HarnessOptions = {}, handler?: Handler) {
  const lane = harness(
    (r) =>
      r.get(
        '/',
        handler ??
          (() => {
            throw error
          }),
      ),
    options,
  )
  const { status, type, fields, text } = await lane.ask('/')
  return { status, type, fields, problem: JSON.parse(text), reports: lane.takeReports() }
}

describe('an HttpError', () => {
  const cases: [string, HttpError, object][] = [
    ['a status alone', new HttpError(404), { title: 'Not Found', status: 404 }],
    [
      'a message',
      new HttpError(422, 'age is negative'),
      { title: 'Unprocessable Content', status: 422, detail: 'age is negative' },
    ],
    [
      'everything',
      new HttpError(409, 'internal words', {
        type: 'https://a.example/taken',
        detail: 'the name is taken',
        cause: new Error('secret'),
      }),
      {
        type: 'https://a.example/taken',
        title: 'Conflict',
        status: 409,
        detail: 'the name is taken',
      },
    ],
    [
      'a server error hides its text',
      new HttpError(503, 'db down'),
      { title: 'Service Unavailable', status: 503 },
    ],
    [
      'a code of its own',
      new HttpError(409, 'taken', { code: 'NAME_TAKEN' }),
      { title: 'Conflict', status: 409, detail: 'taken', code: 'NAME_TAKEN' },
    ],
    [
      'unless it is exposed',
      new HttpError(503, 'back at noon', { expose: true }),
      { title: 'Service Unavailable', status: 503, detail: 'back at noon' },
    ],
    [
      'a client error may hide its text',
      new HttpError(400, 'hidden', { expose: false }),
      { title: 'Bad Request', status: 400 },
    ],
    ['a status without a name', new HttpError(499), { title: 'Client Error', status: 499 }],
    ['another one', new HttpError(599), { title: 'Server Error', status: 599 }],
  ]
  test.each(cases)('%s', async (_, error, problem) => {
    const seen = await answer(error)
    expect(seen).toEqual({ status: error.status, type: 5, fields: [], problem, reports: [] })
  })

  test('its fields are sent', async () => {
    const seen = await answer(new HttpError(429, undefined, { headers: { 'Retry-After': '5' } }))
    expect(seen.fields).toEqual([['Retry-After', '5']])
  })

  test('fields that cannot be sent do not keep it from being answered', async () => {
    const lane = harness((r) =>
      r.get('/', () => {
        throw new HttpError(429, 'x', { headers: { 'x-bad': 'a\nb' } })
      }),
    )
    expect(await lane.ask('/')).toMatchObject({ status: 500, isEmpty: true })
    expect(lane.takeReports()).toMatchObject([{ code: 'LANNER_HEADER_INVALID' }])
  })

  test.each([200, 399, 600, 404.5, NaN])('with the status %d is refused', (status) => {
    expect(() => new HttpError(status)).toThrow(RangeError)
  })
})

describe('an unknown error', () => {
  const secret = new TypeError('the password is swordfish')

  test('is reported and hidden', async () => {
    expect(await answer(secret)).toEqual({
      status: 500,
      type: 5,
      fields: [],
      problem: { title: 'Internal Server Error', status: 500 },
      reports: [secret],
    })
  })

  test('is shown in development', async () => {
    const { problem, reports } = await answer(secret, { development: true })
    expect(problem).toMatchObject({ status: 500, detail: 'TypeError: the password is swordfish' })
    expect(problem.stack.length).toBeGreaterThan(1)
    expect(reports).toEqual([secret])
  })

  test('that breaks when it is looked at is an empty 500', async () => {
    const evil = new Error('evil')
    Object.defineProperty(evil, 'message', {
      get: () => {
        throw new Error('no')
      },
    })
    const lane = harness(
      (r) =>
        r.get('/', () => {
          throw evil
        }),
      { development: true },
    )
    expect(await lane.ask('/')).toMatchObject({ status: 500, isEmpty: true })
    expect(lane.takeReports()).toHaveLength(2)
  })
})

describe('app.onError', () => {
  const boom = new Error('boom')
  const withHandler = (onError: ErrorHandler, error: unknown = boom) => answer(error, { onError })

  test('answers', async () => {
    const seen = await withHandler((error, ctx) =>
      ctx.json({ said: (error as Error).message }, 418),
    )
    expect(seen).toMatchObject({ status: 418, type: 2, problem: { said: 'boom' }, reports: [] })
  })

  test('answers with a value, later', async () => {
    const seen = await withHandler(async (_, ctx) => {
      await undefined
      ctx.status(503)
      return { later: true }
    })
    expect(seen).toMatchObject({ status: 503, problem: { later: true }, reports: [] })
  })

  test('leaves it to the default by returning nothing; then nobody else reports', async () => {
    const seen = await withHandler(() => {})
    expect(seen).toMatchObject({ status: 500, problem: { status: 500 }, reports: [] })
    const http = await withHandler(async () => {}, new HttpError(404))
    expect(http).toMatchObject({ status: 404, problem: { status: 404 }, reports: [] })
  })

  test('says a status alone', async () => {
    const lane = harness(
      (r) =>
        r.get('/', () => {
          throw boom
        }),
      { onError: (_, ctx) => ctx.status(503) },
    )
    expect(await lane.ask('/')).toMatchObject({ status: 503, isEmpty: true })
  })

  test('throws the same again for the default', async () => {
    const seen = await withHandler((error) => {
      throw error
    })
    expect(seen).toMatchObject({ status: 500, reports: [boom] })
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('second')
      },
    ],
    ['rejects', () => Promise.reject(new Error('second'))],
    ['returns what cannot be sent', () => Symbol('s')],
  ])('%s', async (_, onError) => {
    const seen = await withHandler(onError)
    expect(seen).toMatchObject({ status: 500, problem: { status: 500 } })
    expect(seen.reports).toHaveLength(1)
  })

  test('sees a context without the reply that was being prepared', async () => {
    const seen = await answer(
      undefined,
      {
        onError: (error, ctx) => {
          expect(ctx.sent).toBe(false)
          return ctx.text(JSON.stringify((error as Error).message), 500)
        },
      },
      (ctx) => {
        ctx.status(201).header('content-language', 'de').header('x-kept', 'y').json({})
        throw boom
      },
    )
    expect(seen).toMatchObject({ status: 500, fields: [['x-kept', 'y']], problem: 'boom' })
  })
})

describe('a second reply', () => {
  test.each<[string, Handler]>([
    ['text after json', (ctx) => (ctx.json(1), ctx.text('2'))],
    ['json after text', (ctx) => (ctx.text('1'), ctx.json(2))],
    ['redirect after noContent', (ctx) => (ctx.noContent(), ctx.redirect('/'))],
    ['stream after stream', (ctx) => (ctx.stream(['1']), ctx.stream(['2']))],
  ])('%s', async (_, handler) => {
    const seen = await answer(undefined, {}, handler)
    expect(seen.status).toBe(500)
    expect(seen.reports).toMatchObject([{ code: 'LANNER_ALREADY_REPLIED' }])
  })
})

test('fields that describe the body are forgotten with it', async () => {
  const names = ['Content-Type', 'content-encoding', 'etag', 'Last-Modified', 'cache-control']
  const kept = ['content-security-policy', 'x-a', 'vary', 'access-control-allow-origin']
  const { fields } = await answer(undefined, {}, (ctx) => {
    for (const name of [...names, ...kept]) ctx.header(name, 'v')
    ctx.header('content-length', '7')
    ctx.trailers.set('x-t', '1')
    throw new HttpError(400)
  })
  expect(fields).toEqual(kept.map((name) => [name, 'v']))
})

test('errors have a name, a code of the table and its text', () => {
  const error = new LannerError('LANNER_BODY_USED')
  expect(error).toBeInstanceOf(Error)
  expect([error.name, error.code]).toEqual(['LannerError', 'LANNER_BODY_USED'])
  expect(error.message).toBe(ERROR_CODES.LANNER_BODY_USED.text)
  expect(new HttpError(404)).toBeInstanceOf(LannerError)
  expect(new HttpError(404).name).toBe('HttpError')
  for (const [code, { status, text }] of Object.entries(ERROR_CODES)) {
    expect(code).toMatch(/^LANNER_[A-Z_]+$/)
    expect(status === 0 || (status >= 400 && status < 600)).toBe(true)
    expect(text).toMatch(/^[A-Z].*\.$|: .*/)
  }
})
