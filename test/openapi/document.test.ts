// The OpenAPI document of routes: one behaviour per test, in terms of what a reader of it sees.

import * as v from 'valibot'
import { type } from 'arktype'
import { jsonSchema } from 'lanner/json-schema'
import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { documentOf } from '../../src/openapi/document.ts'

import type { OpenApiOptions } from '../../src/openapi/options.ts'
import type { OpenApiOperation } from '../../src/openapi/types.ts'
import type { RouteOptions } from '../../src/routing/options.ts'

type Row = [method: string, pattern: string, options?: RouteOptions | undefined]

function make(rows: readonly Row[], options: OpenApiOptions = {}) {
  const warnings: string[] = []
  const onWarning = (message: string): unknown => warnings.push(message)
  const routes = rows.map(([method, pattern, own = {}]) => ({ method, pattern, options: own }))
  return { document: documentOf({ routes }, { onWarning, ...options }), warnings }
}

/** The one operation of one route. */
function operation(pattern: string, options?: RouteOptions, method = 'GET'): OpenApiOperation {
  const { document, warnings } = make([[method, pattern, options]])
  expect(warnings).toEqual([])
  return Object.values(Object.values(document.paths)[0]!)[0]!
}

const User = z.object({ id: z.number().int(), name: z.string() }).meta({ id: 'User' })

describe('paths', () => {
  const spelt: [pattern: string, paths: string[]][] = [
    ['/', ['/']],
    ['/users/:id', ['/users/{id}']],
    ['/users/:id/posts/:post', ['/users/{id}/posts/{post}']],
    ['/files/*rest', ['/files/{rest}']],
    ['/posts/:year?', ['/posts', '/posts/{year}']],
    ['/:year?', ['/', '/{year}']],
    ['/a{b}', ['/a%7Bb%7D']],
    ['/users/', ['/users/']],
  ]
  test.each(spelt)('%s', (pattern, paths) => {
    expect(Object.keys(make([['GET', pattern]]).document.paths)).toEqual(paths)
  })

  test('parameters at one place have one name', () => {
    const { paths } = make([
      ['GET', '/users/:id', { params: z.object({ id: z.string().uuid() }) }],
      ['PUT', '/users/:user', { params: z.object({ user: z.string().min(3) }) }],
    ]).document
    expect(Object.keys(paths)).toEqual(['/users/{id}'])
    expect(paths['/users/{id}']!['put']!.parameters).toEqual([
      { name: 'id', in: 'path', required: true, schema: { type: 'string', minLength: 3 } },
    ])
  })

  test('hidden routes, those of every method and those of other methods are left out', () => {
    const { paths } = make([
      ['GET', '/hidden', { hidden: true }],
      ['*', '/all'],
      ['PURGE', '/cache'],
      ['HEAD', '/head'],
    ]).document
    expect(paths).toEqual({ '/head': { head: expect.anything() } })
  })
})

describe('operations', () => {
  test('say what their route says', () => {
    const said = { name: 'getUser', summary: 's', description: 'd', tags: ['a', 'b', 'a'] }
    expect(operation('/users/:id', { ...said, deprecated: true })).toMatchObject({
      operationId: 'getUser',
      summary: 's',
      description: 'd',
      tags: ['a', 'b'],
      deprecated: true,
    })
  })

  const names: [method: string, pattern: string, name: string][] = [
    ['GET', '/', 'getRoot'],
    ['GET', '/users/:id', 'getUsersById'],
    ['POST', '/users/:user_id/read-later', 'postUsersByUserIdReadLater'],
    ['DELETE', '/files/*rest', 'deleteFilesByRest'],
  ]
  test.each(names)('%s %s without a name is %s', (method, pattern, name) => {
    expect(operation(pattern, undefined, method).operationId).toBe(name)
  })

  test('have names of their own, and a name that is there twice is told', () => {
    const { document, warnings } = make([
      ['GET', '/a', { name: 'x' }],
      ['POST', '/a', { name: 'x' }],
      ['GET', '/b-c'],
      ['GET', '/b/c'],
      ['GET', '/d/:e?'],
    ])
    const ids = Object.values(document.paths).flatMap((path) => Object.values(path))
    expect(ids.map(({ operationId }) => operationId)).toEqual([
      'x',
      'x_2',
      'getBC',
      'getBC_2',
      'getDByE_all',
      'getDByE',
    ])
    expect(warnings).toEqual(['The route POST /a: the name x is that of another route, too.'])
  })
})

