// The events that a route lists: held to in development, described in OpenAPI, read by the client.

import { App, sse, sseEvents } from 'lanner'
import { createClient } from 'lanner/client'
import { openapi } from 'lanner/openapi'
import { jsonSchema } from 'lanner/json-schema'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'

import { readEvents } from '../../src/client/events.ts'
import { waitFor } from '../support/patience.ts'
import { lint } from '../support/redocly.ts'
import { query } from '../support/query.ts'

import type { SseEvent, ValidationOptions } from 'lanner'
import type { ReceivedEvent } from '../../src/client/events.ts'

const Price = z.object({ eur: z.number() })
/** Answers later, and by a `then` that is no promise. */
const Late = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) =>
      query(value === 'late' ? { value } : { issues: [{ message: 'must be late' }] }) as never,
  },
} as const
const responses = { 200: sseEvents({ price: Price, message: z.string(), late: Late }) }

describe('events are looked at as they come', () => {
  const fine = [{ event: 'price', data: { eur: 1 } }, 'text', { comment: 'note' }, { id: 7 }]

  function app(events: unknown, validation: ValidationOptions): App {
    const made = new App({ validation })
    made.get('/', { responses }, () => sse(events as never))
    made.get('/value', { responses }, () => sse(events as never).body as never)
    made.get('/helper', { responses }, (ctx) => ctx.sse(events as SseEvent[]))
    return made
  }

  /** The text that came before the stream was broken off, and what was told of it. */
  async function ask(path: string, events: unknown, validation: ValidationOptions) {
    const told: string[] = []
    const spy = vi.spyOn(console, 'error').mockImplementation((error) => {
      told.push((error as Error).message)
    })
    onTestFinished(() => spy.mockRestore())
    const made = app(events, validation)
    const response = await made.fetch(path)
    let text = ''
    const decoder = new TextDecoder()
    try {
      for await (const chunk of response.body!) text += decoder.decode(chunk)
    } catch {
      text += '…'
    }
    return { status: response.status, text, told }
  }

  test.each(['/', '/value', '/helper'])('those that fit leave: %s', async (path) => {
    const events = [...fine, { event: 'late', data: 'late' }]
    const { status, text, told } = await ask(path, events, { responses: 'error' })
    expect([status, told]).toEqual([200, []])
    expect(text).toBe(
      'event: price\ndata: {"eur":1}\n\ndata: text\n\n: note\n\nid: 7\n\nevent: late\ndata: late\n\n',
    )
  })

  /** An event when another one has left. */
  async function* inTime(event: unknown): AsyncGenerator {
    yield 'first'
    await new Promise((resolve) => setTimeout(resolve, 5))
    yield event
    yield 'never'
  }

  const of = 'The reply of the route GET /'
  test.each<[string, unknown, string]>([
    [
      'data that does not fit',
      { event: 'price', data: { eur: 'one' } },
      `${of} sends an event price that does not fit its schema: /eur: `,
    ],
    [
      'data of a name that is not listed',
      { event: 'prise', data: { eur: 1 } },
      `${of} sends the event prise, which is not listed: there are price, message, late.`,
    ],
    [
      'a name that every object has',
      { event: 'constructor', data: 1 },
      `${of} sends the event constructor, which is not listed`,
    ],
    ['a message', { data: 7 }, `${of} sends an event message that does not fit its schema: `],
    [
      'what a schema says later',
      { event: 'late', data: 'early' },
      `${of} sends an event late that does not fit its schema: must be late.`,
    ],
  ])('%s breaks the stream off', async (_name, event, message) => {
    for (const path of ['/', '/value', '/helper']) {
      const { text, told } = await ask(path, inTime(event), { responses: 'error' })
      expect(text).toBe('data: first\n\n…')
      expect(told).toEqual([expect.stringContaining(message.replace('GET /', `GET ${path}`))])
    }
  })

  test.each(['/', '/value', '/helper'])(
    'the first of them, before anything has left, is answered with 500: %s',
    async (path) => {
      const events = [{ event: 'price', data: {} }]
      const { status, told } = await ask(path, events, { responses: 'error' })
      expect([status, told.length]).toEqual([500, 1])
    },
  )

  test('events of ctx.sse() keep their fields and options, and are no plain data', async () => {
    const made = new App({ validation: { responses: 'error' } })
    made.get('/', { responses: { 201: responses[200] } }, async (ctx) => {
      await Promise.resolve()
      return ctx.status(201).header('cache-control', 'no-store').sse(['text'], { retry: 5 })
    })
    made.get('/plain', { responses: { 200: Price } }, (ctx) => ctx.sse(['text']))
    const { status, text, headers } = await made.inject('/')
    expect([status, text, headers.get('cache-control'), headers.get('content-type')]).toEqual([
      201,
      'retry: 5\n\ndata: text\n\n',
      'no-store',
      'text/event-stream',
    ])
    made.onError(() => undefined)
    expect((await made.inject('/plain')).status).toBe(500)
  })

  test.each<[ValidationOptions['responses'], number]>([
    ['count', 2],
    ['off', 0],
    [undefined, 2],
  ])('with %j everything leaves, and is counted but where nobody looks', async (mode, count) => {
    const made = app(['text', { data: 1 }, { event: 'prise', data: 2 }], {
      ...(mode !== undefined && { responses: mode }),
    })
    const server = await made.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => server.close({ gracePeriod: 0 }))
    for (const [at, path] of ['/', '/value', '/helper'].entries()) {
      const text = await (await fetch(new URL(path, server.url))).text()
      expect(text).toBe('data: text\n\ndata: 1\n\nevent: prise\ndata: 2\n\n')
      expect(server.stats().response_mismatches).toBe(count * (at + 1))
    }
  })

  test('another reply of this status does not fit', async () => {
    const made = new App({ validation: { responses: 'error' } })
    made.get('/', { responses }, () => ({ eur: 1 }) as never)
    let failure = ''
    made.onError((error) => {
      failure = String(error)
    })
    expect((await made.inject('/')).status).toBe(500)
    expect(failure).toContain('must be events: return sse()')
  })
})

