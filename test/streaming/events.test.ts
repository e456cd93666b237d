// Server-sent events: their text, heartbeats, and who hears that nobody listens any more.

import { setTimeout as sleep } from 'node:timers/promises'

import { App, sse } from 'lanner'
import { describe, expect, test, vi } from 'vitest'

import { eventText } from '../../src/streaming/event-text.ts'
import { deferred } from '../support/deferred.ts'
import { waitFor } from '../support/patience.ts'
import { serve, takeReports } from '../support/server.ts'

import type { SseEvent, SseOptions, StreamRequest, TimerClock, ValueSource } from 'lanner'

describe('the text of an event', () => {
  test.each<[string, unknown, string]>([
    ['a text', 'hello', 'data: hello\n\n'],
    ['an empty text', '', 'data: \n\n'],
    ['several lines, however they end', 'a\nb\r\nc\rd', 'data: a\ndata: b\ndata: c\ndata: d\n\n'],
    ['a text in data', { data: 'a\nb' }, 'data: a\ndata: b\n\n'],
    ['JSON', { data: { a: 'x\ny' } }, 'data: {"a":"x\\ny"}\n\n'],
    ['null', { data: null }, 'data: null\n\n'],
    ['a type', { event: 'tick', data: 1 }, 'event: tick\ndata: 1\n\n'],
    ['an id', { id: 7, data: 1 }, 'id: 7\ndata: 1\n\n'],
    ['an id that is forgotten', { id: '', data: 1 }, 'id: \ndata: 1\n\n'],
    ['a pause', { retry: '3s' }, 'retry: 3000\n\n'],
    ['a comment', { comment: 'a\nb' }, ': a\n: b\n\n'],
    [
      'everything',
      { data: 'd', retry: 5, id: 'i', event: 'e', comment: 'c' },
      ': c\nevent: e\nid: i\nretry: 5\ndata: d\n\n',
    ],
  ])('%s', (_, value, text) => {
    expect(eventText(value)).toBe(text)
  })

  test.each<[unknown, string]>([
    [7, 'a number'],
    [null, 'a object'],
    [{}, 'nothing'],
    [{ price: 3 }, 'the member price'],
    [{ data: () => {} }, 'data without a JSON form'],
    [{ event: 'a\nb', data: 1 }, 'event with a line break'],
    [{ id: 'a\rb', data: 1 }, 'id with a line break'],
    [{ id: 'a\0', data: 1 }, 'id with a line break or a NUL'],
  ])('%j is no event', (value, message) => {
    expect(() => eventText(value)).toThrow(
      expect.objectContaining({
        code: 'LANNER_EVENT_INVALID',
        message: expect.stringContaining(message),
      }),
    )
  })
})

function app(source: ValueSource<SseEvent | string>, options?: SseOptions): App {
  const made = new App()
  made.get('/', () => sse(source, options))
  made.get('/helper', (ctx) => ctx.sse(source, options))
  return made
}

