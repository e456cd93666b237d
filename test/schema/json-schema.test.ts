// jsonSchema(): values that it takes and refuses, texts that it reads, what it says and describes.

import { Ajv2020 } from 'ajv/dist/2020.js'
import { jsonSchema } from 'lanner/json-schema'
import { Type } from 'typebox'
import { expect, expectTypeOf, test, vi } from 'vitest'

import { TEXTS } from '../../src/schema/texts.ts'

import type {
  InputOf,
  OutputOf,
  StandardOptions,
  StandardSchema,
} from '../../src/schema/standard.ts'

function check(schema: StandardSchema, value: unknown, options?: StandardOptions): unknown {
  const result = schema['~standard'].validate(value, options)
  if (result instanceof Promise) throw new Error('a promise')
  if (result.issues === undefined) return result.value
  return result.issues.map(({ path = [], message }) => `/${path.join('/')} ${message}`)
}

const user = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1 },
    age: { type: 'integer', minimum: 0 },
    role: { enum: ['admin', 'reader'], default: 'reader' },
    'a/b': { type: 'array', items: { type: 'number' } },
  },
  required: ['name'],
  additionalProperties: false,
} as const

test('a value that fits comes out, defaults filled in, and stays as it was', () => {
  const given = { name: 'Ada' }
  expect(check(jsonSchema(user), given)).toEqual({ name: 'Ada', role: 'reader' })
  expect(given).toEqual({ name: 'Ada' })
})

test('every issue is told with its path', () => {
  const wrong = { age: -1.5, role: 'king', extra: 1, 'a/b': [1, 'x'] }
  expect(new Set(check(jsonSchema(user), wrong) as string[])).toEqual(
    new Set([
      '/name is required',
      '/extra is not allowed',
      '/age must be integer',
      '/age must be >= 0',
      '/role must be one of "admin", "reader"',
      '/a/b/1 must be number',
    ]),
  )
})

test('at most 100 issues are told', () => {
  const list = jsonSchema({ type: 'array', items: { type: 'number' } })
  expect(check(list, Array(1000).fill('x'))).toHaveLength(100)
})

const scalars: [schema: object, text: string | string[], read: unknown][] = [
  [{ type: 'integer' }, '7', 7],
  [{ type: 'number' }, '-1.5e3', -1500],
  [{ type: 'boolean' }, 'true', true],
  [{ type: 'boolean' }, 'false', false],
  [{ type: 'string' }, '7', '7'],
  [{ type: ['integer', 'null'] }, 'null', null],
  [{ type: ['integer', 'null'] }, '', null],
  [{ type: ['integer', 'string'] }, '7', '7'],
  [{ anyOf: [{ type: 'integer' }, { type: 'boolean' }] }, 'true', true],
  [{ enum: [1, 2, 'x'] }, '2', 2],
  [{ enum: ['1', 1] }, '1', '1'],
  [{ const: true }, 'true', true],
  [{ type: 'array', items: { type: 'integer' } }, ['1', '2'], [1, 2]],
  [{ type: 'array', items: { type: 'integer' } }, '1', [1]],
  [{ type: 'array', prefixItems: [{ type: 'integer' }, { type: 'string' }] }, ['1', '2'], [1, '2']],
  [{ $ref: '#/$defs/n' }, '3', 3],
]

test.each(scalars)('texts: %j reads %j as %j', (schema, text, read) => {
  const whole = jsonSchema({
    type: 'object',
    properties: { x: schema },
    $defs: { n: { type: 'integer' } },
  })
  expect(check(whole, { x: text }, TEXTS)).toEqual({ x: read })
})

const unread = ['0x10', ' 7', '7 ', '1_000', '', '007', 'NaN', 'Infinity', '1e999x', '+7']

test.each(unread)('texts: %j is no number', (text) => {
  const whole = jsonSchema({ type: 'object', properties: { x: { type: 'number' } } })
  expect(check(whole, { x: text }, TEXTS)).toEqual(['/x must be number'])
})

