// Requests that other sites make a browser send: refused by what the browser says of them.

import { App } from 'lanner'
import { csrf } from 'lanner/middleware/csrf'
import { expect, test } from 'vitest'

import type { CsrfOptions } from 'lanner/middleware/csrf'

async function status(
  headers: Record<string, string>,
  options: CsrfOptions = {},
  { method = 'POST', path = '/' }: { method?: string; path?: string } = {},
): Promise<number> {
  const app = new App().use(csrf(options))
  app.all('/', () => 'done')
  app.post('/hook', { meta: { csrf: false } }, () => 'done')
  return (await app.inject({ method, path, headers: { host: 'shop.example', ...headers } })).status
}

const site = (value: string): Record<string, string> => ({ 'sec-fetch-site': value })

test.each<[string, Record<string, string>, CsrfOptions, number]>([
  ['our own page', site('same-origin'), {}, 200],
  ['a bookmark', site('none'), {}, 200],
  ['another site', site('cross-site'), {}, 403],
  [
    'another site that claims our origin',
    { ...site('cross-site'), origin: 'http://shop.example' },
    {},
    403,
  ],
  ['a site beside us', site('same-site'), {}, 403],
  ['a site beside us that may', site('same-site'), { sameSite: true }, 200],
  ['another site where those beside us may', site('cross-site'), { sameSite: true }, 403],
  ['what is no value', site('unknown'), {}, 403],
  ['a program', {}, {}, 200],
  ['an old browser on our page', { origin: 'https://shop.example' }, {}, 200],
  ['with the port that goes without saying', { origin: 'https://shop.example:443' }, {}, 200],
  ['an old browser on another page', { origin: 'https://evil.example' }, {}, 403],
  ['a host that begins as ours', { origin: 'https://shop.example.evil.example' }, {}, 403],
  ['another port', { origin: 'https://shop.example:8443' }, {}, 403],
  ['an origin that nobody may know', { origin: 'null' }, {}, 403],
  ['what is no origin', { origin: 'https://shop.example/path' }, {}, 403],
  [
    'an origin that we named',
    { ...site('cross-site'), origin: 'https://app.example' },
    { origins: ['https://app.example'] },
    200,
  ],
  [
    'one of the same host without encryption',
    { ...site('cross-site'), origin: 'http://app.example' },
    { origins: ['https://app.example'] },
    403,
  ],
  [
    'an old browser there',
    { origin: 'https://app.example' },
    { origins: ['https://app.example'] },
    200,
  ],
])('from %s', async (_, headers, options, expected) => {
  expect(await status(headers, options)).toBe(expected)
})

test.each([
  ['GET', 200],
  ['HEAD', 200],
  ['OPTIONS', 200],
  ['POST', 403],
  ['PUT', 403],
  ['PATCH', 403],
  ['DELETE', 403],
  ['PURGE', 403],
])('%s from another site: %i', async (method, expected) => {
  expect(await status(site('cross-site'), {}, { method })).toBe(expected)
})

test('a route that takes requests of others', async () => {
  expect(await status(site('cross-site'), {}, { path: '/hook' })).toBe(200)
})

test('the answer is a problem document with its code', async () => {
  const app = new App().use(csrf())
  app.post('/', () => 'done')
  const reply = await app.inject({ method: 'POST', headers: site('cross-site') })
  expect(reply.json()).toMatchObject({ status: 403, code: 'LANNER_CSRF' })
})

test.each<[unknown, string]>([
  [[], 'The option options of csrf() is an object'],
  [
    { origin: 'x' },
    'There is no option origin of csrf(); did you mean origins? There are origins, sameSite',
  ],
  [{ origins: 'https://a' }, 'The option origins of csrf() is a list of origins'],
  [
    { origins: ['https://a/'] },
    "The option origins[0] of csrf() is an origin as 'https://app.example'",
  ],
  [{ origins: ['a.example'] }, 'The option origins[0] of csrf() is an origin'],
  [{ sameSite: 'yes' }, 'The option sameSite of csrf() is true or false'],
])('wrong options %j', (options, message) => {
  expect(() => csrf(options as CsrfOptions)).toThrow(message)
})
