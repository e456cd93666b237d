// What the web platform tests ask of a Response, for whichever class is given.

import { errorOf, failure } from './errors.ts'

export interface ResponseCase {
  readonly from: string
  readonly name: string
  readonly run: (Class: typeof Response) => unknown
  readonly is: unknown
}

const reads = ['text', 'json', 'arrayBuffer', 'blob'] as const
const stream = (...chunks: unknown[]): ReadableStream =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const textOf = async (response: Response): Promise<string> => response.text()
const typeOf = ({ headers }: Response): string | null => headers.get('content-type')

type BodyInit = ConstructorParameters<typeof Response>[0]

const bodies: [string, () => BodyInit, string, string | null][] = [
  ['text', () => 'This is a text', 'This is a text', 'text/plain;charset=UTF-8'],
  ['an empty text', () => '', '', 'text/plain;charset=UTF-8'],
  ['bytes', () => bytesOf('bytes'), 'bytes', null],
  ['a part of bytes', () => bytesOf('a part').subarray(2), 'part', null],
  ['an ArrayBuffer', () => bytesOf('buffer').buffer, 'buffer', null],
  ['a blob', () => new Blob(['blob'], { type: 'text/x-b' }), 'blob', 'text/x-b'],
  [
    'parameters',
    () => new URLSearchParams({ a: '1' }),
    'a=1',
    'application/x-www-form-urlencoded;charset=UTF-8',
  ],
  ['a stream', () => stream(bytesOf('stream')), 'stream', null],
  ['nothing', () => null, '', null],
  ['no argument', () => undefined, '', null],
  ['a number', () => 5 as unknown as string, '5', 'text/plain;charset=UTF-8'],
]

