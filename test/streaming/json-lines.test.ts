// JSON lines: replies, and bodies cut at every byte.

import { App, jsonLines } from 'lanner'
import { describe, expect, test, vi } from 'vitest'

import { parseLineBytes, readJsonLines } from '../../src/streaming/json-lines.ts'
import { serve, takeReports } from '../support/server.ts'

describe('out', () => {
  test.each<[string, Parameters<typeof jsonLines>[0]]>([
    ['an array', [{ a: 1 }, null, 'text']],
    [
      'a generator function',
      async function* () {
        yield { a: 1 }
        yield null
        yield 'text'
      },
    ],
    [
      'a generator',
      (function* () {
        yield* [{ a: 1 }, null, 'text']
      })(),
    ],
  ])('%s', async (_, source) => {
    const app = new App()
    app.get('/', () => jsonLines(source))
    const { text, headers } = await app.inject('/')
    expect(text).toBe('{"a":1}\nnull\n"text"\n')
    expect(headers.get('content-type')).toBe('application/x-ndjson')
  })

  test('by a helper, with a type of its own', async () => {
    const app = new App()
    app.get('/', (ctx) => ctx.type('application/jsonl').jsonLines([1]))
    const { text, headers } = await app.inject('/')
    expect([text, headers.get('content-type')]).toEqual(['1\n', 'application/jsonl'])
  })

  test('values that are there travel together', async () => {
    const app = new App()
    app.get('/', () => jsonLines(Array.from({ length: 10_000 }, (_, i) => i)))
    const response = await app.fetch('/')
    let chunks = 0
    for await (const chunk of response.body!) chunks += chunk.byteLength > 0 ? 1 : 0
    expect(chunks).toBeLessThan(10)
  })

  test('what has no JSON form breaks the reply off; the source is told', async () => {
    const ended = vi.fn()
    const server = await serve((app) =>
      app.get('/', () =>
        jsonLines(async function* () {
          try {
            yield 1
            await new Promise((resolve) => setTimeout(resolve, 5))
            yield undefined
          } finally {
            ended()
          }
        }),
      ),
    )
    const response = await fetch(server.url)
    await expect(response.text()).rejects.toThrow()
    expect(takeReports()).toMatchObject([{ code: 'LANNER_BODY_CHUNK' }])
    expect(ended).toHaveBeenCalledOnce()
  })
})

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

async function read(text: string, size: number, lineBytes = 1000): Promise<unknown[]> {
  const values: unknown[] = []
  for await (const value of readJsonLines(pieces(Buffer.from(text), size), lineBytes)) {
    values.push(value)
  }
  return values
}

describe('in', () => {
  test.each<[string, string, unknown[]]>([
    ['nothing', '', []],
    ['lines', '{"a":1}\n[2]\n', [{ a: 1 }, [2]]],
    ['no line feed at the end', '1\n2', [1, 2]],
    ['carriage returns', '1\r\n2\r\n', [1, 2]],
    ['empty lines', '\n1\n\n \n2\n', [1, 2]],
    ['UTF-8 and a byte order mark', '\ufeff"é€😀"\n', ['é€😀']],
  ])('%s, cut at every byte', async (_, text, values) => {
    for (let size = 1; size <= Buffer.byteLength(text) + 1; size++) {
      expect(await read(text, size)).toEqual(values)
    }
  })

  test('a line that is not JSON: 400, with its number', async () => {
    await expect(read('1\n{\n', 2)).rejects.toMatchObject({
      status: 400,
      code: 'LANNER_JSON_INVALID',
      message: expect.stringContaining('Line 2'),
    })
  })

  test.each([1, 3, 100])('a line that is too long: 413, in pieces of %d', async (size) => {
    expect(await read('"45678"\n', size, 7)).toEqual(['45678'])
    await expect(read('1\n"456789"\n', size, 7)).rejects.toMatchObject({
      status: 413,
      code: 'LANNER_LINE_TOO_LONG',
      message: expect.stringContaining('Line 2'),
    })
  })

  test('of a request, as they come', async () => {
    const app = new App()
    app.post('/', async (ctx) => {
      const values: unknown[] = []
      for await (const value of ctx.body.jsonLines({ lineBytes: '10B' })) values.push(value)
      return values
    })
    expect((await app.inject({ body: '1\n2\n' })).json()).toEqual([1, 2])
    expect((await app.inject({ body: '"too long, it is"' })).status).toBe(413)
  })

  test.each([0, '1', -1, 2 ** 31])('lineBytes: %j is refused', (lineBytes) => {
    expect(() => parseLineBytes({ lineBytes: lineBytes as never })).toThrow('lineBytes')
  })
})
