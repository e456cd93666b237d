// Header fields and cookies, in and out.

import { expect, test } from 'vitest'

import { RawClient } from '../support/raw.ts'
import { serve, takeReports } from '../support/server.ts'

test('fields are found in any case, in order, with their duplicates', async () => {
  const server = await serve((app) =>
    app.get('/', ({ headers }) => ({
      accept: headers.get('ACCEPT'),
      custom: headers.get('X-Custom'),
      all: headers.getAll('x-custom'),
      has: [headers.has('x-custom'), headers.has('x-other')],
      none: headers.get('x-other'),
      raw: headers.raw(),
      entries: [...headers],
    })),
  )
  const client = await RawClient.open(server.url)
  await client.send(
    'GET / HTTP/1.1\r\nHost: a\r\naCCept: */*\r\nX-CUSTOM:1\r\nx-custom: \t2, 3 \r\nx-empty:\r\n\r\n',
  )
  expect(JSON.parse((await client.response()).body)).toEqual({
    accept: '*/*',
    custom: '1, 2, 3',
    all: ['1', '2, 3'],
    has: [true, false],
    none: null,
    raw: [
      ['Host', 'a'],
      ['aCCept', '*/*'],
      ['X-CUSTOM', '1'],
      ['x-custom', '2, 3'],
      ['x-empty', ''],
    ],
    entries: [
      ['host', 'a'],
      ['accept', '*/*'],
      ['x-custom', '1, 2, 3'],
      ['x-empty', ''],
    ],
  })
})

test('a hundred fields arrive, one more is refused', async () => {
  const server = await serve((app) =>
    app.get('/', ({ headers }) => `${headers.length} ${headers.get('x-98')}`),
  )
  const fields = (n: number): string =>
    Array.from({ length: n }, (_, i) => `x-${i}: ${i}\r\n`).join('')
  const client = await RawClient.open(server.url)
  await client.send(`GET / HTTP/1.1\r\nhost: a\r\n${fields(99)}\r\n`)
  expect((await client.response()).body).toBe('100 98')
  await client.send(`GET / HTTP/1.1\r\nhost: a\r\n${fields(100)}\r\n`)
  expect((await client.response()).status).toBe(431)
  await client.closed()
})

test('values are latin1 both ways', async () => {
  const server = await serve((app) =>
    app.get('/', (ctx) => ctx.header('x-back', ctx.headers.get('x-word') ?? '').text('')),
  )
  const client = await RawClient.open(server.url)
  await client.send('GET / HTTP/1.1\r\nhost: a\r\nx-word: caf\xe9\r\n\r\n')
  expect((await client.response()).headers['x-back']).toBe('caf\xe9')
})

test('fields of the reply: set, appended, several, removed', async () => {
  const server = await serve((app) =>
    app.get('/', (ctx) =>
      ctx
        .header('x-one', 'old')
        .header('X-One', 'new')
        .header('x-list', ['a', 'b'])
        .append('x-list', 'c')
        .header('x-gone', 'here')
        .header('x-gone', undefined)
        .type('text/x-own')
        .text('body', 201),
    ),
  )
  const client = await RawClient.open(server.url)
  await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  const { status, headers } = await client.response()
  expect(status).toBe(201)
  expect(headers).toMatchObject({
    'x-one': 'new',
    'x-list': 'a, b, c',
    'content-type': 'text/x-own',
    'content-length': '4',
  })
  expect(headers['x-gone']).toBeUndefined()
})

test.each([
  ['a line break', 'x-a', 'b\r\nx-evil: 1', 'LANNER_HEADER_INVALID'],
  ['a lone line feed', 'x-a', 'b\nc', 'LANNER_HEADER_INVALID'],
  ['NUL', 'x-a', 'b\0', 'LANNER_HEADER_INVALID'],
  ['a character above U+00FF', 'x-a', '€', 'LANNER_HEADER_INVALID'],
  ['a space in the name', 'x a', 'b', 'LANNER_HEADER_INVALID'],
  ['an empty name', '', 'b', 'LANNER_HEADER_INVALID'],
  ['a field of the framing', 'transfer-encoding', 'chunked', 'LANNER_HEADER_RESERVED'],
  ['a field of the connection', 'connection', 'upgrade', 'LANNER_HEADER_RESERVED'],
])('%s in a field is a typed error and never sent', async (_, name, value, code) => {
  const server = await serve((app) => app.get('/', (ctx) => ctx.header(name, value).text('never')))
  const client = await RawClient.open(server.url)
  await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  const { status, head } = await client.response()
  expect(status).toBe(500)
  expect(head).not.toMatch(/evil|x-a/)
  expect(takeReports()).toMatchObject([{ code }])
  await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  expect((await client.response()).status).toBe(500)
  takeReports()
})

test('426 says what to upgrade to, for this connection', async () => {
  const server = await serve((app) =>
    app.get('/', (ctx) => ctx.status(426).header('upgrade', 'websocket').text('no')),
  )
  const client = await RawClient.open(server.url)
  await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  const { status, headers } = await client.response()
  expect(status).toBe(426)
  expect(headers).toMatchObject({ upgrade: 'websocket', connection: 'upgrade' })
})

test('cookies are read, set and replaced', async () => {
  const server = await serve((app) =>
    app.get('/', (ctx) => {
      const seen = [ctx.cookies.get('sid'), ctx.cookies.get('theme'), ctx.cookies.get('none')]
      ctx.cookies.set('sid', 'first')
      ctx.cookies.set('sid', 'second', { httpOnly: true, path: '/' })
      ctx.cookies.set('other', 'a b', { maxAge: 60 })
      return seen
    }),
  )
  const client = await RawClient.open(server.url)
  await client.send(
    'GET / HTTP/1.1\r\nhost: a\r\ncookie: sid=abc; theme="dark"\r\ncookie: x=1\r\n\r\n',
  )
  const { head, body } = await client.response()
  expect(JSON.parse(body).slice(0, 2)).toEqual(['abc', 'dark'])
  const lines = head.split('\r\n').filter((line) => /^set-cookie:/i.test(line))
  expect(lines.length).toBeGreaterThanOrEqual(2)
  expect(lines.join('\n')).toMatch(/sid=second.*HttpOnly/i)
  expect(lines.join('\n')).toMatch(/other=a%20b.*Max-Age=60/i)
})

test('the Server field is absent unless it is asked for', async () => {
  const plain = await serve((app) => app.get('/', () => ''))
  const named = await serve((app) => app.get('/', () => ''), { serverHeader: 'mine' })
  for (const [server, value] of [
    [plain, undefined],
    [named, 'mine'],
  ] as const) {
    const client = await RawClient.open(server.url)
    await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    const { headers } = await client.response()
    expect(headers['server']).toBe(value)
    expect(headers['date']).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)
  }
})
