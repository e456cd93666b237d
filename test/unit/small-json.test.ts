// Small objects that are written as JSON where they are sent: the same bytes as JSON.stringify, or
// nothing.

import { afterEach, describe, expect, test } from 'vitest'

import { HeaderSet } from '../../src/header-set.ts'
import { allocBytes } from '../../src/native/bytes.ts'
import { NOT_SMALL, SMALL_JSON_MAX, SmallJson } from '../../src/native/small-json.ts'
import { ok } from '../../src/results.ts'
import { harness } from '../support/lane.ts'

import type { Context } from '../../src/context.ts'

const AT = 8
const MARK = 0xee
const STILL = { version: 0 }

/** What is written of the last, after the others were. */
function written(json: SmallJson, value: object, place = STILL): string | undefined {
  const bytes = allocBytes(AT + SMALL_JSON_MAX + 8).fill(MARK) as ReturnType<typeof allocBytes>
  const end = json.write(value, bytes, AT, place)
  expect(bytes.subarray(AT + SMALL_JSON_MAX).every((byte) => byte === MARK)).toBe(true)
  return end === NOT_SMALL ? undefined : bytes.toString('latin1', AT, end)
}

/** A writer that knows the members of a value. */
function knowing(value: object): SmallJson {
  const json = new SmallJson()
  expect(written(json, value)).toBeUndefined()
  return json
}

describe('what JSON.stringify makes', () => {
  const cases: [name: string, value: object][] = [
    ['texts', { id: '4711', name: '', last: 'Ada Lovelace' }],
    ['the longest text', { text: 'x'.repeat(32) }],
    ['the edges of ASCII', { text: ' ~\u007f!#[]/' }],
    ['small integers', { a: 0, b: 7, c: 10, d: 99, e: 100, f: 12_345 }],
    ['powers of ten and their neighbours', { a: 999, b: 1000, c: 999_999_999, d: 1_000_000_000 }],
    ['the ends of 32 bits', { a: 2 ** 31 - 1, b: -(2 ** 31), c: 2 ** 31, d: 2 ** 32 }],
    ['negative numbers and zero', { a: -1, b: -0, c: -99.5 }],
    ['fractions', { a: 0.1, b: 1e21, c: 5e-324, d: 1.7976931348623157e308 }],
    ['numbers that JSON has not', { a: NaN, b: Infinity, c: -Infinity }],
    ['true, false and null', { a: true, b: false, c: null }],
    ['members that are undefined', { a: undefined, b: 1, c: undefined, d: 'x', e: undefined }],
    ['names that are escaped', { 'a "quoted" name': 1, 'back\\slash': 2, 'line\nbreak': 3 }],
    ['names beyond ASCII', { grüße: 1, '€': 2 }],
    ['names of numbers come first', { b: 1, 10: 2, 2: 3 }],
    ['names that objects have', { constructor: 1, toString: 'x', hasOwnProperty: null }],
    ['a member named __proto__', JSON.parse('{"__proto__":1,"a":2}') as object],
  ]
  test.each(cases)('%s', (_, value) => {
    const text = written(knowing(value), value)
    expect(Buffer.from(text!, 'latin1').toString()).toBe(JSON.stringify(value))
  })

  test('whatever values follow in the same members', () => {
    const json = knowing({ a: 1, b: 'x', c: true })
    const values = ['', 'two', 'x'.repeat(32), 0, 3, -4.25, true, false, null, undefined]
    for (const a of values) {
      for (const b of values) {
        const value = { a, b, c: 1 }
        expect(written(json, value)).toBe(JSON.stringify(value))
      }
    }
  })

  test('of an object that has the first of the members only', () => {
    const json = knowing({ a: 1, b: 2 })
    expect(written(json, { a: 3 })).toBe('{"a":3}')
  })
})

describe('what is left to JSON.stringify', () => {
  const cases: [name: string, value: object, like?: object][] = [
    ['an object without members', {}],
    ['a text that is escaped', { a: 'a "word"' }],
    ['a backslash', { a: 'C:\\' }],
    ['a control character', { a: 'a\u001fb' }],
    ['a text beyond ASCII', { a: 'ä' }],
    ['a lone surrogate', { a: '\ud800' }],
    ['a long text', { a: 'x'.repeat(33) }],
    ['an object in it', { a: {} }],
    ['a list in it', { a: [] }],
    ['a date in it', { a: new Date(0) }],
    ['a function in it', { a: () => 1 }],
    ['a symbol in it', { a: Symbol('a') }],
    ['a BigInt in it', { a: 1n }],
    ['toJSON that can be seen', { a: 1, toJSON: () => 'x' }],
    ['toJSON that cannot', Object.defineProperty({ a: 1 }, 'toJSON', { value: () => 'x' })],
    ['a getter', Object.defineProperty({}, 'a', { get: () => 1, enumerable: true })],
    ['another member in the place of one', { b: 1 }, { a: 1 }],
    ['a member more', { a: 1, b: 2 }, { a: 1 }],
    ['the same in another order', { b: 1, a: 2 }, { a: 2, b: 1 }],
  ]
  test.each(cases)('%s', (_, value, like = value) => {
    expect(written(knowing(like), value)).toBeUndefined()
  })

  test('more bytes than are cheap', () => {
    const value = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`m${i}`, 'x'.repeat(32)]))
    expect(written(knowing(value), value)).toBeUndefined()
  })

  test('names that are long together', () => {
    const value = { ['x'.repeat(200)]: 1 }
    expect(written(knowing(value), value)).toBeUndefined()
  })

  test('a getter that is new and writes a record of its own', () => {
    const json = knowing({ a: 1, b: 2 })
    const place = { version: 0 }
    const value = { get a() { return place.version++ }, b: 2 } // oxfmt-ignore
    expect(written(json, value, place)).toBeUndefined()
  })

  describe('with a member that all objects have', () => {
    afterEach(() => {
      delete (Object.prototype as { b?: number }).b
    })

    test('nothing of it is sent', () => {
      const json = knowing({ a: 1, b: 2 })
      // oxlint-disable-next-line no-extend-native
      ;(Object.prototype as { b?: number }).b = 3
      expect(written(json, { a: 1 })).toBeUndefined()
    })
  })
})

