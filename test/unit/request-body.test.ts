// Request bodies: whole, in pieces, too late, twice, cut.

import { describe, expect, test } from 'vitest'

import { HttpError } from '../../src/errors.ts'
import { deferred } from '../support/deferred.ts'
import { harness } from '../support/lane.ts'
import { encodeBody, encodeBodyEnd, encodeBodyLarge, encodeCancel } from '../support/wire.mjs'

import type { BodySource } from '../../src/body/source.ts'
import type { FormOptions } from '../../src/multipart/limits.ts'
import type { HarnessOptions } from '../support/lane.ts'

type Parts = Parameters<ReturnType<typeof harness>['send']>[0]

const inPieces = { method: 'POST', body: '', isComplete: false, contentLength: -1 }

/** A lane whose only handler reads the body. */
function reading(read: (body: BodySource) => unknown, options: HarnessOptions = {}) {
  return harness((r) => r.all('/', (ctx) => read(ctx.body)), options)
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const ways: [name: string, read: (body: BodySource) => Promise<unknown>, expected: unknown][] = [
  ['text', (body) => body.text(), '{"a":"ü"}'],
  ['json', (body) => body.json(), { a: 'ü' }],
  ['bytes', async (body) => Buffer.from(await body.bytes()).toString(), '{"a":"ü"}'],
  ['iterator', (body) => readAll(body), '{"a":"ü"}'],
  ['stream', (body) => readAll(body.stream), '{"a":"ü"}'],
  [
    'forEach',
    async (body) => {
      const chunks: Uint8Array[] = []
      await body.forEach((chunk) => void chunks.push(Buffer.from(chunk)))
      return Buffer.concat(chunks).toString()
    },
    '{"a":"ü"}',
  ],
  ['stream by Response', (body) => new Response(body.stream).json(), { a: 'ü' }],
]

describe.each(ways)('%s', (_, read, expected) => {
  const bytes = Buffer.from('{"a":"ü"}')

  async function result(
    parts: NonNullable<Parts>,
    feed: (slot: number) => Uint8Array[] = () => [],
  ) {
    const lane = reading(async (body) => ({ value: await read(body), used: body.used }))
    const [slot] = lane.send(parts)
    for (const entry of feed(slot!)) {
      await lane.rest()
      lane.batch(entry)
    }
    await expect.poll(() => lane.of(slot!).length).toBe(1)
    return JSON.parse(lane.reply(slot!).text)
  }

  test('a body in the entry', async () => {
    expect(await result({ method: 'POST', body: bytes })).toEqual({ value: expected, used: true })
  })

  test('a body in pieces, split anywhere', async () => {
    for (let at = 1; at < bytes.length; at++) {
      const seen = await result(inPieces, (slot) => [
        encodeBody(slot, 1, bytes.subarray(0, at)),
        encodeBody(slot, 1, bytes.subarray(at), true),
      ])
      expect(seen.value).toEqual(expected)
    }
  })

  test('a body that ends by an entry of its own', async () => {
    const seen = await result({ ...inPieces, contentLength: bytes.length }, (slot) => [
      encodeBody(slot, 1, bytes),
      encodeBodyEnd(slot, 1),
    ])
    expect(seen.value).toEqual(expected)
  })
})

test('pieces that came before anybody read', async () => {
  const gate = deferred()
  const lane = reading(async (body) => {
    await gate.promise
    return body.text()
  })
  lane.send(inPieces)
  lane.batch(encodeBody(0, 1, 'a'), encodeBody(0, 1, 'b'))
  lane.batch(encodeBody(0, 1, 'c', true))
  gate.resolve()
  await lane.rest()
  expect(lane.reply(0).text).toBe('abc')
})

test('pieces are copies: the inbox and the chunk may be overwritten', async () => {
  const lane = reading(async (body) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of body) chunks.push(chunk)
    const isOwn = chunks.every((chunk) => chunk.byteLength === chunk.buffer.byteLength)
    return [isOwn, ...chunks.map((chunk) => Buffer.from(chunk).toString())]
  })
  lane.send(inPieces)
  await lane.rest()
  lane.batch(encodeBody(0, 1, 'first'))
  lane.lane.bytes.fill(0xff)
  const large = Buffer.from('large')
  lane.chunks = [large]
  lane.batch(encodeBodyLarge(0, 1, 5, 0, true))
  large.fill(0xff)
  await lane.rest()
  expect(lane.reply(0).text).toBe('[true,"first","large"]')
})

