// What a handler returns or says, and the record that leaves: the one place that turns values into
// replies.

import { Readable } from 'node:stream'

import { describe, expect, test } from 'vitest'

import { HttpError } from '../../src/errors.ts'
import { harness } from '../support/lane.ts'

import type { Handler } from '../../src/handler.ts'

const TEXT = 1
const JSON_TYPE = 2
const HTML = 3
const BYTES = 4
const PROBLEM = 5

async function reply(handler: Handler, method = 'GET'): Promise<any> {
  const lane = harness((r) => r.all('/', handler))
  return lane.ask({ method })
}

class Point {
  readonly x = 1
}

class Temperature {
  toJSON(): string {
    return '20 °C'
  }
}

describe('values become whole replies', () => {
  const cases: [name: string, make: () => unknown, type: number, text: string][] = [
    ['a string', () => 'hello', TEXT, 'hello'],
    ['an empty string', () => '', TEXT, ''],
    ['a string beyond ASCII', () => 'grüße €', TEXT, 'grüße €'],
    ['a string beyond the plane', () => '👋', TEXT, '👋'],
    ['a lone surrogate', () => 'a\ud800b', TEXT, 'a\ufffdb'],
    ['an object', () => ({ a: 1 }), JSON_TYPE, '{"a":1}'],
    ['an object without a prototype', () => Object.create(null), JSON_TYPE, '{}'],
    ['an array', () => [1, 'two'], JSON_TYPE, '[1,"two"]'],
    ['a number', () => 7, JSON_TYPE, '7'],
    ['NaN', () => NaN, JSON_TYPE, 'null'],
    ['true', () => true, JSON_TYPE, 'true'],
    ['null', () => null, JSON_TYPE, 'null'],
    ['an instance', () => new Point(), JSON_TYPE, '{"x":1}'],
    ['an instance with toJSON', () => new Temperature(), JSON_TYPE, '"20 °C"'],
    ['a date', () => new Date(0), JSON_TYPE, '"1970-01-01T00:00:00.000Z"'],
    ['a Uint8Array', () => new Uint8Array([104, 105]), BYTES, 'hi'],
    ['a Buffer', () => Buffer.from('hi'), BYTES, 'hi'],
    ['an ArrayBuffer', () => new Uint8Array([104, 105]).buffer, BYTES, 'hi'],
    ['a part of a buffer', () => Buffer.from('[hi]').subarray(1, 3), BYTES, 'hi'],
    ['a DataView', () => new DataView(Uint8Array.of(91, 104, 105).buffer, 1), BYTES, 'hi'],
  ]
  test.each(cases)('%s', async (_, make, type, text) => {
    expect(await reply(make)).toMatchObject({ status: 200, type, text, fields: [] })
    expect(await reply(async () => make())).toMatchObject({ status: 200, type, text, fields: [] })
  })

  const nested: [name: string, make: () => unknown][] = [
    ['a promise of a promise', () => Promise.resolve(Promise.resolve('deep'))],
    // oxlint-disable-next-line unicorn/no-thenable
    ['a thenable', () => ({ then: (resolve: (v: string) => void) => resolve('deep') })],
  ]
  test.each(nested)('%s', async (_, make) => {
    expect(await reply(make)).toMatchObject({ status: 200, text: 'deep' })
  })
})

describe('nothing becomes 204', () => {
  test('undefined', async () => {
    expect(await reply(() => {})).toMatchObject({ status: 204, isEmpty: true, type: 0, text: '' })
  })

  test('unless a status was set', async () => {
    const handler: Handler = (ctx) => {
      ctx.status(202)
    }
    expect(await reply(handler)).toMatchObject({ status: 202, isEmpty: true })
  })

  test('ctx.status() alone, returned', async () => {
    expect(await reply((ctx) => ctx.status(201))).toMatchObject({ status: 201, isEmpty: true })
  })
})

