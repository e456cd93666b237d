// Who is asked for, and how: hostFilter(), httpsRedirect(), hsts().

import { App } from 'lanner'
import { hostFilter } from 'lanner/middleware/host-filter'
import { hsts } from 'lanner/middleware/hsts'
import { httpsRedirect } from 'lanner/middleware/https-redirect'
import { describe, expect, test } from 'vitest'

import { exchange } from '../support/raw.ts'
import { serve } from '../support/server.ts'

import type { HostFilterOptions } from 'lanner/middleware/host-filter'
import type { HstsOptions } from 'lanner/middleware/hsts'
import type { HttpsRedirectOptions } from 'lanner/middleware/https-redirect'

describe('hostFilter', () => {
  test.each<[hosts: string[], host: string, isServed: boolean]>([
    [['example.com'], 'example.com', true],
    [['example.com'], 'EXAMPLE.com', true],
    [['Example.com'], 'example.COM:8080', true],
    [['example.com'], 'example.com.', true],
    [['example.com'], 'example.com.evil.org', false],
    [['example.com'], 'www.example.com', false],
    [['example.com'], 'evil-example.com', false],
    [['example.com:8080'], 'example.com:8080', true],
    [['example.com:8080'], 'example.com', false],
    [['example.com:8080'], 'example.com:80', false],
    [['*.example.com'], 'a.example.com', true],
    [['*.example.com'], 'a.b.example.com:1', true],
    [['*.example.com'], 'example.com', false],
    [['*.example.com'], '.example.com', false],
    [['*.example.com'], 'evilexample.com', false],
    [['*.example.com:81'], 'a.example.com:81', true],
    [['*.example.com:81'], 'a.example.com', false],
    [['a', 'b'], 'b', true],
    [['127.0.0.1', '[::1]'], '[::1]:3000', true],
    [['*'], 'whatever', true],
  ])('%j serves %s: %s', async (hosts, host, isServed) => {
    const app = new App().use(hostFilter({ hosts }))
    app.get('/', () => 'hello')
    // Twice, because the last host that was served is remembered.
    for (const path of ['/', '/']) {
      const reply = await app.inject({ path, headers: { host } })
      expect(reply.status).toBe(isServed ? 200 : 400)
      if (!isServed) expect(reply.json()).toMatchObject({ code: 'LANNER_HOST_REFUSED' })
    }
  })

  test('a refused host is not remembered, nor is a served one for others', async () => {
    const app = new App().use(hostFilter({ hosts: ['a'] }))
    app.get('/', () => 'hello')
    const ask = async (host: string): Promise<number> =>
      (await app.inject({ path: '/', headers: { host } })).status
    expect([await ask('a'), await ask('b'), await ask('a'), await ask('b')]).toEqual([
      200, 400, 200, 400,
    ])
  })

  test.each([
    [true, 'GET / HTTP/1.0\r\n\r\n', 200],
    [false, 'GET / HTTP/1.0\r\n\r\n', 400],
    [true, 'GET http://evil/ HTTP/1.1\r\nhost: evil\r\nconnection: close\r\n\r\n', 400],
    [false, 'GET http://a/ HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', 200],
  ])('without a host (allowed: %s): %j', async (allowEmpty, request, status) => {
    const server = await serve((app) => {
      app.use(hostFilter({ hosts: ['a'], allowEmpty }))
      app.get('/', () => 'hello')
    })
    expect(await exchange(server.url, request)).toContain(`HTTP/1.1 ${status} `)
  })
})

