// Streamed replies: pace, ends, failures, cancels.

import { Readable } from 'node:stream'

import { describe, expect, test } from 'vitest'

import { HttpError } from '../../src/errors.ts'
import { deferred } from '../support/deferred.ts'
import { harness } from '../support/lane.ts'
import { encodeBody, encodeCancel, encodeCredit } from '../support/wire.mjs'

import type { Handler } from '../../src/handler.ts'
import type { HarnessOptions } from '../support/lane.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function streaming(handler: Handler, options: HarnessOptions = {}) {
  return harness((r) => r.all('/', handler), { replyWindowBytes: 10_000, ...options })
}

/** Yields each part after a turn of the loop. */
async function* slowly(...parts: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  for (const part of parts) {
    await turn()
    yield part
  }
}

async function* endless(size: number, taken: { bytes: number }): AsyncGenerator<Uint8Array> {
  while (true) {
    taken.bytes += size
    yield Buffer.alloc(size, 'e')
  }
}

test('head, pieces, end', async () => {
  const lane = streaming((ctx) => ctx.status(201).header('x-a', 'b').stream(slowly('ab', 'cd')))
  lane.send({})
  await expect.poll(() => lane.kinds(0).at(-1)).toBe('end')
  expect(lane.reply(0)).toMatchObject({ status: 201, fields: [['x-a', 'b']], isStream: true })
  expect(lane.reply(0).length).toBeUndefined()
  expect(lane.written(0)).toBe('abcd')
  expect(lane.lane.held).toBe(0)
})

test('a stream that middleware answers in place of is cancelled', async () => {
  let isCancelled = false
  const body = new ReadableStream({ cancel: () => void (isCancelled = true) })
  const lane = harness((r) => {
    r.use(async (_, next) => {
      await next()
      return 'instead'
    })
    r.get('/', (ctx) => ctx.stream(body))
  })
  expect(await lane.ask('/')).toMatchObject({ text: 'instead' })
  expect(isCancelled).toBe(true)
})

test('the head does not wait for the first piece', async () => {
  const gate = deferred()
  async function* waiting(): AsyncGenerator<string> {
    await gate.promise
    yield 'x'
  }
  const lane = streaming((ctx) => ctx.stream(waiting()))
  lane.send({})
  await lane.rest()
  expect(lane.kinds(0)).toEqual(['reply'])
  gate.resolve()
  await lane.rest()
  expect(lane.kinds(0)).toEqual(['reply', 'write', 'end'])
})

test('several pieces of one turn leave in one flush', async () => {
  async function* burst(): AsyncGenerator<string> {
    await turn()
    for (let i = 0; i < 20; i++) yield String(i % 10)
    await turn()
  }
  const lane = streaming((ctx) => ctx.stream(burst()))
  lane.send({})
  await expect.poll(() => lane.kinds(0).at(-1)).toBe('end')
  expect(lane.written(0)).toBe('01234567890123456789')
  expect(lane.flushes).toBeLessThanOrEqual(3)
})

test('a long piece is attached', async () => {
  const part = Buffer.alloc(40_000, 'p')
  const lane = streaming((ctx) => ctx.stream(slowly(part)), { replyWindowBytes: 65_536 })
  lane.send({})
  await expect.poll(() => lane.kinds(0).at(-1)).toBe('end')
  expect(lane.of(0)[1]).toMatchObject({ kind: 'write', isLarge: true })
  expect(lane.written(0)).toBe(part.toString())
})

describe('credit', () => {
  test('at most one window is written and not sent', async () => {
    const taken = { bytes: 0 }
    const lane = streaming((ctx) => ctx.stream(endless(1000, taken)))
    lane.send({})
    await lane.rest()
    expect(lane.written(0)).toHaveLength(10_000)
    expect(taken.bytes).toBeLessThanOrEqual(11_000)
    lane.batch(encodeCredit(0, 1, 2500))
    await lane.rest()
    expect(lane.written(0)).toHaveLength(12_500)
    lane.batch(encodeCredit(0, 1, 10_000))
    await lane.rest()
    expect(lane.written(0)).toHaveLength(22_500)
    lane.batch(encodeCancel(0, 1, 1))
  })

  test('a piece longer than the window goes in parts', async () => {
    const lane = streaming((ctx) => ctx.stream(slowly(Buffer.alloc(25_000, 'l'))))
    lane.send({})
    await lane.rest()
    await expect.poll(() => lane.written(0).length).toBe(10_000)
    lane.batch(encodeCredit(0, 1, 10_000))
    await lane.rest()
    expect(lane.written(0)).toHaveLength(20_000)
    lane.batch(encodeCredit(0, 1, 10_000))
    await lane.rest()
    expect(lane.written(0)).toHaveLength(25_000)
    expect(lane.kinds(0).at(-1)).toBe('end')
  })

  test('pieces are copied: the source may use its buffer again', async () => {
    const buffer = Buffer.alloc(3)
    function* reusing(): Generator<Uint8Array> {
      for (const letter of 'abc') {
        buffer.fill(letter)
        yield buffer
      }
    }
    const lane = streaming((ctx) => ctx.stream(reusing()))
    lane.send({})
    await lane.rest()
    expect(lane.reply(0).text).toBe('aaabbbccc')
  })
})

