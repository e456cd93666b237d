// The Request of a fetch handler: what the standard says of it, lazy and real.

import { describe, expect, test, vi } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { waitFor } from '../support/patience.ts'
import { RawClient } from '../support/raw.ts'
import { idle, serveFetch } from '../support/server.ts'

import type { FetchHandler, Server } from 'lanner'

const nodeMajor = Number(process.versions.node.split('.')[0])

/** Nothing but a real Request can be the argument of `new Request()` where that is private. */
const isWholeLazy = nodeMajor < 24

const form = 'a=1&b=%C3%A4&a=2'
const multipart =
  '--x\r\ncontent-disposition: form-data; name="f"; filename="f.txt"\r\n\r\nhi\r\n--x--\r\n'

/** What a handler makes of a request. */
async function seen<T>(
  look: (request: Request) => T | Promise<T>,
  init: RequestInit & { path?: string; duplex?: 'half' } = {},
  lazy = true,
): Promise<T> {
  let result: { value: T } | { error: unknown } | undefined
  const server = await serveFetch(
    async (request) => {
      try {
        result = { value: await look(request) }
      } catch (error) {
        result = { error }
      }
      return new Response()
    },
    { lazy },
  )
  await fetch(new URL(init.path ?? '/', server.url), init)
  if (result === undefined) throw new Error('the handler was not called')
  if ('error' in result) throw result.error
  return result.value
}

const post = (
  body: NonNullable<RequestInit['body']>,
  type?: string,
): RequestInit & { duplex: 'half' } => ({
  method: 'POST',
  body,
  duplex: 'half',
  headers: type === undefined ? {} : { 'content-type': type },
})

function chunked(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream() as ReadableStream<Uint8Array>
}

