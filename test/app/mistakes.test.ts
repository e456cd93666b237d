// What newcomers from other servers write: each is one error that says what to write here.

import { afterEach, describe, expect, test } from 'vitest'

import { App, defineGroup, HeaderSet, HttpError, serve } from 'lanner'
import { cors } from 'lanner/middleware/cors'
import { timeout } from 'lanner/middleware/timeout'

const hello = (): string => 'hello'
const app = (): App => new App().get('/', hello)
const apps: App[] = []

afterEach(async () => {
  for (const made of apps.splice(0)) await made.close()
})

/** What is wrong for types is what is tested. */
type Anything = (...args: unknown[]) => unknown
const any = (target: object, name: string): Anything =>
  ((target as Record<string, Anything>)[name] as Anything).bind(target)

describe('names of other servers', () => {
  test.each<[Record<string, unknown>, string]>([
    [{ prot: 1 }, 'There is no option prot; did you mean port? There are host, port,'],
    [{ hostname: 'x' }, 'no option hostname; did you mean host?'],
    [{ timeout: 1 }, 'no option timeout; did you mean timeouts.request?'],
    [{ bodyLimit: 1 }, 'no option bodyLimit; did you mean limits.bodyBytes?'],
    [{ https: {} }, 'no option https. This server speaks HTTP/1.1 without encryption'],
    [{ workers: 2 }, 'no option workers. An application runs on one thread'],
    [{ logger: true }, 'accessLog() of lanner/middleware/access-log'],
    [{ timeouts: { requst: 1 } }, 'no option timeouts.requst; did you mean timeouts.request?'],
  ])('listen(%j)', async (options, message) => {
    const listening = app().listen(options as never)
    await expect(listening).rejects.toThrow(message)
    await expect(listening).rejects.toMatchObject({ code: 'LANNER_OPTION_INVALID' })
  })

  test.each<[Record<string, unknown>, string]>([
    [{ querystring: 1 }, 'no option querystring of the route GET /x; did you mean query?'],
    [{ response: 1 }, 'no option response of the route GET /x; did you mean responses?'],
    [{ schema: {} }, 'no option schema of the route GET /x. Its members stand here themselves:'],
    [{ preHandler: 1 }, 'did you mean use?'],
  ])('a route with %j', (options, message) => {
    expect(() => new App().get('/x', options as never, hello)).toThrow(message)
  })

  test('new App() and inject()', async () => {
    expect(() => new App({ port: 1 } as never)).toThrow('no option port of the App. That is for')
    const call = app().inject({ url: '/' } as never)
    await expect(call).rejects.toThrow('no option url of inject(); did you mean path?')
    await expect(app().inject('users')).rejects.toThrow(`such as '/users/7', not "users"`)
  })
})

describe('listen()', () => {
  test.each<[unknown[], string]>([
    [['3000'], 'port is a number (of the environment it is Number(process.env.PORT))'],
    [[0, () => {}], 'listen() takes one argument, a port or options'],
    [[0, '0.0.0.0'], '"0.0.0.0" came after it'],
    [[{ health: { live: '/x', ready: '/x' } }], 'health.ready is a path of its own'],
    [[{ health: { live: '/x' }, metrics: { path: '/x' } }], 'metrics.path is a path of its own'],
    [[{ health: { live: '/' } }], 'health.live is a path that no route of the application has'],
  ])('%o', async (args, message) => {
    const made = app()
    apps.push(made)
    await expect(any(made, 'listen')(...args)).rejects.toThrow(message)
  })

  test('serve() with the options beside fetch', async () => {
    const home = { fetch: () => new Response('x'), port: 0 }
    await expect(serve(home)).rejects.toThrow('The option port stands beside fetch')
    const server = await serve(home, { port: 0 })
    await server.close()
  })
})