describe('OpenAPI', () => {
  const Node = jsonSchema({
    $id: 'Order',
    type: 'object',
    properties: { id: { type: 'integer' } },
    required: ['id'],
  } as const)
  const app = new App().get(
    '/prices',
    {
      name: 'prices',
      summary: 'Prices as they come',
      query: z.object({ since: z.string().optional() }),
      responses: { 200: sseEvents({ price: Price, order: Node, message: z.string(), late: Late }) },
    },
    () => sse(['text']),
  )
  const document = openapi(app, {
    info: { title: 'Prices', version: '1', license: { name: 'MIT', identifier: 'MIT' } },
  })

  test('describes a stream by its events', () => {
    const { description, content } = document.paths['/prices']!['get']!.responses['200'] as {
      description: string
      content: Record<string, { schema: object }>
    }
    expect(description).toBe('Server-sent events: price, order, message, late.')
    const data = { type: 'string', contentMediaType: 'application/json' }
    const common = { id: { type: 'string' }, retry: { type: 'integer' } }
    const event = (name: string, value: object): object => ({
      type: 'object',
      properties: { event: { const: name }, data: value, ...common },
      required: ['event', 'data'],
    })
    expect(content).toEqual({
      'text/event-stream': {
        schema: {
          type: 'string',
          description,
          contentMediaType: 'text/event-stream',
          contentSchema: {
            type: 'array',
            items: {
              oneOf: [
                event('price', {
                  ...data,
                  contentSchema: expect.objectContaining({ required: ['eur'] }) as object,
                }),
                event('order', { ...data, contentSchema: { $ref: '#/components/schemas/Order' } }),
                event('message', { type: 'string' }),
                event('late', data),
              ],
            },
          },
        },
      },
    })
  })

  test('is valid', { timeout: 60_000 }, () => {
    expect(lint(document)).toEqual([])
  })
})

describe('the client', () => {
  /** The events of a text that comes in these pieces. */
  async function read(...pieces: string[]): Promise<ReceivedEvent[]> {
    const bytes = pieces.map((piece) => new TextEncoder().encode(piece))
    const events: ReceivedEvent[] = []
    for await (const event of readEvents(ReadableStream.from(bytes))) events.push(event)
    return events
  }
  const message = (text: string, rest: Partial<ReceivedEvent> = {}): ReceivedEvent => ({
    event: 'message',
    data: text,
    text,
    id: '',
    ...rest,
  })

  test.each<[string, string, ReceivedEvent[]]>([
    ['a text', 'data: hello\n\n', [message('hello')]],
    ['JSON', 'data: {"a":[1]}\n\n', [message('{"a":[1]}', { data: { a: [1] } })]],
    ['a name and an id', 'event: a\nid: 7\ndata: x\n\n', [message('x', { event: 'a', id: '7' })]],
    ['an id that stays', 'id: 7\n\ndata: x\n\n', [message('x', { id: '7' })]],
    ['an id with a NUL', 'id: 7\nid: 8\0\ndata: x\n\n', [message('x', { id: '7' })]],
    ['a name that does not stay', 'event: a\n\ndata: x\n\n', [message('x')]],
    ['several lines', 'data: a\ndata\ndata:  b\n\n', [message('a\n\n b')]],
    ['an empty text', 'data\n\n', [message('')]],
    ['comments and other fields', ': a\nretry: 5\nx: y\ndata:z\n\n', [message('z')]],
    [
      'any ends of lines',
      'data: a\r\n\r\ndata: b\r\rdata: c\n\n',
      'abc'.split('').map((c) => message(c)),
    ],
    ['a mark of the encoding', '\uFEFFdata: a\n\n', [message('a')]],
    ['more than ASCII', 'data: é€😀\n\n', [message('é€😀')]],
    ['what is not finished', 'data: a\n\ndata: b\n', [message('a')]],
    ['a CR at the very end', 'data: a\r\r', [message('a')]],
    ['nothing', '', []],
  ])('%s, whole and in pieces', async (_name, text, events) => {
    expect(await read(text)).toEqual(events)
    expect(await read(...text)).toEqual(events)
  })

  test('characters may be cut in two', async () => {
    const bytes = new TextEncoder().encode('data: 😀\n\n')
    const pieces = [...bytes].map((byte) => Uint8Array.of(byte))
    const events: ReceivedEvent[] = []
    for await (const event of readEvents(ReadableStream.from(pieces))) events.push(event)
    expect(events).toEqual([message('😀')])
  })

  test('a loop that is left ends the source', async () => {
    let isOver = false
    const app = new App().get('/', { responses }, () =>
      sse(async function* ({ signal }) {
        try {
          for (let eur = 1; ; eur++) {
            yield { event: 'price', data: { eur } }
            await new Promise((resolve) => setImmediate(resolve))
            if (signal.aborted) return
          }
        } finally {
          isOver = true
        }
      }),
    )
    const server = await app.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => server.close({ gracePeriod: 0 }))
    const api = createClient<typeof app>(server.url)
    const reply = await api.get('/')
    if (reply.status !== 200) throw new Error('no events')
    const seen: number[] = []
    for await (const came of reply.body) {
      if (came.event === 'price') seen.push(came.data.eur)
      if (seen.length === 3) break
    }
    expect(seen).toEqual([1, 2, 3])
    await waitFor(() => expect(isOver).toBe(true))
  })
})
