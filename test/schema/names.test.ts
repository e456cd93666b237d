// One value of a name whose schema asks for a list comes as a list, wherever the schema says it;
// and the texts of a form are read as those of a query are.

import { type } from 'arktype'
import { App } from 'lanner'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { jsonSchema } from '../../src/schema/json-schema.ts'

import type { StandardSchema } from 'lanner'

const texts = z.array(z.string())
const vTexts = v.array(v.string())
const Self = z.object({
  tag: z.string(),
  get more() {
    return z.array(Self).optional()
  },
})

/** Schemas for whom `tag` is a list. */
const lists: [of: string, schema: StandardSchema][] = [
  ['a value that may be missing', z.object({ tag: texts.optional() })],
  ['or null', z.object({ tag: texts.nullable() })],
  ['a schema with a name', z.object({ tag: texts }).meta({ id: 'NamesTest' })],
  ['a list with a name', z.object({ tag: texts.meta({ id: 'NamesTestTags' }) })],
  ['an alternative that has it', z.union([z.object({ tag: texts }), z.object({ a: z.string() })])],
  ['all other names', z.record(z.string(), texts)],
  ['all names but some', z.object({ a: z.string().optional() }).catchall(texts)],
  ['parts, by Valibot', v.intersect([v.object({ tag: vTexts }), v.object({})])],
  ['the rest, by Valibot', v.objectWithRest({ a: v.optional(v.string()) }, vTexts)],
  ['any name, by ArkType', type({ '[string]': 'string[]' })],
  [
    'a reference',
    jsonSchema({ properties: { tag: { $ref: '#/$defs/t' } }, $defs: { t: { type: 'array' } } }),
  ],
  ['a pattern', jsonSchema({ type: 'object', patternProperties: { '^t': { type: 'array' } } })],
]

describe('one value is a list', () => {
  test.each(lists)('%s', async (_, query) => {
    const app = new App().get('/', { query }, (ctx) => ctx.json(ctx.query))
    expect((await app.inject('/?tag=1')).json()).toEqual({ tag: ['1'] })
    expect((await app.inject('/?tag=1&tag=2')).json()).toEqual({ tag: ['1', '2'] })
  })
})

/** Schemas for whom `tag` may be a text, or for whom only others are lists. */
const single: [of: string, schema: StandardSchema][] = [
  ['a text or a list', z.object({ tag: z.union([z.string(), texts]) })],
  [
    'an alternative that has a text',
    z.union([z.object({ tag: z.string(), a: texts.optional() }), z.record(z.string(), texts)]),
  ],
  ['all names but this one', z.object({ tag: z.string() }).catchall(texts)],
  ['a schema that refers to itself', Self],
]

/** Which of the names `ids_a`, `ids_b` and `name` are lists for schemas with patterns. */
const patterns: [of: string, schema: StandardSchema, lists: string[]][] = [
  [
    'one that takes lists says nothing of other names',
    jsonSchema({ type: 'object', patternProperties: { '^ids_': { type: 'array' } } }),
    ['ids_a', 'ids_b'],
  ],
  [
    'others may be lists where a pattern takes texts',
    jsonSchema({
      type: 'object',
      patternProperties: { '^ids_': { type: 'string' } },
      additionalProperties: { type: 'array' },
    }),
    ['name'],
  ],
  [
    'a name that matches two is a list where one takes nothing else',
    jsonSchema({
      type: 'object',
      patternProperties: { '^ids_': { type: 'array' }, b$: { type: ['array', 'string'] } },
    }),
    ['ids_a', 'ids_b'],
  ],
  [
    'an alternative without patterns may take a text',
    jsonSchema({
      anyOf: [
        { type: 'object', patternProperties: { '^ids_': { type: 'array' } } },
        { type: 'object', additionalProperties: { type: 'string' } },
      ],
    }),
    [],
  ],
]

describe('patterns of names', () => {
  test.each(patterns)('%s', async (_, query, named) => {
    const app = new App().get('/', { query }, (ctx) => ctx.json(ctx.query))
    const pairs = ['ids_a', 'ids_b', 'name'].map((name) => [
      name,
      named.includes(name) ? ['1'] : '1',
    ])
    const reply = await app.inject('/?ids_a=1&ids_b=1&name=1')
    expect(reply.json()).toEqual(Object.fromEntries(pairs))
  })
})

describe('one value is a text', () => {
  test.each(single)('%s', async (_, query) => {
    const app = new App().get('/', { query }, (ctx) => ctx.json(ctx.query))
    expect((await app.inject('/?tag=1')).json()).toEqual({ tag: '1' })
  })
})

test('header fields are those that a schema with a name knows', async () => {
  const headers = z.object({ 'x-a': texts }).meta({ id: 'NamesTestFields' })
  const app = new App().get('/', { headers }, (ctx) => ctx.json(ctx.input.headers))
  const reply = await app.inject({ path: '/', headers: { 'x-a': '1', 'x-b': '2' } })
  expect(reply.json()).toEqual({ 'x-a': ['1'] })
})

describe('mistakes are found in schemas with a name and in parts', () => {
  const Id = z.object({ id: z.string() }).meta({ id: 'NamesTestParams' })
  const Upper = v.intersect([v.object({ 'X-A': v.string() }), v.object({})])

  test.each<[string, StandardSchema, string]>([
    ['params', Id, 'asks for "id", which the path does not have'],
    ['headers', Upper, 'says "X-A": their names are in lower case there'],
  ])('%s', async (source, schema, message) => {
    const app = new App()
    app.get('/', { [source]: schema }, () => 'never')
    await expect(app.inject('/')).rejects.toThrow(message)
  })
})

describe('numbers in texts, by jsonSchema()', () => {
  const Row = jsonSchema({
    type: 'object',
    properties: { n: { type: 'integer' }, on: { type: 'boolean' }, many: { type: 'array' } },
    additionalProperties: { type: 'number' },
  })
  const app = new App()
    .get('/', { query: Row }, (ctx) => ctx.json(ctx.query))
    .post('/', { body: Row }, (ctx) => ctx.json(ctx.body))
  const parts = new FormData()
  for (const [name, value] of Object.entries({ n: '7', on: 'true', many: 'x', other: '1.5' })) {
    parts.append(name, value)
  }
  const read = { n: 7, on: true, many: ['x'], other: 1.5 }

  test('of a query', async () => {
    expect((await app.inject('/?n=7&on=true&many=x&other=1.5')).json()).toEqual(read)
  })

  test('of a form', async () => {
    const form = { n: '7', on: 'true', many: 'x', other: '1.5' }
    expect((await app.inject({ method: 'POST', form })).json()).toEqual(read)
    expect((await app.inject({ method: 'POST', body: parts })).json()).toEqual(read)
  })

  test('of a form over a socket, in pieces', async () => {
    const server = await app.listen({ port: 0, host: '127.0.0.1' })
    const body = new ReadableStream({
      start(controller) {
        for (const piece of ['n=7&on=tr', 'ue&many=x&oth', 'er=1.5']) {
          controller.enqueue(new TextEncoder().encode(piece))
        }
        controller.close()
      },
    })
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const reply = await fetch(server.url, { ...init, headers })
    expect(await reply.json()).toEqual(read)
    await server.close()
  })

  test('not of JSON', async () => {
    const reply = await app.inject({ method: 'POST', body: { n: '7' } })
    expect(reply.json()).toMatchObject({ errors: [{ in: 'body', path: '/n' }] })
  })
})
