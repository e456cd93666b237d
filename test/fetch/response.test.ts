// From a Response to what is on the wire, and what becomes of errors.

import { App, serve as serveHandler } from 'lanner'
import { FastResponse } from 'lanner/fast-response'
import type { FetchHandler, FetchInfo, FetchObject, ServeOptions } from 'lanner'
import { describe, expect, test, vi } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { waitFor } from '../support/patience.ts'
import { RawClient } from '../support/raw.ts'
import { idle, serve, serveFetch, takeReports } from '../support/server.ts'

import type { RawResponse } from '../support/raw.ts'

async function call(
  handler: FetchHandler,
  { method = 'GET', ...options }: ServeOptions & { method?: string } = {},
): Promise<RawResponse> {
  const server = await serveFetch(handler, options)
  const client = await RawClient.open(server.url)
  await client.send(`${method} / HTTP/1.1\r\nhost: a\r\n\r\n`)
  const response = await client.response({ isHead: method === 'HEAD' })
  client.cut()
  return response
}

const responses: [
  string,
  (Class: typeof Response) => Response | Promise<Response>,
  number,
  string,
  string | undefined,
][] = [
  ['text', (Class) => new Class('hällo'), 200, 'hällo', 'text/plain;charset=UTF-8'],
  ['a promise', async (Class) => new Class('later'), 200, 'later', 'text/plain;charset=UTF-8'],
  ['JSON', (Class) => Class.json({ a: 1 }, { status: 201 }), 201, '{"a":1}', 'application/json'],
  ['bytes', (Class) => new Class(new Uint8Array([104, 105])), 200, 'hi', undefined],
  ['a blob', (Class) => new Class(new Blob(['b'], { type: 'text/x-b' })), 200, 'b', 'text/x-b'],
  ['a stream', (Class) => new Class(new Blob(['s1', 's2']).stream()), 200, 's1s2', undefined],
  ['an empty text', (Class) => new Class(''), 200, '', 'text/plain;charset=UTF-8'],
  ['no body', (Class) => new Class(), 200, '', undefined],
  ['204', (Class) => new Class(null, { status: 204 }), 204, '', undefined],
  ['304', (Class) => new Class(null, { status: 304 }), 304, '', undefined],
  ['a redirect', (Class) => Class.redirect('http://b/', 302), 302, '', undefined],
  [
    'an own type',
    (Class) => new Class('x', { headers: { 'content-type': 'a/b' } }),
    200,
    'x',
    'a/b',
  ],
]

