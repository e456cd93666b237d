// Problem documents as an application wants them: the option `problems`, and problems().

import { App, HttpError, notFound, problem } from 'lanner'
import { problems } from 'lanner/middleware/problems'
import { describe, expect, test } from 'vitest'

import { RawClient } from '../support/raw.ts'
import { serve, takeReports } from '../support/server.ts'

import type { ProblemOptions } from 'lanner'

const named: ProblemOptions = {
  customize: (document, ctx) => ({ ...document, instance: ctx.path, service: 'books' }),
}

class RowMissing extends Error {}

function everything(options: ProblemOptions): App {
  const app = new App().use(problems(options))
  app.get('/thrown', () => {
    throw new HttpError(409, 'taken')
  })
  app.get('/late', async () => {
    await Promise.resolve()
    throw new HttpError(409, 'taken')
  })
  app.get('/helper', (ctx) => ctx.notFound('no such book'))
  app.get('/result', () => notFound('no such book'))
  app.get('/later', async () => Promise.resolve(problem(422, { title: 'Odd', field: 'isbn' })))
  app.get('/empty', (ctx) => ctx.status(410))
  app.get('/fine', (ctx) => ctx.status(201).json({ title: 'fine' }))
  app.get('/json', (ctx) => ctx.status(400).json({ title: 'mine' }))
  app.get('/text', (ctx) => ctx.text('mine', 400))
  app.get('/row', () => {
    throw new RowMissing('row 7')
  })
  return app
}

describe('customize', () => {
  const app = everything(named)
  const more = (path: string): object => ({ instance: path, service: 'books' })
  test.each<[path: string, document: object]>([
    ['/thrown', { title: 'Conflict', status: 409, detail: 'taken' }],
    ['/late', { title: 'Conflict', status: 409, detail: 'taken' }],
    ['/helper', { title: 'Not Found', status: 404, detail: 'no such book' }],
    ['/result', { title: 'Not Found', status: 404, detail: 'no such book' }],
    ['/later', { title: 'Odd', status: 422, field: 'isbn' }],
    ['/nowhere', { title: 'Not Found', status: 404 }],
  ])('%s', async (path, document) => {
    const reply = await app.inject(path)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    expect(reply.json()).toEqual({ ...document, ...more(path) })
    expect(reply.status).toBe((document as { status: number }).status)
  })

  test('a method that no route takes', async () => {
    const reply = await app.inject({ method: 'PUT', path: '/fine' })
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    expect(reply.json()).toMatchObject(more('/fine'))
  })

  test.each([
    ['/fine', 201, '{"title":"fine"}'],
    ['/json', 400, '{"title":"mine"}'],
    ['/text', 400, 'mine'],
    ['/empty', 410, ''],
  ])('%s is left alone', async (path, status, text) => {
    const reply = await app.inject(path)
    expect([reply.status, reply.text]).toEqual([status, text])
  })

  test('gets the error, and cannot contradict the status', async () => {
    const seen: unknown[] = []
    const other = everything({
      customize: (document, _ctx, error) => {
        seen.push(error)
        return { ...document, status: 200 }
      },
    })
    const thrown = await other.inject('/thrown')
    expect([thrown.status, thrown.json()]).toEqual([
      409,
      { title: 'Conflict', status: 409, detail: 'taken' },
    ])
    await other.inject('/result')
    expect(seen).toEqual([expect.any(HttpError), undefined])
  })

  test('that gives nothing leaves the document', async () => {
    const other = everything({ customize: () => {} })
    expect((await other.inject('/result')).json()).toEqual({
      title: 'Not Found',
      status: 404,
      detail: 'no such book',
    })
  })

  test('that fails is an error like any other', async () => {
    const server = await serve((other) => {
      other.use(
        problems({
          customize: () => {
            throw new Error('odd')
          },
        }),
      )
      other.get('/', () => notFound())
    })
    const client = await RawClient.open(server.url)
    await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    const { status, body } = await client.response()
    expect([status, body]).toEqual([500, ''])
    expect(takeReports()).toEqual([new Error('odd'), new Error('odd')])
  })

  test('sees what onReply sees: hooks get the final document', async () => {
    const other = new App().use(problems(named))
    let seen: unknown
    other.use((ctx, next) => {
      ctx.onReply((reply) => {
        seen = reply.body
      })
      return next()
    })
    other.get('/', () => notFound())
    const { text } = await other.inject('/')
    expect(seen).toBe(text)
    expect(JSON.parse(text)).toMatchObject({ service: 'books' })
  })
})

