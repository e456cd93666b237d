// What a request brings is checked before the route's own functions run: by which rules it is read,
// what is refused with which status, and who sees what.

import { App, defineGroup, defineRoute, ok, ValidationError } from 'lanner'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { query } from '../support/query.ts'
import { serve } from '../support/server.ts'

import type { Handler, InjectOptions, StandardSchema } from 'lanner'

/** A schema that takes anything and shows what it was given. */
const anything = <Output = unknown>(): StandardSchema<unknown, Output> => ({
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as Output }) },
})

/** One that answers later. */
const later = (isRight: boolean): StandardSchema<unknown, string> => ({
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value) =>
      isRight ? { value: `late ${JSON.stringify(value)}` } : { issues: [{ message: 'too late' }] },
  },
})

const listed = z.object({ one: z.string().optional(), list: z.array(z.string()).optional() })

describe('values are read by fixed rules', () => {
  const app = new App()
    .get('/query', { query: anything() }, (ctx) => ({ ...(ctx.query as object) }))
    .get('/listed', { query: listed }, (ctx) => ctx.query)
    .get('/headers', { headers: anything() }, (ctx) => ({ ...(ctx.input.headers as object) }))
    .get('/closed', { headers: z.looseObject({ 'x-a': z.string() }).strip() }, (ctx) => [
      ctx.input.headers,
      ctx.headers.get('x-b'),
    ])
    .get('/cookies', { cookies: anything() }, (ctx) => [
      { ...(ctx.input.cookies as object) },
      ctx.cookies.get('a'),
    ])
    .get('/path/:a/:b?', { params: anything() }, (ctx) => ({ ...(ctx.params as object) }))

  const rows: [request: string | InjectOptions, read: unknown][] = [
    ['/query', {}],
    ['/query?a=1&b=&c', { a: '1', b: '', c: '' }],
    ['/query?a=1&a=2&b=3&a=', { a: ['1', '2', ''], b: '3' }],
    ['/query?a%5Bb%5D=%C3%A4+x', { 'a[b]': 'ä x' }],
    ['/query?__proto__=1&__proto__=2&constructor=x', { constructor: 'x' }],
    ['/listed?one=1&list=1', { one: '1', list: ['1'] }],
    ['/listed?list=1&list=2', { list: ['1', '2'] }],
    [
      { path: '/headers', headers: { 'X-A': ['1', '2'], 'x-b': '3, 4' } },
      { host: 'localhost', 'x-a': ['1', '2'], 'x-b': '3, 4' },
    ],
    [{ path: '/closed', headers: { 'x-a': '1', 'x-b': '2' } }, [{ 'x-a': '1' }, '2']],
    [{ path: '/cookies', headers: { cookie: 'a=1; b=%20; a=2' } }, [{ a: '1', b: ' ' }, '1']],
    ['/path/x%20y', { a: 'x y' }],
    ['/path/1/2', { a: '1', b: '2' }],
  ]
  test.each(rows)('%j gives %j', async (request, read) => {
    expect((await app.inject(request)).json()).toEqual(read)
  })
})

