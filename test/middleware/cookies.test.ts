// Signed cookies, and the attributes that all cookies of a reply get.

import { createHmac } from 'node:crypto'

import { App } from 'lanner'
import { cookiePolicy, signedCookies } from 'lanner/middleware/cookies'
import { describe, expect, expectTypeOf, test } from 'vitest'

import type { Context, Middleware } from 'lanner'
import type {
  CookiePolicyOptions,
  SignedCookieOptions,
  SignedCookies,
} from 'lanner/middleware/cookies'

const first = 'a secret of more than 32 characters: 1'
const second = 'a secret of more than 32 characters: 2'

function signed(name: string, value: string, secret = first): string {
  const signature = createHmac('sha256', secret).update(`${name}=${value}`).digest('base64url')
  return encodeURIComponent(`${value}.${signature}`)
}

describe('signed cookies', () => {
  async function read(cookie: string, secrets: string[] = [first]): Promise<unknown> {
    const app = new App().use(signedCookies({ secrets }))
    app.get('/', ({ state: { signedCookies: cookies } }) => {
      expectTypeOf(cookies).toEqualTypeOf<SignedCookies>()
      return { value: cookies.get('sid') ?? null, isOld: cookies.isOld('sid') }
    })
    return (await app.inject({ headers: { cookie } })).json()
  }

  const none = { value: null, isOld: false }
  test.each<[string, string, unknown]>([
    ['our signature', `sid=${signed('sid', 'ada')}`, { value: 'ada', isOld: false }],
    ['a value with dots', `sid=${signed('sid', 'a.b.c')}`, { value: 'a.b.c', isOld: false }],
    ['an odd value', `sid=${signed('sid', 'ü; =')}`, { value: 'ü; =', isOld: false }],
    ['an empty value', `sid=${signed('sid', '')}`, { value: '', isOld: false }],
    ['no cookie', 'other=1', none],
    ['no signature', 'sid=ada', none],
    ['an empty signature', 'sid=ada.', none],
    ['half a signature', `sid=${signed('sid', 'ada').slice(0, -10)}`, none],
    ['another value', `sid=${signed('sid', 'ada').replace('ada', 'eve')}`, none],
    ['the signature of another cookie', `sid=${signed('uid', 'ada')}`, none],
    ['another secret', `sid=${signed('sid', 'ada', second)}`, none],
  ])('%s', async (_, cookie, expected) => {
    expect(await read(cookie)).toEqual(expected)
  })

  test('an old secret is believed and said to be old', async () => {
    const cookie = `sid=${signed('sid', 'ada', second)}`
    expect(await read(cookie, [first, second])).toEqual({ value: 'ada', isOld: true })
    expect(await read(cookie, [second, first])).toEqual({ value: 'ada', isOld: false })
  })

  test('are set with the first secret, and deleted', async () => {
    const app = new App().use(signedCookies({ secrets: [first, second] }))
    app.get('/', (ctx) => {
      ctx.state.signedCookies.set('sid', 'ada', { httpOnly: true })
      ctx.state.signedCookies.delete('old')
      return 'hello'
    })
    const lines = (await app.inject('/')).headers.getSetCookie()
    expect(lines[0]).toBe(`sid=${signed('sid', 'ada')}; Path=/; HttpOnly`)
    expect(lines[1]).toMatch(/^old=; Max-Age=0; Path=\//)
  })

  test.each<[unknown, string]>([
    [[], 'The option options of signedCookies() is an object'],
    [{ secret: first }, 'There is no option secret of signedCookies(); did you mean secrets?'],
    [{ secrets: [] }, 'The option secrets of signedCookies() is a list of texts'],
    [{ secrets: first }, 'The option secrets of signedCookies() is a list of texts'],
    [
      { secrets: [first, 'short'] },
      'The option secrets[1] of signedCookies() is a text of at least',
    ],
  ])('wrong options %j', (options, message) => {
    let error: unknown
    try {
      signedCookies(options as SignedCookieOptions)
    } catch (thrown) {
      error = thrown
    }
    expect(String(error)).toContain(message)
    // No message shows what was to be a secret.
    expect(String(error)).not.toMatch(/short|more than/)
  })
})

describe('the policy', () => {
  const secure: Middleware = (ctx, next) => {
    ctx.assume({ isSecure: true })
    return next()
  }
  async function lines(
    handler: (ctx: Context) => unknown,
    options: CookiePolicyOptions = {},
    before: readonly Middleware[] = [],
  ): Promise<string[]> {
    const app = new App().use(...before, cookiePolicy(options))
    app.get('/', handler)
    return (await app.inject('/')).headers.getSetCookie()
  }
  const plain = (ctx: Context): string => {
    ctx.cookies.set('a', '1')
    return 'hello'
  }

  test.each<[string, CookiePolicyOptions, string]>([
    ['by default', {}, 'a=1; Path=/; SameSite=Lax; HttpOnly'],
    ['strict', { sameSite: 'strict' }, 'a=1; Path=/; SameSite=Strict; HttpOnly'],
    ['nothing of sites', { sameSite: null }, 'a=1; Path=/; HttpOnly'],
    ['for scripts', { scripts: ['a'] }, 'a=1; Path=/; SameSite=Lax'],
    ['for other scripts', { scripts: ['b'] }, 'a=1; Path=/; SameSite=Lax; HttpOnly'],
    ['scripts may', { httpOnly: false }, 'a=1; Path=/; SameSite=Lax'],
    ['encrypted only', { secure: true }, 'a=1; Path=/; SameSite=Lax; HttpOnly; Secure'],
    ['never', { secure: false }, 'a=1; Path=/; SameSite=Lax; HttpOnly'],
  ])('%s', async (_, options, expected) => {
    expect(await lines(plain, options)).toEqual([expected])
  })

  test('auto is encrypted only where the request was encrypted', async () => {
    expect(await lines(plain, {}, [secure])).toEqual([
      'a=1; Path=/; SameSite=Lax; HttpOnly; Secure',
    ])
    expect(await lines(plain, { secure: false }, [secure])).toEqual([
      'a=1; Path=/; SameSite=Lax; HttpOnly',
    ])
  })

  test.each<[string, CookiePolicyOptions, string]>([
    ['a=1; SameSite=None; Secure', {}, 'a=1; Secure; SameSite=Lax; HttpOnly'],
    ['a=1; samesite=strict', {}, 'a=1; samesite=strict; HttpOnly'],
    ['a=1; SameSite=Lax', { sameSite: 'strict' }, 'a=1; SameSite=Strict; HttpOnly'],
    [
      'a=1; HTTPONLY; secure; SameSite=Lax',
      { secure: true },
      'a=1; HTTPONLY; secure; SameSite=Lax',
    ],
    ['a=secure; Path=/x', { secure: true }, 'a=secure; Path=/x; SameSite=Lax; HttpOnly; Secure'],
  ])('completes %j', async (line, options, expected) => {
    const reply = (): Response => new Response('x', { headers: { 'set-cookie': line } })
    expect(await lines(reply, options)).toEqual([expected])
  })

  test('holds for every cookie of a reply, of middleware and of errors too', async () => {
    const app = new App().use(cookiePolicy())
    app.use((ctx, next) => {
      ctx.cookies.set('m', '1')
      return next()
    })
    app.get('/', (ctx) => {
      ctx.cookies.set('h', '2')
      throw new Error('oops')
    })
    app.onError((_error, ctx) => {
      ctx.cookies.set('e', '3')
    })
    const given = (await app.inject('/')).headers.getSetCookie()
    expect(given.map((line) => line[0])).toEqual(['m', 'h', 'e'])
    for (const line of given) expect(line).toContain('; SameSite=Lax; HttpOnly')
  })

  test('a reply without cookies stays as it is', async () => {
    expect(await lines(() => 'hello')).toEqual([])
  })

  test.each<[unknown, string]>([
    [[], 'The option options of cookiePolicy() is an object'],
    [{ http: 1 }, 'There is no option http of cookiePolicy()'],
    [{ httpOnly: 1 }, 'The option httpOnly of cookiePolicy() is true or false'],
    [{ secure: 'always' }, "The option secure of cookiePolicy() is true, false or 'auto'"],
    [{ sameSite: 'none' }, "The option sameSite of cookiePolicy() is 'lax', 'strict' or null"],
    [{ scripts: 'a' }, 'The option scripts of cookiePolicy() is a list of names'],
  ])('wrong options %j', (options, message) => {
    expect(() => cookiePolicy(options as CookiePolicyOptions)).toThrow(message)
  })
})
