// What the web platform tests ask of a Request, for the one that a handler gets.

import { errorOf, failure } from './errors.ts'

export interface RequestCase {
  readonly from: string
  readonly name: string
  /** What the client sends. */
  readonly init?: RequestInit & { duplex?: 'half' }
  readonly run: (request: Request) => unknown
  readonly is: unknown
  /** Whether a lazy one can do it only where nothing can tell it from a real one. */
  readonly needsWhole?: boolean
}

const post = (
  body: BodyInit,
  headers: Record<string, string> = {},
): NonNullable<RequestCase['init']> => ({
  method: 'POST',
  body,
  headers,
  duplex: 'half',
})

type BodyInit = NonNullable<RequestInit['body']>

const reads = ['text', 'json', 'arrayBuffer', 'blob', 'formData'] as const
const form = 'name=value'
const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' }

/** Each way of reading, with a body that it takes, and what comes out. */
const ways: [(typeof reads)[number], string, (value: never) => unknown, unknown][] = [
  ['text', 'This is a text', (value) => value, 'This is a text'],
  ['json', '{"a":[1]}', (value) => value, { a: [1] }],
  ['arrayBuffer', 'abc', (value) => [...new Uint8Array(value as ArrayBuffer)], [97, 98, 99]],
  ['blob', 'abc', (value: Blob) => value.size, 3],
  ['formData', form, (value: FormData) => [...value], [['name', 'value']]],
]