describe('a body is read by its content type', () => {
  const show: Handler<any, any, any> = async (ctx) => {
    const body: unknown = ctx.body
    if (typeof body !== 'object' || body === null) return { body }
    if (body instanceof Uint8Array) return { bytes: [...body] }
    const entries = Object.entries(body).map(async ([name, value]) => [
      name,
      value instanceof File ? [value.name, value.type, await value.text()] : (value as unknown),
    ])
    return { body: Object.fromEntries(await Promise.all(entries)) as unknown }
  }
  const app = new App()
    .post('/any', { body: anything() }, show)
    .post('/all', { body: anything(), consumes: ['*/*'] }, show)
    .post('/image', { body: anything(), consumes: ['image/*', 'text/plain'] }, show)

  const parts = [
    '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n1',
    '--b\r\ncontent-disposition: form-data; name="f"; filename="f.txt"\r\n' +
      'content-type: text/x\r\n\r\nhello',
    '--b--\r\n',
  ].join('\r\n')
  const typed = (path: string, type: string, body: string): InjectOptions => ({
    method: 'POST',
    path,
    headers: { 'content-type': type },
    body,
  })
  const FORM = 'application/x-www-form-urlencoded'
  const rows: [name: string, request: InjectOptions, shown: unknown][] = [
    ['JSON', typed('/any', 'application/json', '{"a":[1]}'), { body: { a: [1] } }],
    ['JSON of another kind', typed('/any', 'Application/x+JSON; v=1', '7'), { body: 7 }],
    [
      'a form',
      typed('/any', `${FORM};charset=utf-8`, 'a=1&b=2&a=3'),
      { body: { a: ['1', '3'], b: '2' } },
    ],
    [
      'parts',
      typed('/any', 'multipart/form-data; boundary=b', parts),
      { body: { a: '1', f: ['f.txt', 'text/x', 'hello'] } },
    ],
    ['text', typed('/image', 'text/plain', 'x'), { body: 'x' }],
    ['bytes', typed('/image', 'image/png', 'ab'), { bytes: [97, 98] }],
    ['anything', typed('/all', 'application/x', 'a'), { bytes: [97] }],
    ['a name of all objects', typed('/all', 'constructor', 'a'), { bytes: [97] }],
    ['another one', typed('/all', '__proto__', 'a'), { bytes: [97] }],
    ['nothing', { method: 'POST', path: '/any' }, {}],
    ['an empty one', typed('/any', 'application/json', ''), {}],
  ]
  test.each(rows)('%s', async (_, request, shown) => {
    expect((await app.inject(request)).json()).toEqual(shown)
  })

  test('LANNER_CONTENT_TYPE: other types get 415 and are told what is taken', async () => {
    for (const [path, type, accept] of [
      [
        '/any',
        'text/plain',
        'application/json, application/x-www-form-urlencoded, multipart/form-data',
      ],
      [
        '/any',
        'application/jsonx',
        'application/json, application/x-www-form-urlencoded, multipart/form-data',
      ],
      ['/image', 'application/json', 'image/*, text/plain'],
      ['/all', '', '*/*'],
    ] as const) {
      const reply = await app.inject(typed(path, type, '{}'))
      expect(reply.status).toBe(415)
      expect(reply.headers.get('accept')).toBe(accept)
      expect(reply.json()).toMatchObject({ code: 'LANNER_CONTENT_TYPE' })
    }
  })

  test('LANNER_JSON_INVALID and LANNER_MULTIPART_INVALID: broken ones get 400', async () => {
    const json = await app.inject(typed('/any', 'application/json', '{'))
    expect(json.json()).toMatchObject({ status: 400, code: 'LANNER_JSON_INVALID' })
    const multipart = await app.inject(typed('/any', 'multipart/form-data', parts))
    expect(multipart.json()).toMatchObject({ status: 400, code: 'LANNER_MULTIPART_INVALID' })
  })
})

