// The page that shows a document: what it loads, and what its policy lets it load.

import { App } from 'lanner'
import { docsRoute, openapi, openapiRoute } from 'lanner/openapi'
import { expect, test } from 'vitest'
import { z } from 'zod'

import type { DocsOptions } from 'lanner/openapi'

async function page(options?: DocsOptions): Promise<{ html: string; policy: string | null }> {
  const reply = await new App().add(docsRoute('/docs', options)).fetch('/docs')
  expect(reply.headers.get('content-type')).toBe('text/html; charset=utf-8')
  return { html: await reply.text(), policy: reply.headers.get('content-security-policy') }
}

test('loads one script and shows the document, by a policy that lets it', async () => {
  const { html, policy } = await page()
  expect(html).toContain('data-url="/openapi.json"')
  expect(html).toContain('<script src="https://cdn.jsdelivr.net/npm/@scalar/api-reference"')
  expect(policy).toContain('script-src https://cdn.jsdelivr.net/npm/@scalar/api-reference;')
  expect(html).not.toMatch(/<script[^>]*>[^<]/)
})

test('takes a script of one’s own, a hash and settings', async () => {
  const { html, policy } = await page({
    script: '/scalar.js',
    integrity: 'sha384-x',
    document: '/api/openapi.json',
    title: 'Books & more',
    settings: { theme: 'moon' },
  })
  expect(html).toContain('<script src="/scalar.js" integrity="sha384-x"')
  expect(html).toContain('data-url="/api/openapi.json"')
  expect(html).toContain('<title>Books &amp; more</title>')
  expect(html).toContain('data-configuration="{&quot;theme&quot;:&quot;moon&quot;}"')
  expect(policy).toContain(`script-src 'self';`)
})

test('takes another policy, or none', async () => {
  expect((await page({ contentSecurityPolicy: `script-src 'self'` })).policy).toBe(
    `script-src 'self'`,
  )
  expect((await page({ contentSecurityPolicy: false })).policy).toBeNull()
})

const wrong: [options: object, message: string][] = [
  [{ theme: 'moon' }, 'There is no option theme of docsRoute()'],
  [{ document: '' }, 'document of docsRoute()'],
  [{ script: 1 }, 'script of docsRoute()'],
  [{ settings: 'x' }, 'settings of docsRoute()'],
  [{ integrity: '' }, 'integrity of docsRoute()'],
  [{ contentSecurityPolicy: true }, 'contentSecurityPolicy of docsRoute()'],
]

test.each(wrong)('refuses %j', (options, message) => {
  expect(() => docsRoute('/docs', options)).toThrow(message)
})

test('the document route refuses wrong options where it is made', () => {
  expect(() => openapiRoute(new App(), '/x', { info: { title: '' } })).toThrow('info.title')
})

test('the document has the routes that were there when it was asked for', async () => {
  const app = new App()
  app.add(openapiRoute(app, '/openapi.json'))
  app.get('/late', () => '')
  expect(await (await app.fetch('/openapi.json')).json()).toMatchObject({ paths: { '/late': {} } })
})

test('the document has the status that the application gives', () => {
  const app = new App({ validation: { status: 422 } }).get(
    '/',
    { query: z.object({ q: z.string() }) },
    () => '',
  )
  const { responses } = openapi(app).paths['/']!['get']!
  expect(Object.keys(responses)).toEqual(['422', '2XX', '4XX', '5XX'])
})

test('only an App has a document', () => {
  expect(() => openapi({} as App)).toThrow('openapi() takes an App of lanner.')
})
