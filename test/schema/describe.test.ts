// What schemas of each library look like as JSON Schema: one matrix of meanings over the libraries.

import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'

import { describe, describeSchema } from '../../src/schema/describe.ts'

import type { StandardSchema } from '../../src/schema/standard.ts'

const string = { type: 'string' }
const dateTime = { type: 'string', format: 'date-time' }

const libraries: Record<string, Record<string, StandardSchema>> = {
  zod: {
    object: z.object({ name: z.string(), age: z.number().optional() }),
    list: z.object({ tag: z.array(z.string()) }),
    date: z.object({ at: z.date() }),
    file: z.object({ photo: z.file() }),
    parsed: z.object({ n: z.string().transform(Number).pipe(z.number()) }),
    odd: z.object({ any: z.map(z.string(), z.string()) }),
  },
  valibot: {
    object: v.object({ name: v.string(), age: v.optional(v.number()) }),
    list: v.object({ tag: v.array(v.string()) }),
    date: v.object({ at: v.date() }),
    file: v.object({ photo: v.file() }),
    parsed: v.object({ n: v.pipe(v.string(), v.toNumber(), v.number()) }),
    odd: v.object({ any: v.map(v.string(), v.string()) }),
  },
  'valibot with its converter': {
    object: toStandardJsonSchema(v.object({ name: v.string(), age: v.optional(v.number()) })),
    list: toStandardJsonSchema(v.object({ tag: v.array(v.string()) })),
    date: toStandardJsonSchema(v.object({ at: v.date() })),
    file: toStandardJsonSchema(v.object({ photo: v.file() })),
    parsed: toStandardJsonSchema(v.object({ n: v.pipe(v.string(), v.toNumber(), v.number()) })),
    odd: toStandardJsonSchema(v.object({ any: v.map(v.string(), v.string()) })),
  },
  arktype: {
    object: type({ name: 'string', 'age?': 'number' }),
    list: type({ tag: 'string[]' }),
    date: type({ at: 'Date' }),
    file: type({ photo: 'File' }),
    parsed: type({ n: 'string.numeric.parse' }),
    odd: type({ any: 'Map' }),
  },
}

for (const [library, schemas] of Object.entries(libraries)) {
  const input = (name: string): Record<string, any> => describeSchema(schemas[name]!, 'input')!

  test(`${library}: an object with what must be there`, () => {
    expect(input('object')).toMatchObject({
      type: 'object',
      properties: { name: string, age: { type: 'number' } },
      required: ['name'],
    })
    expect(input('object')).not.toHaveProperty('$schema')
  })

  test(`${library}: lists, dates and files`, () => {
    expect(input('list')['properties'].tag).toEqual({ type: 'array', items: string })
    expect(input('date')['properties'].at).toEqual(dateTime)
    expect(input('file')['properties'].photo).toEqual({ type: 'string', format: 'binary' })
  })

  test(`${library}: what goes in and what comes out`, () => {
    expect(input('parsed')['properties'].n).toMatchObject(string)
    expect(describeSchema(schemas['parsed']!, 'output')).toMatchObject({
      properties: { n: { type: 'number' } },
    })
  })

  test(`${library}: what JSON has no word for is anything, and the rest stays`, () => {
    expect(Object.keys(input('odd')['properties'])).toEqual(['any'])
  })
}

test('a library that describes nothing is named, and nothing is thrown', () => {
  const silent: StandardSchema = {
    '~standard': { version: 1, vendor: 'silent', validate: (value) => ({ value }) },
  }
  expect(describeSchema(silent, 'input')).toBeUndefined()
  expect(describe(silent, 'input').reason).toBe(
    'silent does not describe its schemas as JSON Schema',
  )
})

test('an error of a library is the reason', () => {
  const fail = (): never => {
    throw new Error('no cycles')
  }
  const broken: StandardSchema = {
    '~standard': {
      version: 1,
      vendor: 'broken',
      validate: (value: unknown) => ({ value }),
      jsonSchema: { input: fail, output: fail },
    } as StandardSchema['~standard'],
  }
  expect(describe(broken, 'output')).toEqual({ reason: 'no cycles' })
})

test('a description is nobody else’s to change', () => {
  const schema = libraries['zod']!['list']!
  const first = describeSchema(schema, 'input') as { properties: { tag: unknown } }
  first.properties.tag = null
  expect(describeSchema(schema, 'input')).toMatchObject({ properties: { tag: { type: 'array' } } })
})