describe('what does not fit', () => {
  const Id = z.object({ id: z.coerce.number() })

  test('LANNER_VALIDATION: 400, or what the application or the route says', async () => {
    const plain = new App().get('/:id', { params: Id }, () => 'never')
    expect((await plain.inject('/x')).json()).toEqual({
      title: 'Bad Request',
      status: 400,
      detail: expect.stringMatching(/^The request has 1 issue: params\/id: .*[^.]\.$/) as string,
      code: 'LANNER_VALIDATION',
      errors: [{ in: 'params', path: '/id', message: expect.any(String) as string }],
    })
    const app = new App({ validation: { status: 422 } })
      .get('/a/:id', { params: Id }, () => 'never')
      .get('/b/:id', { params: Id, validation: { status: 400 } }, () => 'never')
      .post('/c', { body: Id }, () => 'never')
    expect((await app.inject('/a/x')).status).toBe(422)
    expect((await app.inject('/b/x')).status).toBe(400)
    const json = { method: 'POST', path: '/c', headers: { 'content-type': 'application/json' } }
    expect((await app.inject({ ...json, body: '{}' })).status).toBe(422)
    expect((await app.inject({ ...json, body: '{' })).status).toBe(400)
  })

  test('a bound on what is listed', async () => {
    const app = new App().post(
      '/',
      { body: z.array(z.number()), validation: { issues: 3 } },
      () => 'never',
    )
    const problem = (await app.inject({ method: 'POST', body: ['a', 'b', 'c', 'd', 'e'] })).json<{
      detail: string
      errors: { path: string }[]
    }>()
    expect(problem.detail).toBe('The request has 5 issues, of which 3 are listed.')
    expect(problem.errors.map((issue) => issue.path)).toEqual(['/0', '/1', '/2'])
  })

  test('paths are JSON Pointers', async () => {
    const names = ['a/b', 'c~d', 'é']
    const shape = Object.fromEntries(names.map((name) => [name, z.number()]))
    const app = new App().post('/', { body: z.object(shape) }, () => 'never')
    const problem = (await app.inject({ method: 'POST', body: {} })).json<ValidationError>()
    expect((problem as unknown as { errors: { path: string }[] }).errors).toMatchObject([
      { path: '/a~1b' },
      { path: '/c~0d' },
      { path: '/é' },
    ])
  })

  test('error handlers get it as an error with issues, and the error may be thrown by hand', async () => {
    const app = new App().get('/:id', { params: Id }, (ctx) => {
      throw new ValidationError([
        { in: 'params', path: '/id', message: `${ctx.params.id} is taken` },
      ])
    })
    expect((await app.inject('/7')).json()).toMatchObject({
      detail: 'The request has 1 issue: params/id: 7 is taken.',
      errors: [{ message: '7 is taken' }],
    })
    app.onError((error, ctx) => {
      expect(error).toBeInstanceOf(ValidationError)
      return ctx.json((error as ValidationError).issues, 418)
    })
    const reply = await app.inject('/x')
    expect([reply.status, reply.json()]).toMatchObject([418, [{ in: 'params', path: '/id' }]])
  })

  test('middleware around sees the refusal as any other error', async () => {
    const seen: unknown[] = []
    const app = new App()
      .use(async (_, next) => {
        try {
          return await next()
        } catch (error) {
          seen.push((error as ValidationError).code)
          throw error
        }
      })
      .get('/:id', { params: Id }, () => 'never')
    expect((await app.inject('/x')).status).toBe(400)
    expect(seen).toEqual(['LANNER_VALIDATION'])
  })
})

/** One that gives what a query builder gives: no native Promise. */
const queried = (isRight: boolean): StandardSchema<unknown, string> => {
  const { validate, ...rest } = later(isRight)['~standard']
  return { '~standard': { ...rest, validate: (value) => query(validate(value)) as never } }
}

describe.each([
  ['a promise', later],
  ['a query', queried],
])('schemas that answer later, with %s', (_name, slow) => {
  const app = new App()
    .use((_, next) => next())
    .post(
      '/:id',
      { params: slow(true), query: slow(true), body: slow(true) },
      (_, next) => next(),
      (ctx) => [ctx.params, ctx.query, ctx.body],
    )
    .get('/wrong', { query: slow(false), cookies: slow(false), headers: slow(true) }, () => '')

  test('are waited for, in turn', async () => {
    const reply = await app.inject({ path: '/7?a=1', body: { b: 2 } })
    expect(reply.json()).toEqual(['late {"id":"7"}', 'late {"a":"1"}', 'late {"b":2}'])
  })

  test('and what is wrong is collected of all of them', async () => {
    expect((await app.inject('/wrong')).json()).toMatchObject({
      errors: [
        { in: 'query', path: '', message: 'too late' },
        { in: 'cookies', path: '', message: 'too late' },
      ],
    })
  })
})

test('nothing is waited for as long as no schema answers later', async () => {
  const order: string[] = []
  const app = new App()
    .use((_, next) => {
      const value = next()
      order.push(value instanceof Promise ? 'promise' : 'value')
      return value
    })
    .post('/:id', { params: z.object({ id: z.string() }), body: z.object({}) }, () => 'done')
  expect((await app.inject({ path: '/7', body: {} })).text).toBe('done')
  expect(order).toEqual(['value'])
})

test('a body that comes in pieces is waited for', async () => {
  const server = await serve((app) =>
    app.post('/', { body: z.object({ text: z.string() }) }, (ctx) => String(ctx.body.text.length)),
  )
  const text = 'x'.repeat(300_000)
  const reply = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  })
  expect(await reply.text()).toBe('300000')
})