describe('forEach', () => {
  const letters = (lane: ReturnType<typeof harness>, ...parts: string[]): void => {
    for (const part of parts) lane.batch(encodeBody(0, 1, part))
  }

  test('lends: the memory is used again once the call has returned', async () => {
    const lent: Uint8Array[] = []
    const lane = reading(async (body) => {
      await body.forEach((chunk) => void lent.push(chunk))
      return new Set(lent.map(({ buffer }) => buffer)).size
    })
    lane.send(inPieces)
    await lane.rest()
    letters(lane, 'a', 'b', 'c')
    lane.batch(encodeBodyEnd(0, 1))
    await lane.rest()
    expect(lane.reply(0).text).toBe('1')
  })

  test('waits for a promise, in order, with the bytes kept meanwhile', async () => {
    const gates = [deferred(), deferred()]
    const seen: string[] = []
    const lane = reading(async (body) => {
      let n = 0
      await body.forEach(async (chunk) => {
        await gates[n++]?.promise
        seen.push(Buffer.from(chunk).toString())
      })
      return seen.join('')
    })
    lane.send(inPieces)
    await lane.rest()
    letters(lane, 'one ', 'two ', 'three ')
    lane.batch(encodeBody(0, 1, 'four', true))
    await lane.rest()
    expect(seen).toEqual([])
    gates[0]!.resolve()
    await lane.rest()
    expect(seen).toEqual(['one '])
    gates[1]!.resolve()
    await lane.rest()
    expect(lane.reply(0).text).toBe('one two three four')
  })

  test.each<[string, () => void | Promise<void>]>([
    [
      'throws',
      () => {
        throw new HttpError(422)
      },
    ],
    ['rejects', () => Promise.reject(new HttpError(422))],
  ])('a receiver that %s ends it', async (_, receive) => {
    let calls = 0
    const lane = reading((body) =>
      body.forEach(() => {
        calls++
        return receive()
      }),
    )
    lane.send(inPieces)
    await lane.rest()
    letters(lane, 'a')
    await lane.rest()
    expect(lane.reply(0).status).toBe(422)
    letters(lane, 'b')
    expect(calls).toBe(1)
  })

  test('pieces that came before it are handed over first', async () => {
    const gate = deferred()
    const lane = reading(async (body) => {
      await gate.promise
      let text = ''
      await body.forEach((chunk) => void (text += Buffer.from(chunk).toString()))
      return text
    })
    lane.send(inPieces)
    await lane.rest()
    letters(lane, 'a', 'b')
    gate.resolve()
    await lane.rest()
    lane.batch(encodeBody(0, 1, 'c', true))
    await lane.rest()
    expect(lane.reply(0).text).toBe('abc')
  })
})

describe('nothing to read', () => {
  test('no body at all', async () => {
    const lane = reading(async (body) => [body.hasBody, body.length, await body.text()])
    lane.send({})
    await lane.rest()
    expect(lane.reply(0).text).toBe('[false,0,""]')
  })

  test('an empty one', async () => {
    const lane = reading(async (body) => [body.hasBody, await readAll(body)])
    lane.send({ method: 'POST', body: '' })
    await lane.rest()
    expect(lane.reply(0).text).toBe('[true,""]')
  })

  test('length', async () => {
    const lane = reading((body) => [body.length ?? 'unknown'])
    lane.send({ ...inPieces, contentLength: 5 * 2 ** 32 + 7 }, inPieces)
    expect(lane.reply(0).text).toBe(`[${5 * 2 ** 32 + 7}]`)
    expect(lane.reply(1).text).toBe('["unknown"]')
  })
})