describe('the reply', () => {
  async function* two(): AsyncGenerator<SseEvent | string> {
    yield 'one'
    yield { data: 2 }
  }

  test.each(['/', '/helper'])('%s', async (path) => {
    const { status, headers, text } = await app(two, { retry: '2s' }).inject(path)
    expect([status, text]).toEqual([200, 'retry: 2000\n\ndata: one\n\ndata: 2\n\n'])
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
  })

  test.each<[string, ValueSource<SseEvent | string>]>([
    ['an iterable', ['one', { data: 2 }]],
    ['an async iterable', { [Symbol.asyncIterator]: two }],
    ['a ReadableStream', new Response('one').body!.pipeThrough(new TextDecoderStream())],
    ['a function that gives one', () => ['one']],
  ])('of %s', async (_, source) => {
    expect((await app(source).inject('/')).text).toMatch(/^data: one\n\n/)
  })

  test('fields that were set stay', async () => {
    const made = new App()
    made.get('/', (ctx) => ctx.header('cache-control', 'no-store').sse(two))
    expect((await made.inject('/')).headers.get('cache-control')).toBe('no-store')
  })

  test('HEAD starts nothing', async () => {
    const source = vi.fn(two)
    const { status, headers } = await app(source).inject({ method: 'HEAD', path: '/' })
    expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    expect(source).not.toHaveBeenCalled()
  })

  test('the source knows the last event that the client has', async () => {
    const seen: (string | undefined)[] = []
    const source = ({ lastEventId }: StreamRequest): string[] => {
      seen.push(lastEventId)
      return []
    }
    const made = app(source)
    await made.inject('/')
    const headers = { 'last-event-id': Buffer.from('a-é').toString('latin1') }
    await made.inject({ path: '/', headers })
    expect(seen).toEqual([undefined, 'a-é'])
  })

  test('the head leaves before the first event', async () => {
    const go = deferred()
    const server = await serve((made) =>
      made.get('/', () =>
        sse(async function* () {
          await go.promise
          yield 'late'
        }),
      ),
    )
    const response = await fetch(server.url)
    go.resolve()
    expect(await response.text()).toBe('data: late\n\n')
  })

  test('what is no event breaks the stream off; the source is told', async () => {
    const ended = deferred()
    const server = await serve((made) =>
      made.get('/', () =>
        sse(async function* () {
          try {
            yield 'fine'
            await new Promise((resolve) => setTimeout(resolve, 5))
            yield 7 as never
          } finally {
            ended.resolve()
          }
        }),
      ),
    )
    const response = await fetch(server.url)
    await expect(response.text()).rejects.toThrow()
    await ended.promise
    expect(takeReports()).toMatchObject([{ code: 'LANNER_EVENT_INVALID' }])
  })

  test.each<[SseOptions, string]>([
    [{ heartbeat: 0 }, 'heartbeat'],
    [{ heartbeat: 'soon' as never }, 'heartbeat'],
    [{ retry: -1 }, 'retry'],
    [{ clock: {} as never }, 'clock'],
    [{ beat: 1 } as never, 'beat'],
  ])('%j is refused', (options, name) => {
    expect(() => sse([], options)).toThrow(
      expect.objectContaining({
        code: 'LANNER_OPTION_INVALID',
        message: expect.stringContaining(name),
      }),
    )
  })

  test.each([undefined, 7, {}])('%j is no source', (source) => {
    expect(() => sse(source as never)).toThrow(
      expect.objectContaining({ code: 'LANNER_REPLY_VALUE' }),
    )
  })
})

/** A clock that stands still until it is told. */
class HandClock implements TimerClock {
  #timers = new Map<number, { at: number; callback: () => void }>()
  #next = 1
  now = 0

  get armed(): number {
    return this.#timers.size
  }

  setTimeout(callback: () => void, ms: number): number {
    this.#timers.set(this.#next, { at: this.now + ms, callback })
    return this.#next++
  }

  clearTimeout(timer: number): void {
    this.#timers.delete(timer)
  }