describe('httpsRedirect', () => {
  test.each<[options: HttpsRedirectOptions, host: string, status: number, to: string | null]>([
    [{}, 'example.com', 307, 'https://example.com/a%20b?c=d'],
    [{}, 'example.com:8080', 307, 'https://example.com/a%20b?c=d'],
    [{}, 'localhost:3000', 307, 'https://localhost/a%20b?c=d'],
    [{ port: 8443 }, 'example.com:80', 307, 'https://example.com:8443/a%20b?c=d'],
    [{ status: 308 }, '[::1]:1', 308, 'https://[::1]/a%20b?c=d'],
    [{ host: 'www.example.com' }, 'evil', 307, 'https://www.example.com/a%20b?c=d'],
    [{ localhost: false }, 'localhost:3000', 404, null],
    [{ localhost: false }, 'app.localhost', 404, null],
    [{ localhost: false }, '127.0.0.1', 404, null],
    [{ localhost: false }, 'example.com', 307, 'https://example.com/a%20b?c=d'],
  ])('%j, %s: %s %s', async (options, host, status, to) => {
    const app = new App().use(httpsRedirect(options))
    const reply = await app.inject({ method: 'POST', path: '/a%20b?c=d', headers: { host } })
    expect([reply.status, reply.headers.get('location')]).toEqual([status, to])
  })

  test('what is encrypted goes on', async () => {
    const app = new App()
    app.use((ctx, next) => {
      ctx.assume({ isSecure: true })
      return next()
    })
    app.use(httpsRedirect())
    app.get('/', () => 'hello')
    expect((await app.inject('/')).text).toBe('hello')
  })
})

describe('hsts', () => {
  async function field(options: HstsOptions, host: string, isSecure = true): Promise<unknown> {
    const app = new App()
    app.use((ctx, next) => {
      ctx.assume({ isSecure })
      return next()
    })
    app.use(hsts(options))
    app.get('/', () => 'hello')
    const { headers } = await app.inject({ path: '/', headers: { host } })
    return headers.get('strict-transport-security')
  }

  test.each<[options: HstsOptions, host: string, isSecure: boolean, value: string | null]>([
    [{}, 'example.com', true, 'max-age=2592000'],
    [{}, 'example.com', false, null],
    [{}, 'localhost', true, null],
    [{}, 'app.localhost:3000', true, null],
    [{}, '127.0.0.1:3000', true, null],
    [{}, '[::1]:3000', true, null],
    [{ exclude: [] }, 'localhost', true, 'max-age=2592000'],
    [{ exclude: ['*.test'] }, 'a.test', true, null],
    [{ maxAge: 0 }, 'example.com', true, 'max-age=0'],
    [{ maxAge: 60, includeSubDomains: true }, 'a', true, 'max-age=60; includeSubDomains'],
    [
      { maxAge: 31_536_000, includeSubDomains: true, preload: true },
      'a',
      true,
      'max-age=31536000; includeSubDomains; preload',
    ],
  ])('%j, %s (encrypted: %s): %s', async (options, host, isSecure, value) => {
    expect(await field(options, host, isSecure)).toBe(value)
  })
})

test.each<[() => unknown, string]>([
  [() => hostFilter({} as HostFilterOptions), 'The option hosts of hostFilter() is a list'],
  [() => hostFilter({ hosts: ['http://a'] }), 'The option hosts[0] of hostFilter() is a host such'],
  [() => hostFilter({ hosts: ['a.*'] }), 'The option hosts[0] of hostFilter() is a host such'],
  [() => httpsRedirect({ status: 303 as 302 }), 'The option status of httpsRedirect() is 301, 302'],
  [() => httpsRedirect({ port: 0 }), 'The option port of httpsRedirect() is an integer from 1'],
  [
    () => httpsRedirect({ host: 'a:8' }),
    'The option host of httpsRedirect() is the name of a host',
  ],
  [() => hsts({ maxAge: -1 }), 'The option maxAge of hsts() is an integer from 0'],
  [() => hsts({ preload: true }), 'The option preload of hsts() is given with includeSubDomains'],
  [() => hsts({ exclude: [''] }), 'The option exclude[0] of hsts() is a host'],
])('wrong options %s', (make, message) => {
  expect(make).toThrow(message)
})
