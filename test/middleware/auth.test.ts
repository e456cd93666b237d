// Basic and bearer authentication: who is let in, what is answered otherwise, what routes say.

import { App } from 'lanner'
import { basicAuth, isEqualSecret as isEqualPassword } from 'lanner/middleware/basic-auth'
import { bearerAuth, isEqualSecret } from 'lanner/middleware/bearer-auth'
import { describe, expect, expectTypeOf, test } from 'vitest'

import { query } from '../support/query.ts'
import { serve, takeReports } from '../support/server.ts'

import type { InjectResponse } from 'lanner'
import type { BasicAuthOptions } from 'lanner/middleware/basic-auth'
import type { BearerAuthOptions } from 'lanner/middleware/bearer-auth'

interface User {
  name: string
  roles?: string[]
}

const users: Record<string, User> = {
  'token-of-ada': { name: 'ada', roles: ['admin'] },
  'token-of-bob': { name: 'bob' },
}

type Options = Partial<BearerAuthOptions<User>>

function bearerApp(options: Options = {}): App {
  const app = new App()
  app.use(bearerAuth<User>({ verify: (token) => users[token], ...options }))
  app.get('/', (ctx) => ({ user: ctx.state['user'] ?? null }))
  app.get('/open', { auth: false }, (ctx) => ({ user: ctx.state['user'] ?? null }))
  app.get('/closed', { auth: true }, () => 'closed')
  app.get('/admin', { auth: { roles: ['admin', 'owner'] } }, () => 'admin')
  app.get('/same', { auth: { scheme: 'Bearer' } }, () => 'same')
  return app
}

function ask(app: App, path: string, authorization?: string): Promise<InjectResponse> {
  return app.inject({ path, headers: authorization === undefined ? {} : { authorization } })
}

function challenge(reply: InjectResponse): string | null {
  return reply.headers.get('www-authenticate')
}