describe('helpers', () => {
  const cases: [name: string, handler: Handler, expected: object][] = [
    ['text', (ctx) => ctx.text('t'), { status: 200, type: TEXT, text: 't' }],
    ['text with a status', (ctx) => ctx.text('t', 201), { status: 201, type: TEXT }],
    ['json', (ctx) => ctx.json({ a: [1] }), { type: JSON_TYPE, text: '{"a":[1]}' }],
    ['json of a string', (ctx) => ctx.json('s'), { type: JSON_TYPE, text: '"s"' }],
    ['html', (ctx) => ctx.html('<p>'), { type: HTML, text: '<p>' }],
    ['bytes', (ctx) => ctx.bytes(Uint8Array.of(65)), { type: BYTES, text: 'A' }],
    ['noContent', (ctx) => ctx.noContent(), { status: 204, isEmpty: true }],
    [
      'notFound',
      (ctx) => ctx.notFound('no such user'),
      {
        status: 404,
        type: PROBLEM,
        text: '{"title":"Not Found","status":404,"detail":"no such user"}',
      },
    ],
    [
      'redirect',
      (ctx) => ctx.redirect('/a b?c=ü'),
      { status: 302, fields: [['location', '/a%20b?c=%C3%BC']] },
    ],
    [
      'redirect that would begin another line',
      (ctx) => ctx.redirect('/\r\nset-cookie: a=1', 303),
      { status: 303, fields: [['location', '/%0D%0Aset-cookie:%20a=1']] },
    ],
    [
      'a chain of them',
      (ctx) => ctx.status(201).header('x-y', 'z').type('text/csv').text('a;b'),
      {
        status: 201,
        type: 0,
        fields: [
          ['x-y', 'z'],
          ['content-type', 'text/csv'],
        ],
      },
    ],
    [
      'a helper that is not returned',
      (ctx) => {
        ctx.text('said')
      },
      { status: 200, text: 'said' },
    ],
  ]
  test.each(cases)('%s', async (_, handler, expected) => {
    expect(await reply(handler)).toMatchObject(expected)
  })
})

describe('fields', () => {
  test('a field replaces those of its name in any spelling', async () => {
    const { fields } = await reply((ctx) =>
      ctx.header('X-A', '1').header('x-a', '2').append('x-a', '3').text(''),
    )
    expect(fields).toEqual([
      ['x-a', '2'],
      ['x-a', '3'],
    ])
  })

  test('several values, and none', async () => {
    const { fields } = await reply((ctx) =>
      ctx.header('vary', ['a', 'b']).header('x-b', 'b').header('x-b', undefined).text(''),
    )
    expect(fields).toEqual([
      ['vary', 'a'],
      ['vary', 'b'],
    ])
  })

  test('long names and values, and letters beyond ASCII', async () => {
    const name = `x-${'n'.repeat(100)}`
    const value = `ü${'v'.repeat(5000)}`
    const { fields, text } = await reply((ctx) => ctx.header(name, value).text('after'))
    expect(fields).toEqual([[name, value]])
    expect(text).toBe('after')
  })

  const invalid: [name: string, value: string][] = [
    ['x-a', 'a\r\nb: c'],
    ['x-a', 'a\nb'],
    ['x-a', 'a\0b'],
    ['x-a', 'a\u007fb'],
    ['x-a', '€'],
    ['x a', 'b'],
    ['', 'b'],
    ['x-a:', 'b'],
    ['x-ä', 'b'],
    ['x-a', 'v'.repeat(70_000)],
  ]
  test.each(invalid)('%j: %j is refused', async (name, value) => {
    const codes: unknown[] = []
    const { status, fields } = await reply((ctx) => {
      try {
        ctx.header(name, value)
      } catch (error) {
        codes.push((error as { code: string }).code)
      }
      return 'ok'
    })
    expect(codes).toEqual(['LANNER_HEADER_INVALID'])
    expect([status, fields]).toEqual([200, []])
  })

  test.each(['Transfer-Encoding', 'keep-alive', 'upgrade', 'te', 'Connection'])(
    '%s belongs to the server',
    async (name) => {
      const { text } = await reply((ctx) => {
        try {
          ctx.header(name, 'chunked')
        } catch (error) {
          return (error as { code: string }).code
        }
        return 'taken'
      })
      expect(text).toBe('LANNER_HEADER_RESERVED')
    },
  )

  describe('upgrade goes with 426', () => {
    const replies: [string, Handler][] = [
      ['by hand', (ctx) => ctx.status(426).header('Upgrade', 'websocket').text('')],
      ['of a Response', () => new Response('', { status: 426, headers: { upgrade: 'websocket' } })],
      [
        'of an error',
        () => {
          throw new HttpError(426, '', { headers: { upgrade: 'websocket' } })
        },
      ],
    ]
    test.each(replies)('%s', async (_, handler) => {
      const { status, fields } = await reply(handler)
      expect(status).toBe(426)
      expect(fields).toContainEqual([expect.stringMatching(/^upgrade$/i), 'websocket'])
    })

    test('and goes with it', async () => {
      const { status, fields } = await reply((ctx) => {
        ctx.status(426).header('upgrade', 'websocket')
        throw new HttpError(400)
      })
      expect([status, fields]).toEqual([400, []])
    })

    test('not of a Response with another status', async () => {
      const headers = { upgrade: 'websocket' }
      const { status, fields } = await reply(() => new Response(null, { status: 400, headers }))
      expect([status, fields]).toEqual([400, []])
    })
  })

  test('connection: close closes', async () => {
    const closed = await reply((ctx) => ctx.header('connection', 'close').text('bye'))
    expect(closed).toMatchObject({ close: true, fields: [], text: 'bye' })
    const empty = await reply((ctx) => ctx.header('connection', 'close').noContent())
    expect(empty).toMatchObject({ close: true, isEmpty: true })
  })

  test('too many fields for one record are an error reply', async () => {
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        for (let i = 0; i < 10; i++) ctx.append('x-big', 'v'.repeat(60_000))
        return 'never'
      }),
    )
    expect(await lane.ask('/')).toMatchObject({ status: 500 })
    expect(lane.takeReports()).toMatchObject([
      { code: 'LANNER_HEADER_INVALID' },
      { code: 'LANNER_HEADER_INVALID' },
    ])
  })

  test('a status that is none is refused', async () => {
    for (const status of [0, 99, 100, 103, 199, 600, 200.5, NaN]) {
      const lane = harness((r) => r.get('/', (ctx) => ctx.text('', status)))
      expect((await lane.ask('/')).status).toBe(500)
      expect(lane.takeReports()).toMatchObject([{ code: 'LANNER_STATUS_INVALID' }])
    }
  })
})

