// Entity tags, and what conditional requests are answered with (RFC 9110 section 13).

import { App } from 'lanner'
import { etag, requirePreconditions } from 'lanner/middleware/etag'
import { describe, expect, test } from 'vitest'

import type { Context, InjectResponse } from 'lanner'
import type { EtagOptions, Validators } from 'lanner/middleware/etag'

const SHA1_OF_HELLO = 'qvTGHdzF6KLavt4PO0gs2a6pQ00'
const TAG = `"${SHA1_OF_HELLO}"`
const DAY = 'Sat, 29 Oct 1994 19:43:31 GMT'
const DAY_BEFORE = 'Fri, 28 Oct 1994 19:43:31 GMT'

function ask(
  handler: (ctx: Context) => unknown,
  headers: Record<string, string> = {},
  { options = {}, method = 'GET' }: { options?: EtagOptions; method?: string } = {},
): Promise<InjectResponse> {
  const app = new App().use(etag(options))
  app.all('/', handler)
  return app.inject({ method, headers })
}

describe('tags', () => {
  test.each<[string, (ctx: Context) => unknown, EtagOptions, string | null]>([
    ['a text', () => 'hello', {}, TAG],
    ['its bytes', () => Buffer.from('hello'), {}, TAG],
    ['a text later', async () => 'hello', {}, TAG],
    ['data', () => ({ a: 1 }), {}, '"n4nHQM60bXQYySSnisV5QdXpZSA"'],
    ['weak', () => 'hello', { weak: true }, `W/${TAG}`],
    ['an own hash', () => 'hello', { hash: (body) => String(body.length) }, '"5"'],
    ['one of the handler', (ctx) => ctx.header('etag', 'W/"v1"').text('hello'), {}, 'W/"v1"'],
    ['a stream', (ctx) => ctx.stream(['hello']), {}, null],
    [
      'a Response, whose body is a stream',
      () => new Response(new Blob(['hello']).stream()),
      {},
      null,
    ],
    ['another status', (ctx) => ctx.text('hello', 201), {}, null],
    ['nothing', () => undefined, {}, null],
    ['an error', (ctx) => ctx.notFound(), {}, null],
    ['a body at the limit', () => 'hello', { maxBytes: 5 }, TAG],
    ['a body beyond it', () => 'hellö', { maxBytes: 5 }, null],
  ])('of %s', async (_, handler, options, expected) => {
    expect((await ask(handler, {}, { options })).headers.get('etag')).toBe(expected)
  })

  test('to HEAD too, and to nothing else', async () => {
    const tags = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'].map(async (method) => {
      return (await ask(() => 'hello', {}, { method })).headers.get('etag')
    })
    expect(await Promise.all(tags)).toEqual([TAG, TAG, null, null, null])
  })
})

