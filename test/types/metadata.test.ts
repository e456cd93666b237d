// What a route says of itself is what middleware reads between routing and execution: each name,
// with its type, said by a route, by its group or for everything under a prefix.

import { App, defineGroup, defineRoute, routeOptions } from 'lanner'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'

import type {
  AuthOption,
  CommonOptions,
  Context,
  CorsPolicy,
  Duration,
  Priority,
  ProblemOptions,
  RateOptions,
  RouteLimitOptions,
  RouteMeta,
  RouteOptions,
  StandardSchema,
  ValidationOptions,
} from 'lanner'

declare module 'lanner' {
  interface RouteMeta {
    /** What an application has of its own: how often, and for how long. */
    rateLimit?: { requests: number; window: Duration }
    cache?: { maxAge: Duration } | false
  }
}

test('each name has its type in ctx.route.options', () => {
  new App().use((ctx, next) => {
    const { options } = ctx.route
    expectTypeOf(options).toEqualTypeOf<Readonly<RouteOptions>>()
    expectTypeOf(options.name).toEqualTypeOf<string | undefined>()
    expectTypeOf(options.tags).toEqualTypeOf<readonly string[] | undefined>()
    expectTypeOf(options.summary).toEqualTypeOf<string | undefined>()
    expectTypeOf(options.description).toEqualTypeOf<string | undefined>()
    expectTypeOf(options.deprecated).toEqualTypeOf<boolean | undefined>()
    expectTypeOf(options.hidden).toEqualTypeOf<boolean | undefined>()
    expectTypeOf(options.auth).toEqualTypeOf<AuthOption | undefined>()
    expectTypeOf(options.limits).toEqualTypeOf<RouteLimitOptions | undefined>()
    expectTypeOf(options.timeout).toEqualTypeOf<Duration | null | undefined>()
    expectTypeOf(options.drain).toEqualTypeOf<Duration | undefined>()
    expectTypeOf(options.rates).toEqualTypeOf<RateOptions | undefined>()
    expectTypeOf(options.priority).toEqualTypeOf<Priority | undefined>()
    expectTypeOf(options.cors).toEqualTypeOf<false | CorsPolicy | undefined>()
    expectTypeOf(options.problems).toEqualTypeOf<ProblemOptions | undefined>()
    expectTypeOf(options.consumes).toEqualTypeOf<readonly string[] | undefined>()
    expectTypeOf(options.validation).toEqualTypeOf<ValidationOptions | undefined>()
    expectTypeOf(options.meta).toEqualTypeOf<RouteMeta | undefined>()
    expectTypeOf(options.body).toEqualTypeOf<StandardSchema | undefined>()
    // What an application declares is as typed as what comes with the package.
    expectTypeOf(options.meta?.rateLimit).toEqualTypeOf<
      { requests: number; window: Duration } | undefined
    >()
    expectTypeOf(options.meta?.cache).toEqualTypeOf<{ maxAge: Duration } | false | undefined>()
    expectTypeOf(options.meta?.['other']).toEqualTypeOf<unknown>()
    // @ts-expect-error there is no such option: it would be a mistake that nobody hears of
    expect(options.rateLimits).toBeUndefined()
    // @ts-expect-error nobody changes what a route says
    expect(() => (options.summary = 'x')).toThrow()
    return next()
  })
})

test('what an application declares is held to where it is said', () => {
  const app = new App()
  app.get('/a', { meta: { rateLimit: { requests: 7, window: '1min' }, cache: false } }, () => '')
  // @ts-expect-error the window is missing
  app.get('/b', { meta: { rateLimit: { requests: 7 } } }, () => '')
  // @ts-expect-error a duration is needed
  defineGroup('/c', { meta: { cache: { maxAge: 'long' } } }, [])
  // @ts-expect-error the same for everything under a prefix
  routeOptions({ meta: { cache: true } })
})

const said: Required<Omit<CommonOptions, 'drain' | 'rates'>> & CommonOptions = {
  priority: 'high',
  timeout: '2s',
  drain: '1s',
  limits: { bodyBytes: '1kB', drainBytes: 7 },
  rates: { request: null },
  summary: 'What it does',
  description: 'And why',
  tags: ['a', 'b'],
  deprecated: true,
  hidden: true,
  auth: { roles: ['admin'] },
  cors: { origin: 'https://a.example' },
  problems: {},
  consumes: ['application/json'],
  validation: { status: 422 },
  meta: { rateLimit: { requests: 7, window: '1min' }, cache: { maxAge: '1h' }, other: 1 },
}

describe('middleware that is registered first reads all of it at run time', () => {
  function app(register: (app: App) => void): [App, Record<string, unknown>[]] {
    const made = new App()
    const seen: Record<string, unknown>[] = []
    made.use((ctx: Context, next) => {
      seen.push({ ...ctx.route.options })
      return next()
    })
    register(made)
    return [made, seen]
  }
  const schemas = {
    params: z.object({ id: z.string() }),
    query: z.object({}),
    responses: { 200: z.string() },
  }
  const route = defineRoute('GET', '/:id', { name: 'one', ...schemas }, () => 'done')

  test.each<[string, (app: App) => void]>([
    ['a route', (made) => made.get('/:id', { name: 'one', ...schemas, ...said }, () => 'done')],
    ['a group', (made) => made.add(defineGroup('', said, [route]))],
    ['nested groups', (made) => made.add(defineGroup('', said, [defineGroup('', [route])]))],
    ['a prefix', (made) => made.use(routeOptions(said)).add(route)],
    [
      'a prefix that only the path tells of',
      (made) => made.use('/7', routeOptions(said)).add(route),
    ],
  ])('said by %s', async (_name, register) => {
    const [made, seen] = app(register)
    expect((await made.inject('/7')).text).toBe('done')
    expect(seen).toEqual([{ name: 'one', ...schemas, ...said }])
  })
})