describe('lengths', () => {
  test('a length that fits is no field: the core writes it', async () => {
    const { fields, text } = await reply((ctx) => ctx.header('content-length', '2').text('hi'))
    expect([fields, text]).toEqual([[], 'hi'])
  })

  test.each(['1', '3'])('content-length %s of two bytes is an error', async (length) => {
    const lane = harness((r) =>
      r.get('/', (ctx) => ctx.header('content-length', length).text('hi')),
    )
    expect((await lane.ask('/')).status).toBe(500)
    expect(lane.takeReports()).toMatchObject([{ code: 'LANNER_CONTENT_LENGTH' }])
  })

  test('HEAD may say a length without a body', async () => {
    const lane = harness((r) => r.head('/', (ctx) => ctx.header('content-length', '1000')))
    const head = await lane.ask({ method: 'HEAD' })
    expect(head).toMatchObject({ status: 200, isStream: true, length: 1000 })
    expect(lane.kinds(0)).toEqual(['reply', 'end'])
  })

  test.each([204, 205, 304])('%i has no body', async (status) => {
    const lane = harness((r) => {
      r.get('/', (ctx) => ctx.text('body', status))
      r.get('/empty', (ctx) => ctx.text('', status))
      r.get('/stream', (ctx) => ctx.stream(['body'], status))
    })
    expect((await lane.ask('/')).status).toBe(500)
    expect((await lane.ask('/stream')).status).toBe(500)
    expect(lane.takeReports()).toMatchObject([
      { code: 'LANNER_BODY_NOT_ALLOWED' },
      { code: 'LANNER_BODY_NOT_ALLOWED' },
    ])
    expect(await lane.ask('/empty')).toMatchObject({ status, isEmpty: true })
  })
})

describe('sizes: inline up to 16 KiB, attached above', () => {
  const sizes = [31, 32, 33, 1000, 16_383, 16_384, 16_385, 65_536, 300_000]
  test.each(sizes)('%i bytes', async (size) => {
    const text = 'abc'.repeat(size).slice(0, size)
    const isLarge = size > 16_384
    expect(await reply(() => text)).toMatchObject({ text, isLarge })
    expect(await reply(() => Buffer.from(text))).toMatchObject({ text, isLarge })
    expect(await reply((ctx) => ctx.header('x', 'y').json(text))).toMatchObject({
      text: JSON.stringify(text),
      fields: [['x', 'y']],
    })
  })

  test.each([10, 32, 33, 10_000])('%i letters of three bytes each', async (size) => {
    const text = '€'.repeat(size)
    expect(await reply(() => text)).toMatchObject({ text })
  })

  test('many replies in one batch flush early and lose nothing', async () => {
    const lane = harness((r) => r.get('/:n', (ctx) => ctx.params.n.repeat(2000)), {
      outboxBytes: 65_536,
    })
    const targets = Array.from({ length: 100 }, (_, n) => ({ target: `/${1000 + n}` }))
    const slots = lane.send(...targets)
    expect(lane.flushes).toBeGreaterThan(1)
    for (const [n, slot] of slots.entries()) {
      expect(lane.reply(slot).text).toBe(String(1000 + n).repeat(2000))
    }
  })
})

