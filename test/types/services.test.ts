// The types of services: known along the chain, in groups, and to handlers of other files.

import { App, defineRoute } from 'lanner'
import { expect, expectTypeOf, test } from 'vitest'

import type { Handler, Middleware, Server } from 'lanner'

test('services are typed along the chain', () => {
  new App()
    .provide('db', () => ({ find: (id: number) => `user ${id}` }))
    .provide('count', ({ db }) => db.find(1).length)
    .provide('user', async (ctx) => ctx.services.db.find(Number(ctx.query.get('id'))), {
      scope: 'request',
      dispose: (user) => expectTypeOf(user).toEqualTypeOf<string>(),
    })
    .use((ctx, next) => {
      expectTypeOf(ctx.services.count).toEqualTypeOf<number>()
      return next()
    })
    .onResponse((ctx) => expectTypeOf(ctx.services.count).toEqualTypeOf<number>())
    .onError((_, ctx) => expectTypeOf(ctx.services.count).toEqualTypeOf<number>())
    .onListen((server, { count }) => {
      expectTypeOf(server).toEqualTypeOf<Server>()
      expectTypeOf(count).toEqualTypeOf<number>()
    })
    .onClose((_, services) => {
      expectTypeOf(services.user).toEqualTypeOf<Promise<string>>()
      // @ts-expect-error: nobody provides it
      expect(() => services.mail).toThrow()
    })
    .get('/:id', async (ctx) => {
      expectTypeOf(ctx.params).toEqualTypeOf<{ id: string }>()
      expectTypeOf(ctx.services.user).toEqualTypeOf<Promise<string>>()
      // @ts-expect-error: nobody provides it
      return ctx.services.mail
    })
    .group('/admin', (admin) =>
      admin.get('/', ({ services }) => expectTypeOf(services.count).toEqualTypeOf<number>()),
    )
})

test('a factory sees only what was provided before', () => {
  // @ts-expect-error: db comes later
  new App().provide('count', ({ db }) => typeof db).provide('db', () => 1)
})

test('middleware and endpoints of other files fit an application with services', () => {
  const middleware: Middleware = (_, next) => next()
  const handler: Handler = () => 'done'
  const endpoint = defineRoute('GET', '/there', () => 'there')
  new App()
    .provide('db', () => 1)
    .use(middleware)
    .get('/here', handler)
    .add(endpoint)
})