describe.each([
  ['lazy', true],
  ['real', false],
])('%s', (_name, lazy) => {
  const look = <T>(
    fn: (request: Request) => T | Promise<T>,
    init: Parameters<typeof seen>[1] = {},
  ): Promise<T> => seen(fn, init, lazy)

  test('is a Request with Headers', async () => {
    const kinds = await look((request) => [
      request instanceof Request,
      request.headers instanceof Headers,
      Object.prototype.toString.call(request),
      Object.prototype.toString.call(request.headers),
      request.constructor === Request,
    ])
    expect(kinds).toEqual([true, true, '[object Request]', '[object Headers]', true])
  })

  test('has the attributes of a Request that nobody said more about', async () => {
    const names = [
      'destination',
      'referrer',
      'referrerPolicy',
      'mode',
      'credentials',
      'cache',
      'redirect',
      'integrity',
      'keepalive',
      'duplex',
    ] as const
    const of = (request: Request): unknown[] =>
      names.map((name) => (request as unknown as Record<string, unknown>)[name])
    expect(await look(of)).toEqual(of(new Request('http://a/')))
  })

  test('has method, url and headers, the same object each time', async () => {
    const init = { path: '/a/b?c=d', method: 'PUT', headers: { 'x-one': '1' } }
    const [method, url, one, isSame] = await look(
      (request) =>
        [
          request.method,
          new URL(request.url),
          request.headers.get('X-One'),
          request.headers === request.headers && request.signal === request.signal,
        ] as const,
      init,
    )
    expect([method, url.pathname, url.search, one, isSame]).toEqual([
      'PUT',
      '/a/b',
      '?c=d',
      '1',
      true,
    ])
    expect(url.hostname).toBe('127.0.0.1')
  })

  test.each([0, 1, 1000, 300_000])('a body of %i bytes is read each way', async (size) => {
    const text = 'ä'.repeat(size / 2) + 'x'.repeat(size % 2)
    const json = JSON.stringify(text)
    for (const body of [text, chunked(text)]) {
      expect(await look((request) => request.text(), post(body))).toBe(text)
    }
    expect(await look((request) => request.json(), post(json))).toBe(text)
    const bytes = Buffer.from(text)
    const buffer = await look((request) => request.arrayBuffer(), post(text))
    expect(Buffer.from(buffer).equals(bytes)).toBe(true)
    expect(buffer.byteLength).toBe(bytes.length)
    const blob = await look((request) => request.blob(), post(text, 'text/x-test'))
    expect([blob.type, Buffer.from(await blob.arrayBuffer()).equals(bytes)]).toEqual([
      'text/x-test',
      true,
    ])
    const parts: Uint8Array[] = []
    await look(
      async (request) => {
        if (request.body === null) return
        for await (const part of request.body) parts.push(part)
      },
      post(chunked(text)),
    )
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
  })

  test.skipIf(!lazy && !('bytes' in Request.prototype))('reads bytes()', async () => {
    const bytes = await look(bytesOf, post('abc'))
    expect(bytes).toEqual(new Uint8Array([97, 98, 99]))
  })

  test('reads forms', async () => {
    const entries = async (request: Request): Promise<unknown> => [...(await request.formData())]
    const urlencoded = post(form, 'application/x-www-form-urlencoded')
    expect(await look(entries, urlencoded)).toEqual([
      ['a', '1'],
      ['b', 'ä'],
      ['a', '2'],
    ])
    const file = await look(
      async (request) => (await request.formData()).get('f') as File,
      post(multipart, 'multipart/form-data; boundary=x'),
    )
    expect([file.name, await file.text()]).toEqual(['f.txt', 'hi'])
    await expect(look(entries, post('x', 'text/plain'))).rejects.toThrow(TypeError)
  })

  test('without a body it is read as an empty one, as often as one likes', async () => {
    const result = await look(async (request) => [
      request.body,
      await request.text(),
      await request.text(),
      request.bodyUsed,
      (await request.arrayBuffer()).byteLength,
    ])
    expect(result).toEqual([null, '', '', false, 0])
    await expect(look((request) => request.json())).rejects.toThrow(SyntaxError)
  })

  test('what is no JSON is a SyntaxError', async () => {
    await expect(look((request) => request.json(), post('{'))).rejects.toThrow(SyntaxError)
  })

  test('a body is read once', async () => {
    const reads = ['text', 'json', 'arrayBuffer', 'blob', 'formData'] as const
    for (const read of reads) {
      const states = await look(
        async (request) => {
          const before = request.bodyUsed
          await request.text()
          const error = await request[read]().catch((failure: unknown) => failure)
          return [before, request.bodyUsed, error instanceof TypeError]
        },
        post('{"a":1}', 'application/x-www-form-urlencoded'),
      )
      expect(states).toEqual([false, true, true])
    }
    const clone = (request: Request): Promise<unknown> => request.text().then(() => request.clone())
    await expect(look(clone, post('x'))).rejects.toThrow(TypeError)
  })

  test("a body that is being read by its stream is nobody else's", async () => {
    const error = await look(async (request) => {
      const reader = request.body!.getReader()
      const failure = await request.text().catch((thrown: unknown) => thrown)
      reader.releaseLock()
      return failure
    }, post('x'))
    expect(error).toBeInstanceOf(TypeError)
  })

  test('touching the body does not use it', async () => {
    const result = await look(
      async (request) => [request.body === request.body, request.bodyUsed, await request.text()],
      post('abc'),
    )
    expect(result).toEqual([true, false, 'abc'])
  })

  test('clone() gives a second body and the same head', async () => {
    const init = { ...post('abc', 'text/x-test'), path: '/here' }
    const result = await look(async (request) => {
      request.headers.set('x-set', 'before')
      const clone = request.clone()
      request.headers.set('x-set', 'after')
      return {
        bodies: [await clone.text(), await request.text()],
        used: [clone.bodyUsed, request.bodyUsed],
        heads: [clone.method, new URL(clone.url).pathname, clone.headers.get('content-type')],
        set: [clone.headers.get('x-set'), request.headers.get('x-set')],
      }
    }, init)
    expect(result).toEqual({
      bodies: ['abc', 'abc'],
      used: [true, true],
      heads: ['POST', '/here', 'text/x-test'],
      set: ['before', 'after'],
    })
  })

  test('new Request(url, request) takes over everything', async () => {
    const result = await look(
      async (request) => {
        const other = new Request('http://other/', request)
        return [other.method, other.url, other.headers.get('content-type'), await other.text()]
      },
      post('abc', 'text/x-test'),
    )
    expect(result).toEqual(['POST', 'http://other/', 'text/x-test', 'abc'])
  })

  test.skipIf(lazy && !isWholeLazy)('new Request(request) takes over everything', async () => {
    const result = await look(async (request) => {
      const other = new Request(request, { headers: { 'x-other': '1' } })
      const { method } = other
      return [method, other.url === request.url, await other.text(), request.bodyUsed]
    }, post('abc'))
    expect(result).toEqual(['POST', true, 'abc', true])
    const used = (request: Request): Promise<unknown> =>
      request.text().then(() => new Request(request))
    await expect(look(used, post('x'))).rejects.toThrow(TypeError)
  })

  test.skipIf(lazy && !isWholeLazy)('fetch(request) forwards it', async () => {
    const back = await serveFetch(async (request) =>
      Response.json([request.method, request.headers.get('x-set'), await request.text()]),
    )
    const front = await serveFetch(
      (request) => {
        const { pathname } = new URL(request.url)
        request.headers.set('x-set', 'by the proxy')
        request.headers.delete('connection')
        return fetch(new Request(new URL(pathname, back.url), request))
      },
      { lazy },
    )
    const text = 'x'.repeat(200_000)
    const reply = await fetch(front.url, post(text))
    expect(await reply.json()).toEqual(['POST', 'by the proxy', text])
    const same = await serveFetch(
      async (request, info) =>
        info.request.headers.has('x-again')
          ? new Response('again')
          : fetch(withField(request, 'x-again')),
      { lazy },
    )
    expect(await (await fetch(same.url)).text()).toBe('again')
  })

  test('signal aborts when the client goes away', async () => {
    const started = deferred()
    const reason = deferred<unknown>()
    const server = await serveFetch(
      async (request) => {
        started.resolve()
        await new Promise((resolve) => request.signal.addEventListener('abort', resolve))
        reason.resolve(request.signal.reason)
        return new Response('late')
      },
      { lazy },
    )
    const client = await RawClient.open(server.url)
    await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    await started.promise
    client.cut()
    expect(await reason.promise).toMatchObject({ code: 'LANNER_PEER_GONE' })
    await idle(server)
  })

  test('what is made of it aborts with it', async () => {
    const back = await serveFetch(() => new Promise<Response>(() => {}))
    const ends: Promise<unknown>[] = []
    const started = deferred()
    const endOf = ({ signal }: Request): Promise<unknown> =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve([signal.aborted, signal.reason]))
      })
    const front = await serveFetch(
      (request) => {
        const clone = request.clone()
        const made = [clone, clone.clone(), new Request('http://other/', request)]
        if (!lazy || isWholeLazy) made.push(new Request(request))
        ends.push(...made.map(endOf))
        const forwarded = fetch(new Request(back.url, clone))
        ends.push(forwarded.catch((error: unknown) => [true, error]))
        started.resolve()
        return new Promise<Response>(() => {})
      },
      { lazy },
    )
    const client = await RawClient.open(front.url)
    await client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    await started.promise
    client.cut()
    const gone = [true, expect.objectContaining({ code: 'LANNER_PEER_GONE' })]
    expect(await Promise.all(ends)).toEqual(ends.map(() => gone))
    await idle(front)
  })

  test('the client waits while nobody reads the body', async () => {
    const gate = deferred()
    const server = await serveFetch(
      async (request) => {
        const reader = request.body!.getReader()
        let bytes = (await reader.read()).value!.byteLength
        await gate.promise
        for (;;) {
          const { done, value } = await reader.read()
          if (done) return new Response(String(bytes))
          bytes += value.byteLength
        }
      },
      { lazy, limits: { requestWindowBytes: '64KiB' } },
    )
    const client = await RawClient.open(server.url)
    const size = 16_000_000
    await client.send(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${size}\r\n\r\n`)
    const sent = client.send('x'.repeat(size))
    let isSent = false
    void sent.then(() => {
      isSent = true
    })
    const stopped = await settled(server)
    expect([isSent, stopped < size / 2]).toEqual([false, true])
    gate.resolve()
    await sent
    expect((await client.response()).body).toBe(String(size))
  })
})

/** The oldest types do not know it. */
function bytesOf(request: Request): Promise<Uint8Array> {
  return (request as Request & { bytes(): Promise<Uint8Array> }).bytes()
}

/** A copy of a request with one field more. */
function withField(request: Request, name: string): Request {
  const copy = request.clone()
  copy.headers.set(name, '1')
  copy.headers.delete('connection')
  return copy
}

/** The bytes that a server has read, once it reads no more. */
async function settled(server: Server): Promise<number> {
  let last = -1
  await waitFor(
    () => {
      const now = server.stats()['bytes_in'] ?? 0
      const isSame = now === last && now > 0
      last = now
      if (!isSame) throw new Error('it still reads')
    },
    { interval: 100 },
  )
  return last
}

test('a handler that touches nothing makes nothing', async () => {
  const made: string[] = []
  const handler: FetchHandler = () => reply
  const server = await serveFetch(handler, { lazy: true })
  const reply = new Response(null, { status: 204 })
  const client = await RawClient.open(server.url)
  const names = ['Request', 'Headers', 'AbortController', 'ReadableStream', 'URL'] as const
  for (const name of names) {
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
    await client.send('POST /a?b HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc')
    expect((await client.response()).status).toBe(204)
    expect(made).toEqual([])
    // The same way of counting sees what is made when it is touched.
    void new URL('http://a/')
    expect(made).toEqual(['URL'])
  } finally {
    vi.unstubAllGlobals()
  }
})

test('nothing global is replaced', async () => {
  const before = [Request, Response, Headers, fetch]
  await seen((request) => request.url)
  expect([Request, Response, Headers, fetch]).toEqual(before)
})

test('the head of a request can be read after the reply, for who has said so', async () => {
  const later = deferred<string[]>()
  const server = await serveFetch((request, info) => {
    const work = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      later.resolve([request.method, new URL(request.url).pathname, request.headers.get('x-a')!])
    }
    if (request.method === 'GET') info.waitUntil(work())
    return new Response()
  })
  await fetch(`${server.url}/first`, { headers: { 'x-a': '1' } })
  // The batch of the first is overwritten by the others.
  for (let n = 0; n < 3; n++)
    await fetch(`${server.url}/another`, { method: 'DELETE' }).catch(String)
  expect(await later.promise).toEqual(['GET', '/first', '1'])
})