describe('a declared length', () => {
  const withLength = (length: number, ...parts: string[]): Handler => {
    return (ctx) => ctx.header('content-length', String(length)).stream(slowly(...parts))
  }

  test('is sent when it fits', async () => {
    const lane = streaming(withLength(4, 'ab', 'cd'))
    lane.send({})
    await expect.poll(() => lane.kinds(0).at(-1)).toBe('end')
    expect(lane.reply(0)).toMatchObject({ isStream: true, length: 4, fields: [] })
  })

  test('beyond 32 bits', async () => {
    const lane = streaming(withLength(5 * 2 ** 32 + 3, 'ab'))
    lane.send({})
    await expect.poll(() => lane.kinds(0).at(-1)).toBe('abort')
    expect(lane.reply(0).length).toBe(5 * 2 ** 32 + 3)
    lane.takeReports()
  })

  test.each([
    [3, 'longer'],
    [5, 'shorter'],
  ])('%i for four bytes cuts the connection', async (length, how) => {
    const lane = streaming(withLength(length, 'ab', 'cd'))
    lane.send({})
    await expect.poll(() => lane.kinds(0).at(-1)).toBe('abort')
    expect(lane.written(0).length).toBeLessThan(4 + 1)
    expect(lane.takeReports()).toMatchObject([
      { code: 'LANNER_CONTENT_LENGTH', message: expect.stringContaining(how) },
    ])
  })

  test('a wrong one of a short source is an ordinary error', async () => {
    const lane = streaming((ctx) => ctx.header('content-length', '3').stream(['ab']))
    expect((await lane.ask({})).status).toBe(500)
    expect(lane.takeReports()).toMatchObject([{ code: 'LANNER_CONTENT_LENGTH' }])
  })
})

describe('a source that fails', () => {
  async function* failing(parts: number, error: unknown): AsyncGenerator<string> {
    for (let i = 0; i < parts; i++) {
      await turn()
      yield 'part '
    }
    throw error
  }

  test('before it began is an ordinary error', async () => {
    const lane = streaming((ctx) => {
      ctx.header('etag', '"x"').header('x-kept', 'y')
      return ctx.stream(failing(0, new HttpError(409, 'too early')))
    })
    expect(await lane.ask({})).toMatchObject({ status: 409, fields: [['x-kept', 'y']] })
  })

  test('after it began cuts the connection and is reported once', async () => {
    const lane = streaming((ctx) => ctx.stream(failing(2, new Error('middle'))))
    lane.send({})
    await expect.poll(() => lane.kinds(0).at(-1)).toBe('abort')
    expect(lane.kinds(0)).toEqual(['reply', 'write', 'write', 'abort'])
    expect(lane.takeReports()).toMatchObject([{ message: 'middle' }])
    expect(lane.lane.held).toBe(0)
  })

  test('after it began is told to app.onError, whose value goes nowhere', async () => {
    const seen: unknown[] = []
    const onError = (error: unknown, ctx: { sent: boolean }): string => {
      seen.push([(error as Error).message, ctx.sent])
      return 'nowhere'
    }
    const lane = streaming((ctx) => ctx.stream(failing(1, new Error('middle'))), { onError })
    lane.send({})
    await expect.poll(() => lane.kinds(0).at(-1)).toBe('abort')
    expect(seen).toEqual([['middle', true]])
  })

  test('gives something else than text and bytes', async () => {
    let isOver = false
    function* odd(): Generator<string> {
      try {
        yield 7 as unknown as string
      } finally {
        isOver = true
      }
    }
    const lane = streaming((ctx) => ctx.stream(odd()))
    expect((await lane.ask({})).status).toBe(500)
    expect(lane.takeReports()).toMatchObject([{ code: 'LANNER_BODY_CHUNK' }])
    expect(isOver).toBe(true)
  })

  test('is no source', async () => {
    const lane = streaming((ctx) => ctx.stream(7 as unknown as string[]))
    expect((await lane.ask({})).status).toBe(500)
    expect(lane.takeReports()).toMatchObject([{ code: 'LANNER_REPLY_VALUE' }])
  })

  test('is read by somebody else', async () => {
    const stream = new ReadableStream<string>()
    stream.getReader()
    const lane = streaming((ctx) => ctx.stream(stream))
    expect((await lane.ask({})).status).toBe(500)
    expect(lane.takeReports()).toHaveLength(1)
  })
})

