// What a handler sees of the request, decoded from an entry.

import { describe, expect, test } from 'vitest'

import { harness } from '../support/lane.ts'

import type { Context } from '../../src/context.ts'

type Parts = Parameters<ReturnType<typeof harness>['send']>[0]

/** Runs `read` inside a handler of a request made from `parts`. */
function see<T>(parts: NonNullable<Parts>, read: (ctx: Context) => T, pattern = '/*rest'): T {
  let seen: { value: T } | undefined
  const lane = harness((r) =>
    r.all(pattern as '/', (ctx) => {
      seen = { value: read(ctx as unknown as Context) }
    }),
  )
  lane.send(parts)
  expect(lane.takeReports()).toEqual([])
  return seen!.value
}

describe('request line', () => {
  test.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PURGE', 'X', 'M-SEARCH'])(
    'method %s',
    (method) => expect(see({ method }, (ctx) => ctx.method)).toBe(method),
  )

  test('path, query and target', () => {
    const parts = { target: '/a%20b/./c?q=%31', path: '/a b/c' }
    expect(see(parts, (ctx) => [ctx.path, ctx.rawTarget, ctx.query.raw])).toEqual([
      '/a b/c',
      '/a%20b/./c?q=%31',
      'q=%31',
    ])
  })

  test('a path beyond ASCII', () => {
    expect(see({ target: '/%E2%82%AC', path: '/€' }, (ctx) => ctx.path)).toBe('/€')
  })

  test.each([1, 2, 3, 7, 8, 9, 15, 40, 200])('a path of %i letters', (n) => {
    const target = `/${'p'.repeat(n - 1)}`
    expect(see({ target }, (ctx) => ctx.path)).toBe(target)
  })

  test('protocol', () => {
    expect(see({ version: 10 }, (ctx) => ctx.protocol)).toBe('HTTP/1.0')
    expect(see({ version: 11 }, (ctx) => ctx.protocol)).toBe('HTTP/1.1')
    expect(see({ isSecure: true }, (ctx) => ctx.isSecure)).toBe(true)
  })
})

describe('url', () => {
  const cases: [name: string, parts: NonNullable<Parts>, href: string][] = [
    ['from Host', { target: '/p?q', headers: [['Host', 'a.b:80']] }, 'http://a.b/p?q'],
    ['secure', { target: '/p', isSecure: true }, 'https://localhost/p'],
    ['two slashes are no host', { target: '//evil/p' }, 'http://localhost//evil/p'],
    ['absolute', { target: 'http://c.d/p', path: '/p' }, 'http://c.d/p'],
    ['asterisk', { method: 'OPTIONS', target: '*', path: '*' }, 'http://localhost/'],
    [
      'HTTP/1.0 without Host',
      { version: 10, headers: [], local: { family: 4, port: 81, ip: [127, 0, 0, 1] } },
      'http://127.0.0.1:81/',
    ],
  ]
  test.each(cases)('%s', (_, parts, href) => {
    const route = { route: 0, params: [] }
    const lane = harness((r) => r.all('/', (ctx) => ctx.url.href))
    lane.send({ ...parts, ...route })
    expect(lane.records[0].text).toBe(href)
  })
})

describe('params', () => {
  test('by name, with the optional one absent', () => {
    const read = (ctx: Context): unknown => ({ ...ctx.params })
    expect(see({ target: '/a/b' }, read, '/:x/:y?')).toEqual({ x: 'a', y: 'b' })
    expect(see({ target: '/a' }, read, '/:x/:y?')).toEqual({ x: 'a' })
    expect(see({ target: '/f/a/b/c' }, read, '/f/*rest')).toEqual({ rest: 'a/b/c' })
    expect(see({ target: '/f/' }, read, '/f/*rest')).toEqual({ rest: '' })
  })

  test('decoded, beyond ASCII too', () => {
    const parts = { target: '/%E2%82%AC/b', path: '/€/b' }
    expect(see(parts, (ctx) => ({ ...ctx.params }), '/:x/:y')).toEqual({ x: '€', y: 'b' })
  })

  test('names that objects have already', () => {
    const read = (ctx: Context): unknown => [ctx.params['constructor'], ctx.params['toString']]
    expect(see({ target: '/a' }, read, '/:constructor')).toEqual(['a', undefined])
    expect(see({ target: '/a' }, (ctx) => ctx.params['__proto__'], '/:__proto__')).toBe('a')
  })

  test('one object for one request', () => {
    expect(see({ target: '/a' }, (ctx) => ctx.params === ctx.params, '/:x')).toBe(true)
  })
})

