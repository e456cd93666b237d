// What handlers see of types: parameters from the literal, state from middleware. The compiler is
// the test; running it proves only that the file is looked at.

import { App } from 'lanner'
import { expect, expectTypeOf, test } from 'vitest'

import type {
  Context,
  Handler,
  InjectResponse,
  ListenOptions,
  Middleware,
  ParamsOf,
  Reply,
  Server,
} from 'lanner'

test('parameters of a pattern', () => {
  // oxlint-disable-next-line typescript/no-generated-empty-object-type
  expectTypeOf<keyof ParamsOf<'/users'>>().toBeNever()
  expectTypeOf<ParamsOf<'/users/:id'>>().toEqualTypeOf<{ id: string }>()
  expectTypeOf<ParamsOf<'/users/:id/posts/:postId'>>().toEqualTypeOf<{
    id: string
    postId: string
  }>()
  expectTypeOf<ParamsOf<'/:a/:b?'>>().toEqualTypeOf<{ a: string; b?: string | undefined }>()
  expectTypeOf<ParamsOf<'/files/*rest'>>().toEqualTypeOf<{ rest: string }>()
  expectTypeOf<ParamsOf<'/:a/x/*rest'>>().toEqualTypeOf<{ a: string; rest: string }>()
  expectTypeOf<ParamsOf<string>>().toEqualTypeOf<Record<string, string | undefined>>()
})

test('handlers infer them, each of several too', () => {
  const app = new App()
  app.get('/users/:id', (ctx) => {
    expectTypeOf(ctx.params).toEqualTypeOf<{ id: string }>()
    expectTypeOf(ctx.params.id).toEqualTypeOf<string>()
    // @ts-expect-error there is no such parameter
    return ctx.params.name
  })
  app.post(
    '/:a/:b?',
    (ctx, next) => {
      expectTypeOf(ctx.params.a).toEqualTypeOf<string>()
      return next()
    },
    async ({ params }) => {
      expectTypeOf(params.b).toEqualTypeOf<string | undefined>()
    },
  )
  app.route('PURGE', '/cache/*key', ({ params }) => {
    expectTypeOf(params).toEqualTypeOf<{ key: string }>()
  })
  app.all('/plain', ({ params }) => {
    expectTypeOf(params).toEqualTypeOf<{}>()
  })
  const path: string = '/dynamic/:x'
  app.get(path, ({ params }) => {
    expectTypeOf(params['x']).toEqualTypeOf<string | undefined>()
  })
})

test('options stand before the handlers and change nothing of their types', () => {
  const app = new App()
  app.get('/users/:id', { timeout: '2s', limits: { bodyBytes: 0 } }, (ctx) => {
    expectTypeOf(ctx.params).toEqualTypeOf<{ id: string }>()
    expectTypeOf(ctx.route.options.priority).toEqualTypeOf<'low' | 'normal' | 'high' | undefined>()
    expectTypeOf(ctx.limits.bodyBytes).toEqualTypeOf<number | null>()
    ctx.limits.bodyBytes = '1MB'
    // @ts-expect-error there is no such limit
    ctx.limits.body = 1
  })
  // @ts-expect-error a misspelt option
  const misspelt = (): unknown => app.get('/', { timout: '2s' }, () => '')
  expect(misspelt).toThrow('timout')
  app.group('/orgs/:org', { priority: 'high' }, (orgs) => {
    orgs.get('/', ({ params }) => {
      expectTypeOf(params).toEqualTypeOf<{ org: string }>()
    })
  })
})

test('groups add their prefix', () => {
  new App().group('/orgs/:org', (orgs) => {
    orgs.get('/', ({ params }) => {
      expectTypeOf(params).toEqualTypeOf<{ org: string }>()
    })
    orgs.group('/repos/:repo', (repos) => {
      repos.get('/files/*path', ({ params }) => {
        expectTypeOf(params).toEqualTypeOf<{ org: string; repo: string; path: string }>()
      })
    })
  })
})

interface User {
  readonly name: string
}

test('state comes from middleware that adds to it', () => {
  const auth: Middleware<{ user: User }> = (ctx, next) => {
    ctx.state.user = { name: 'Ada' }
    return next()
  }
  const app = new App().use(auth)
  app.get('/', (ctx) => {
    expectTypeOf(ctx.state.user).toEqualTypeOf<User>()
    return ctx.state.user.name
  })
  app.group('/deep', (group) => {
    group.get('/', (ctx) => {
      expectTypeOf(ctx.state.user).toEqualTypeOf<User>()
    })
  })
  app.onError((_error, ctx) => {
    expectTypeOf(ctx.state.user).toEqualTypeOf<User>()
  })
  new App<{ count?: number }>().get('/', (ctx) => {
    expectTypeOf(ctx.state.count).toEqualTypeOf<number | undefined>()
    // @ts-expect-error it is not declared
    return ctx.state.other
  })
  new App().get('/', (ctx) => {
    expectTypeOf(ctx.state['anything']).toEqualTypeOf<unknown>()
  })
})

test('handlers that live elsewhere', () => {
  const show: Handler<{ id: string }> = ({ params }) => params.id
  const list = (ctx: Context): Reply => ctx.json([])
  const guard: Handler = (_, next) => next()
  new App().get('/users/:id', show).get('/users', guard, list)
})

test('values of every kind may be returned', () => {
  new App()
    .get('/a', () => 'text')
    .get('/b', () => ({ json: true }))
    .get('/c', async () => new Response('x'))
    .get('/d', (ctx) => ctx.status(201).header('x', 'y').text('z'))
    .get('/e', async function* stream() {
      yield 'chunk'
    })
    .get('/f', () => {})
})

test('mistakes are found', () => {
  const app = new App()
  // @ts-expect-error a handler is a function
  expect(() => app.get('/', 'text')).toThrow()
  // @ts-expect-error a route has a handler
  expect(() => app.get('/')).toThrow()
  app.get('/', (ctx) => {
    // @ts-expect-error the method cannot be set
    ctx.method = 'POST'
    // @ts-expect-error internals are no part of the surface
    void ctx.slot
    // @ts-expect-error text is text
    return ctx.text(7)
  })
  const typo = { prot: 3000 }
  // @ts-expect-error no such option
  const options: ListenOptions = { ...typo, limits: { bodyByte: 1 } }
  void options
  // @ts-expect-error no such unit
  const unit: ListenOptions = { timeouts: { headers: '3 fortnights' } }
  void unit
})

test('results', () => {
  const app = new App()
  expectTypeOf(app.listen).returns.resolves.toEqualTypeOf<Server>()
  expectTypeOf(app.inject).returns.resolves.toEqualTypeOf<InjectResponse>()
  expectTypeOf(app.fetch).returns.resolves.toEqualTypeOf<Response>()
  app.post('/', async (ctx) => {
    expectTypeOf(await ctx.body.json<User>()).toEqualTypeOf<User>()
    expectTypeOf(await ctx.body.json()).toEqualTypeOf<unknown>()
    expectTypeOf(await ctx.body.text()).toEqualTypeOf<string>()
    expectTypeOf(ctx.signal).toEqualTypeOf<AbortSignal>()
    expectTypeOf(ctx.text('x')).toEqualTypeOf<Reply>()
    for await (const chunk of ctx.body) expectTypeOf(chunk).toEqualTypeOf<Uint8Array>()
  })
})