describe('who sees what', () => {
  const note = (seen: string[], name: string): Handler<any, any, any> => {
    return (ctx, next) => {
      seen.push(`${name} ${typeof (ctx.params as { id: unknown }).id}`)
      return next()
    }
  }

  test('middleware the texts; filters, outer groups first, and handlers what came out', async () => {
    const seen: string[] = []
    const params = z.object({ id: z.coerce.number() })
    const route = defineRoute(
      'GET',
      '/:id',
      { params, use: [note(seen, 'own use')], filters: [note(seen, 'own filter')] },
      note(seen, 'function'),
      () => 'done',
    )
    const inner = defineGroup('/b', { filters: [note(seen, 'inner filter')] }, [route])
    const outer = defineGroup(
      '/a',
      { use: [note(seen, 'group use')], filters: [note(seen, 'outer filter')] },
      [inner],
    )
    const app = new App().use(note(seen, 'use')).add(outer)
    expect((await app.inject('/a/b/7')).text).toBe('done')
    expect(seen).toEqual([
      'use string',
      'group use string',
      'own use string',
      'outer filter number',
      'inner filter number',
      'own filter number',
      'function number',
    ])
  })

  test('filters may answer, and change what comes back', async () => {
    const app = new App().get(
      '/:id',
      {
        params: z.object({ id: z.coerce.number() }),
        filters: [
          async (ctx, next) => (ctx.params.id > 9 ? 'too many' : `${String(await next())}!`),
        ],
      },
      (ctx) => `${ctx.params.id + 1}`,
    )
    expect((await app.inject('/1')).text).toBe('2!')
    expect((await app.inject('/10')).text).toBe('too many')
  })

  test('limits and the Request still mean the body itself, which was read', async () => {
    const app = new App().post('/', { body: z.object({ a: z.number() }) }, async (ctx) => {
      expect(() => (ctx.limits.bodyBytes = 5)).toThrow('too late')
      const again = await ctx.request.text().catch(() => 'was read')
      return { value: ctx.body, again, input: ctx.input.body.a }
    })
    expect((await app.inject({ body: { a: 1 } })).json()).toEqual({
      value: { a: 1 },
      again: 'was read',
      input: 1,
    })
  })
})

describe('mistakes are found when routes are registered or compiled', () => {
  const rows: [name: string, register: (app: App) => unknown, message: RegExp][] = [
    [
      'a body of GET',
      (app) => app.get('/x', { body: anything() }, () => ''),
      /GET \/x has a schema for a body/,
    ],
    [
      'a schema of no library',
      (app) => app.get('/x', { query: { type: 'object' } as never }, () => ''),
      /query of the route GET \/x is a Standard Schema .*jsonSchema\(\)/,
    ],
    [
      'a response that is no schema',
      (app) => app.get('/x', { responses: { 200: {} } } as never, () => ok()),
      /responses\.200 of the route GET \/x/,
    ],
    [
      'a status that there is not',
      (app) => app.get('/x', { responses: { 99: null } } as never, () => ''),
      /responses of the route GET \/x .*"99"/,
    ],
    [
      'a body of a reply that has none',
      (app) => app.get('/x', { responses: { 204: z.string() } } as object, () => ''),
      /responses\.204 of the route GET \/x is null, as replies of this status have no body/,
    ],
    [
      'a type that is none',
      (app) => app.post('/x', { body: anything(), consumes: ['json'] }, () => ''),
      /consumes of the route POST \/x/,
    ],
    [
      'a schema in a group',
      (app) => app.group('/g', { query: anything() } as never, () => {}),
      /no option query of the group \/g/,
    ],
    [
      'filters that are none',
      (app) => app.get('/x', { filters: ['f'] as never }, () => ''),
      /filters of the route GET \/x/,
    ],
    [
      'how the application checks',
      () => new App({ validation: { status: 418 as never } }),
      /validation\.status of the App is 400 or 422, not 418/,
    ],
    [
      'an option of no application',
      () => new App({ valid: {} } as never),
      /no option valid of the App/,
    ],
  ]
  test.each(rows)('%s', (_, register, message) => {
    expect(() => register(new App())).toThrow(message)
  })

  test('parameters that the path does not have', async () => {
    const params = z.object({ id: z.string(), other: z.string() })
    const app = new App().get('/x/:id', { params }, () => '')
    await expect(app.inject('/')).rejects.toThrow(
      'The schema of the params of the route GET /x/:id asks for "other", which the path does not have.',
    )
  })

  test('header names that no request has', async () => {
    const app = new App().get('/x', { headers: z.object({ 'X-A': z.string() }) }, () => '')
    await expect(app.inject('/')).rejects.toThrow(/headers of the route GET \/x says "X-A"/)
  })
})