describe('bearer tokens', () => {
  const ada = 'Bearer token-of-ada'
  const bob = 'Bearer token-of-bob'
  test.each<[string, string | undefined, number, string | null]>([
    ['/', ada, 200, null],
    ['/', 'bEaReR   token-of-ada ', 200, null],
    ['/', undefined, 401, 'Bearer'],
    ['/', 'Basic YTpi', 401, 'Bearer'],
    ['/', 'Bearerx token-of-ada', 401, 'Bearer'],
    ['/', 'Bearer nobody', 401, 'Bearer error="invalid_token"'],
    ['/', 'Bearer', 400, 'Bearer error="invalid_request"'],
    ['/', 'Bearer a b', 400, 'Bearer error="invalid_request"'],
    ['/', 'Bearer a"b', 400, 'Bearer error="invalid_request"'],
    ['/open', undefined, 200, null],
    ['/open', 'Bearer nobody', 200, null],
    ['/closed', undefined, 401, 'Bearer'],
    ['/closed', bob, 200, null],
    ['/admin', ada, 200, null],
    ['/admin', bob, 403, 'Bearer error="insufficient_scope"'],
    ['/admin', undefined, 401, 'Bearer'],
    ['/same', undefined, 401, 'Bearer'],
    ['/nowhere', undefined, 401, 'Bearer'],
    ['/nowhere', ada, 404, null],
  ])('%s with %j: %i', async (path, authorization, status, expected) => {
    const reply = await ask(bearerApp(), path, authorization)
    expect([reply.status, challenge(reply)]).toEqual([status, expected])
  })

  test.each<[string, string | undefined, string]>([
    ['/', undefined, 'LANNER_AUTH_MISSING'],
    ['/', 'Bearer nobody', 'LANNER_AUTH_INVALID'],
    ['/', 'Bearer a b', 'LANNER_AUTH_MALFORMED'],
    ['/admin', bob, 'LANNER_AUTH_ROLE'],
  ])('%s with %j is %s as a problem document', async (path, authorization, code) => {
    const reply = await ask(bearerApp(), path, authorization)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    expect(reply.json()).toMatchObject({ status: reply.status, code })
  })

  test('the realm is quoted', async () => {
    const reply = await ask(bearerApp({ realm: 'the "api" \\' }), '/', 'Bearer nobody')
    expect(challenge(reply)).toBe('Bearer realm="the \\"api\\" \\\\", error="invalid_token"')
  })

  test.each<[string | undefined, string, number, object | null]>([
    [undefined, '/', 200, { user: null }],
    [ada, '/', 200, { user: users['token-of-ada']! }],
    ['Bearer nobody', '/', 401, null],
    [undefined, '/closed', 401, null],
    [undefined, '/admin', 401, null],
  ])('where they are not required: %j to %s', async (authorization, path, status, body) => {
    const reply = await ask(bearerApp({ required: false }), path, authorization)
    expect(reply.status).toBe(status)
    if (body !== null) expect(reply.json()).toEqual(body)
  })

  test.each<[string, BearerAuthOptions<User>['verify'], number]>([
    ['a promise of a user', async () => ({ name: 'ada' }), 200],
    ['a promise of nothing', async () => undefined, 401],
    ['a query of a user', () => query({ name: 'ada' }), 200],
    ['a query of nothing', () => query(undefined), 401],
    ['a query of null', () => query(null), 401],
    ['null', () => null, 401],
    ['false', () => false, 401],
    ['an error', () => Promise.reject(new Error('database')), 500],
  ])('verify gives %s', async (_, verify, status) => {
    const app = bearerApp({ verify })
    app.onError(() => undefined)
    expect((await ask(app, '/', ada)).status).toBe(status)
  })

  test('roles come from where the application keeps them', async () => {
    const app = bearerApp({ roles: (user) => (user.name === 'bob' ? ['owner'] : []) })
    expect((await ask(app, '/admin', bob)).status).toBe(200)
    expect((await ask(app, '/admin', ada)).status).toBe(403)
  })

  test.each<[string, unknown]>([
    ['a text', 'superadmin'],
    ['a promise', Promise.resolve(['admin'])],
    ['a Set', new Set(['admin'])],
    ['nothing', undefined],
  ])('roles that are no list are a mistake, and let nobody in: %s', async (_, roles) => {
    const app = bearerApp({ roles: () => roles as string[] })
    let failure = ''
    app.onError((error) => {
      failure = String(error)
    })
    expect((await ask(app, '/admin', ada)).status).toBe(500)
    expect(failure).toContain('The option roles of bearerAuth() is a function that gives a list')
    expect((await ask(app, '/closed', ada)).status).toBe(200)
  })

  test('roles of a user that are no list are none', async () => {
    const app = bearerApp({ verify: () => ({ name: 'eve', roles: 'superadmin' as never }) })
    expect((await ask(app, '/admin', ada)).status).toBe(403)
  })

  describe('a route asks for roles, and no user has any', () => {
    const verify = (): User => ({ name: 'bob' })
    const odd = (): never => ({ name: 'eve', roles: 'superadmin' }) as never
    const missing =
      'The route GET /admin asks for one of the roles admin, owner, and the user that verify of ' +
      'bearerAuth() gave has no `roles`, as every user before: nobody is let in. Let verify give ' +
      '`roles`, a list of texts, or say by the option roles of bearerAuth() what they are.'

    test.each<[string, Options['verify'], string | undefined]>([
      ['no roles', verify, missing],
      ['roles that are no list', odd, missing.replace('no `roles`', '`roles` that are no list')],
      ['roles, though not these', () => ({ name: 'bob', roles: ['editor'] }), undefined],
      ['a list without any', () => ({ name: 'bob', roles: [] }), undefined],
    ])('%s: the cause of the error says so', async (_name, given, message) => {
      const causes: unknown[] = []
      const app = bearerApp({ verify: given! })
      app.onError((error) => void causes.push((error as Error).cause))
      const reply = await ask(app, '/admin', ada)
      expect([reply.status, reply.json<{ code: string }>().code]).toEqual([403, 'LANNER_AUTH_ROLE'])
      expect(reply.text).not.toContain('verify')
      const code = 'LANNER_AUTH_ROLES_MISSING'
      expect(causes).toEqual([message && expect.objectContaining({ code, message })])
    })

    test('not when another user had some', async () => {
      const causes: unknown[] = []
      const app = bearerApp()
      app.onError((error) => void causes.push((error as Error).cause))
      expect((await ask(app, '/admin', ada)).status).toBe(200)
      expect((await ask(app, '/admin', bob)).status).toBe(403)
      expect(causes).toEqual([undefined])
    })

    test.each([
      [true, [missing, missing.replace('/admin', '/owner').replace('admin, ', '')]],
      [false, []],
    ])('developers are told once per route: %s', async (development, told) => {
      const server = await serve(
        (app) => {
          app.use(bearerAuth<User>({ verify }))
          app.get('/admin', { auth: { roles: ['admin', 'owner'] } }, () => 'never')
          app.get('/owner', { auth: { roles: ['owner'] } }, () => 'never')
        },
        { development },
      )
      for (const path of ['/admin', '/owner', '/admin']) {
        const reply = await fetch(server.url + path, { headers: { authorization: ada } })
        expect(reply.status).toBe(403)
      }
      expect(takeReports().map((error) => (error as Error).message)).toEqual(told)
    })

    test('users whose roles are no list need the option roles', () => {
      const one = { verify: () => ({ role: 'admin', roles: 'admin' }) }
      // @ts-expect-error: roles are a text, which nobody could have one of
      bearerAuth(one)
      // @ts-expect-error: neither could anybody behind a name and a password
      basicAuth({ ...one, required: false })
      bearerAuth({ ...one, roles: ({ role }) => [role] })
      bearerAuth({ verify: () => ({ roles: ['admin'] as const }) })
      bearerAuth({ verify: (): { roles?: string[] } => ({}) })
      bearerAuth({ verify: () => 'ada' })
    })
  })

  test.each([query(null), Promise.resolve(null), Promise.resolve(false)])(
    'a user that middleware before it left to be waited for may be nobody: %#',
    async (user) => {
      const app = new App()
      app.use((ctx, next) => {
        Object.assign(ctx.state, { user })
        return next()
      })
      app.use(bearerAuth<User>({ verify: (token) => users[token] }))
      app.get('/', () => 'let in')
      expect((await ask(app, '/')).status).toBe(401)
    },
  )

  test('a query is made once, and handlers see what it gave', async () => {
    let count = 0
    const found: PromiseLike<User> = {
      // oxlint-disable-next-line unicorn/no-thenable
      then: (onValue, onError) => {
        count++
        return Promise.resolve({ name: 'ada' }).then(onValue, onError)
      },
    }
    const reply = await ask(bearerApp({ verify: () => found }), '/', ada)
    expect([reply.json(), count]).toEqual([{ user: { name: 'ada' } }, 1])
  })

  test('verify sees the request', async () => {
    const app = bearerApp({ verify: (token, ctx) => ({ name: `${token} at ${ctx.path}` }) })
    expect((await ask(app, '/', 'Bearer x')).json()).toEqual({ user: { name: 'x at /' } })
  })

  test('handlers behind it know the type of the user', () => {
    const app = new App().use(bearerAuth({ verify: (): User => ({ name: 'ada' }) }))
    app.get('/', (ctx) => {
      expectTypeOf(ctx.state.user).toEqualTypeOf<User>()
      return ctx.state.user.name
    })
    const loose = new App().use(
      bearerAuth({ verify: (): User => ({ name: 'a' }), required: false }),
    )
    loose.get('/', (ctx) => {
      expectTypeOf(ctx.state.user).toEqualTypeOf<User | undefined>()
      return 'hello'
    })
  })
})