test('what did not come as texts is not read as anything else', () => {
  const whole = jsonSchema({ type: 'object', properties: { x: { type: 'number' } } })
  expect(check(whole, { x: '7' })).toEqual(['/x must be number'])
})

const formats: [format: string, right: string[], wrong: string[]][] = [
  ['date', ['2024-02-29', '0001-01-01'], ['2023-02-29', '2024-13-01', '24-1-1']],
  ['time', ['23:59:60Z', '00:00:00.5+02:00'], ['24:00:00Z', '00:00:00']],
  ['date-time', ['2024-02-29T10:00:00Z'], ['2024-02-30T10:00:00Z', '2024-02-29', 'T10:00:00Z']],
  ['duration', ['P1Y2M3DT4H', 'PT5M'], ['P', 'PT', '1Y']],
  ['email', ['a.b+c@example.org'], ['a', 'a@b', 'a b@example.org', 'a@-x.org']],
  ['hostname', ['example.org', 'x'], ['-x', 'x..y', 'a_b']],
  ['ipv4', ['127.0.0.1', '255.255.255.255'], ['256.0.0.1', '1.2.3', '1.2.3.4.']],
  ['ipv6', ['::1', '2001:db8::8:800:200c:417a'], ['1', ':::', '12345::']],
  ['uri', ['https://example.org/a?b', 'urn:x:y'], ['example.org', 'a b:c', 'http://']],
  ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567']],
]

test.each(formats)('the format %s', (format, right, wrong) => {
  const schema = jsonSchema({ type: 'string', format })
  for (const text of right) expect(check(schema, text)).toBe(text)
  const refused = [`/ must match format "${format}"`]
  expect(wrong.map((text) => check(schema, text))).toEqual(wrong.map(() => refused))
})

test('a binary text is a file', () => {
  const schema = jsonSchema({
    type: 'object',
    properties: { photo: { type: 'string', format: 'binary' } },
  })
  expectTypeOf<InputOf<typeof schema>>().toEqualTypeOf<{ photo?: File }>()
  const photo = new Blob(['x'])
  expect(check(schema, { photo })).toEqual({ photo })
  expect(check(schema, { photo: 'x' })).toEqual(['/photo must be a file'])
  expect(schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' })).toMatchObject({
    properties: { photo: { type: 'string', format: 'binary' } },
  })
})

test('TypeBox types are checked, inferred and described', () => {
  const schema = jsonSchema(
    Type.Object({
      id: Type.Integer(),
      tag: Type.Optional(Type.Array(Type.String())),
      kind: Type.Union([Type.Literal('a'), Type.Null()]),
      pair: Type.Tuple([Type.String(), Type.Number()]),
      map: Type.Record(Type.String(), Type.Boolean()),
    }),
  )
  expectTypeOf<OutputOf<typeof schema>>().toEqualTypeOf<{
    id: number
    tag?: string[]
    kind: 'a' | null
    pair: [string, number]
    map: Record<string, boolean>
  }>()
  const right = { id: 1, kind: null, pair: ['x', 1], map: { y: true } }
  expect(check(schema, right)).toEqual(right)
  expect(check(schema, { ...right, pair: ['x', 1, 2] })).toEqual([
    '/pair must NOT have more than 2 items',
  ])
  expect(schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' })).toMatchObject({
    properties: { pair: { prefixItems: [{ type: 'string' }, { type: 'number' }], items: false } },
  })
})

test('types are read off plain literals', () => {
  const schema = jsonSchema({
    type: 'object',
    properties: {
      id: { type: 'integer' },
      kind: { enum: ['a', 'b'] },
      note: { type: ['string', 'null'] },
      list: { type: 'array', items: { oneOf: [{ type: 'number' }, { const: 'x' }] } },
      map: { type: 'object', additionalProperties: { type: 'boolean' } },
      both: { allOf: [{ type: 'object', properties: { x: { type: 'number' } } }, {}] },
      any: { description: 'whatever' },
    },
    required: ['id', 'kind'],
  })
  expectTypeOf<InputOf<typeof schema>>().toEqualTypeOf<{
    id: number
    kind: 'a' | 'b'
    note?: string | null
    list?: (number | 'x')[]
    map?: Record<string, boolean>
    both?: { x?: number }
    any?: unknown
  }>()
})