describe('the client goes away', () => {
  test('a generator that waits for credit is ended', async () => {
    const taken = { bytes: 0 }
    let isOver = false
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield* endless(1000, taken)
      } finally {
        isOver = true
      }
    }
    const lane = streaming((ctx) => ctx.stream(source()))
    lane.send({})
    await lane.rest()
    lane.batch(encodeCancel(0, 1, 1))
    await lane.rest()
    expect(isOver).toBe(true)
    expect(lane.kinds(0)).not.toContain('end')
    expect(lane.kinds(0)).not.toContain('abort')
  })

  test('a ReadableStream is cancelled with the reason', async () => {
    let reason: unknown
    const stream = new ReadableStream<string>({ cancel: (why) => void (reason = why) })
    const lane = streaming(() => stream)
    lane.send({})
    await lane.rest()
    lane.batch(encodeCancel(0, 1, 1))
    await lane.rest()
    expect(reason).toMatchObject({ code: 'LANNER_PEER_GONE' })
  })

  test('a Node Readable is destroyed while nothing comes from it', async () => {
    const source = new Readable({ read: () => {} })
    const lane = streaming(() => source)
    lane.send({})
    await lane.rest()
    lane.batch(encodeCancel(0, 1, 1))
    await lane.rest()
    expect(source.destroyed).toBe(true)
  })

  test('a generator that waits for something else ends by ctx.signal', async () => {
    let isOver = false
    async function* source(signal: AbortSignal): AsyncGenerator<string> {
      try {
        yield 'first'
        await new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        )
      } finally {
        isOver = true
      }
    }
    const lane = streaming((ctx) => ctx.stream(source(ctx.signal)))
    lane.send({})
    await lane.rest()
    lane.batch(encodeCancel(0, 1, 1))
    await lane.rest()
    expect(isOver).toBe(true)
  })
})

describe('HEAD', () => {
  test('does not pull the source', async () => {
    let pulls = 0
    let isCancelled = false
    const make = (): ReadableStream<string> =>
      new ReadableStream(
        { pull: () => void pulls++, cancel: () => void (isCancelled = true) },
        { highWaterMark: 0 },
      )
    const lane = streaming((ctx) => ctx.header('content-length', '7').stream(make()))
    lane.send({ method: 'HEAD' })
    await lane.rest()
    expect(lane.kinds(0)).toEqual(['reply', 'end'])
    expect(lane.reply(0)).toMatchObject({ isStream: true, length: 7 })
    expect([pulls, isCancelled]).toEqual([0, true])
  })
})

describe('trailers', () => {
  test('follow a stream', async () => {
    const lane = streaming((ctx) => {
      async function* source(): AsyncGenerator<string> {
        await turn()
        yield 'x'
        ctx.trailers.set('X-Sum', '1')
      }
      return ctx.stream(source())
    })
    lane.send({})
    await expect.poll(() => lane.kinds(0).at(-1)).toBe('end')
    expect(lane.of(0).at(-1).trailers).toEqual([['x-sum', '1']])
  })

  test('make a whole reply a stream', async () => {
    const lane = streaming((ctx) => {
      ctx.trailers.set('x-a', '1')
      ctx.trailers.set('X-A', '2')
      ctx.trailers.set('x-b', '3')
      ctx.trailers.delete('x-b')
      return ctx.text(`body ${ctx.trailers.get('x-a')}`)
    })
    await lane.ask({})
    expect(lane.kinds(0)).toEqual(['reply', 'write', 'end'])
    expect(lane.reply(0)).toMatchObject({ isStream: true, type: 1 })
    expect(lane.written(0)).toBe('body 2')
    expect(lane.of(0).at(-1).trailers).toEqual([['x-a', '2']])
  })

  test.each(['content-length', 'Transfer-Encoding', 'host', 'set-cookie', 'content-type'])(
    '%s is refused',
    async (name) => {
      const lane = streaming((ctx) => {
        ctx.trailers.set(name, 'x')
      })
      await lane.ask({})
      expect(lane.takeReports()).toMatchObject([{ code: 'LANNER_HEADER_RESERVED' }])
    },
  )
})

test('an echo streams both ways at once', async () => {
  const lane = streaming((ctx) => ctx.stream(ctx.body))
  lane.send({ method: 'POST', body: '', isComplete: false, contentLength: -1 })
  await lane.rest()
  for (const part of ['one ', 'two ', 'three']) {
    lane.batch(encodeBody(0, 1, part, part === 'three'))
    await lane.rest()
  }
  expect(lane.written(0)).toBe('one two three')
  expect(lane.kinds(0).at(-1)).toBe('end')
})

test('a reply after the stream has begun is refused', async () => {
  const codes: unknown[] = []
  const lane = streaming((ctx) => {
    async function* source(): AsyncGenerator<string> {
      yield 'a'
      await turn()
      for (const attempt of [
        () => ctx.text('b'),
        () => ctx.header('x', 'y'),
        () => ctx.status(300),
        () => ctx.cookies.set('a', 'b'),
        () => ctx.earlyHints({}),
      ]) {
        try {
          attempt()
        } catch (error) {
          codes.push((error as { code: string }).code)
        }
      }
    }
    return ctx.stream(source())
  })
  lane.send({})
  await expect.poll(() => lane.kinds(0).at(-1)).toBe('end')
  expect(codes).toEqual(Array(5).fill('LANNER_ALREADY_REPLIED'))
})