describe('JSON', () => {
  test.each(['', '{', '{"a":1}x', 'nope', '\ufeff\ufeff1'])('%j is a 400', async (body) => {
    const lane = reading((source) => source.json())
    lane.send({ method: 'POST', body })
    await lane.rest()
    const reply = lane.reply(0)
    expect(reply.status).toBe(400)
    expect(JSON.parse(reply.text)).toMatchObject({ code: 'LANNER_JSON_INVALID', status: 400 })
  })

  test('a byte order mark is no part of it', async () => {
    const lane = reading((source) => source.json())
    lane.send({ method: 'POST', body: '\ufeff{"a":1}' })
    await lane.rest()
    expect(lane.reply(0).text).toBe('{"a":1}')
  })

  test('broken UTF-8 is replaced', async () => {
    const lane = reading((source) => source.text())
    lane.send({ method: 'POST', body: Uint8Array.of(0x61, 0xff, 0x62) })
    await lane.rest()
    expect(lane.reply(0).text).toBe('a\ufffdb')
  })
})

test('forms', async () => {
  const lane = reading(async (source) => [...(await source.form())])
  const type = 'application/x-www-form-urlencoded'
  const body = 'a=1&b=x+y&a=%C3%BC'
  lane.send(
    { method: 'POST', body, headers: [['content-type', type]] },
    { method: 'POST', body, headers: [['Content-Type', `${type}; charset=utf-8`]] },
    { method: 'POST', body, headers: [['content-type', 'text/plain']] },
    { method: 'POST', body },
  )
  await lane.rest()
  const form = '[["a","1"],["b","x y"],["a","ü"]]'
  expect([0, 1].map((slot) => lane.reply(slot).text)).toEqual([form, form])
  expect([2, 3].map((slot) => lane.reply(slot).status)).toEqual([415, 415])
})

describe('fields of a form', () => {
  const type = 'application/x-www-form-urlencoded'
  const fields = (count: number): string => Array(count).fill('a=1').join('&')
  const ask = async (body: string, options?: FormOptions): Promise<[number, string]> => {
    const lane = reading(async (source) => [...(await source.form(options))].length)
    lane.send({ method: 'POST', body, headers: [['content-type', type]] })
    await lane.rest()
    const { status, text } = lane.reply(0)
    return [status, text]
  }

  test.each<[of: string, body: string, options: FormOptions | undefined, fields: number]>([
    ['as many as there may be', fields(1024), undefined, 1024],
    ['as many as were asked for', fields(2000), { parts: 2000 }, 2000],
    ['nothing between them is none', '&&&&a=1&&&&&b=2&&', { parts: 2 }, 2],
    ['none', '', { parts: 1 }, 0],
    ['names alone', 'a&b', { parts: 2 }, 2],
  ])('%s', async (_, body, options, count) => {
    expect(await ask(body, options)).toEqual([200, String(count)])
  })

  test.each<[of: string, body: string, options: FormOptions | undefined, most: number]>([
    ['one too many', fields(1025), undefined, 1024],
    ['one more than were asked for', 'a=1&b=2&c=3', { parts: 2 }, 2],
    ['short ones', 'a&b&c', { parts: 2 }, 2],
    ['with nothing between them', '&&a&&b&&', { parts: 1 }, 1],
  ])('%s is a 413', async (_, body, options, most) => {
    const [status, text] = await ask(body, options)
    expect(status).toBe(413)
    expect(JSON.parse(text)).toMatchObject({
      code: 'LANNER_MULTIPART_LIMIT',
      detail: `The number of fields passes the limit parts (${most}).`,
    })
  })

  test.each<[options: unknown, message: RegExp]>([
    [{ parts: 0 }, /parts/],
    [{ part: 5 }, /no option part/],
    [5, /options of form\(\)/],
  ])('wrong options %o are a rejection', async (options, message) => {
    let given: unknown
    const lane = reading((source) =>
      source.form(options as FormOptions).catch((error: unknown) => (given = error) && 'caught'),
    )
    lane.send({ method: 'POST', body: 'a=1', headers: [['content-type', type]] })
    await lane.rest()
    expect(given).toMatchObject({ code: 'LANNER_OPTION_INVALID' })
    expect((given as Error).message).toMatch(message)
  })
})