describe.each([
  ['Response', Response],
  ['FastResponse', FastResponse],
])('%s', (_class, Class) => {
  test.each(responses)('%s', async (_name, make, status, body, type) => {
    const response = await call(() => make(Class))
    const text = Buffer.from(response.body, 'latin1').toString()
    expect([response.status, text, response.headers['content-type']]).toEqual([status, body, type])
  })

  test.each([
    ['a Buffer', () => Buffer.from('first')],
    ['a Uint8Array', () => new TextEncoder().encode('first')],
    ['a view of more', () => new TextEncoder().encode('-first-').subarray(1, 6)],
  ])('%s that is changed later is sent as it was', async (_kind, make) => {
    const { body } = await call(() => {
      const bytes = make()
      const response = new Class(bytes)
      bytes.fill(120)
      return response
    })
    expect(body).toBe('first')
  })

  test('headers that were changed later are sent', async () => {
    const { head } = await call(() => {
      const response = new Class('x', { headers: { 'x-a': '1', 'x-b': '2' } })
      response.headers.set('x-a', '3')
      response.headers.delete('x-b')
      response.headers.append('set-cookie', 'a=1')
      response.headers.append('set-cookie', 'b=2')
      return response
    })
    const fields = head.match(/^(?:x-|set-)\S+: .*$/gim)!.map((line) => line.toLowerCase())
    expect(fields.sort()).toEqual(['set-cookie: a=1', 'set-cookie: b=2', 'x-a: 3'])
  })

  test('a clone is sent, and what it was made of too', async () => {
    const made = new Class('text', { status: 201, headers: { 'x-a': '1' } })
    const clone = made.clone()
    for (const response of [made, clone]) {
      const { status, body, headers } = await call(() => response)
      expect([status, body, headers['x-a']]).toEqual([201, 'text', '1'])
    }
  })

  test('one that was looked at, and not used up, is sent', async () => {
    const { body } = await call(async () => {
      const response = new Class('looked at')
      expect([response.body!.locked, response.bodyUsed]).toEqual([false, false])
      return response
    })
    expect(body).toBe('looked at')
  })

  test('a body that somebody else reads is a mistake', async () => {
    const { status } = await call(() => {
      const response = new Class('x')
      response.body!.getReader()
      return response
    })
    expect(status).toBe(500)
    expect(takeReports()).toHaveLength(1)
  })

  test('one that was sent cannot be sent again', async () => {
    const made = new Class('once')
    expect((await call(() => made)).body).toBe('once')
    const { status } = await call(() => made)
    expect([status, takeReports()]).toMatchObject([500, [{ code: 'LANNER_REPLY_VALUE' }]])
    const empty = new Class(null, { status: 204 })
    for (let n = 0; n < 2; n++) expect((await call(() => empty)).status).toBe(204)
  })

  test('HEAD may say the length of what a GET would get', async () => {
    for (const body of ['', 'other', new Uint8Array(2)]) {
      const handler: FetchHandler = () =>
        new Class(body, { headers: { 'content-length': '12345' } })
      const { status, headers } = await call(handler, { method: 'HEAD' })
      expect([status, headers['content-length']]).toEqual([200, '12345'])
    }
  })

  test('a route of an App takes it too', async () => {
    const server = await serve((app) => {
      app.use(async (ctx, next) => {
        ctx.header('x-a', 'middleware').header('x-b', 'middleware')
        return next()
      })
      app.get('/', () => new Class('route', { headers: { 'x-a': 'route' } }))
    })
    const response = await fetch(server.url)
    const { headers } = response
    expect([headers.get('x-a'), headers.get('x-b')]).toEqual(['route', 'middleware'])
    expect(await response.text()).toBe('route')
  })
})

test('a FastResponse makes neither a stream nor a Headers', async () => {
  const server = await serveFetch(() => new FastResponse('x', { headers: { 'x-a': '1' } }), {
    lazy: true,
  })
  const client = await RawClient.open(server.url)
  const made: string[] = []
  for (const name of ['Response', 'Headers', 'ReadableStream'] as const) {
    const Original = globalThis[name] as new (...args: unknown[]) => object
    class Counted extends Original {
      constructor(...args: unknown[]) {
        super(...args)
        made.push(name)
      }
    }
    vi.stubGlobal(name, Counted)
  }
  try {
    await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    expect((await client.response()).headers['x-a']).toBe('1')
    expect(made).toEqual([])
    void new Headers()
    expect(made).toEqual(['Headers'])
  } finally {
    vi.unstubAllGlobals()
  }
})

test('a FastResponse may stand in for the global class', async () => {
  vi.stubGlobal('Response', FastResponse)
  try {
    expect((await fetch('data:,x')) instanceof Response).toBe(true)
    const { body } = await call(() => new Response('stood in'))
    expect(body).toBe('stood in')
  } finally {
    vi.unstubAllGlobals()
  }
})

test('each cookie has its own field line', async () => {
  const { head } = await call(() => {
    const headers = new Headers({ 'x-a': '1' })
    headers.append('x-a', '2')
    headers.append('set-cookie', 'a=1; Path=/')
    headers.append('set-cookie', 'b=2, or so')
    return new Response('', { headers })
  })
  expect(head.match(/^set-cookie: .*$/gim)).toEqual([
    'set-cookie: a=1; Path=/',
    'set-cookie: b=2, or so',
  ])
  expect(head).toMatch(/^x-a: 1, 2$/im)
})

