// What a developer sees when a handler failed, by what the client shows best; and that nobody else
// ever does.

import { HttpError } from 'lanner'
import { problems } from 'lanner/middleware/problems'
import { describe, expect, test } from 'vitest'

import { RawClient } from '../support/raw.ts'
import { serve, takeReports } from '../support/server.ts'

import type { RawResponse } from '../support/raw.ts'
import type { App } from 'lanner'

const HTML = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const secret = '<script>alert("falcon")</script>'

function failing(app: App): void {
  app.get('/users/:name', async (ctx) => {
    await ctx.body.text()
    const cause = new RangeError(`cause ${secret}`)
    throw Object.assign(new TypeError(`no ${secret}`, { cause }), { code: 'E_FALCON' })
  })
  app.get('/expected', () => {
    throw new HttpError(409, 'taken')
  })
  app.get('/string', () => {
    // oxlint-disable-next-line no-throw-literal
    throw secret
  })
  app.get('/fake', () => {
    throw new Error(`x\n    at y (${process.cwd()}/vitest.config.ts:1:1)`)
  })
}

async function ask(
  accept: string | undefined,
  { path = '/users/ada', development = true, more = '' } = {},
): Promise<RawResponse> {
  const server = await serve(failing, { development })
  const client = await RawClient.open(server.url)
  const field = accept === undefined ? '' : `accept: ${accept}\r\n`
  await client.send(`GET ${path} HTTP/1.1\r\nhost: a\r\n${field}${more}\r\n`)
  const reply = await client.response()
  expect(takeReports()).toHaveLength(path === '/expected' ? 0 : 1)
  return reply
}

describe('what is shown', () => {
  test.each<[accept: string | undefined, type: string]>([
    [HTML, 'text/html; charset=utf-8'],
    ['application/json, text/html', 'text/html; charset=utf-8'],
    ['text/html;q=0, application/json', 'application/problem+json'],
    ['application/json, text/html;q=0.5', 'application/problem+json'],
    ['application/problem+json;q=0.9, text/html; Q=0.8', 'application/problem+json'],
    ['application/json;q=0.5, text/html;q=0.9', 'text/html; charset=utf-8'],
    ['text/html;q=x, text/plain;q=0.1', 'text/plain; charset=utf-8'],
    ['text/plain;q=0', 'application/problem+json'],
    ['text/plain', 'text/plain; charset=utf-8'],
    ['text/plain, application/json', 'application/problem+json'],
    ['application/problem+json', 'application/problem+json'],
    ['*/*', 'application/problem+json'],
    [undefined, 'application/problem+json'],
  ])('to a client that accepts %s: %s', async (accept, type) => {
    const { status, headers } = await ask(accept)
    expect([status, headers['content-type']]).toEqual([500, type])
  })

  test('in production: nothing, whoever asks', async () => {
    for (const accept of [HTML, 'text/plain', '*/*']) {
      const { headers, body } = await ask(accept, { development: false })
      expect(headers['content-type']).toBe('application/problem+json')
      expect(JSON.parse(body)).toEqual({ title: 'Internal Server Error', status: 500 })
    }
  })

  test('an HttpError is its document in development too', async () => {
    const { status, headers } = await ask(HTML, { path: '/expected' })
    expect([status, headers['content-type']]).toEqual([409, 'application/problem+json'])
  })
})

describe('the page', () => {
  test('has the error, its cause, the code around it and the request', async () => {
    const more = 'cookie: flavour=oat\r\nx-odd: "<b>"\r\n'
    const { body } = await ask(HTML, { path: '/users/ada?page=2', more })
    const text = body.replaceAll(/<[^>]*>/g, '')
    expect(text).toContain('TypeError: no &lt;script&gt;')
    expect(text).toContain('E_FALCON')
    expect(text).toContain('Caused by RangeError: cause &lt;script&gt;')
    expect(text).toContain('test/e2e/developer-page.test.ts:')
    expect(body).toMatch(/<mark> +\d+ {2}.*throw Object\.assign\(new TypeError/)
    expect(text).toContain('GET /users/:name')
    for (const row of ['name</th><td>ada', 'page</th><td>2', 'flavour</th><td>oat']) {
      expect(body).toContain(row)
    }
    expect(body).toContain('<th>x-odd</th><td>&quot;&lt;b&gt;&quot;</td>')
  })

  test('escapes everything, runs nothing and is kept by nobody', async () => {
    for (const path of ['/users/ada?q=%3Cscript%3E', '/string', '/users/%3Cscript%3E']) {
      const { headers, body } = await ask(HTML, { path, more: `x-odd: ${secret}\r\n` })
      expect(body).not.toMatch(/<script/i)
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; style-src 'unsafe-inline'",
      )
      expect(headers['cache-control']).toBe('no-store')
      expect(headers['vary']).toBe('Accept')
    }
  })

  test('reads no file that only the message names', async () => {
    const { body } = await ask(HTML, { path: '/fake' })
    expect(body).not.toContain('defineConfig')
    expect(body).toContain('throw new Error')
  })

  test('hooks see it, and fields of middleware stay', async () => {
    const seen: unknown[] = []
    const server = await serve(
      (app) => {
        app.use((ctx, next) => {
          ctx.header('x-a', '1').header('content-security-policy', "default-src 'self'")
          ctx.onReply((reply) => void seen.push([reply.status, reply.type]))
          return next()
        })
        failing(app)
      },
      { development: true },
    )
    const client = await RawClient.open(server.url)
    await client.send(`GET /string HTTP/1.1\r\nhost: a\r\naccept: ${HTML}\r\n\r\n`)
    const { headers } = await client.response()
    expect(headers['x-a']).toBe('1')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(seen).toEqual([[500, 'text/html; charset=utf-8']])
    takeReports()
  })
})

test('as text: the request, the stack and what caused it', async () => {
  const { body } = await ask('text/plain')
  expect(body).toMatch(/^GET \/users\/ada\n\nTypeError: no <script>/)
  expect(body).toContain('test/e2e/developer-page.test.ts:')
  expect(body).toContain('caused by RangeError: cause <script>')
})

test('a page that cannot be made gives way to the document, or to nothing', async () => {
  const server = await serve(
    (app) => {
      app.use(
        problems({
          customize: () => {
            throw new Error('worst')
          },
        }),
      )
      app.get('/', () => {
        const error = new Error('odd')
        Object.defineProperty(error, 'code', {
          get: () => {
            throw new Error('worse')
          },
        })
        throw error
      })
    },
    { development: true },
  )
  const client = await RawClient.open(server.url)
  await client.send(`GET / HTTP/1.1\r\nhost: a\r\naccept: ${HTML}\r\n\r\n`)
  const { status, body } = await client.response()
  expect([status, body]).toEqual([500, ''])
  const messages = takeReports().map((error) => (error as Error).message)
  expect(messages).toEqual(['odd', 'worse', 'worse', 'worst'])
})