describe('registration', () => {
  test.each<[string, string, unknown[], string]>([
    ['a pattern of RegExp', 'get', [/x/, hello], 'A path pattern is a text such as "/users/:id"'],
    ['several patterns', 'get', [['/a', '/b'], hello], 'not a list of 2.'],
    ['braces', 'get', ['/a/{id}', hello], 'a parameter is ":id", not "{id}"'],
    ['no function', 'get', ['/x', undefined], 'Undefined was given to the route GET /x'],
    ['a text', 'get', ['/x', 'hello'], '"hello" was given to the route GET /x, not a function.'],
    ['(req, res, next)', 'use', [(_a: 1, _b: 1, _c: 1) => {}], 'of 3 arguments was given to use()'],
    ['an application', 'use', ['/x', new App()], 'An object of App was given to use()'],
    ['four arguments', 'onError', [(_a: 1, _b: 1, _c: 1, _d: 1) => {}], 'function of (error, ctx)'],
    ['(req, res, next)', 'onRequest', [(_a: 1, _b: 1, _c: 1) => {}], 'a function of (ctx);'],
    ['(ctx, next)', 'onRequest', [(_a: 1, _b: 1) => {}], 'a function of (ctx);'],
    ['(ctx, info, done)', 'onResponse', [(_a: 1, _b: 1, _c: 1) => {}], 'of (ctx, info);'],
    ['(server, opts, done)', 'onListen', [(_a: 1, _b: 1, _c: 1) => {}], 'of (server, services);'],
    ['a text', 'onError', ['x'], '"x" was given to onError(), not a function.'],
    ['a text', 'onClose', ['x'], '"x" was given to onClose(), not a function.'],
    ['a text', 'notFound', ['x'], '"x" was given to notFound(), not a function.'],
    ['a function', 'add', [hello], 'The function hello was given to add(), not what defineRoute()'],
    ['nothing', 'add', [undefined], 'Undefined was given to add()'],
    ['an application', 'add', [new App()], 'An object of App was given to add()'],
    ['async', 'group', ['/x', async () => {}], 'The function of the group /x is async'],
  ])('%s for %s()', (_what, name, args, message) => {
    const call = (): unknown => any(new App(), name)(...args)
    expect(call).toThrow(message)
    expect(call).toThrow(expect.objectContaining({ code: 'LANNER_ROUTE_INVALID' }))
  })

  test('what defineRoute() did not make, in a group', () => {
    const group = defineGroup('/x', [hello] as never)
    expect(() => new App().add(group)).toThrow('The function hello was given to the group /x')
  })

  test.each([
    ['cors()', cors],
    ['timeout()', timeout],
  ])('%s that is not called is told of with the first request', async (name, factory) => {
    const seen: unknown[] = []
    const made = app().use(factory as never)
    made.onError((error) => void seen.push(error))
    expect((await made.inject('/')).status).toBe(500)
    expect(String(seen[0])).toContain(name)
  })

  test('cors itself in place of cors()', async () => {
    const seen: unknown[] = []
    const made = app().use(cors as never)
    made.onError((error) => void seen.push(error))
    await made.inject('/')
    expect(String(seen[0])).toContain('call it where it is registered, use(cors())')
  })

  test.each<[unknown, string]>([
    ['404', '"404"'],
    [404n, '404n'],
    [{ status: 404 }, '{ status }'],
    [Symbol('x'), 'Symbol(x)'],
  ])('a status of %o', (status, told) => {
    const make = (): unknown => new HttpError(status as never)
    expect(make).toThrow(RangeError)
    expect(make).toThrow(`is 400 to 599, not ${told}`)
  })

  test('a HeaderSet takes what ctx.header() takes', () => {
    expect(new HeaderSet({ a: 5, b: ['c', 6] } as never).list).toEqual([
      'a', '5', 'b', 'c', 'b', '6',
    ]) // oxfmt-ignore
    for (const value of [{ c: 1 }, [{ c: 1 }], null]) {
      expect(() => new HeaderSet({ a: value } as never)).toThrow(
        expect.objectContaining({
          code: 'LANNER_HEADER_INVALID',
          message: expect.stringMatching(/field a is a text, not (null|\{ c \})\.$/),
        }),
      )
    }
  })
})
