// One route with a schema for each source, written in four libraries: what comes out, what is
// refused, and what is said of it.

import { Type } from 'typebox'
import { type } from 'arktype'
import { App } from 'lanner'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { jsonSchema } from '../../src/schema/json-schema.ts'

import type { InjectOptions, StandardSchema } from 'lanner'

interface Schemas {
  params: StandardSchema
  query: StandardSchema
  headers: StandardSchema
  cookies: StandardSchema
  body: StandardSchema
}

const vNumber = v.pipe(v.string(), v.transform(Number), v.number())

/** What each library needs to say the same; texts become numbers in their own words. */
const libraries: Record<string, Schemas> = {
  zod: {
    params: z.object({ id: z.coerce.number().int() }),
    query: z.object({ limit: z.coerce.number().max(100).default(10), tag: z.array(z.string()) }),
    headers: z.object({ 'x-version': z.coerce.number() }),
    cookies: z.object({ sid: z.string().min(3) }),
    body: z.object({ name: z.string().min(1), items: z.array(z.object({ count: z.number() })) }),
  },
  valibot: {
    params: v.object({ id: v.pipe(vNumber, v.integer()) }),
    query: v.object({
      limit: v.optional(v.pipe(vNumber, v.maxValue(100)), '10'),
      tag: v.array(v.string()),
    }),
    headers: v.object({ 'x-version': vNumber }),
    cookies: v.object({ sid: v.pipe(v.string(), v.minLength(3)) }),
    body: v.object({
      name: v.pipe(v.string(), v.minLength(1)),
      items: v.array(v.object({ count: v.number() })),
    }),
  },
  arktype: {
    params: type({ id: 'string.integer.parse' }),
    query: type({
      limit: type('string.numeric.parse').to('number<=100').default('10'),
      tag: 'string[]',
    }),
    headers: type({ 'x-version': 'string.numeric.parse' }),
    cookies: type({ sid: 'string>2' }),
    body: type({ name: 'string>0', items: type({ count: 'number' }).array() }),
  },
  typebox: {
    params: jsonSchema(Type.Object({ id: Type.Integer() })),
    query: jsonSchema(
      Type.Object({
        limit: Type.Number({ maximum: 100, default: 10 }),
        tag: Type.Array(Type.String()),
      }),
    ),
    headers: jsonSchema(Type.Object({ 'x-version': Type.Number() })),
    cookies: jsonSchema(Type.Object({ sid: Type.String({ minLength: 3 }) })),
    body: jsonSchema(
      Type.Object({
        name: Type.String({ minLength: 1 }),
        items: Type.Array(Type.Object({ count: Type.Number() })),
      }),
    ),
  },
}

const right: InjectOptions = {
  method: 'POST',
  path: '/things/7?tag=a',
  headers: { 'x-version': '2', cookie: 'sid=abc', 'content-type': 'application/json' },
  body: '{"name":"x","items":[{"count":1}]}',
}

describe.each(Object.entries(libraries))('%s', (_, schemas) => {
  const app = new App().post('/things/:id', schemas, (ctx) => ({
    params: ctx.params,
    query: ctx.query,
    headers: ctx.input.headers,
    cookies: ctx.input.cookies,
    body: ctx.body,
  }))

  test('what comes out is what the schemas made of it', async () => {
    const reply = await app.inject(right)
    expect(reply.json()).toEqual({
      params: { id: 7 },
      query: { limit: 10, tag: ['a'] },
      headers: { 'x-version': 2 },
      cookies: { sid: 'abc' },
      body: { name: 'x', items: [{ count: 1 }] },
    })
  })

  test('a repeated name is a list, in the order of the query', async () => {
    const reply = await app.inject({ ...right, path: '/things/7?tag=a&limit=5&tag=%C3%A4&tag=' })
    expect(reply.json()).toMatchObject({ query: { limit: 5, tag: ['a', 'ä', ''] } })
  })

  test('everything that is wrong is listed, with its source and its place', async () => {
    const reply = await app.inject({
      ...right,
      path: '/things/seven?limit=101&tag=a',
      headers: { ...right.headers, 'x-version': 'two', cookie: 'sid=ab' },
      body: '{"name":"","items":[{"count":1},{"count":"2"}]}',
    })
    expect(reply.status).toBe(400)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    const problem = reply.json() as { code: string; errors: { in: string; path: string }[] }
    expect(problem).toMatchObject({ title: 'Bad Request', status: 400, code: 'LANNER_VALIDATION' })
    const places = problem.errors.map((issue) => `${issue.in}${issue.path}`)
    expect(places.toSorted()).toEqual([
      'body/items/1/count',
      'body/name',
      'cookies/sid',
      'headers/x-version',
      'params/id',
      'query/limit',
    ])
    for (const issue of problem.errors) {
      expect(issue).toMatchObject({ message: expect.stringMatching(/\w/) })
    }
  })

  test('what is missing is an issue of its name', async () => {
    const reply = await app.inject({ ...right, path: '/things/7' })
    expect(reply.json()).toMatchObject({ errors: [{ in: 'query', path: '/tag' }] })
  })
})
