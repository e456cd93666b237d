// What the types of routes with schemas say: what handlers get, what they may answer, what an
// application, a group and an endpoint know of their routes. The runs are beside the point here.

import { App, defineGroup, defineRoute, noContent, notFound, ok, problem } from 'lanner'
import { type } from 'arktype'
import * as v from 'valibot'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'

import type {
  BodySource,
  Cookies,
  Endpoint,
  Filter,
  HeaderView,
  Middleware,
  NoSchemas,
  QueryView,
  RoutesOf,
} from 'lanner'

const Id = z.object({ id: z.coerce.number().int() })
const User = z.object({ id: z.number(), kind: z.enum(['person', 'robot']) })
const Trouble = z.object({ title: z.string(), status: z.number(), detail: z.string().optional() })

test('what schemas make of a request is what handlers get', () => {
  new App().post(
    '/users/:id',
    {
      params: Id,
      query: v.object({ page: v.pipe(v.string(), v.transform(Number)), tag: v.array(v.string()) }),
      headers: type({ 'x-version': 'string.integer.parse' }),
      cookies: z.object({ sid: z.string() }),
      body: z.object({ name: z.string(), at: z.coerce.date() }),
    },
    (ctx) => {
      expectTypeOf(ctx.params).toEqualTypeOf<{ id: number }>()
      expectTypeOf(ctx.query).toEqualTypeOf<{ page: number; tag: string[] }>()
      expectTypeOf(ctx.body).toEqualTypeOf<{ name: string; at: Date }>()
      expectTypeOf(ctx.input.params).toEqualTypeOf<{ id: number }>()
      expectTypeOf(ctx.input.query.page).toEqualTypeOf<number>()
      expectTypeOf(ctx.input.headers).toEqualTypeOf<{ 'x-version': number }>()
      expectTypeOf(ctx.input.cookies.sid).toEqualTypeOf<string>()
      expectTypeOf(ctx.input.body.at).toEqualTypeOf<Date>()
      // The views stay, for what no schema speaks of.
      expectTypeOf(ctx.headers).toEqualTypeOf<HeaderView>()
      expectTypeOf(ctx.cookies).toEqualTypeOf<Cookies>()
      // @ts-expect-error there is no such field
      return ctx.body.nam
    },
  )
})

test('what has no schema stays as it was', () => {
  new App().get('/:a/*rest', { query: z.object({ q: z.string() }) }, (ctx) => {
    expectTypeOf(ctx.params).toEqualTypeOf<{ a: string; rest: string }>()
    expectTypeOf(ctx.query.q).toEqualTypeOf<string>()
    expectTypeOf(ctx.body).toEqualTypeOf<BodySource>()
    expectTypeOf(ctx.input.headers).toEqualTypeOf<HeaderView>()
  })
  new App().get('/:a', (ctx) => {
    expectTypeOf(ctx.query).toEqualTypeOf<QueryView>()
    expectTypeOf(ctx.input.query).toEqualTypeOf<QueryView>()
    expectTypeOf(ctx.input.params).toEqualTypeOf<{ a: string }>()
    expectTypeOf(ctx.input.body).toEqualTypeOf<BodySource>()
  })
})

test('several functions of a route see the same', () => {
  new App().get(
    '/:id',
    {
      params: Id,
      filters: [
        (ctx, next) => {
          expectTypeOf(ctx.params.id).toEqualTypeOf<number>()
          return next()
        },
      ],
    },
    (ctx, next) => {
      expectTypeOf(ctx.params.id).toEqualTypeOf<number>()
      return next()
    },
    (ctx) => {
      expectTypeOf(ctx.params.id).toEqualTypeOf<number>()
      return 'done'
    },
  )
  const any: Filter = (ctx, next) => {
    expectTypeOf(ctx.input.body).toEqualTypeOf<unknown>()
    return next()
  }
  new App().get('/:id', { params: Id, filters: [any] }, any, () => 'done')
})

test('the listed responses are what a handler may answer', () => {
  const app = new App()
  const responses = { 200: User, 204: null, 404: Trouble }
  app.get('/a', { responses }, () => ok({ id: 1, kind: 'person' }))
  app.get('/b', { responses }, () => ({ id: 1, kind: 'robot' }))
  app.get('/c', { responses }, async () => notFound('no such user'))
  app.get('/d', { responses }, async ({ params }) => {
    if ('x' in params) return noContent()
    if (Math.random() > 2) return problem(404, { detail: 'gone', more: 1 })
    return { id: 7, kind: 'person' }
  })
  app.get('/n', { responses, params: Id }, ({ params }) =>
    params.id > 1 ? notFound('none') : ok({ id: params.id, kind: 'person' }),
  )
  app.get('/e', { responses }, (ctx) => ctx.json({ anything: true }))
  app.get('/f', { responses }, () => new Response('as it is'))
  app.get('/g', { responses }, () => {})
  // @ts-expect-error the body is another one
  app.get('/h', { responses }, () => ok({ id: 'seven', kind: 'person' }))
  // @ts-expect-error a value that is none of the kind
  app.get('/i', { responses }, () => ({ id: 1, kind: 'ghost' }))
  // @ts-expect-error the status is not listed
  app.get('/j', { responses }, () => problem(409, 'taken'))
  // @ts-expect-error the promise is of another body
  app.get('/k', { responses }, async () => ({ id: 1 }))
  // @ts-expect-error no status has text
  app.get('/l', { responses }, () => 'text')
  // Without a list anything goes.
  app.get('/m', { params: Id }, () => ok({ anything: true }))
})