test('a wrong schema fails where it is made', () => {
  expect(() => jsonSchema({ type: 'strin' })).toThrow('type')
  expect(() => jsonSchema({ $ref: '#/$defs/none' })).toThrow('none')
})

test('two schemas of one id do not meet', () => {
  const one = jsonSchema({ $id: 'Thing', type: 'string' })
  const two = jsonSchema({ $id: 'Thing', type: 'number' })
  expect([check(one, 'x'), check(two, 1)]).toEqual(['x', 1])
})

test('an Ajv of one’s own brings its formats and its schemas', () => {
  const ajv = new Ajv2020({ formats: { even: (text: string) => text.length % 2 === 0 } })
  ajv.addSchema({ $id: 'Name', type: 'string', format: 'even' })
  const schema = jsonSchema({ type: 'object', properties: { name: { $ref: 'Name' } } }, { ajv })
  expect(check(schema, { name: 'abc' })).toEqual(['/name must match format "even"'])
  expect(check(schema, { name: 'ab' })).toEqual({ name: 'ab' })
})

test('a schema that refers to itself', () => {
  const tree = jsonSchema({
    $id: 'Tree',
    type: 'object',
    properties: { n: { type: 'integer' }, kids: { type: 'array', items: { $ref: '#' } } },
    required: ['n'],
  })
  expect(check(tree, { n: 1, kids: [{ n: 2 }, {}] })).toEqual(['/kids/1/n is required'])
  expect(check(tree, { n: '1', kids: { n: '2' } }, TEXTS)).toEqual(['/kids must be array'])
})

/** An object whose other names are read as `type` says. */
const others = (type: string): object => ({ type: 'object', additionalProperties: { type } })
const named = { type: 'object', properties: { n: { type: 'integer' } } }

const rests: [of: string, schema: object, given: object, read: object][] = [
  ['a name of another alternative', { anyOf: [named, others('string')] }, { n: '7' }, { n: 7 }],
  ['in the other order as well', { anyOf: [others('string'), named] }, { n: '7' }, { n: 7 }],
  ['names of none', { anyOf: [named, others('number')] }, { n: '7', x: '1' }, { n: 7, x: 1 }],
  [
    'a name that one alternative has a pattern for',
    { anyOf: [{ type: 'object', patternProperties: { '^n': { type: 'integer' } } }, named] },
    { n: '7', no: '8', x: '9' },
    { n: 7, no: 8, x: '9' },
  ],
  [
    'a pattern, and all others',
    { ...others('boolean'), patternProperties: { '^n': { type: 'integer' } } },
    { n: '7', x: 'true' },
    { n: 7, x: true },
  ],
  [
    'a pattern of parts, whatever the next part says nothing of',
    { allOf: [others('integer'), { type: 'object', patternProperties: { '^z': true } }] },
    { x: '7' },
    { x: 7 },
  ],
]

test.each(rests)('rests and patterns of names: %s', (_, schema, given, read) => {
  expect(check(jsonSchema(schema), given, TEXTS)).toEqual(read)
})

test('a pattern is compiled once, not for each value', () => {
  const schema = jsonSchema({ type: 'object', patternProperties: { '^n': { type: 'integer' } } })
  expect(check(schema, { n: '1' }, TEXTS)).toEqual({ n: 1 })
  const made = vi.spyOn(globalThis, 'RegExp')
  try {
    expect(check(schema, { n: '2', no: '3' }, TEXTS)).toEqual({ n: 2, no: 3 })
    expect(made).not.toHaveBeenCalled()
  } finally {
    made.mockRestore()
  }
})

test('a pattern by code units, for an Ajv that takes such', () => {
  const ajv = new Ajv2020({ unicodeRegExp: false })
  const options = { ajv }
  const schema = jsonSchema(
    { type: 'object', patternProperties: { '^\\-n': { type: 'integer' } } },
    options,
  )
  expect(check(schema, { '-n': '7' }, TEXTS)).toEqual({ '-n': 7 })
})