describe('once', () => {
  const second: [string, (body: BodySource) => Promise<unknown>][] = [
    ['text', (body) => body.text()],
    ['json', (body) => body.json()],
    ['bytes', (body) => body.bytes()],
    ['iterator', (body) => readAll(body)],
    ['stream', (body) => body.stream.getReader().read()],
  ]
  test.each(second)('%s after text() says so', async (_, read) => {
    for (const parts of [{ method: 'POST', body: '1' }, { method: 'GET' }]) {
      const lane = reading(async (body) => {
        await body.text()
        return read(body).catch((error: { code: string }) => error.code)
      })
      lane.send(parts)
      await lane.rest()
      expect(lane.reply(0).text).toBe('LANNER_BODY_USED')
    }
  })

  test('touching the stream does not use the body', async () => {
    const lane = reading(async (body) => {
      void body.stream
      return body.text()
    })
    lane.send({ method: 'POST', body: 'x' })
    await lane.rest()
    expect(lane.reply(0).text).toBe('x')
  })
})

describe('credit', () => {
  const options = { requestWindowBytes: 65_536 }
  const piece = Buffer.alloc(8000, 'p')
  const credit = (lane: ReturnType<typeof harness>): number[] =>
    lane.of(0).flatMap((record) => (record.kind === 'read' ? [record.bytes] : []))

  test('nothing is given back while nobody reads', async () => {
    const lane = reading(() => new Promise(() => {}), options)
    lane.send(inPieces)
    for (let i = 0; i < 8; i++) lane.batch(encodeBody(0, 1, piece))
    await lane.rest()
    expect(credit(lane)).toEqual([])
  })

  test('half a window at a time, all of it in the end but for the rest', async () => {
    let bytes = 0
    const lane = reading(async (body) => {
      for await (const chunk of body) bytes += chunk.byteLength
      return 'done'
    }, options)
    lane.send(inPieces)
    for (let i = 0; i < 25; i++) {
      lane.batch(encodeBody(0, 1, piece))
      await lane.rest()
    }
    expect(bytes).toBe(200_000)
    expect(credit(lane)).toEqual([40_000, 40_000, 40_000, 40_000, 40_000])
    lane.batch(encodeBody(0, 1, piece, true))
    await lane.rest()
    expect(lane.kinds(0).at(-1)).toBe('reply')
  })

  test('whole reads give it back as the bytes come', async () => {
    const lane = reading(async (body) => (await body.bytes()).byteLength, options)
    lane.send(inPieces)
    await lane.rest()
    for (let i = 0; i < 10; i++) lane.batch(encodeBody(0, 1, piece))
    lane.batch(encodeBody(0, 1, piece, true))
    await lane.rest()
    expect(credit(lane)).toEqual([40_000, 40_000])
    expect(lane.of(0).at(-1).text).toBe('88000')
  })

  test('a handler that stops reading gives nothing more', async () => {
    const gate = deferred()
    const lane = reading(async (body) => {
      for await (const _ of body) break
      await gate.promise
      return 'enough'
    }, options)
    lane.send(inPieces)
    for (let i = 0; i < 12; i++) lane.batch(encodeBody(0, 1, piece))
    await lane.rest()
    for (let i = 0; i < 12; i++) lane.batch(encodeBody(0, 1, piece))
    await lane.rest()
    expect(credit(lane)).toEqual([])
    gate.resolve()
    await lane.rest()
    expect(lane.reply(0).text).toBe('enough')
  })

  test('100-continue is asked for by the first read, once', async () => {
    const gate = deferred()
    const lane = reading(async (body) => {
      await gate.promise
      return body.text()
    })
    lane.send({ ...inPieces, expectContinue: true })
    await lane.rest()
    expect(credit(lane)).toEqual([])
    gate.resolve()
    await lane.rest()
    expect(credit(lane)).toEqual([0])
    lane.batch(encodeBody(0, 1, 'x', true))
    await lane.rest()
    expect(lane.kinds(0)).toEqual(['read', 'reply'])
  })

  test('a handler that never reads never asks', async () => {
    const lane = reading(() => 'no, thanks')
    lane.send({ ...inPieces, expectContinue: true })
    await lane.rest()
    expect(lane.kinds(0)).toEqual(['reply'])
  })
})

