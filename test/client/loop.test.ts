// Loops over events and lines: whatever the pieces, within a bound, and never left running.

import { once } from 'node:events'

import { App, jsonLines, sse } from 'lanner'
import { createClient } from 'lanner/client'
import { describe, expect, onTestFinished, test } from 'vitest'

import { readEvents } from '../../src/client/events.ts'
import { readLines } from '../../src/client/lines.ts'
import { LineSplitter, StreamLimitError } from '../../src/client/loop.ts'

type Read = (stream: ReadableStream<Uint8Array>, max?: number) => AsyncGenerator<unknown, undefined>

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

async function all(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const came: unknown[] = []
  for await (const value of values) came.push(value)
  return came
}

const EVENTS =
  'data: a\r\n\r\ndata: b\r\rdata: c\n\nid: 7\r\ndata: d\r\ndata: €😀\r\n\r\n: e\n\r\ndata: f'
const LINES = '{"n":1}\r\n\r\n[2]\n  \n"€😀"\n4'

test.each<[string, Read, string]>([
  ['events', readEvents, EVENTS],
  ['lines', readLines, LINES],
])('%s are the same wherever their bytes are cut', async (_name, read, text) => {
  const bytes = bytesOf(text)
  const whole = await all(read(ReadableStream.from([bytes])))
  expect(whole).toHaveLength(4)
  for (let at = 1; at < bytes.length; at++) {
    const pieces = [bytes.subarray(0, at), new Uint8Array(0), bytes.subarray(at)]
    expect(await all(read(ReadableStream.from(pieces)))).toEqual(whole)
  }
})

test('a CR ends its line at once, and the LF that comes later is part of it', () => {
  const lines = new LineSplitter(/\r\n|\n|\r/g, 100)
  const take = (piece: string): string[] => [...lines.take(piece)]
  expect(take('a\r')).toEqual(['a'])
  expect(take('')).toEqual([])
  expect(take('\nb\r')).toEqual(['b'])
  expect(take('\n\n')).toEqual([''])
  expect(take('c\r')).toEqual(['c'])
  expect(take('\r')).toEqual([''])
  expect(lines.rest()).toBe('')
})

test('each character is looked at once, however long its line is', () => {
  let looked = 0
  class Counting extends RegExp {
    override exec(text: string): RegExpExecArray | null {
      const from = this.lastIndex
      const found = super.exec(text)
      looked += (found === null ? text.length : this.lastIndex) - from
      return found
    }
  }
  const lines = new LineSplitter(new Counting('\\n', 'g'), 4_000_000)
  const piece = 'x'.repeat(1024)
  for (let n = 0; n < 2048; n++) expect([...lines.take(piece)]).toEqual([])
  expect([...lines.take('\n')][0]).toHaveLength(2048 * 1024)
  expect(looked).toBe(2048 * 1024 + 1)
})

test('an event of 2 MB in pieces of 1 KiB comes whole', async () => {
  const piece = bytesOf('x'.repeat(1024))
  const stream = ReadableStream.from([
    bytesOf('data: '),
    ...Array.from({ length: 2048 }, () => piece),
    bytesOf('\n\n'),
  ])
  const [event] = (await all(readEvents(stream))) as { text: string }[]
  expect(event!.text).toHaveLength(2048 * 1024)
})

/** A stream of pieces without an end, and what it was cancelled with. */
function endless(piece: string) {
  const source = { pulls: 0, isCancelled: false }
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      source.pulls++
      controller.enqueue(bytesOf(piece))
    },
    cancel() {
      source.isCancelled = true
    },
  })
  return { source, stream }
}

describe('what is too long', () => {
  test.each<[string, Read, string]>([
    ['a line of events', readEvents, 'xxxxxxxxxx'],
    ['an event of many lines', readEvents, 'data: xxx\n'],
    ['an event of empty lines', readEvents, 'data\n'],
    ['a line of JSON', readLines, '"xxxxxxxxx'],
    ['a line in one piece', readLines, `"${'x'.repeat(200)}"\n`],
  ])('%s is an error and cancels the stream', async (_name, read, piece) => {
    const { source, stream } = endless(piece)
    const error: unknown = await all(read(stream, 100)).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(StreamLimitError)
    expect(error).toMatchObject({ name: 'StreamLimitError', limit: 100 })
    expect(source.isCancelled).toBe(true)
    expect(source.pulls).toBeLessThan(110)
  })

  test.each<[string, Read, string]>([
    ['events', readEvents, `data: ${'x'.repeat(94)}\n\n`],
    ['lines', readLines, `"${'x'.repeat(98)}"\n`],
  ])('%s that just fit come, one after the other', async (_name, read, text) => {
    const pieces = [text, text, text].map(bytesOf)
    expect(await all(read(ReadableStream.from(pieces), 100))).toHaveLength(3)
  })
})

describe.each<[string, Read, string]>([
  ['events', readEvents, 'data: 1\n\n'],
  ['lines', readLines, '1\n'],
])('a loop over %s', (_name, read, piece) => {
  test('that never begins is cancelled by return()', async () => {
    const { source, stream } = endless(piece)
    const loop = read(stream)
    expect(await loop.return(undefined)).toEqual({ value: undefined, done: true })
    expect(source.isCancelled).toBe(true)
    expect(await loop.next()).toEqual({ value: undefined, done: true })
  })

  test('that never begins is cancelled by throw()', async () => {
    const { source, stream } = endless(piece)
    await expect(read(stream).throw(new Error('enough'))).rejects.toThrow('enough')
    expect(source.isCancelled).toBe(true)
  })

  test.skipIf(Symbol.asyncDispose === undefined)('ends with its scope', async () => {
    const { source, stream } = endless(piece)
    await read(stream)[Symbol.asyncDispose]()
    expect(source.isCancelled).toBe(true)
  })

  test('that is left is cancelled', async () => {
    const { source, stream } = endless(piece)
    for await (const value of read(stream)) {
      expect(value).toBeDefined()
      break
    }
    expect(source.isCancelled).toBe(true)
  })

  test('that waits ends when it is told to', async () => {
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytesOf(piece.slice(0, -2) + '{')),
    })
    const loop = read(stream)
    const pending = loop.next()
    await loop.return(undefined)
    expect(await pending).toEqual({ value: undefined, done: true })
  })

  test('leaves a body alone that somebody else reads', async () => {
    const response = new Response(piece)
    const loop = read(response.body!)
    const text = response.text()
    await loop.return(undefined)
    expect(await text).toBe(piece)
  })

  test('hands on what the stream fails with', async () => {
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.error(new Error('gone')),
    })
    await expect(read(stream).next()).rejects.toThrow('gone')
  })
})

test.each(['/events', '/lines'] as const)('the source of %s ends', async (path) => {
  const ended = new EventTarget()
  async function* numbers({ signal }: { signal: AbortSignal }): AsyncGenerator<{ data: number }> {
    try {
      yield { data: 1 }
      await once(signal, 'abort')
    } finally {
      ended.dispatchEvent(new Event('end'))
    }
  }
  const app = new App().get('/events', () => sse(numbers)).get('/lines', () => jsonLines(numbers))
  const server = await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => server.close({ gracePeriod: 0 }))
  const isOver = once(ended, 'end')
  const { body } = await createClient<typeof app>(server.url).get(path)
  await (body as AsyncGenerator).return(undefined)
  await isOver
})
