// What app.inject() takes and gives beside the parts of a request: queries, cookies, forms.

import { App } from 'lanner'
import { expect, test } from 'vitest'

import type { InjectOptions } from 'lanner'

const app = new App()
app.all('/echo', async (ctx) => ({
  method: ctx.method,
  target: ctx.rawTarget,
  cookies: Object.fromEntries(ctx.cookies),
  type: ctx.headers.get('content-type'),
  body: await ctx.body.text(),
}))

test.each<[string, InjectOptions, object]>([
  [
    'a query',
    { query: { a: 1, b: [true, 'x y'], c: undefined } },
    {
      target: '/echo?a=1&b=true&b=x+y',
    },
  ],
  [
    'a query beside another',
    { path: '/echo?a=1', query: new URLSearchParams('b=2') },
    {
      target: '/echo?a=1&b=2',
    },
  ],
  ['an empty query', { query: {} }, { target: '/echo' }],
  [
    'cookies',
    { cookies: { sid: 'a b;c', theme: 'dark' } },
    {
      cookies: { sid: 'a b;c', theme: 'dark' },
    },
  ],
  [
    'a form',
    { form: { name: 'Ada L.', tag: ['x', 'y'], age: 36 } },
    {
      method: 'POST',
      type: 'application/x-www-form-urlencoded',
      body: 'name=Ada+L.&tag=x&tag=y&age=36',
    },
  ],
  ['a form by another method', { method: 'PUT', form: {} }, { method: 'PUT', body: '' }],
  ['URLSearchParams', { body: new URLSearchParams({ a: '1' }) }, { method: 'POST', body: 'a=1' }],
])('%s', async (_, options, expected) => {
  const response = await app.inject({ path: '/echo', ...options })
  expect(response.json()).toMatchObject(expected)
})

test('a form with files', async () => {
  const upload = new App()
  upload.post('/', async (ctx) => {
    const form = await ctx.body.formData()
    const file = form.get('file') as File
    return { title: form.get('title'), name: file.name, text: await file.text() }
  })
  const body = new FormData()
  body.append('title', 'The sea')
  body.append('file', new File(['content'], 'sea.txt'))
  const response = await upload.inject({ body })
  expect(response.json()).toEqual({ title: 'The sea', name: 'sea.txt', text: 'content' })
})

test('the cookies that a reply sets', async () => {
  const made = new App()
  const expires = new Date('2030-01-02T03:04:05Z')
  made.get('/', (ctx) => {
    ctx.cookies.set('sid', 'a b', { httpOnly: true, secure: true, sameSite: 'lax', maxAge: 60 })
    ctx.cookies.set('theme', 'dark', { path: '/x', domain: 'a.example', expires })
    ctx.append('set-cookie', 'odd=%zz; Path')
    return 'done'
  })
  const { cookies, ok } = await made.inject('/')
  expect(ok).toBe(true)
  expect(Object.fromEntries(cookies)).toEqual({
    sid: { value: 'a b', path: '/', httpOnly: true, secure: true, sameSite: 'lax', maxAge: 60 },
    theme: { value: 'dark', path: '/x', domain: 'a.example', expires },
    odd: { value: '%zz', path: '' },
  })
})

test('ok says whether the status is one of success', async () => {
  const made = new App()
  made.get('/:status', (ctx) => ctx.status(Number(ctx.params.status)).text(''))
  for (const [status, ok] of [
    [200, true],
    [299, true],
    [300, false],
    [404, false],
  ] as const) {
    expect((await made.inject(`/${status}`)).ok).toBe(ok)
  }
})

test('mistakes are errors', async () => {
  await expect(app.inject({ body: 'a', form: {} })).rejects.toMatchObject({
    code: 'LANNER_OPTION_INVALID',
    message: 'inject() takes a body or a form, not both.',
  })
  await expect(app.inject({ url: '/' } as never)).rejects.toMatchObject({
    code: 'LANNER_OPTION_INVALID',
    message: expect.stringContaining('url of inject()'),
  })
})