  async advance(ms: number): Promise<void> {
    this.now += ms
    for (const [timer, { at, callback }] of this.#timers) {
      if (at > this.now) continue
      this.#timers.delete(timer)
      callback()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('heartbeats', () => {
  async function* silent({ signal }: StreamRequest): AsyncGenerator<string> {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    yield 'too late'
  }

  async function listen(
    source: ValueSource<SseEvent | string>,
    heartbeat?: SseOptions['heartbeat'],
  ): Promise<{ clock: HandClock; read: () => Promise<string>; leave: () => Promise<void> }> {
    const clock = new HandClock()
    const options = heartbeat === undefined ? { clock } : { clock, heartbeat }
    const response = await app(source, options).fetch('/')
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    return {
      clock,
      read: async () => (await reader.read()).value ?? 'end',
      leave: () => reader.cancel(),
    }
  }

  test('go out while the source is silent, every 15 seconds', async () => {
    const event = deferred<string>()
    const { clock, read } = await listen(async function* () {
      yield await event.promise
    })
    await clock.advance(14_999)
    await clock.advance(1)
    expect(await read()).toBe(':\n\n')
    await clock.advance(15_000)
    expect(await read()).toBe(':\n\n')
    event.resolve('at last')
    expect(await read()).toBe('data: at last\n\n')
    expect(await read()).toBe('end')
    expect(clock.armed).toBe(0)
  })

  test('begin anew with each event, at the length that was said', async () => {
    const events = [deferred<string>(), deferred<string>()] as const
    const { clock, read } = await listen(async function* () {
      yield await events[0].promise
      yield await events[1].promise
    }, '2s')
    await clock.advance(1900)
    events[0].resolve('one')
    expect(await read()).toBe('data: one\n\n')
    await clock.advance(1900)
    events[1].resolve('two')
    expect(await read()).toBe('data: two\n\n')
  })

  test('none', async () => {
    const { clock, leave } = await listen(silent, null)
    expect(clock.armed).toBe(0)
    await leave()
  })

  test('end when the client leaves', async () => {
    const { clock, leave } = await listen(silent)
    expect(clock.armed).toBe(1)
    await leave()
    await waitFor(() => expect(clock.armed).toBe(0))
  })
})

describe('a client that leaves', () => {
  test.each<[string, (signal: AbortSignal) => Promise<void>]>([
    [
      'waits for its signal',
      (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve())
        }),
    ],
    ['gives it to what it waits for', (signal) => sleep(60_000, undefined, { signal })],
    ['waits for a turn now and then', () => new Promise((resolve) => setTimeout(resolve, 5))],
  ])('runs the finally of a generator that %s', async (_, wait) => {
    const ended = deferred()
    const server = await serve((made) =>
      made.get('/', () =>
        sse(async function* ({ signal }) {
          try {
            for (let id = 1; ; id++) {
              yield { id, data: 'x' }
              await wait(signal)
            }
          } finally {
            ended.resolve()
          }
        }),
      ),
    )
    const controller = new AbortController()
    const response = await fetch(server.url, { signal: controller.signal })
    await response.body!.getReader().read()
    controller.abort()
    await ended.promise
  })

  test('a client that goes at once aborts the signal of the source as well', async () => {
    const ended = deferred<unknown>()
    const made = app(async function* ({ signal }) {
      try {
        yield 'hello'
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      } finally {
        ended.resolve(signal.reason)
      }
    })
    const response = await made.fetch('/')
    await response.body!.cancel()
    expect(await ended.promise).toMatchObject({ code: 'LANNER_PEER_GONE' })
  })

  test('a server that closes ends its streams, and waits for nothing', async () => {
    const reasons: unknown[] = []
    const server = await serve((made) =>
      made.get('/', () =>
        sse(async function* ({ signal }) {
          signal.addEventListener('abort', () => reasons.push(signal.reason))
          yield 'hello'
          await sleep(60_000, undefined, { signal })
        }),
      ),
    )
    const response = await fetch(server.url)
    const text = response.text()
    await new Promise((resolve) => setImmediate(resolve))
    const closed = server.close({ gracePeriod: '30s' })
    expect(await text).toBe('data: hello\n\n')
    await closed
    expect(reasons).toMatchObject([{ code: 'LANNER_SERVER_CLOSING' }])
  })

  test('backpressure: a source is asked only as fast as the client reads', async () => {
    let made = 0
    const data = 'x'.repeat(10_000)
    const server = await serve((router) =>
      router.get('/', () =>
        sse(async function* () {
          for (; made < 2000; made++) yield data
        }),
      ),
    )
    const response = await fetch(server.url)
    const reader = response.body!.getReader()
    await reader.read()
    await new Promise((resolve) => setTimeout(resolve, 100))
    // 20 MB in all; what is on its way is the windows of the server and of the sockets.
    expect(made).toBeLessThan(1500)
    await reader.cancel()
  })
})