test('trailers are there when the body has been read', async () => {
  const lane = reading(async (body) => {
    const before = body.trailers === undefined
    const text = await body.text()
    return [before, text, body.trailers?.get('x-sum'), [...(body.trailers ?? [])]]
  })
  lane.send(inPieces)
  const trailers = [
    ['X-Sum', '42'],
    ['Date', 'today'],
  ]
  lane.batch(encodeBody(0, 1, 'x'), encodeBodyEnd(0, 1, trailers as []))
  lane.lane.bytes.fill(0xff)
  await lane.rest()
  expect(JSON.parse(lane.reply(0).text)).toEqual([
    true,
    'x',
    '42',
    [
      ['x-sum', '42'],
      ['date', 'today'],
    ],
  ])
})

describe('a body that is cut', () => {
  test.each([
    [1, 'LANNER_PEER_GONE', undefined],
    [4, 'LANNER_BODY_MALFORMED', 400],
    [5, 'LANNER_BODY_TOO_LARGE', 413],
    [6, 'LANNER_BODY_TIMEOUT', 408],
  ])('reason %i rejects the read with %s', async (reason, code, status) => {
    const errors: unknown[] = []
    for (const [, read] of ways) {
      const lane = reading((body) => read(body).catch((error: unknown) => errors.push(error)))
      lane.send(inPieces)
      lane.batch(encodeBody(0, 1, '{'))
      await lane.rest()
      lane.batch(encodeCancel(0, 1, reason))
      await lane.rest()
      expect(lane.records).toEqual([])
    }
    expect(errors).toHaveLength(ways.length)
    const expected = status === undefined ? { code } : { code, status }
    for (const error of errors) {
      const typed = (error as { cause?: unknown }).cause ?? error
      expect('code' in (error as object) ? error : typed).toMatchObject(expected)
    }
  })

  test('what has come whole can be read after the client has gone', async () => {
    const gate = deferred()
    const texts: string[] = []
    const lane = reading(async (body) => {
      await gate.promise
      texts.push(await body.text())
    })
    lane.send(inPieces, { method: 'POST', body: 'inline' })
    await lane.rest()
    lane.batch(encodeBody(0, 1, 'pieces', true))
    await lane.rest()
    lane.batch(encodeCancel(0, 1, 1), encodeCancel(1, 1, 1))
    gate.resolve()
    await lane.rest()
    expect(texts.sort()).toEqual(['inline', 'pieces'])
  })

  test('a rejection that nobody looks at in time ends nothing', async () => {
    const gate = deferred()
    const codes: unknown[] = []
    const lane = reading(async (body) => {
      const later = body.json()
      await gate.promise
      await later.catch((error: { code: string }) => codes.push(error.code))
    })
    lane.send(inPieces, { method: 'POST', body: '{' })
    lane.batch(encodeCancel(0, 1, 1))
    // Unhandled rejections would be raised here, and fail the run.
    await new Promise((resolve) => setTimeout(resolve, 5))
    gate.resolve()
    await lane.rest()
    expect(codes.sort()).toEqual(['LANNER_JSON_INVALID', 'LANNER_PEER_GONE'])
  })

  test('the reply ends the reading of the rest', async () => {
    const codes: unknown[] = []
    const lane = reading((body) => {
      void body.text().catch((error: { code: string }) => codes.push(error.code))
      return 'early'
    })
    lane.send(inPieces)
    await lane.rest()
    lane.batch(encodeBody(0, 1, 'late', true))
    await lane.rest()
    expect(lane.kinds(0)).toEqual(['reply'])
    expect(codes).toEqual(['LANNER_BODY_CLOSED'])
  })
})

test('a long body with a declared length arrives whole', async () => {
  const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251))
  for (const contentLength of [body.length, -1]) {
    const lane = reading(async (source) => Buffer.from(await source.bytes()).equals(body))
    lane.send({ ...inPieces, contentLength })
    await lane.rest()
    for (let at = 0; at < body.length; at += 7777) {
      const end = Math.min(at + 7777, body.length)
      lane.batch(encodeBody(0, 1, body.subarray(at, end), end === body.length))
    }
    await lane.rest()
    expect(lane.reply(0).text).toBe('true')
  }
})
