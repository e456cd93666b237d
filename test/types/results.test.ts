// Results in types: each carries its status and its body into what a route may answer, and from
// there to the client.

import {
  accepted,
  App,
  badRequest,
  conflict,
  created,
  file,
  forbidden,
  html,
  jsonLines,
  jsonLinesOf,
  mediaOf,
  noContent,
  ok,
  Problem,
  problem,
  redirect,
  Result,
  stream,
  unauthorized,
} from 'lanner'
import { createClient } from 'lanner/client'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'

const Job = z.object({ id: z.number(), state: z.enum(['new', 'done']) })

test('each carries its status and its body', () => {
  expectTypeOf(ok()).toEqualTypeOf<Result<200, undefined>>()
  expectTypeOf(created('/jobs/1')).toEqualTypeOf<Result<201, undefined>>()
  expectTypeOf(accepted('/jobs/1')).toEqualTypeOf<Result<202, undefined>>()
  expectTypeOf(noContent()).toEqualTypeOf<Result<204, undefined>>()
  expectTypeOf(redirect('/').status).toEqualTypeOf<302>()
  expectTypeOf(redirect('/', 308).status).toEqualTypeOf<308>()
  expectTypeOf(html('<p>')).toEqualTypeOf<Result<200, string>>()
  expectTypeOf(stream(['a']).status).toEqualTypeOf<200>()
  expectTypeOf(problem(418).status).toEqualTypeOf<418>()
  expectTypeOf(badRequest().status).toEqualTypeOf<400>()
  expectTypeOf(unauthorized().status).toEqualTypeOf<401>()
  expectTypeOf(forbidden().status).toEqualTypeOf<403>()
  expectTypeOf(conflict().status).toEqualTypeOf<409>()
  expectTypeOf(ok(1).header('x-a', 'b').cookie('c', 'd').status).toEqualTypeOf<200>()
  // @ts-expect-error a redirect has another status
  expect(() => redirect('/', 200)).toThrow('A redirect has one of')
})

test('a route may answer what it lists', () => {
  const app = new App()
  app.post('/a', { responses: { 201: Job } }, () => created('/1', { id: 1, state: 'new' }))
  app.post('/b', { responses: { 202: null, 400: Problem } }, () => accepted('/1'))
  app.get('/c', { responses: { 302: null } }, () => redirect('/'))
  app.get('/d', { responses: { 308: null } }, () => redirect('/', 308))
  app.get('/e', { responses: { 200: mediaOf('text/html') } }, () => html('<p>'))
  app.get('/f', { responses: { 200: mediaOf('application/pdf') } }, () => file('a.pdf'))
  app.get('/g', { responses: { 200: mediaOf('image/png') } }, () => stream([new Uint8Array(1)]))
  app.get('/h', { responses: { 206: mediaOf('image/png') } }, () => new Result(206, new Blob([])))
  app.get('/i', { responses: { 200: jsonLinesOf(Job) } }, () =>
    jsonLines(async function* ({ signal }) {
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      yield { id: 1, state: 'new' }
    }),
  )
  app.get('/j', { responses: { 200: jsonLinesOf(Job) } }, () =>
    jsonLines([{ id: 1, state: 'done' }]),
  )
  // @ts-expect-error the status is another one
  app.get('/k', { responses: { 301: null } }, () => redirect('/'))
  app.get('/l', { responses: { 200: jsonLinesOf(Job) } }, () =>
    // @ts-expect-error a line does not fit
    jsonLines([{ id: 1, state: 'old' }]),
  )
  // @ts-expect-error data is no reply of a media type
  app.get('/m', { responses: { 200: mediaOf('image/png') } }, () => ({ id: 1 }))
  // @ts-expect-error lines are not one value
  app.get('/n', { responses: { 200: jsonLinesOf(Job) } }, () => ok({ id: 1, state: 'new' }))
  // @ts-expect-error what was made has a body
  app.post('/o', { responses: { 201: Job } }, () => created('/1'))
})

test('the client reads it as what it is', () => {
  const either = 'image/PNG' as 'image/PNG' | 'TEXT/plain'
  const app = new App()
    .get('/lines', { responses: { 200: jsonLinesOf(Job) } }, () => jsonLines([]))
    .get('/page', { responses: { 200: mediaOf('text/html') } }, () => html(''))
    .get('/image', { responses: { 200: mediaOf('image/png') } }, () => stream([]))
    .get('/data', { responses: { 200: mediaOf('application/geo+json') } }, () => stream([]))
    .get('/upper', { responses: { 200: mediaOf('Text/CSV') } }, () => stream([]))
    .get('/json', { responses: { 200: mediaOf('APPLICATION/JSON') } }, () => stream([]))
    .get('/either', { responses: { 200: mediaOf(either) } }, () => stream([]))
    .get('/any', { responses: { 200: mediaOf(String('image/png')) } }, () => stream([]))
    .get('/away', { responses: { 302: null } }, () => redirect('/'))
  const api = createClient<typeof app>('')
  const calls = async (): Promise<void> => {
    const lines = await api.get('/lines')
    if (lines.status === 200) {
      for await (const job of lines.body) {
        expectTypeOf(job).toEqualTypeOf<{ id: number; state: 'new' | 'done' }>()
      }
    }
    const page = await api.get('/page')
    if (page.status === 200) expectTypeOf(page.body).toEqualTypeOf<string>()
    const image = await api.get('/image')
    if (image.status === 200) {
      expectTypeOf(image.body).toEqualTypeOf<ReadableStream<Uint8Array>>()
    }
    const data = await api.get('/data')
    if (data.status === 200) expectTypeOf(data.body).toEqualTypeOf<unknown>()
    const upper = await api.get('/upper')
    if (upper.status === 200) expectTypeOf(upper.body).toEqualTypeOf<string>()
    const json = await api.get('/json')
    if (json.status === 200) expectTypeOf(json.body).toEqualTypeOf<unknown>()
    const one = await api.get('/either')
    if (one.status === 200) {
      expectTypeOf(one.body).toEqualTypeOf<string | ReadableStream<Uint8Array>>()
    }
    const any = await api.get('/any')
    if (any.status === 200) expectTypeOf(any.body).toEqualTypeOf<unknown>()
    const away = await api.get('/away')
    if (away.status === 302) expectTypeOf(away.body).toEqualTypeOf<undefined>()
  }
  expectTypeOf(calls).toBeFunction()
})

test('events and JSON lines are no replies of a media type', () => {
  // @ts-expect-error events have a schema of their own
  expect(() => mediaOf('text/event-stream')).toThrow('events are listed by sseEvents()')
  // @ts-expect-error in any case
  expect(() => mediaOf('Text/Event-Stream')).toThrow('events are listed by sseEvents()')
  // @ts-expect-error lines have a schema of their own
  expect(() => mediaOf('application/x-ndjson')).toThrow('JSON lines are listed by jsonLinesOf()')
  expect(() => mediaOf(String('application/X-NDJSON'))).toThrow('listed by jsonLinesOf()')
})