describe('Response', () => {
  const cases: [name: string, make: () => Response, expected: object][] = [
    ['a string', () => new Response('hi'), { status: 200, text: 'hi' }],
    ['nothing', () => new Response(null), { status: 200, isEmpty: true }],
    ['a status', () => new Response('no', { status: 418 }), { status: 418, text: 'no' }],
    [
      'JSON',
      () => Response.json({ a: 1 }),
      { text: '{"a":1}', fields: [['content-type', 'application/json']] },
    ],
    [
      'cookies apart',
      () => {
        const headers = new Headers([
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
          ['x-a', 'y'],
        ])
        return new Response(null, { status: 204, headers })
      },
      {
        status: 204,
        fields: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
          ['x-a', 'y'],
        ],
      },
    ],
    ['a redirect', () => Response.redirect('http://a/b', 307), { status: 307 }],
    [
      'fields of another connection',
      () => new Response('hi', { headers: { 'transfer-encoding': 'chunked', 'keep-alive': '5' } }),
      { fields: [['content-type', 'text/plain;charset=UTF-8']], text: 'hi' },
    ],
  ]
  test.each(cases)('%s', async (_, make, expected) => {
    expect(await reply(make)).toMatchObject(expected)
  })

  test('its fields win over those set before; cookies are added', async () => {
    const { fields } = await reply((ctx) => {
      ctx.header('x-a', 'before').header('x-b', 'kept').cookies.set('own', '1')
      return new Response(null, { headers: { 'x-a': 'after', 'set-cookie': 'theirs=2' } })
    })
    expect(fields).toEqual([
      ['x-b', 'kept'],
      ['set-cookie', 'own=1; Path=/'],
      ['set-cookie', 'theirs=2'],
      ['x-a', 'after'],
    ])
  })

  test('one that was read, and one that is an error', async () => {
    const used = new Response('x')
    await used.text()
    const lane = harness((r) => {
      r.get('/used', () => used)
      r.get('/error', () => Response.error())
    })
    expect((await lane.ask('/used')).status).toBe(500)
    expect((await lane.ask('/error')).status).toBe(500)
    expect(lane.takeReports()).toMatchObject([
      { code: 'LANNER_REPLY_VALUE' },
      { code: 'LANNER_STATUS_INVALID' },
    ])
  })
})

describe('short sources become whole replies', () => {
  const cases: [name: string, make: () => unknown][] = [
    ['a generator', () => ['a', 'b'].values()],
    [
      'an async generator',
      async function* make() {
        yield 'a'
        yield Buffer.from('b')
      },
    ],
    ['a Node Readable', () => Readable.from(['a', 'b'])],
    ['a Blob', () => new Blob(['ab'])],
    [
      'a ReadableStream',
      () =>
        new ReadableStream({
          start: (controller) => {
            controller.enqueue('a')
            controller.enqueue(Buffer.from('b'))
            controller.close()
          },
        }),
    ],
  ]
  test.each(cases)('%s', async (_, make) => {
    const lane = harness((r) => r.get('/', make as Handler))
    lane.send({})
    await expect.poll(() => lane.kinds(0).at(-1)).toMatch(/reply|end/)
    const whole = lane.kinds(0).length === 1 ? lane.reply(0).text : lane.written(0)
    expect(whole).toBe('ab')
  })

  test('a Blob has its type', async () => {
    const lane = harness((r) => r.get('/', () => new Blob(['ab'], { type: 'text/x-ab' })))
    lane.send({})
    await expect.poll(() => lane.records.length).toBeGreaterThan(0)
    expect(lane.reply(0).fields).toEqual([['content-type', 'text/x-ab']])
  })

  test('forms', async () => {
    expect(await reply(() => new URLSearchParams({ a: 'b c' }))).toMatchObject({
      text: 'a=b+c',
      fields: [['content-type', 'application/x-www-form-urlencoded;charset=UTF-8']],
    })
  })
})

describe('values that cannot be sent', () => {
  const cases: [name: string, make: () => unknown, code: string | undefined][] = [
    ['a function', () => () => {}, 'LANNER_REPLY_VALUE'],
    ['a symbol', () => Symbol('s'), 'LANNER_REPLY_VALUE'],
    ['a bigint', () => 1n, 'LANNER_REPLY_VALUE'],
    [
      'an object that has no JSON',
      () =>
        new (class X {
          toJSON() {}
        })(),
      'LANNER_REPLY_VALUE',
    ],
    ['an error', () => new Error('returned'), undefined],
  ]
  test.each(cases)('%s', async (_, make, code) => {
    const lane = harness((r) => r.get('/', make as Handler))
    expect(await lane.ask('/')).toMatchObject({ status: 500, type: PROBLEM })
    const [report] = lane.takeReports() as { code?: string }[]
    expect(report!.code).toBe(code)
  })

  test('a returned HttpError is the one that was meant to be thrown', async () => {
    expect(await reply(() => new HttpError(409))).toMatchObject({ status: 409 })
  })

  test('ctx.json() of nothing', async () => {
    const lane = harness((r) => r.get('/', (ctx) => ctx.json(undefined)))
    expect((await lane.ask('/')).status).toBe(500)
    expect(lane.takeReports()).toMatchObject([{ code: 'LANNER_REPLY_VALUE' }])
  })
})
