// Streams that a route lists: JSON lines by the schema of a line, anything else by its media type.

import { App, file, jsonLines, jsonLinesOf, mediaOf, ok, stream } from 'lanner'
import { createClient, unwrap } from 'lanner/client'
import { openapi } from 'lanner/openapi'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'

import { readLines } from '../../src/client/lines.ts'
import { lint } from '../support/redocly.ts'

const Row = z.object({ n: z.number() })

function app(rows: Iterable<unknown>) {
  const query = z.object({ q: z.string().optional() })
  return new App({ validation: { responses: 'error' } })
    .get('/rows', { name: 'rows', query, responses: { 200: jsonLinesOf(Row) } }, () =>
      jsonLines(rows as Iterable<{ n: number }>),
    )
    .get('/helper', { responses: { 200: jsonLinesOf(Row) } }, (ctx) => ctx.jsonLines(rows))
    .get('/text', { name: 'text', responses: { 200: mediaOf('text/csv') } }, () =>
      ok('a,b\n').header('content-type', 'text/csv'),
    )
    .get('/bytes', { name: 'bytes', responses: { 200: mediaOf('image/png') } }, () =>
      ok(Uint8Array.of(1, 2)).header('content-type', 'image/png'),
    )
    .get('/stream', { name: 'stream', responses: { 200: mediaOf('image/png') } }, () =>
      stream([Uint8Array.of(1, 2)], 'image/png'),
    )
    .get('/file', { name: 'file', responses: { 200: mediaOf('image/png') } }, () =>
      file(new Blob([Uint8Array.of(1, 2)], { type: 'image/png' })),
    )
    .get('/wrong', { name: 'wrong', responses: { 200: mediaOf('image/png') } }, () => [1] as never)
}

function watchErrors(): string[] {
  const told: string[] = []
  const spy = vi.spyOn(console, 'error').mockImplementation((error) => {
    told.push((error as Error).message)
  })
  onTestFinished(() => spy.mockRestore())
  return told
}

describe('replies are looked at', () => {
  test.each(['/rows', '/helper'])('lines that fit leave: %s', async (path) => {
    const { status, text } = await app([{ n: 1 }, { n: 2 }]).inject(path)
    expect([status, text]).toEqual([200, '{"n":1}\n{"n":2}\n'])
  })

  test.each(['/rows', '/helper'])('one that does not breaks the stream off: %s', async (path) => {
    const told = watchErrors()
    const { status } = await app([{ n: 1 }, { n: 'two' }]).inject(path)
    expect(status).toBe(500)
    expect(told).toEqual([
      expect.stringContaining(`GET ${path} sends a line that does not fit its schema: /n: `),
    ])
  })

  test.each(['/text', '/bytes', '/stream', '/file'])('%s fits its media type', async (path) => {
    expect((await app([]).inject(path)).status).toBe(200)
  })

  test('data does not', async () => {
    const told = watchErrors()
    expect((await app([]).inject('/wrong')).status).toBe(500)
    expect(told[0]).toContain('must be a text, bytes, a Blob or a stream')
  })
})

test('the client reads lines one by one, text as text, bytes as a stream', async () => {
  const made = app([{ n: 1 }, { n: 2 }])
  const api = createClient<typeof made>('', { fetch: (url, init) => made.fetch(url, init) })
  const rows: number[] = []
  for await (const { n } of await unwrap(api.get('/rows'))) rows.push(n)
  expect(rows).toEqual([1, 2])
  expect(await unwrap(api.get('/text'))).toBe('a,b\n')
  const bytes: number[] = []
  for await (const chunk of await unwrap(api.get('/bytes'))) bytes.push(...chunk)
  expect(bytes).toEqual([1, 2])
})

test.each<[string, unknown[]]>([
  ['{"n":1}\n{"n":2}\n', [{ n: 1 }, { n: 2 }]],
  ['1\r\n\n  \n"a"', [1, 'a']],
  ['"é€😀"\n', ['é€😀']],
  ['', []],
])('lines %j, whole and in pieces', async (text, values) => {
  const bytes = new TextEncoder().encode(text)
  for (const pieces of [[bytes], [...bytes].map((byte) => Uint8Array.of(byte))]) {
    const came: unknown[] = []
    for await (const value of readLines(ReadableStream.from(pieces))) came.push(value)
    expect(came).toEqual(values)
  }
})

describe('OpenAPI', () => {
  const document = openapi(app([]), {
    info: { title: 'Streams', version: '1', license: { name: 'MIT', identifier: 'MIT' } },
  })
  const contentOf = (path: string): unknown =>
    (document.paths[path]!['get']!.responses['200'] as { content: unknown }).content

  test('names the media types, and describes a line', () => {
    expect(contentOf('/rows')).toMatchObject({
      'application/x-ndjson': {
        schema: {
          type: 'string',
          contentMediaType: 'application/x-ndjson',
          contentSchema: { type: 'array', items: { required: ['n'] } },
        },
      },
    })
    expect(contentOf('/text')).toEqual({
      'text/csv': { schema: { type: 'string', contentMediaType: 'text/csv' } },
    })
    expect(contentOf('/file')).toEqual({
      'image/png': { schema: { type: 'string', format: 'binary', contentMediaType: 'image/png' } },
    })
  })

  test('is valid', { timeout: 60_000 }, () => {
    const findings = lint(document).filter((finding) => !finding.includes('operation-summary'))
    expect(findings).toEqual([])
  })
})

test('mistakes are told where they are made', () => {
  expect(() => jsonLinesOf(7 as never)).toThrow('The option line of jsonLinesOf() is a schema')
  expect(() => mediaOf('pdf')).toThrow('The option mediaType of mediaOf() is a media type such as')
  expect(() => mediaOf('image/*')).toThrow('mediaOf()')
})