export const requestCases: readonly RequestCase[] = [
  {
    from: 'request/request-structure',
    name: 'it has the methods and attributes of a Request',
    run: (request) =>
      [...reads, 'clone', 'method', 'url', 'headers', 'destination', 'referrer', 'mode']
        .concat('referrerPolicy', 'credentials', 'cache', 'redirect', 'integrity', 'bodyUsed')
        .concat('signal', 'duplex', 'body', 'keepalive', 'isReloadNavigation')
        .filter((name) => !(name in request)),
    is: [],
  },
  {
    from: 'request/request-structure',
    name: 'its attributes cannot be written',
    run: (request) =>
      ['method', 'url', 'headers', 'mode', 'cache', 'bodyUsed', 'signal'].filter((name) => {
        const before = (request as unknown as Record<string, unknown>)[name]
        errorOf(() => ((request as unknown as Record<string, unknown>)[name] = 'other'))
        return (request as unknown as Record<string, unknown>)[name] !== before
      }),
    is: [],
  },
  {
    from: 'request/request-reset-attributes',
    name: 'it looks like one that nobody said more about',
    run: ({ mode, credentials, cache, redirect, referrer, integrity }) => [
      mode,
      credentials,
      cache,
      redirect,
      referrer,
      integrity,
    ],
    is: ['cors', 'same-origin', 'default', 'follow', 'about:client', ''],
  },
  {
    from: 'request/request-headers',
    name: 'its headers are a Headers, can be changed, and stay the same object',
    init: { headers: { 'x-sent': '1' } },
    run: ({ headers }) => {
      headers.set('x-set', '2')
      return [headers instanceof Headers, headers.get('x-sent'), headers.get('x-set')]
    },
    is: [true, '1', '2'],
  },
  {
    from: 'request/request-headers',
    name: 'the type of the body is among them',
    init: post('text', { 'content-type': 'text/x-own' }),
    run: ({ headers }) => headers.get('content-type'),
    is: 'text/x-own',
  },
  ...ways.map(([read, body, look, is]): RequestCase => {
    return {
      from: 'request/request-consume',
      name: `${read}() gives the body, and uses it up`,
      init: post(body, read === 'formData' ? urlencoded : {}),
      run: async (request) => {
        const before = request.bodyUsed
        const value = look((await request[read]()) as never)
        return [before, value, request.bodyUsed, await failure(request[read]())]
      },
      is: [false, is, true, 'TypeError'],
    }
  }),
  {
    from: 'request/request-consume',
    name: 'text() decodes UTF-8, drops the byte order mark, replaces what is none',
    init: post(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff, 0xc3, 0xa4]).buffer as ArrayBuffer),
    run: (request) => request.text(),
    is: 'a\ufffdä',
  },
  {
    from: 'request/request-consume',
    name: 'json() drops the byte order mark, and refuses what is none',
    init: post(new Uint8Array([0xef, 0xbb, 0xbf, 0x31]).buffer as ArrayBuffer),
    run: (request) => request.json(),
    is: 1,
  },
  {
    from: 'request/request-consume',
    name: 'json() of what is none',
    init: post('{'),
    run: async (request) => [await failure(request.json()), request.bodyUsed],
    is: ['SyntaxError', true],
  },
  {
    from: 'request/request-consume',
    name: 'the type of a blob is that of the request, in lower case',
    init: post('x', { 'content-type': 'text/X-Own' }),
    run: async (request) => (await request.blob()).type,
    is: 'text/x-own',
  },
  {
    from: 'request/request-consume',
    name: 'formData() of another type',
    init: post('x', { 'content-type': 'text/plain' }),
    run: (request) => failure(request.formData()),
    is: 'TypeError',
  },
  {
    from: 'request/request-consume-empty',
    name: 'without a body everything is empty, and nothing is used',
    run: async (request) => [
      await request.text(),
      (await request.arrayBuffer()).byteLength,
      (await request.blob()).size,
      await failure(request.json()),
      await failure(request.formData()),
      request.body,
      request.bodyUsed,
    ],
    is: ['', 0, 0, 'SyntaxError', 'TypeError', null, false],
  },
  {
    from: 'request/request-consume-empty',
    name: 'an empty body is empty',
    init: post(''),
    run: async (request) => [await request.text(), request.headers.get('content-length')],
    is: ['', '0'],
  },
  {
    from: 'request/request-disturbed',
    name: 'bodyUsed and body say what was done',
    init: post('abc'),
    run: async (request) => {
      const states = [request.bodyUsed, request.body?.locked]
      const text = request.text()
      return [...states, request.bodyUsed, await text]
    },
    is: [false, false, true, 'abc'],
  },
  {
    from: 'request/request-disturbed',
    name: 'a reader alone does not use the body, but locks it',
    init: post('abc'),
    run: async (request) => {
      const reader = request.body!.getReader()
      const locked = [request.bodyUsed, await failure(request.text())]
      reader.releaseLock()
      return [...locked, await request.text()]
    },
    is: [false, 'TypeError', 'abc'],
  },
  {
    from: 'request/request-disturbed',
    name: 'a chunk that was read, and a body that was cancelled, use it',
    init: post('abc'),
    run: async (request) => {
      const reader = request.body!.getReader()
      await reader.read()
      reader.releaseLock()
      return [request.bodyUsed, await failure(request.text()), errorOf(() => request.clone())]
    },
    is: [true, 'TypeError', 'TypeError'],
  },
  {
    from: 'request/request-disturbed',
    name: 'a used one makes no other',
    init: post('abc'),
    run: async (request) => {
      await request.text()
      return errorOf(() => new Request(request))
    },
    is: 'TypeError',
  },
  {
    from: 'request/request-clone',
    name: 'a clone has all of it, and its own body',
    init: post('abc', { 'x-a': '1' }),
    run: async (request) => {
      const clone = request.clone()
      const { method, headers } = clone
      return [
        clone instanceof Request,
        clone !== request,
        method,
        headers.get('x-a'),
        clone.url === request.url,
        await clone.text(),
        request.bodyUsed,
        await request.text(),
      ]
    },
    is: [true, true, 'POST', '1', true, 'abc', false, 'abc'],
  },
  {
    from: 'request/request-clone',
    name: 'what is changed in one is not changed in the other',
    init: { headers: { 'x-a': '1' } },
    run: (request) => {
      const clone = request.clone()
      clone.headers.set('x-a', '2')
      request.headers.set('x-b', '3')
      return [request.headers.get('x-a'), clone.headers.get('x-b')]
    },
    is: ['1', null],
  },
  {
    from: 'request/request-clone',
    name: 'a used or locked one has no clone',
    init: post('abc'),
    run: async (request) => {
      const reader = request.body!.getReader()
      const locked = errorOf(() => request.clone())
      reader.releaseLock()
      await request.text()
      return [locked, errorOf(() => request.clone())]
    },
    is: ['TypeError', 'TypeError'],
  },
  {
    from: 'request/request-constructor-init-body-override',
    name: 'new Request(request, { body }) has the other body and leaves this one',
    init: post('old', { 'content-type': 'text/x-old' }),
    needsWhole: true,
    run: async (request) => {
      const other = new Request(request, { method: 'POST', body: 'new' })
      return [await other.text(), other.method, await request.text()]
    },
    is: ['new', 'POST', 'old'],
  },
  {
    from: 'request/request-init-stream',
    name: 'new Request(url, request) takes the stream of its body',
    init: post('abc'),
    run: async (request) => {
      const other = new Request('http://other/', request)
      return [await other.text(), request.body!.locked || request.bodyUsed]
    },
    is: ['abc', true],
  },
  {
    from: 'request/request-init-stream',
    name: 'new Request(request) uses this one up',
    init: post('abc'),
    needsWhole: true,
    run: async (request) => {
      const other = new Request(request)
      return [request.bodyUsed, await other.text()]
    },
    is: [true, 'abc'],
  },
]