test('mistakes in options are found', () => {
  const app = new App()
  // @ts-expect-error a misspelt option beside right ones
  expect(() => app.get('/a', { params: Id, timout: '2s' }, () => '')).toThrow('timout')
  // @ts-expect-error a misspelt limit
  expect(() => app.get('/b', { limits: { bodyByte: 1 }, query: Id }, () => '')).toThrow('bodyByte')
  // @ts-expect-error a schema is of a library
  expect(() => app.get('/c', { query: { page: 'number' } }, () => '')).toThrow('query')
  // @ts-expect-error statuses are numbers
  expect(() => app.get('/d', { responses: { good: User } }, () => '')).toThrow('responses')
  // @ts-expect-error schemas belong to routes
  expect(() => app.group('/e', { query: Id }, () => {})).toThrow('query')
  // @ts-expect-error a status of its own is not meant here
  expect(() => app.get('/f', { validation: { status: 418 } }, () => '')).toThrow('validation')
})

const getUser = defineRoute('get', '/:id', { params: Id, responses: { 200: User } }, (ctx) => {
  expectTypeOf(ctx.params.id).toEqualTypeOf<number>()
  return ok({ id: ctx.params.id, kind: 'person' })
})
const listUsers = defineRoute('GET', '/', () => [])
const users = defineGroup('/users', { tags: ['users'] }, [listUsers, getUser])
const api = defineGroup('/api', [users, defineRoute('POST', '/login', () => 'in')])

interface GetUser {
  readonly params: typeof Id
  readonly query: undefined
  readonly headers: undefined
  readonly cookies: undefined
  readonly body: undefined
  readonly responses: { 200: typeof User }
}

test('endpoints and groups carry their types wherever they go', () => {
  expectTypeOf(getUser.method).toEqualTypeOf<'GET'>()
  expectTypeOf(getUser.path).toEqualTypeOf<'/:id'>()
  expectTypeOf<RoutesOf<typeof listUsers>>().toEqualTypeOf<Endpoint<'GET', '/', NoSchemas>>()
  expectTypeOf<RoutesOf<typeof users>>().toEqualTypeOf<
    Endpoint<'GET', '/users', NoSchemas> | Endpoint<'GET', '/users/:id', GetUser>
  >()
  expectTypeOf<RoutesOf<typeof api>['path']>().toEqualTypeOf<
    '/api/users' | '/api/users/:id' | '/api/login'
  >()
})

test('an application knows the routes that were chained', () => {
  const app = new App()
    .get('/', () => 'home')
    .use((_, next) => next())
    .post('/items', { body: User }, (ctx) => ctx.body.kind)
    .route('purge', '/cache', () => 'gone')
    .add(api)
    .group('/admin', { auth: { roles: ['admin'] } }, (admin) =>
      admin.get('/stats', () => ({})).group('/deep', (deep) => deep.delete('/:x', () => 'x')),
    )
  type Routes = RoutesOf<typeof app>
  expectTypeOf<Extract<Routes, Endpoint<'GET'>>['path']>().toEqualTypeOf<
    '/' | '/api/users' | '/api/users/:id' | '/admin/stats'
  >()
  expectTypeOf<Extract<Routes, Endpoint<'DELETE'>>['path']>().toEqualTypeOf<'/admin/deep/:x'>()
  expectTypeOf<Extract<Routes, Endpoint<'PURGE'>>['path']>().toEqualTypeOf<'/cache'>()
  expectTypeOf<Extract<Routes, Endpoint<'POST', '/items'>>['options']['body']>().toEqualTypeOf<
    typeof User
  >()
  // Whatever it knows, it is an application.
  const any: App = app
  expectTypeOf(any).toEqualTypeOf<App>()
  const none = new App()
  // @ts-expect-error an application without these routes is none that has them
  const other: typeof app = none
  expect(other).toBeInstanceOf(App)
})

test('statements register routes too, only the type does not know them', () => {
  const app = new App()
  app.get('/', () => '')
  app.group('/g', (g) => {
    g.get('/', () => '')
  })
  expectTypeOf<RoutesOf<typeof app>>().toEqualTypeOf<never>()
})

test('middleware of groups and routes', () => {
  const known: Middleware<{ user: { name: string } }> = (ctx, next) => {
    ctx.state.user = { name: 'Ada' }
    return next()
  }
  const group = defineGroup('/g', { use: [known], filters: [(_, next) => next()] }, [listUsers])
  new App().add(group).get('/own', { use: [known], query: Id }, (ctx) => ctx.query.id)
})