describe('parameters', () => {
  test('of a path are there without a schema', () => {
    expect(operation('/users/:id/*rest').parameters).toEqual([
      { name: 'id', in: 'path', required: true, schema: { type: 'string', minLength: 1 } },
      {
        name: 'rest',
        in: 'path',
        required: true,
        description: 'The rest of the path; it may have slashes.',
        schema: { type: 'string' },
      },
    ])
  })

  const sources: [library: string, query: RouteOptions['query']][] = [
    ['zod', z.object({ q: z.string(), tag: z.array(z.string()).optional() })],
    ['valibot', v.object({ q: v.string(), tag: v.optional(v.array(v.string())) })],
    ['arktype', type({ q: 'string', 'tag?': 'string[]' })],
    [
      'typebox',
      jsonSchema(Type.Object({ q: Type.String(), tag: Type.Optional(Type.Array(Type.String())) })),
    ],
  ]
  test.each(sources)('of a query, by %s', (_, query) => {
    const { parameters } = operation('/search', { query })
    expect(new Set(parameters)).toEqual(
      new Set([
        { name: 'q', in: 'query', required: true, schema: { type: 'string' } },
        { name: 'tag', in: 'query', schema: { type: 'array', items: { type: 'string' } } },
      ]),
    )
  })

  test('of header fields and cookies, without those that OpenAPI describes elsewhere', () => {
    const { parameters } = operation('/', {
      headers: z.object({ 'x-tenant': z.string(), authorization: z.string(), accept: z.string() }),
      cookies: z.object({ sid: z.string().optional() }),
    })
    expect(parameters!.map(({ name, in: place, required }) => [place, name, required])).toEqual([
      ['header', 'x-tenant', true],
      ['cookie', 'sid', undefined],
    ])
  })

  test('have the description and the state of their schema', () => {
    const q = z.string().meta({ description: 'What to look for.', deprecated: true })
    expect(operation('/', { query: z.object({ q }) }).parameters).toEqual([
      {
        name: 'q',
        in: 'query',
        required: true,
        description: 'What to look for.',
        deprecated: true,
        schema: { type: 'string' },
      },
    ])
  })

  test('of a schema with a name, and of one in parts', () => {
    const Page = z.object({ page: z.number().int() }).meta({ id: 'Page' })
    const parts = z.intersection(Page, z.object({ q: z.string() }))
    expect(operation('/', { query: Page }).parameters).toHaveLength(1)
    expect(operation('/', { query: parts }).parameters!.map(({ name }) => name)).toEqual([
      'page',
      'q',
    ])
  })

  test('of what is no object are left out, and told', () => {
    const query = z.union([z.object({ a: z.string() }), z.object({ b: z.string() })])
    const { document, warnings } = make([['GET', '/x', { query, summary: 'kept' }]])
    expect(document.paths['/x']!['get']).toMatchObject({ summary: 'kept' })
    expect(warnings).toEqual([
      'The route GET /x: query is no object with properties, so it is left out.',
    ])
  })
})

describe('bodies', () => {
  const body = z.object({ name: z.string() })
  const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }

  test('are JSON', () => {
    expect(operation('/', { body }, 'POST').requestBody).toEqual({
      required: true,
      content: { 'application/json': { schema } },
    })
  })

  test('are forms where there is a file', () => {
    const { requestBody } = operation('/', { body: z.object({ photo: z.file() }) }, 'POST')
    expect(Object.keys(requestBody!.content)).toEqual(['multipart/form-data'])
  })

  test('are of the types that the route takes', () => {
    const consumes = ['application/json', 'application/x-www-form-urlencoded']
    const { requestBody } = operation('/', { body, consumes }, 'POST')
    expect(requestBody!.content).toEqual({
      'application/json': { schema },
      'application/x-www-form-urlencoded': { schema },
    })
  })

  test('that cannot be described are open, and told', () => {
    const silent = {
      '~standard': { version: 1, vendor: 'silent', validate: (value: unknown) => ({ value }) },
    } as const
    const { document, warnings } = make([['POST', '/x', { body: silent }]])
    expect(document.paths['/x']!['post']!.requestBody!.content).toEqual({ 'application/json': {} })
    expect(warnings).toEqual([
      'The route POST /x: body cannot be described: ' +
        'silent does not describe its schemas as JSON Schema.',
    ])
  })
})