test('HEAD comes as HEAD and gets no body', async () => {
  const handler: FetchHandler = ({ method }) =>
    new Response('12345', { headers: { 'x-method': method, 'content-length': '5' } })
  const { status, headers } = await call(handler, { method: 'HEAD' })
  expect([status, headers['x-method'], headers['content-length']]).toEqual([200, 'HEAD', '5'])
})

test.each(['OPTIONS', 'PATCH', 'PROPFIND', 'QUERY'])('%s comes to the handler', async (method) => {
  const { status, body } = await call((request) => new Response(request.method), { method })
  expect([status, body]).toEqual([200, method])
})

test.each(['TRACE', 'TRACK'])('%s has no Request and is refused', async (method) => {
  const handler = vi.fn(() => new Response())
  const { status } = await call(handler, { method })
  expect([status, handler.mock.calls]).toEqual([501, []])
})

test('CONNECT is refused before the handler', async () => {
  const handler = vi.fn(() => new Response())
  const server = await serveFetch(handler)
  const client = await RawClient.open(server.url)
  await client.send('CONNECT a:80 HTTP/1.1\r\nhost: a:80\r\n\r\n')
  expect((await client.response()).status).toBeGreaterThanOrEqual(400)
  expect(handler).not.toHaveBeenCalled()
})

test('a stream is pulled only as fast as the client takes it', async () => {
  let pulled = 0
  const chunk = new Uint8Array(16_384)
  const chunks = 1000
  const cancelled = deferred<unknown>()
  const server = await serveFetch(
    () =>
      new Response(
        new ReadableStream(
          {
            pull(controller) {
              pulled++
              if (pulled <= chunks) controller.enqueue(chunk)
              else controller.close()
            },
            cancel: (reason) => cancelled.resolve(reason),
          },
          { highWaterMark: 0 },
        ),
      ),
  )
  const slow = await RawClient.open(server.url)
  slow.pause()
  await slow.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  let before = -1
  await waitFor(
    () => {
      const now = pulled
      const isSame = now === before && now > 0
      before = now
      if (!isSame) throw new Error('it is still pulled')
    },
    { interval: 100 },
  )
  expect(before).toBeLessThan(chunks)
  slow.pause(false)
  expect((await slow.response()).body.length).toBe(chunks * chunk.byteLength)
  slow.cut()
  pulled = 0
  const gone = await RawClient.open(server.url)
  gone.pause()
  await gone.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await expect.poll(() => pulled).toBeGreaterThan(2)
  gone.cut()
  expect(await cancelled.promise).toMatchObject({ code: 'LANNER_PEER_GONE' })
  await idle(server)
})

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['null', null],
  ['a string', 'text'],
  ['another object', { status: 200 }],
  ['an App: serve the application itself', new App()],
])('a handler that returns %s has made a mistake', async (what, value) => {
  for (const made of [
    value,
    Promise.resolve(value),
    // oxlint-disable-next-line unicorn/no-thenable
    { then: (done: (v: unknown) => void) => done(value) },
  ]) {
    const { status, headers } = await call(() => made as Response)
    expect([status, headers['content-type']]).toEqual([500, 'application/problem+json'])
    const [error] = takeReports()
    expect(error).toMatchObject({ code: 'LANNER_RESPONSE_MISSING' })
    expect(String(error)).toContain(what)
  }
})

test('a Response whose body was read is a mistake', async () => {
  const { status } = await call(async () => {
    const response = new Response('x')
    await response.text()
    return response
  })
  expect([status, takeReports()]).toMatchObject([500, [{ code: 'LANNER_REPLY_VALUE' }]])
})

test('Response.error() is a mistake', async () => {
  const { status } = await call(() => Response.error())
  expect([status, takeReports()]).toMatchObject([500, [{ code: 'LANNER_STATUS_INVALID' }]])
})