describe('other members', () => {
  test('are known from then on', () => {
    const json = knowing({ a: 1 })
    expect(written(json, { b: 1 })).toBeUndefined()
    expect(written(json, { b: 2 })).toBe('{"b":2}')
  })

  test('every other time are not worth the attempt', () => {
    const json = knowing({ a: 1 })
    for (let i = 0; i < 4; i++) written(json, i % 2 === 0 ? { b: 1 } : { a: 1 })
    for (let i = 0; i < 3; i++) expect(written(json, { a: 1 })).toBeUndefined()
  })

  test('now and then are', () => {
    const json = knowing({ a: 'x' })
    for (let i = 0; i < 200; i++) {
      const value = { a: i % 20 === 0 ? 'ä' : 'x' }
      expect(written(json, value)).toBe(i % 20 === 0 ? undefined : '{"a":"x"}')
    }
  })
})

describe('replies', () => {
  /** The replies to as many requests. */
  async function replies(handler: (i: number) => unknown, count: number): Promise<any[]> {
    let i = 0
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ctx.header('x-a', 'one')
        return handler(i++)
      }),
    )
    const all: any[] = []
    for (let n = 0; n < count; n++) all.push(await lane.ask({}))
    return all
  }

  const cases: [name: string, make: (i: number) => unknown, status: number][] = [
    ['an object', (i) => ({ id: i, name: 'Ada' }), 200],
    ['a promise of one', async (i) => ({ id: i, name: 'Ada' }), 200],
    ['a result', (i) => ok({ id: i, name: 'Ada' }), 200],
  ]
  test.each(cases)('%s', async (_, make, status) => {
    const fields = [['x-a', 'one']]
    const expected = [0, 1, 2].map((id) => {
      return { status, type: 2, text: `{"id":${id},"name":"Ada"}`, fields }
    })
    expect(await replies(make, 3)).toMatchObject(expected)
  })

  /** What a getter does to a reply whose other members are known. */
  const doings: [name: string, act: (ctx: Context) => unknown][] = [
    ['a status', (ctx) => ctx.status(201)],
    ['a field', (ctx) => ctx.header('x-late', '1')],
    ['the last of the fields', (ctx) => ctx.header('x-a', 'two')],
    ['a cookie', (ctx) => ctx.cookies.set('k', '1')],
    ['a block of fields', (ctx) => ctx.setHeaders(new HeaderSet({ 'x-block': '1' }))],
    ['the end of the connection', (ctx) => ctx.header('connection', 'close')],
  ]
  test.each(doings)('a getter behind a known name sets %s', async (_, act) => {
    for (const isTouched of [false, true]) {
      const lane = harness((r) =>
        r.get('/:of', (ctx) => {
          ctx.header('x-b', 'b').header('x-a', 'one')
          if (isTouched) ctx.onEnd(() => {})
          if (ctx.params.of === 'done') act(ctx as never)
          if (ctx.params.of !== 'got') return { id: 1 }
          return { get id() { return (act(ctx as never), 1) } } // oxfmt-ignore
        }),
      )
      const ask = (of: string): Promise<any> => lane.ask({ target: `/${of}`, params: [of] })
      await ask('plain')
      const { slot: _s, generation: _g, ...got } = await ask('got')
      const { slot: _t, generation: _h, ...done } = await ask('done')
      expect(got).toEqual(done)
    }
  })

  test('a getter behind known names runs once for each reply, from the second one on', async () => {
    let calls = 0
    const like = (i: number): object => ({
      get id() {
        calls++
        return i % 2 === 0 ? 1 : 'ä'
      },
    })
    await replies((i) => (i === 0 ? { id: 1 } : like(i)), 2)
    calls = 0
    await replies((i) => (i === 0 ? { id: 1 } : like(i)), 12)
    // Only the first of them is asked twice: it is where the getter shows.
    expect(calls).toBe(12)
  })

  test('hold to a status and a content type that were set', async () => {
    const lane = harness((r) =>
      r.get('/', (ctx) => ctx.status(201).type('application/hal+json') && { id: 1 }),
    )
    for (let n = 0; n < 3; n++) {
      expect(await lane.ask({})).toMatchObject({
        status: 201,
        type: 0,
        text: '{"id":1}',
        fields: [['content-type', 'application/hal+json']],
      })
    }
  })

  test('are told to whoever hears of the end', async () => {
    const ends: unknown[] = []
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ctx.onEnd(({ status, bodyBytes }) => ends.push([status, bodyBytes]))
        return { id: 1 }
      }),
    )
    for (let n = 0; n < 3; n++) await lane.ask({})
    expect(ends).toEqual(Array.from({ length: 3 }, () => [200, 8]))
  })

  test('close the connection where that was asked for', async () => {
    const lane = harness((r) => r.get('/', (ctx) => ctx.header('connection', 'close') && { id: 1 }))
    for (let n = 0; n < 3; n++) {
      expect(await lane.ask({})).toMatchObject({ text: '{"id":1}', close: true })
    }
  })
})