describe('headers', () => {
  const headers: [string, string][] = [
    ['Host', 'a'],
    ['Accept', 'text/html'],
    ['ACCEPT', 'text/plain'],
    ['X-Own', 'first'],
    ['x-own', 'second'],
    ['Cookie', 'a=1'],
    ['cookie', 'b=2'],
    ['X-Empty', ''],
    ['X-Latin', 'grün'],
  ]
  const read = <T>(fn: (view: Context['headers']) => T): T => see({ headers }, (c) => fn(c.headers))

  test.each([
    ['host', 'a'],
    ['Host', 'a'],
    ['HOST', 'a'],
    ['accept', 'text/html, text/plain'],
    ['aCCept', 'text/html, text/plain'],
    ['x-own', 'first, second'],
    ['X-OWN', 'first, second'],
    ['cookie', 'a=1; b=2'],
    ['Cookie', 'a=1; b=2'],
    ['x-empty', ''],
    ['x-latin', 'grün'],
    ['x-none', null],
    ['user-agent', null],
    ['', null],
  ])('get(%j)', (name, value) => {
    expect(read((view) => view.get(name))).toBe(value)
    expect(read((view) => view.has(name))).toBe(value !== null)
  })

  test('getAll, raw, entries, keys, values, forEach', () => {
    expect(read((view) => view.getAll('accept'))).toEqual(['text/html', 'text/plain'])
    expect(read((view) => view.getAll('x-none'))).toEqual([])
    expect(read((view) => view.raw())).toEqual(headers)
    const entries = [
      ['host', 'a'],
      ['accept', 'text/html, text/plain'],
      ['x-own', 'first, second'],
      ['cookie', 'a=1; b=2'],
      ['x-empty', ''],
      ['x-latin', 'grün'],
    ]
    expect(read((view) => [...view])).toEqual(entries)
    expect(read((view) => [...view.keys()])).toEqual(entries.map(([name]) => name))
    expect(read((view) => [...view.values()])).toEqual(entries.map(([, value]) => value))
    const seen: unknown[] = []
    read((view) => view.forEach((value, name) => seen.push([name, value])))
    expect(seen).toEqual(entries)
    expect(read((view) => view.length)).toBe(headers.length)
    expect(read((view) => JSON.parse(JSON.stringify(view)))).toEqual(Object.fromEntries(entries))
  })

  test('toHeaders', () => {
    const made = read((view) => view.toHeaders())
    expect(made).toBeInstanceOf(Headers)
    expect(made.get('accept')).toBe('text/html, text/plain')
    expect(made.get('cookie')).toBe('a=1; b=2')
  })

  test('a hundred of them', () => {
    const many = Array.from({ length: 100 }, (_, i): [string, string] => [`X-${i}`, `v${i}`])
    expect(see({ headers: many }, (ctx) => ctx.headers.get('x-99'))).toBe('v99')
  })
})

test('addresses', () => {
  const v4 = { family: 4 as const, port: 65_535, ip: [192, 168, 0, 255] }
  const v6 = { family: 6 as const, port: 80, ip: [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1] }
  const seen = see({ remote: v4, local: v6 }, (ctx) => [ctx.remote, ctx.local])
  expect(seen).toEqual([
    { address: '192.168.0.255', port: 65_535, family: 'IPv4' },
    { address: '2001:db8::1', port: 80, family: 'IPv6' },
  ])
  expect(see({}, (ctx) => ctx.remote)).toEqual({ address: '', port: 0, family: 'unix' })
  expect(see({ connection: 4_000_000_000 }, (ctx) => ctx.connection.id)).toBe(4_000_000_000)
})