test.each(['throws', 'rejects'])('a handler that %s gives a problem document', async (how) => {
  const { status, body } = await call(() => {
    const error = new Error('swordfish')
    if (how === 'throws') throw error
    return Promise.reject(error)
  })
  expect([status, JSON.parse(body)]).toEqual([500, { title: 'Internal Server Error', status: 500 }])
  expect(takeReports()).toMatchObject([{ message: 'swordfish' }])
})

test('onError answers, or leaves it to the default', async () => {
  const seen: unknown[] = []
  const onError: ServeOptions['onError'] = (error, info) => {
    seen.push([(error as Error).message, new URL(info.request.url).pathname])
    return seen.length === 1 ? new Response('sorry', { status: 503 }) : undefined
  }
  const handler: FetchHandler = () => {
    throw new Error('no')
  }
  const server = await serveFetch(handler, { onError })
  const first = await fetch(`${server.url}/a`)
  expect([first.status, await first.text()]).toEqual([503, 'sorry'])
  expect((await fetch(`${server.url}/b`)).status).toBe(500)
  expect(seen).toEqual([
    ['no', '/a'],
    ['no', '/b'],
  ])
})

test('an error of waitUntil() goes to onError', async () => {
  const told = deferred<unknown>()
  const { status } = await call(
    (_request, info) => {
      info.waitUntil(Promise.reject(new Error('background')))
      return new Response()
    },
    { onError: (error) => told.resolve(error) },
  )
  expect([status, await told.promise]).toMatchObject([200, { message: 'background' }])
})

describe('waitUntil()', () => {
  test('is there as a third argument, as modules for workers and Hono have it', async () => {
    const work = deferred()
    const events: string[] = []
    type Worker = (request: Request, env: unknown, context: FetchInfo) => Response
    const worker: { fetch: Worker } = {
      fetch(_request, _env, context) {
        context.waitUntil(work.promise.then(() => events.push('worked')))
        return new Response('done')
      },
    }
    const server = await serveFetch(worker as FetchObject)
    expect(await (await fetch(server.url)).text()).toBe('done')
    work.resolve()
    await server.close()
    expect(events).toEqual(['worked'])
  })

  test('a server that closes waits for it', async () => {
    const work = deferred()
    const events: string[] = []
    const server = await serveFetch((_request, info) => {
      info.waitUntil(work.promise.then(() => events.push('worked')))
      info.waitUntil(Promise.reject(new Error('other')))
      return new Response('done')
    })
    expect(await (await fetch(server.url)).text()).toBe('done')
    const closed = server.close().then(() => events.push('closed'))
    await idle(server)
    expect(events).toEqual([])
    work.resolve()
    await closed
    expect(events).toEqual(['worked', 'closed'])
    expect(takeReports()).toMatchObject([{ message: 'other' }])
  })

  test('no longer than its grace period, which a second close() shortens', async () => {
    const server = await serveFetch((_request, info) => {
      info.waitUntil(new Promise(() => {}))
      return new Response('done')
    })
    await (await fetch(server.url)).text()
    const first = server.close({ gracePeriod: '1h' })
    await idle(server)
    await server.close({ gracePeriodMs: 20 })
    await first
    await server.closed
  })
})