describe('replies', () => {
  const types: [what: string, status: number, schema: any, type: string | undefined][] = [
    ['JSON', 200, z.object({ a: z.string() }), 'application/json'],
    ['a text', 200, z.string(), 'text/plain'],
    ['bytes', 200, z.file(), 'application/octet-stream'],
    ['a type of its own', 200, z.string().meta({ contentMediaType: 'text/csv' }), 'text/csv'],
    ['an error', 409, z.object({ why: z.string() }), 'application/json'],
    [
      'a problem',
      404,
      z.object({ title: z.string(), status: z.number() }).meta({ id: 'P' }),
      'application/problem+json',
    ],
    ['nothing', 204, null, undefined],
  ]
  test.each(types)('%s', (_, status, schema, type) => {
    const { responses } = operation('/', { responses: { [status]: schema } })
    const { content } = responses[status] as { content?: object }
    expect(content && Object.keys(content)).toEqual(type && [type])
  })

  test('are described by their schema, or by their status', () => {
    const described = z.string().describe('How many there are.')
    const { responses } = operation('/', { responses: { 200: described, 202: z.string() } })
    expect(responses).toMatchObject({
      200: { description: 'How many there are.' },
      202: { description: 'Accepted' },
    })
  })

  test('that nobody lists are a success or a problem', () => {
    const problem = { $ref: '#/components/responses/Problem' }
    expect(operation('/').responses).toEqual({
      '2XX': { description: 'Success' },
      '4XX': problem,
      '5XX': problem,
    })
  })

  test('to a request that is checked may be that it does not fit', () => {
    const query = z.object({ q: z.string() })
    const invalid = { $ref: '#/components/responses/Invalid' }
    expect(operation('/', { query }).responses).toMatchObject({ 400: invalid })
    const { responses } = operation('/', { query, validation: { status: 422 } })
    expect(responses).toMatchObject({ 422: invalid })
    expect(responses).not.toHaveProperty('400')
  })

  test('have no problems where the application answers otherwise', () => {
    const { document } = make([['GET', '/']], { problems: false })
    expect(document.paths['/']!['get']!.responses).toEqual({ '2XX': { description: 'Success' } })
    expect(document.components).toEqual({ schemas: {} })
  })
})

describe('security', () => {
  test('by schemes of the authorization field, bearer if nothing is said', () => {
    const { document } = make([
      ['GET', '/a', { auth: true }],
      ['GET', '/b', { auth: { scheme: 'basic', roles: ['admin', 'editor'] } }],
      ['GET', '/c', { auth: false }],
      ['GET', '/d'],
    ])
    const security = Object.values(document.paths).map(({ get }) => get!.security)
    expect(security).toEqual([
      [{ bearer: [] }],
      [{ basic: ['admin'] }, { basic: ['editor'] }],
      [],
      undefined,
    ])
    expect(document.components.securitySchemes).toEqual({
      basic: { type: 'http', scheme: 'basic' },
      bearer: { type: 'http', scheme: 'bearer' },
    })
  })

  test('by schemes of the options, the first one if nothing is said', () => {
    const key = { type: 'apiKey', in: 'header', name: 'x-key' }
    const { document } = make([['GET', '/a', { auth: true }]], { securitySchemes: { key } })
    expect(document.paths['/a']!['get']!.security).toEqual([{ key: [] }])
    expect(document.components.securitySchemes).toEqual({ key })
  })
})