test.each([
  ['::', Array(16).fill(0)],
  ['::1', [...Array(15).fill(0), 1]],
  ['fe80::1', [0xfe, 0x80, ...Array(13).fill(0), 1]],
  ['1:0:2::3', [0, 1, 0, 0, 0, 2, ...Array(8).fill(0), 0, 3]],
  ['1:2:3:4:5:6:7:8', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
  ['1:0:3:4:5:6:7:8', [0, 1, 0, 0, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
  ['::ffff:10.0.0.1', [...Array(10).fill(0), 0xff, 0xff, 10, 0, 0, 1]],
])('IPv6 %s', (text, ip) => {
  expect(see({ remote: { family: 6, port: 1, ip } }, (ctx) => ctx.remote.address)).toBe(text)
})

test('state is an object until it is replaced', () => {
  const seen = see({}, (ctx) => {
    ctx.state['a'] = 1
    const first = { ...ctx.state }
    ctx.state = { b: 2 }
    return [first, ctx.state]
  })
  expect(seen).toEqual([{ a: 1 }, { b: 2 }])
})

describe('cookies', () => {
  test('of the request', () => {
    const cookie = 'sid=abc; theme="dark"; name=%E2%82%AC; bad=%zz; sid=second; noequals; =x; e='
    const seen = see({ headers: [['cookie', cookie]] }, ({ cookies }) => [
      cookies.get('sid'),
      cookies.get('none'),
      cookies.has('e'),
      [...cookies],
    ])
    expect(seen).toEqual([
      'abc',
      undefined,
      true,
      [
        ['sid', 'abc'],
        ['theme', 'dark'],
        ['name', '€'],
        ['bad', '%zz'],
        ['e', ''],
      ],
    ])
    expect(see({}, ({ cookies }) => [...cookies])).toEqual([])
  })

  test('of the reply: one per name, domain and path', async () => {
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ctx.cookies.set('a', '1')
        ctx.cookies.set('b', 'x y;')
        ctx.cookies.set('a', '2', { httpOnly: true })
        ctx.cookies.set('a', '3', { path: '/sub' })
        ctx.cookies.delete('gone')
        return ctx.header('x-other', 'y').text('')
      }),
    )
    const { fields } = await lane.ask('/')
    expect(fields).toEqual([
      ['set-cookie', 'b=x%20y%3B; Path=/'],
      ['set-cookie', 'a=2; Path=/; HttpOnly'],
      ['set-cookie', 'a=3; Path=/sub'],
      ['set-cookie', 'gone=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'],
      ['x-other', 'y'],
    ])
  })
})

test('the fetch Request', async () => {
  const lane = harness((r) =>
    r.post('/p', async (ctx) => {
      const { request } = ctx
      return {
        isRequest: request instanceof Request,
        isSame: request === ctx.request,
        method: request.method,
        url: request.url,
        type: request.headers.get('content-type'),
        body: await request.json(),
      }
    }),
  )
  lane.send({
    method: 'POST',
    target: '/p?q=1',
    headers: [
      ['Host', 'a'],
      ['Content-Type', 'application/json'],
    ],
    body: '{"x":1}',
  })
  await expect.poll(() => lane.records.length).toBe(1)
  expect(JSON.parse(lane.reply(0).text)).toEqual({
    isRequest: true,
    isSame: true,
    method: 'POST',
    url: 'http://a/p?q=1',
    type: 'application/json',
    body: { x: 1 },
  })
})

test('informational responses', async () => {
  const lane = harness((r) =>
    r.get('/', (ctx) => {
      ctx.earlyHints({ link: ['</a.css>; rel=preload', '</b.js>; rel=preload'] })
      ctx.sendInformational(102)
      return 'done'
    }),
  )
  await lane.ask('/')
  expect(lane.of(0)).toMatchObject([
    {
      kind: 'inform',
      status: 103,
      fields: [
        ['link', '</a.css>; rel=preload'],
        ['link', '</b.js>; rel=preload'],
      ],
    },
    { kind: 'inform', status: 102, fields: [] },
    { kind: 'reply', text: 'done' },
  ])
})

test('informational responses are checked, and come before the reply', async () => {
  const lane = harness((r) =>
    r.get('/', (ctx) => {
      const codes = [
        () => ctx.sendInformational(101 as 102),
        () => ctx.sendInformational(200 as 102),
        () => ctx.earlyHints({ link: 'a\nb' }),
      ].map((fn) => {
        try {
          return fn()
        } catch (error) {
          return (error as { code: string }).code
        }
      })
      return codes
    }),
  )
  expect(JSON.parse((await lane.ask('/')).text)).toEqual([
    'LANNER_STATUS_INVALID',
    'LANNER_STATUS_INVALID',
    'LANNER_HEADER_INVALID',
  ])
})

test('a context shows little of itself to console.log', async () => {
  const { inspect } = await import('node:util')
  const text = see({ target: '/a' }, (ctx) => inspect(ctx), '/:x')
  expect(text).toContain("path: '/a'")
  expect(text).not.toContain('lane')
})