describe('the draft Fetch Server API', () => {
  const marker = Symbol.for('wintertc.server.protocol')

  test('a handler with its marker gets the context alone, as a method', async () => {
    const handler = {
      [marker]: 1,
      greeting: 'hello',
      async fetch(ctx: FetchInfo, ...rest: unknown[]) {
        const { pathname } = new URL(ctx.request.url)
        return new Response(`${this.greeting} ${pathname} ${rest.length}`)
      },
    }
    const server = await serveFetch(handler)
    expect(await (await fetch(`${server.url}/a`)).text()).toBe('hello /a 0')
  })

  test('a version that nobody knows is refused, and so is an error() that is none', async () => {
    const fetch = (): Response => new Response()
    for (const [handler, message] of [
      [{ [marker]: 2, fetch }, /wintertc\.server\.protocol.* is 1, not 2/],
      [{ [marker]: 1, fetch, error: 1 }, /handler\.error is a function/],
    ] as const) {
      const serving = serveHandler(handler as never, { port: 0 })
      await expect(serving).rejects.toThrow(message)
      await expect(serving).rejects.toMatchObject({ code: 'LANNER_OPTION_INVALID' })
    }
  })

  test('error() answers what fetch() throws, and nothing else', async () => {
    const handler = {
      [marker]: 1,
      fetch: async (ctx: FetchInfo): Promise<Response> => {
        ctx.waitUntil(Promise.reject(new Error('background')))
        await Promise.resolve().then(() => {})
        throw new Error('no')
      },
      error: vi.fn((ctx: FetchInfo, error: unknown) => {
        const { pathname } = new URL(ctx.request.url)
        if (pathname === '/default') return
        return new Response((error as Error).message, { status: 503 })
      }),
    }
    const server = await serveFetch(handler)
    const own = await fetch(`${server.url}/own`)
    expect([own.status, await own.text()]).toEqual([503, 'no'])
    expect((await fetch(`${server.url}/default`)).status).toBe(500)
    expect(handler.error).toHaveBeenCalledTimes(2)
    expect(takeReports()).toMatchObject([{ message: 'background' }, { message: 'background' }])
  })

  test('deny() declines: 503, and the connection closes', async () => {
    const handler = {
      [marker]: 1,
      fetch: (ctx: FetchInfo): undefined => {
        ctx.deny()
        expect(() => ctx.deny()).toThrow('has its reply already')
      },
    }
    const server = await serveFetch(handler)
    const client = await RawClient.open(server.url)
    await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    const { status, headers } = await client.response()
    expect([status, headers['connection']]).toEqual([503, 'close'])
    await client.closed()
  })

  test('what HTTP/1.1 has not is there and says so', async () => {
    const { body } = await call((_request, info) => {
      info.serverPriority = { urgency: 1, incremental: true }
      info.onpriority = () => {}
      const { clientPriority, autoContinue, completed } = info
      return Response.json({ clientPriority, autoContinue, completed })
    })
    const clientPriority = { urgency: 3, incremental: false }
    expect(JSON.parse(body)).toEqual({ clientPriority, autoContinue: true, completed: null })
  })

  test.each<[field: string, urgency: number, incremental: boolean]>([
    ['u=5, i', 5, true],
    ['i=?1,u=0', 0, true],
    ['i=?0', 3, false],
    ['u=9', 3, false],
    ['u=1;x=2', 1, false],
    ['su=1', 3, false],
  ])('the priority %s', async (field, urgency, incremental) => {
    const server = await serveFetch((_request, info) => Response.json(info.clientPriority))
    const response = await fetch(server.url, { headers: { priority: field } })
    expect(await response.json()).toEqual({ urgency, incremental })
  })
})

test('what the second argument says', async () => {
  const server = await serveFetch((request, info) => {
    info.sendInformational(103, new Headers({ link: '</a.css>' }))
    const { remoteAddress, remoteAddr, localAddress, localAddr } = info
    const { alpnProtocol, encrypted, serverName } = info
    const isSame = info.request === request
    return Response.json([
      remoteAddress,
      remoteAddr,
      localAddress.port,
      localAddr,
      { alpnProtocol, encrypted, serverName, isSame },
    ])
  })
  const client = await RawClient.open(server.url)
  await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  const hints = await client.response()
  expect([hints.status, hints.headers['link']]).toEqual([103, '</a.css>'])
  const { port } = server.addresses[0]!
  const own = client.socket.localPort
  expect(JSON.parse((await client.response()).body)).toEqual([
    { address: '127.0.0.1', family: 'IPv4', port: own },
    { transport: 'tcp', hostname: '127.0.0.1', port: own },
    port,
    { transport: 'tcp', hostname: '127.0.0.1', port },
    { alpnProtocol: 'http/1.1', encrypted: false, serverName: null, isSame: true },
  ])
})