describe('schemas with a name', () => {
  const schemasOf = (...rows: Row[]) => {
    const { document } = make(rows, { problems: false })
    return document.components.schemas
  }
  const get = (pattern: string, schema: any): Row => [
    'GET',
    pattern,
    { responses: { 200: schema } },
  ]

  test('are written once, whatever the library', () => {
    const list = z.object({ users: z.array(User) })
    const byTypeBox = jsonSchema(Type.Object({ a: Type.String() }, { $id: 'Thing' }))
    const byValibot = v.pipe(v.object({ b: v.string() }), v.title('Other'))
    const rows = [get('/a', User), get('/b', list), get('/c', byTypeBox), get('/d', byValibot)]
    const { document } = make(rows, { problems: false })
    expect(Object.keys(document.components.schemas)).toEqual(['Other', 'Thing', 'User'])
    expect(document.components.schemas['Thing']).not.toHaveProperty('$id')
    const { content } = document.paths['/b']!['get']!.responses['200'] as any
    expect(content['application/json'].schema.properties.users.items).toEqual({
      $ref: '#/components/schemas/User',
    })
  })

  test('may refer to themselves', () => {
    const Tree = z.object({
      get kids() {
        return z.array(Tree)
      },
    })
    const Named = z
      .object({
        get kids() {
          return z.array(Named)
        },
      })
      .meta({ id: 'Named' })
    expect(schemasOf(get('/tree', Tree), get('/named', Named))).toMatchObject({
      GetTree200: { properties: { kids: { items: { $ref: '#/components/schemas/GetTree200' } } } },
      Named: { properties: { kids: { items: { $ref: '#/components/schemas/Named' } } } },
    })
  })

  test('may refer to each other by name, as TypeBox has it', () => {
    const cyclic = jsonSchema(
      Type.Cyclic({ Node: Type.Object({ next: Type.Optional(Type.Ref('Node')) }) }, 'Node'),
    )
    expect(schemasOf(get('/', cyclic))).toEqual({
      Node: {
        type: 'object',
        properties: { next: { $ref: '#/components/schemas/Node' } },
      },
    })
  })

  test('are numbered where they differ', () => {
    const one = z.object({ a: z.string() }).meta({ title: 'Same name' })
    const two = z.object({ b: z.string() }).meta({ title: 'Same name' })
    expect(Object.keys(schemasOf(get('/a', one), get('/b', two), get('/c', one)))).toEqual([
      'Same_name',
      'Same_name_2',
    ])
  })

  test('leave data alone that looks like schemas', () => {
    const schema = jsonSchema({
      type: 'object',
      properties: {
        title: { const: { $ref: 'x' } },
        type: { default: { title: 'x', type: 'object' } },
      },
    })
    const { document } = make([get('/', schema)], { problems: false })
    const { content } = document.paths['/']!['get']!.responses['200'] as any
    expect(content['application/json'].schema.properties).toEqual({
      title: { const: { $ref: 'x' } },
      type: { default: { title: 'x', type: 'object' } },
    })
  })
})

describe('the document', () => {
  test('has what the options say', () => {
    const servers = [{ url: 'https://api.example' }]
    const info = { title: 'Books', version: '1.2.3', license: { name: 'MIT' } }
    const tags = [{ name: 'books', description: 'Read them.' }]
    const rows: Row[] = [['GET', '/', { tags: ['users', 'books'] }]]
    expect(make(rows, { servers, info, tags }).document).toMatchObject({
      openapi: '3.1.0',
      info,
      servers,
      tags: [...tags, { name: 'users' }],
    })
  })

  test('is the same text for the same routes', () => {
    const rows: Row[] = [
      ['GET', '/b', { responses: { 200: User } }],
      ['GET', '/a', { query: z.object({ z: z.string(), a: z.string() }) }],
    ]
    const texts = [make(rows), make(rows)].map(({ document }) => JSON.stringify(document))
    expect(texts[0]).toBe(texts[1])
    expect(Object.keys(JSON.parse(texts[0]!).paths)).toEqual(['/b', '/a'])
  })

  const wrong: [options: object, message: string][] = [
    [{ title: 'x' }, 'There is no option title of openapi()'],
    [{ info: { title: '' } }, 'info.title of openapi()'],
    [{ servers: [{}] }, 'servers of openapi(), number 1: url'],
    [{ tags: ['x'] }, 'tags of openapi(), number 1,'],
    [{ securitySchemes: { key: {} } }, 'securitySchemes.key.type of openapi()'],
    [{ problems: 1 }, 'problems of openapi()'],
    [{ onWarning: 1 }, 'onWarning of openapi()'],
  ]
  test.each(wrong)('refuses the options %j', (options, message) => {
    expect(() => documentOf({ routes: [] }, options)).toThrow(message)
  })
})
