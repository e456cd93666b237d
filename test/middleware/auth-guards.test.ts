// Routes that ask for authentication are open to nobody when no guard looks at what they ask for.

import { App, routeOptions } from 'lanner'
import { basicAuth } from 'lanner/middleware/basic-auth'
import { bearerAuth } from 'lanner/middleware/bearer-auth'
import { describe, expect, test } from 'vitest'

import type { AuthOption, Middleware } from 'lanner'

const bearer = (): Middleware =>
  bearerAuth({ verify: (token) => token === 'good' && { roles: ['admin'] } }) as Middleware
const basic = (): Middleware => basicAuth({ verify: () => undefined }) as Middleware
const handler = (): string => 'secret'

/** Status and code of the answer to a request, with a good token or without. */
async function ask(app: App, path: string, token?: string): Promise<unknown[]> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const reply = await app.inject({ path, headers })
  const isProblem = reply.headers.get('content-type') === 'application/problem+json'
  return [reply.status, isProblem ? (reply.json<{ code?: string }>().code ?? null) : reply.text]
}

/** Clients do not hear what is wrong, the application does. */
const UNGUARDED = [500, null]
const MISSING = [401, 'LANNER_AUTH_MISSING']
const LET_IN = [200, 'secret']

describe('a scheme that no guard is for is refused at registration', () => {
  const mistyped = { auth: { scheme: 'baerer', roles: ['admin'] } }
  const message =
    'The route GET /admin asks by its option auth for the scheme "baerer", which no guard looks ' +
    'at: those that cover it are for '

  test.each<[string, string, (app: App) => void]>([
    ['behind one guard', 'bearer.', (app) => app.use(bearer()).get('/admin', mistyped, handler)],
    [
      'behind two guards',
      'basic, bearer.',
      (app) => app.use(bearer()).use(basic()).get('/admin', mistyped, handler),
    ],
    [
      'of a group',
      'bearer.',
      (app) => {
        app.group('/admin', mistyped, (group) => group.use(bearer()).get('/', handler))
      },
    ],
    ['among its functions', 'bearer.', (app) => app.get('/admin', mistyped, bearer(), handler)],
    [
      'said by middleware',
      'bearer.',
      (app) => app.use(bearer(), routeOptions(mistyped)).get('/admin', handler),
    ],
    ['before the guard', 'bearer.', (app) => app.get('/admin', mistyped, handler).use(bearer())],
  ])('%s', async (_name, schemes, register) => {
    const app = new App()
    register(app)
    const error = { code: 'LANNER_AUTH_UNGUARDED', message: message + schemes }
    await expect(app.inject('/admin')).rejects.toMatchObject(error)
    await expect(app.listen({ port: 0 })).rejects.toMatchObject(error)
  })

  test('for routes of every path, though a guard covers only some', async () => {
    const app = new App().use('/admin', bearer())
    app.get('/:area/x', { auth: { scheme: 'basic' } }, handler)
    await expect(app.inject('/shop/x')).rejects.toMatchObject({ code: 'LANNER_AUTH_UNGUARDED' })
  })
})

test.each<[AuthOption, unknown[]]>([
  [{ scheme: 'BEARER' }, MISSING],
  [{ roles: ['admin'] }, MISSING],
  [true, MISSING],
  [{}, MISSING],
  [false, LET_IN],
])('what a guard looks at is its to decide: %j', async (auth, expected) => {
  const app = new App().use(bearer())
  app.get('/', { auth }, handler)
  expect(await ask(app, '/')).toEqual(expected)
})

test('without a guard, auth is for other middleware to read', async () => {
  const app = new App()
    .use('/other', bearer())
    .use((ctx, next) =>
      typeof ctx.route.options.auth === 'object'
        ? ctx.text(`${ctx.route.options.auth.scheme}`)
        : next(),
    )
  app.get('/', { auth: { scheme: 'own' } }, handler)
  expect(await ask(app, '/')).toEqual([200, 'own'])
})

test('other middleware beside a guard names its scheme', async () => {
  const own: Middleware = (ctx) => ctx.text('own')
  const app = new App()
    .use(bearer())
    .use(Object.assign(own, { [Symbol.for('lanner.scheme')]: 'Own' }))
  app.get('/', { auth: { scheme: 'own' } }, handler)
  expect(await ask(app, '/')).toEqual([200, 'own'])
})

describe('where the path of a request tells what covers it', () => {
  const failures: unknown[] = []
  const app = new App().onError((error) => void failures.push((error as { code: unknown }).code))
  app.use('/admin', bearer())
  app.use('/typo', bearer(), routeOptions({ auth: { scheme: 'baerer' } }))
  app.use('/basic', basic(), routeOptions({ auth: { scheme: 'basic' } }))
  app.use('/files', bearer(), routeOptions({ auth: { scheme: 'baerer' } }))
  app.use('/files', (ctx) => ctx.text('secret'))
  app.get('/:area/closed', { auth: true }, handler)
  app.get('/:area/roles', { auth: { roles: ['admin'] } }, handler)
  app.get('/:area/plain', handler)
  app.get('/:area/open', { auth: false }, handler)
  app.get('/:area/inline', bearer(), handler)
  app.get('/shop', handler)

  test.each<[string, string | undefined, unknown[]]>([
    ['/admin/closed', 'good', LET_IN],
    ['/admin/closed', undefined, MISSING],
    ['/shop/closed', 'good', UNGUARDED],
    ['/admin/roles', 'good', LET_IN],
    ['/shop/roles', 'good', UNGUARDED],
    ['/shop/plain', undefined, LET_IN],
    ['/admin/plain', undefined, MISSING],
    ['/typo/plain', 'good', UNGUARDED],
    ['/typo/open', undefined, LET_IN],
    ['/basic/plain', undefined, MISSING],
    ['/shop/inline', 'good', LET_IN],
    ['/shop/inline', undefined, MISSING],
    ['/typo/inline', 'good', UNGUARDED],
    ['/files/a/b', 'good', UNGUARDED],
    ['/nowhere/a/b', undefined, [404, null]],
    ['/shop', undefined, LET_IN],
  ])('%s with %j', async (path, token, expected) => {
    failures.length = 0
    expect(await ask(app, path, token)).toEqual(expected)
    const isMistake = failures.includes('LANNER_AUTH_UNGUARDED')
    expect(isMistake).toBe(expected === UNGUARDED)
  })
})