describe('statusPages', () => {
  const app = everything({ statusPages: true })
  app.get('/typed', (ctx) => ctx.type('text/plain').status(404).noContent())
  app.get('/own', () => new Response(null, { status: 503 }))
  app.onError((_error, ctx) => ctx.status(500))

  test.each([
    ['/empty', 410, { title: 'Gone', status: 410 }],
    ['/own', 503, { title: 'Service Unavailable', status: 503 }],
    ['/row', 500, { title: 'Internal Server Error', status: 500 }],
  ])('%s', async (path, status, document) => {
    const reply = await app.inject(path)
    expect([reply.status, reply.json()]).toEqual([status, document])
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
  })

  test.each([
    ['/fine', 201],
    ['/text', 400],
  ])('%s has a body', async (path, status) => {
    const reply = await app.inject(path)
    expect(reply.status).toBe(status)
    expect(reply.headers.get('content-type')).not.toContain('problem')
  })

  test('are customised too', async () => {
    const both = everything({ ...named, statusPages: true })
    expect((await both.inject('/empty')).json()).toEqual({
      title: 'Gone',
      status: 410,
      instance: '/empty',
      service: 'books',
    })
  })

  test('are not there unless asked for', async () => {
    const reply = await everything({}).inject('/empty')
    expect([reply.status, reply.text]).toEqual([410, ''])
  })
})

describe('translate', () => {
  const cause = (error: unknown): unknown => (error as Error).cause
  test.each<[string, ProblemOptions['translate'], number, object]>([
    [
      'to a status',
      (error) => (error instanceof RowMissing ? 404 : undefined),
      404,
      { title: 'Not Found', status: 404 },
    ],
    [
      'to an HttpError',
      (error) => new HttpError(404, `no ${(error as Error).message}`),
      404,
      { title: 'Not Found', status: 404, detail: 'no row 7' },
    ],
  ])('%s', async (_name, translate, status, document) => {
    const app = everything({ translate: translate! })
    const reply = await app.inject('/row')
    expect([reply.status, reply.json()]).toEqual([status, document])
  })

  test('is not asked about an HttpError; onError gets what it gives', async () => {
    const seen: unknown[] = []
    const app = everything({ translate: () => 404 })
    app.onError((error) => {
      seen.push(error)
    })
    expect((await app.inject('/thrown')).status).toBe(409)
    expect((await app.inject('/row')).status).toBe(404)
    expect(seen.map((error) => (error as HttpError).status)).toEqual([409, 404])
    expect(cause(seen[1])).toBeInstanceOf(RowMissing)
  })

  test.each<[string, ProblemOptions['translate'], unknown]>([
    ['that says nothing leaves the error unknown', () => undefined, new RowMissing('row 7')],
    [
      'that fails is the error',
      () => {
        throw new Error('odd')
      },
      new Error('odd'),
    ],
  ])('%s', async (_name, translate, reported) => {
    const server = await serve((app) => {
      app.use(problems({ translate: translate! }))
      app.get('/', () => {
        throw new RowMissing('row 7')
      })
    })
    const client = await RawClient.open(server.url)
    await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    expect((await client.response()).status).toBe(500)
    expect(takeReports()).toEqual([reported])
  })
})

test('groups and routes have their own, member by member', async () => {
  const app = new App().use(problems({ ...named, statusPages: true }))
  app.use('/under', problems({ customize: () => ({ title: 'under', status: 0 }) }))
  app.group(
    '/group',
    { problems: { customize: () => ({ title: 'group', status: 0 }) } },
    (group) => {
      group.get('/x', (ctx) => ctx.status(410))
      group.get('/own', { problems: { statusPages: false } }, (ctx) => ctx.status(410))
    },
  )
  app.get('/under/x', (ctx) => ctx.status(410))
  app.get('/:any/y', (ctx) => ctx.status(410))
  const title = async (path: string): Promise<unknown> => {
    const { text } = await app.inject(path)
    return text === '' ? '' : JSON.parse(text).title
  }
  expect(await title('/group/x')).toBe('group')
  expect(await title('/group/own')).toBe('')
  expect(await title('/group/nowhere')).toBe('Not Found')
  expect(await title('/under/x')).toBe('under')
  expect(await title('/under/y')).toBe('under')
  expect(await title('/other/y')).toBe('Gone')
  expect(await title('/under/nowhere')).toBe('under')
})

test.each<[unknown, string]>([
  [{ custom: 1 }, 'There is no option problems.custom of problems()'],
  [{ customize: 1 }, 'The option problems.customize of problems() is a function, not 1'],
  [{ translate: {} }, 'The option problems.translate of problems() is a function'],
  [{ statusPages: 'all' }, 'The option problems.statusPages of problems() is true or false'],
  [null, 'The option problems of problems() is an object, not null'],
])('wrong options %j', (options, message) => {
  expect(() => problems(options as ProblemOptions)).toThrow(message)
})