export const responseCases: readonly ResponseCase[] = [
  {
    from: 'response/response-init-001',
    name: 'what nobody says has its default',
    run: (Class) => {
      const { type, url, ok, status, statusText, body, bodyUsed, redirected } = new Class()
      return { type, url, ok, status, statusText, body, bodyUsed, redirected }
    },
    is: {
      type: 'default',
      url: '',
      ok: true,
      status: 200,
      statusText: '',
      body: null,
      bodyUsed: false,
      redirected: false,
    },
  },
  {
    from: 'response/response-init-001',
    name: 'status, statusText and headers are what was said',
    run: (Class) =>
      [200, 204, 299, 300, 404, 599].map((status) => {
        const headers = { 'X-A': 'b' }
        const made = new Class(null, { status, statusText: 'Of course', headers })
        return [made.status, made.statusText, made.ok, made.headers.get('x-a')]
      }),
    is: [
      [200, 'Of course', true, 'b'],
      [204, 'Of course', true, 'b'],
      [299, 'Of course', true, 'b'],
      [300, 'Of course', false, 'b'],
      [404, 'Of course', false, 'b'],
      [599, 'Of course', false, 'b'],
    ],
  },
  {
    from: 'response/response-init-001',
    name: 'headers may be a Headers, pairs, or a record, and are copied',
    run: (Class) => {
      const given = new Headers({ a: '1' })
      const made = new Class(null, { headers: given })
      given.set('a', '2')
      const pairs = new Class(null, {
        headers: [
          ['a', '3'],
          ['A', '4'],
        ],
      })
      const record = new Class(null, { headers: { a: ' 5 ', B: '6' } })
      return [made, pairs, record].map((response) => [...response.headers])
    },
    is: [
      [['a', '1']],
      [['a', '3, 4']],
      [
        ['a', '5'],
        ['b', '6'],
      ],
    ],
  },
  {
    from: 'response/response-init-001',
    name: 'headers can be changed and stay the same object',
    run: (Class) => {
      const made = new Class('x', { headers: { a: '1' } })
      const { headers } = made
      headers.set('a', '2')
      headers.append('set-cookie', 'c=d')
      return [made.headers === headers, [...made.headers.keys()], made.headers.get('a')]
    },
    is: [true, ['a', 'content-type', 'set-cookie'], '2'],
  },
  {
    from: 'response/response-error',
    name: 'a status out of range',
    run: (Class) =>
      [0, 100, 199, 600, 1000, Number.NaN].map((status) =>
        errorOf(() => new Class('', { status })),
      ),
    is: Array.from({ length: 6 }, () => 'RangeError'),
  },
  {
    from: 'response/response-error',
    name: 'a reason that is none',
    run: (Class) =>
      ['\n', '\u0100', 'a\rb', '\u0000'].map((statusText) =>
        errorOf(() => new Class('', { statusText })),
      ),
    is: Array.from({ length: 4 }, () => 'TypeError'),
  },
  {
    from: 'response/response-error',
    name: 'a body with a status that has none',
    run: (Class) =>
      [204, 205, 304].map((status) => [
        errorOf(() => new Class('body', { status })),
        errorOf(() => new Class('', { status })),
        errorOf(() => new Class(null, { status })),
      ]),
    is: Array.from({ length: 3 }, () => ['TypeError', 'TypeError', 'none']),
  },
  {
    from: 'response/response-error',
    name: 'headers that are none',
    run: (Class) =>
      [{ 'a b': '1' }, { a: 'b\n' + 'c' }, { '': '1' }, { a: '\u0100' }, [['a']]].map((headers) =>
        errorOf(() => new Class('', { headers: headers as Record<string, string> })),
      ),
    is: Array.from({ length: 5 }, () => 'TypeError'),
  },
  {
    from: 'response/response-init-002',
    name: 'a body of any kind can be read',
    run: (Class) => Promise.all(bodies.map(([, make]) => textOf(new Class(make())))),
    is: bodies.map(([, , text]) => text),
  },
  {
    from: 'response/response-init-002',
    name: 'bytes are copied',
    run: (Class) => {
      const bytes = bytesOf('before')
      const made = new Class(bytes)
      bytes.fill(120)
      return textOf(made)
    },
    is: 'before',
  },
  {
    from: 'response/response-init-contenttype',
    name: 'the type is that of the body',
    run: (Class) => bodies.map(([, make]) => typeOf(new Class(make()))),
    is: bodies.map(([, , , type]) => type),
  },
  {
    from: 'response/response-init-contenttype',
    name: 'unless another was said, in whichever case',
    run: (Class) =>
      ['content-type', 'Content-Type', 'CONTENT-TYPE'].map((name) =>
        typeOf(new Class('x', { headers: { [name]: 'a/b' } })),
      ),
    is: ['a/b', 'a/b', 'a/b'],
  },
  {
    from: 'response/response-consume',
    name: 'each way of reading uses it up',
    run: (Class) =>
      Promise.all(
        reads.map(async (read) => {
          const made = new Class('{"a":1}')
          const before = made.bodyUsed
          await made[read]()
          return [before, made.bodyUsed, await failure(made.text())]
        }),
      ),
    is: reads.map(() => [false, true, 'TypeError']),
  },
  {
    from: 'response/response-consume',
    name: 'text() is UTF-8: no byte order mark, no half characters',
    run: (Class) =>
      Promise.all(['\ufeffa', 'a\ud800b', 'ä€😀'].map((text) => textOf(new Class(text)))),
    is: ['a', 'a\ufffdb', 'ä€😀'],
  },
  {
    from: 'response/response-consume',
    name: 'the type of a blob is that of the Response',
    run: async (Class) => [
      (await new Class('x').blob()).type,
      (await new Class('x', { headers: { 'content-type': 'A/B' } }).blob()).type,
      (await new Class(bytesOf('x')).blob()).type,
    ],
    is: ['text/plain;charset=utf-8', 'a/b', ''],
  },
  {
    from: 'response/response-consume',
    name: 'json() of what is none',
    run: async (Class) => {
      const made = new Class('{')
      return [await failure(made.json()), made.bodyUsed]
    },
    is: ['SyntaxError', true],
  },
  {
    from: 'response/response-consume-empty',
    name: 'without a body everything is empty, and nothing is used',
    run: async (Class) => {
      const made = new Class()
      return [
        await made.text(),
        (await made.arrayBuffer()).byteLength,
        (await made.blob()).size,
        await failure(made.json()),
        await failure(made.formData()),
        made.bodyUsed,
      ]
    },
    is: ['', 0, 0, 'SyntaxError', 'TypeError', false],
  },
  {
    from: 'response/response-consume-stream',
    name: 'the body is a stream of bytes',
    run: async (Class) => {
      const made = new Class('text')
      const { body } = made
      const same = made.body === body
      const parts: number[] = []
      for await (const part of body!) parts.push(...(part as Uint8Array))
      return [same, String.fromCodePoint(...parts), made.bodyUsed]
    },
    is: [true, 'text', true],
  },
  {
    from: 'response/response-cancel-stream',
    name: 'a cancelled body is used, a locked one cannot be cancelled',
    run: async (Class) => {
      const made = new Class('text')
      await made.body!.cancel()
      const locked = new Class('text')
      const reader = locked.body!.getReader()
      const refused = await failure(locked.body!.cancel())
      await reader.cancel()
      return [made.bodyUsed, refused, locked.bodyUsed]
    },
    is: [true, 'TypeError', true],
  },
  {
    from: 'response/response-stream-disturbed-1',
    name: 'what reads the stream keeps everybody else from it',
    run: (Class) =>
      Promise.all(
        reads.map(async (read) => {
          const made = new Class('{}')
          const reader = made.body!.getReader()
          const locked = await failure(made[read]())
          await reader.read()
          reader.releaseLock()
          return [locked, await failure(made[read]()), made.bodyUsed]
        }),
      ),
    is: reads.map(() => ['TypeError', 'TypeError', true]),
  },
  {
    from: 'response/response-stream-bad-chunk',
    name: 'a stream of anything but bytes cannot be read',
    run: (Class) =>
      Promise.all([1, 'text', null, {}].map((chunk) => failure(new Class(stream(chunk)).text()))),
    is: Array.from({ length: 4 }, () => 'TypeError'),
  },
  {
    from: 'response/response-error-from-stream',
    name: 'an error of the stream is an error of reading',
    run: (Class) =>
      Promise.all(
        reads.map((read) => {
          const broken = new ReadableStream({
            start: (controller) => controller.error(new RangeError('broken')),
          })
          return failure(new Class(broken)[read]())
        }),
      ),
    is: reads.map(() => 'RangeError'),
  },
  {
    from: 'response/response-from-stream',
    name: 'a stream that is locked or was read makes none',
    run: async (Class) => {
      const locked = stream(bytesOf('a'))
      locked.getReader()
      const read = stream(bytesOf('a'))
      const reader = read.getReader()
      await reader.read()
      reader.releaseLock()
      return [errorOf(() => new Class(locked)), errorOf(() => new Class(read))]
    },
    is: ['TypeError', 'TypeError'],
  },
  {
    from: 'response/response-clone',
    name: 'a clone has all of it, and its own body',
    run: async (Class) => {
      const made = new Class('text', { status: 418, statusText: 'T', headers: { a: '1' } })
      const clone = made.clone()
      made.headers.set('a', '2')
      const { status, statusText, headers } = clone
      return [
        clone instanceof Class,
        status,
        statusText,
        headers.get('a'),
        await clone.text(),
        made.bodyUsed,
        await made.text(),
      ]
    },
    is: [true, 418, 'T', '1', 'text', false, 'text'],
  },
  {
    from: 'response/response-clone',
    name: 'a used or locked one has no clone',
    run: async (Class) => {
      const used = new Class('text')
      await used.text()
      const locked = new Class('text')
      locked.body!.getReader()
      return [errorOf(() => used.clone()), errorOf(() => locked.clone())]
    },
    is: ['TypeError', 'TypeError'],
  },
  {
    from: 'response/response-static-error',
    name: 'error() has no status and no headers',
    run: (Class) => {
      const { type, status, statusText, ok, body, headers } = Class.error()
      return [type, status, statusText, ok, body, [...headers], Class.error() instanceof Class]
    },
    is: ['error', 0, '', false, null, [], true],
  },
  {
    from: 'response/response-static-json',
    name: 'json() has the text and the type of it',
    run: async (Class) => {
      const made = Class.json({ a: [1, 'ä'] })
      return [made.status, typeOf(made), made instanceof Class, await made.text()]
    },
    is: [200, 'application/json', true, '{"a":[1,"ä"]}'],
  },
  {
    from: 'response/response-static-json',
    name: 'unless another type, status or reason was said',
    run: (Class) => {
      const headers = { 'Content-Type': 'a/b', 'x-a': '1' }
      const made = Class.json({}, { status: 400, statusText: 'No', headers })
      return [made.status, made.statusText, typeOf(made), made.headers.get('x-a')]
    },
    is: [400, 'No', 'a/b', '1'],
  },
  {
    from: 'response/response-static-json',
    name: 'what has no JSON, and a status without a body',
    run: (Class) => [
      ...[undefined, Symbol('s'), () => {}, 1n].map((value) => errorOf(() => Class.json(value))),
      ...[204, 205, 304].map((status) => errorOf(() => Class.json({}, { status }))),
      errorOf(() => Class.json({ toJSON: () => JSON.parse('{') as unknown })),
    ],
    is: [...Array.from({ length: 7 }, () => 'TypeError'), 'SyntaxError'],
  },
  {
    from: 'response/json',
    name: 'json() reads what json() wrote',
    run: (Class) => Promise.all([null, 0, '', [], { a: 1 }].map((v) => Class.json(v).json())),
    is: [null, 0, '', [], { a: 1 }],
  },
  {
    from: 'response/response-static-redirect',
    name: 'redirect() has a status and a place',
    run: (Class) =>
      [undefined, 301, 302, 303, 307, 308].map((status) => {
        const made = Class.redirect('http://test.url:1234/', status as 301)
        return [made.status, made.headers.get('location'), made.body, made.type]
      }),
    is: [302, 301, 302, 303, 307, 308].map((status) => [
      status,
      'http://test.url:1234/',
      null,
      'default',
    ]),
  },
  {
    from: 'response/response-static-redirect',
    name: 'redirect() to no URL, or with another status',
    run: (Class) => [
      errorOf(() => Class.redirect('http://:This is not an url', 302)),
      ...[200, 309, 400, 500].map((status) =>
        errorOf(() => Class.redirect('http://a/', status as 301)),
      ),
    ],
    is: ['TypeError', 'RangeError', 'RangeError', 'RangeError', 'RangeError'],
  },
  {
    from: 'response/response-stream-with-broken-then',
    name: 'a then() of every object changes nothing',
    run: async (Class) => {
      const made = new Class('text')
      // oxlint-disable-next-line no-extend-native, unicorn/no-thenable
      Object.defineProperty(Object.prototype, 'then', { get: () => undefined, configurable: true })
      try {
        return await made.text()
      } finally {
        Reflect.deleteProperty(Object.prototype, 'then')
      }
    },
    is: 'text',
  },
]