describe('conditions', () => {
  const dated = (ctx: Context): unknown => ctx.header('last-modified', DAY).text('hello')
  const date = (text: string): Record<string, string> => ({ 'if-modified-since': text })
  test.each<[string, Record<string, string>, number]>([
    ['If-None-Match: its tag', { 'if-none-match': TAG }, 304],
    ['the weak form of it', { 'if-none-match': `W/${TAG}` }, 304],
    ['a list with it', { 'if-none-match': `"a", W/"b,c", ${TAG}` }, 304],
    ['any', { 'if-none-match': '*' }, 304],
    ['another', { 'if-none-match': '"a"' }, 200],
    ['a tag without quotes', { 'if-none-match': SHA1_OF_HELLO }, 200],
    ['another, and a date that says no', { 'if-none-match': '"a"', ...date(DAY) }, 200],
    ['If-Modified-Since: the date', date(DAY), 304],
    ['a later one', date('Sun, 30 Oct 1994 19:43:31 GMT'), 304],
    ['an earlier one', date(DAY_BEFORE), 200],
    ['the date as RFC 850 has it', date('Saturday, 29-Oct-94 19:43:31 GMT'), 304],
    ['the date as asctime has it', date('Sat Oct 29 19:43:31 1994'), 304],
    ['what is no date', date('1994-10-29'), 200],
    ['If-Match: its tag', { 'if-match': TAG }, 200],
    ['any', { 'if-match': '*' }, 200],
    ['a list with it', { 'if-match': `"a", ${TAG}` }, 200],
    ['the weak form, which never matches', { 'if-match': `W/${TAG}` }, 412],
    ['another', { 'if-match': '"a"' }, 412],
    ['If-Unmodified-Since: the date', { 'if-unmodified-since': DAY }, 200],
    ['an earlier one', { 'if-unmodified-since': DAY_BEFORE }, 412],
    ['If-Match first', { 'if-match': '"a"', 'if-none-match': TAG }, 412],
    ['If-Match in place of the date', { 'if-match': TAG, 'if-unmodified-since': DAY_BEFORE }, 200],
  ])('%s', async (_, headers, status) => {
    const reply = await ask(dated, headers)
    expect(reply.status).toBe(status)
    if (status !== 412) expect(reply.headers.get('etag')).toBe(TAG)
    expect(reply.text).toBe(status === 200 ? 'hello' : status === 304 ? '' : reply.text)
  })

  test('304 keeps what caches keep, and nothing about the body', async () => {
    const { headers } = await ask(
      (ctx) => ctx.header('cache-control', 'max-age=60').header('vary', 'Accept').json({ a: 1 }),
      { 'if-none-match': '*' },
    )
    expect(Object.fromEntries(headers)).toEqual({
      'cache-control': 'max-age=60',
      vary: 'Accept',
      etag: '"n4nHQM60bXQYySSnisV5QdXpZSA"',
    })
  })

  test('412 is a problem document, and passes onError', async () => {
    const reply = await ask(() => 'hello', { 'if-match': '"a"' })
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    expect(reply.json()).toMatchObject({ status: 412, code: 'LANNER_PRECONDITION' })
    expect(reply.headers.get('etag')).toBeNull()
  })

  test('a stream whose tag the handler knows is cancelled and not read', async () => {
    let isCancelled = false
    const body = new ReadableStream({ cancel: () => void (isCancelled = true) })
    const reply = await ask((ctx) => ctx.header('etag', '"v1"').stream(body), {
      'if-none-match': '"v1"',
    })
    expect([reply.status, isCancelled]).toEqual([304, true])
  })

  test('HEAD is answered as GET is', async () => {
    const reply = await ask(() => 'hello', { 'if-none-match': TAG }, { method: 'HEAD' })
    expect(reply.status).toBe(304)
  })
})

describe('requirePreconditions, before something is changed', () => {
  const current = { etag: '"v1"', lastModified: new Date(DAY) }
  test.each<[string, Record<string, string>, Validators | undefined, number]>([
    ['no conditions', {}, current, 200],
    ['what the client has seen', { 'if-match': '"v1"' }, current, 200],
    ['what somebody has changed', { 'if-match': '"v0"' }, current, 412],
    ['what is gone', { 'if-match': '*' }, undefined, 412],
    ['create it only', { 'if-none-match': '*' }, undefined, 200],
    ['create what is there', { 'if-none-match': '*' }, current, 412],
    ['unchanged since', { 'if-unmodified-since': DAY }, current, 200],
    ['changed since', { 'if-unmodified-since': DAY_BEFORE }, current, 412],
    [
      'changed since, by milliseconds',
      { 'if-unmodified-since': DAY_BEFORE },
      { lastModified: 1 },
      200,
    ],
    ['a date for reading', { 'if-modified-since': DAY }, current, 200],
  ])('%s', async (_, headers, state, status) => {
    let isChanged = false
    const change = (ctx: Context): string => {
      requirePreconditions(ctx, state)
      isChanged = true
      return 'changed'
    }
    const reply = await ask(change, headers, { method: 'PUT' })
    expect([reply.status, isChanged]).toEqual([status, status === 200])
  })

  test('a tag without quotes is a mistake', async () => {
    const app = new App()
    let message: unknown
    app.put('/', (ctx) => {
      try {
        requirePreconditions(ctx, { etag: 'v1' })
      } catch (error) {
        message = (error as Error).message
      }
      return 'done'
    })
    await app.inject({ method: 'PUT', headers: { 'if-match': '*' } })
    expect(message).toBe(
      'The option etag of requirePreconditions() is an entity tag with its quotes, not "v1".',
    )
  })
})

test.each<[unknown, string]>([
  [[], 'The option options of etag() is an object'],
  [
    { week: true },
    'There is no option week of etag(); did you mean weak? There are weak, maxBytes, hash',
  ],
  [{ weak: 'yes' }, 'The option weak of etag() is true or false, not "yes"'],
  [{ maxBytes: 0 }, 'The option maxBytes of etag() is a size from 1 to 1073741824 bytes'],
  [{ hash: 'sha1' }, 'The option hash of etag() is a function, not "sha1"'],
])('wrong options %j', (options, message) => {
  expect(() => etag(options as EtagOptions)).toThrow(message)
})