describe('names and passwords', () => {
  const pair = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  const verify: BasicAuthOptions<User>['verify'] = (name, password) =>
    isEqualPassword(password, 'pass:wörd') && { name }
  const app = new App().use(basicAuth({ verify, realm: 'back office' }))
  app.get('/', (ctx) => ctx.state.user.name)
  app.get('/open', { auth: false }, () => 'open')

  test.each<[string | undefined, number]>([
    [pair('ada:pass:wörd'), 200],
    [pair('ädä:pass:wörd').replace('Basic', 'basic'), 200],
    [pair(':pass:wörd'), 200],
    [pair('ada:other'), 401],
    [pair('ada:'), 401],
    [undefined, 401],
    ['Bearer x', 401],
    ['Basic', 400],
    ['Basic !!!!', 400],
    [pair('ada'), 400],
    [pair('a\u0000da:pass:wörd'), 400],
    [`Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString('base64')}`, 400],
  ])('%j: %i', async (authorization, status) => {
    const reply = await ask(app, '/', authorization)
    expect(reply.status).toBe(status)
    const expected = status === 200 ? null : 'Basic realm="back office", charset="UTF-8"'
    expect(challenge(reply)).toBe(expected)
  })

  test('routes decide', async () => {
    expect((await ask(app, '/open')).text).toBe('open')
  })

  test('browsers are told a realm when none is given', async () => {
    const plain = new App().use(basicAuth({ verify }))
    expect(challenge(await ask(plain, '/'))).toBe('Basic realm="Restricted", charset="UTF-8"')
  })

  test('either scheme will do where the first is not required', async () => {
    const either = new App()
    either.use(bearerAuth({ verify: (token): User | undefined => users[token], required: false }))
    either.use(basicAuth({ verify }))
    either.get('/', (ctx) => (ctx.state['user'] as User).name)
    expect((await ask(either, '/', 'Bearer token-of-ada')).text).toBe('ada')
    expect((await ask(either, '/', pair('eve:pass:wörd'))).text).toBe('eve')
    expect((await ask(either, '/')).status).toBe(401)
  })
})

test('secrets are compared whole', () => {
  for (const [a, b, expected] of [
    ['', '', true],
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['abc', 'abcd', false],
    ['é', 'é', true],
  ] as const) {
    expect([isEqualSecret(a, b), isEqualPassword(a, b)]).toEqual([expected, expected])
  }
})

test.each<[unknown, string]>([
  [[], 'The option options of bearerAuth() is an object'],
  [{}, 'The option verify of bearerAuth() is a function, not undefined'],
  [{ verify: () => 1, token: 1 }, 'There is no option token of bearerAuth()'],
  [{ verify: () => 1, realm: 'ü' }, 'The option realm of bearerAuth() is a text of visible ASCII'],
  [{ verify: () => 1, required: 1 }, 'The option required of bearerAuth() is true or false'],
  [{ verify: () => 1, roles: [] }, 'The option roles of bearerAuth() is a function'],
])('wrong options %j', (options, message) => {
  expect(() => bearerAuth(options as BearerAuthOptions<User>)).toThrow(message)
  expect(() => basicAuth(options as BasicAuthOptions<User>)).toThrow(
    message.replace('bearerAuth', 'basicAuth'),
  )
})
