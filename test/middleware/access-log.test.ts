// What is written of a request, when, where to, and what never is.

import { EventEmitter } from 'node:events'
import { connect } from 'node:net'

import { App, HttpError } from 'lanner'
import { accessLog } from 'lanner/middleware/access-log'
import { requestId } from 'lanner/middleware/request-id'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

import { combinedLine, commonLine } from '../../src/logging/common-format.ts'
import { jsonLine } from '../../src/logging/json-line.ts'
import { LogQueue } from '../../src/logging/queue.ts'
import { Complaints } from '../../src/report.ts'
import { deferred } from '../support/deferred.ts'

import type { Context, InjectOptions } from 'lanner'
import type { AccessLogOptions, AccessRecord } from 'lanner/middleware/access-log'

/** A stream that takes what it is given until it is told not to. */
class Lines extends EventEmitter {
  readonly writes: string[] = []
  takesMore = true
  destroyed = false

  write(text: string): boolean {
    this.writes.push(text)
    return this.takesMore
  }

  get lines(): string[] {
    return this.writes.join('').split('\n').slice(0, -1)
  }
}

/** What is written to standard error in this test. */
function watchErrors(): unknown[] {
  const told: unknown[] = []
  const spy = vi.spyOn(console, 'error').mockImplementation((error) => void told.push(error))
  onTestFinished(() => spy.mockRestore())
  return told
}

/** The end of a turn, then the writing that it has put off. */
async function turn(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve))
}

function example(options: AccessLogOptions): App {
  const app = new App()
  app.use(accessLog(options))
  app.get('/users/:id', () => 'héllo')
  app.get('/', (ctx) => ctx.header('etag', '"1"').text('home'))
  app.get('/slow', async () => {
    await turn()
    return { later: true }
  })
  app.get('/error', () => Promise.reject(new HttpError(503, 'busy')))
  app.get('/fault', () => {
    throw new TypeError('oops')
  })
  app.get('/stream', (ctx) => ctx.stream(['ab', 'cde']))
  app.onError(() => undefined)
  return app
}

async function logged(
  request: InjectOptions | string,
  options: AccessLogOptions = {},
): Promise<string[]> {
  const stream = new Lines()
  await example({ stream, ...options }).inject(request)
  await turn()
  return stream.lines
}

async function record(
  request: InjectOptions | string,
  options: AccessLogOptions = {},
): Promise<AccessRecord> {
  const lines = await logged(request, options)
  expect(lines).toHaveLength(1)
  return JSON.parse(lines[0]!) as AccessRecord
}

describe('records', () => {
  test.each<[string, object]>([
    [
      '/users/7?a=b',
      { method: 'GET', path: '/users/7', route: '/users/:id', status: 200, bodyBytes: 6 },
    ],
    ['/slow', { path: '/slow', status: 200, bodyBytes: 14 }],
    ['/stream', { status: 200, bodyBytes: 5 }],
    ['/nowhere', { path: '/nowhere', status: 404 }],
    ['/error', { status: 503, error: 'HttpError: busy' }],
    ['/fault', { status: 500, error: 'TypeError: oops' }],
  ])('of %s', async (path, expected) => {
    const given = await record(path)
    expect(given).toMatchObject(expected)
    expect(new Date(given.time!).toISOString()).toBe(given.time)
    expect(given.durationMs).toBeGreaterThan(0)
    expect(given.durationMs).toBeLessThan(5000)
    expect('aborted' in given || 'query' in given || 'requestHeaders' in given).toBe(false)
  })

  test('have the chosen fields in the chosen order', async () => {
    const fields = ['status', 'method', 'protocol', 'host', 'connection', 'peer'] as const
    const given = await record('/', { fields })
    expect(given).toMatchObject({
      status: 200,
      method: 'GET',
      protocol: 'HTTP/1.1',
      host: 'localhost',
    })
    expect(Object.keys(given).slice(0, 4)).toEqual(['status', 'method', 'protocol', 'host'])
  })

  test('know the id of the request and who asked', async () => {
    const stream = new Lines()
    const app = new App().use(
      accessLog({ stream, fields: ['requestId', 'user'], user: () => 'ada' }),
    )
    app.use(requestId({ generate: () => 'id-1' }))
    app.get('/', () => 'hello')
    await app.inject('/')
    await turn()
    expect(stream.lines).toEqual(['{"requestId":"id-1","user":"ada"}'])
  })

  test('of a client that has gone', async () => {
    const stream = new Lines()
    const isWaiting = deferred<undefined>()
    const app = new App().use(accessLog({ stream }))
    app.get('/', (ctx) => {
      isWaiting.resolve(undefined)
      return new Promise((_, reject) => ctx.signal.addEventListener('abort', reject))
    })
    await using server = await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await isWaiting.promise
    socket.resetAndDestroy()
    await expect.poll(() => stream.lines.length).toBe(1)
    expect(JSON.parse(stream.lines[0]!)).toMatchObject({
      status: 499,
      aborted: true,
      remote: '127.0.0.1',
      error: 'LannerError: The client has closed the connection.',
    })
  })

  test('of what cannot be looked at', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    watchErrors()
    const stream = new Lines()
    const app = new App().use(accessLog({ stream, fields: ['status', 'error'] }))
    app.get('/', () => {
      throw proxy
    })
    await app.inject('/')
    await turn()
    expect(stream.lines).toEqual(['{"status":500}'])
  })

  test('are left out where somebody says so', async () => {
    const skip: AccessLogOptions['skip'] = (ctx, end) => ctx.path === '/' && end.status === 200
    expect(await logged('/', { skip })).toEqual([])
    expect(await logged('/nowhere', { skip })).toHaveLength(1)
  })
})

describe('what is shown', () => {
  const request = {
    path: '/?token=secret&page=2&flag&p%61ge=3',
    headers: { authorization: 'Bearer secret', 'x-tenant': 'acme', cookie: 'sid=secret' },
  }

  test('nothing of query and fields by default', async () => {
    const [line] = await logged(request)
    expect(line).not.toMatch(/secret|acme|page/)
  })

  test.each<[AccessLogOptions['query'], string]>([
    [[], 'token=[Redacted]&page=[Redacted]&flag&p%61ge=[Redacted]'],
    [['page'], 'token=[Redacted]&page=2&flag&p%61ge=3'],
    [true, 'token=secret&page=2&flag&p%61ge=3'],
  ])('the query with %j', async (query, expected) => {
    expect(await record(request, { fields: ['query'], query: query! })).toEqual({ query: expected })
    const [line] = await logged(request, { format: 'common', query: query! })
    expect(line).toContain(`"GET /?${expected} HTTP/1.1"`)
  })

  test('the page that led here is treated as the query is', async () => {
    const headers = { referer: 'http://a/b?token=secret&page=1' }
    const given = await record({ headers }, { fields: ['referer'], query: ['page'] })
    expect(given).toEqual({ referer: 'http://a/b?token=[Redacted]&page=1' })
  })

  test('the fields that were named, and the names of the others where that is said', async () => {
    const requestHeaders = ['X-Tenant', 'x-none']
    const given = await record(request, { fields: ['status'], requestHeaders })
    expect(given).toEqual({ status: 200, requestHeaders: { 'x-tenant': 'acme' } })
    const others = await record(request, { fields: [], requestHeaders, redactOthers: true })
    expect(others.requestHeaders).toEqual({
      host: '[Redacted]',
      authorization: '[Redacted]',
      'x-tenant': 'acme',
      cookie: '[Redacted]',
    })
  })

  test('fields of the reply', async () => {
    const given = await record('/', { fields: [], responseHeaders: ['ETag', 'x-none'] })
    expect(given).toEqual({ responseHeaders: { etag: '"1"' } })
  })
})

describe('formats', () => {
  test('common and combined', async () => {
    const headers = { 'user-agent': 'curl/8', referer: 'http://a/' }
    const when = /\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\]/.source
    const [common] = await logged({ path: '/users/7', headers }, { format: 'common' })
    expect(common).toMatch(new RegExp(`^\\S+ - - ${when} "GET /users/7 HTTP/1\\.1" 200 6$`))
    const [combined] = await logged(
      { path: '/users/7', headers },
      { format: 'combined', user: () => 'ada l' },
    )
    expect(combined).toMatch(
      new RegExp(
        `^\\S+ - ada\\\\x20l ${when} "GET /users/7 HTTP/1\\.1" 200 6 "http://a/" "curl/8"$`,
      ),
    )
  })

  const parts = {
    remote: '::1',
    user: undefined,
    time: Date.UTC(2000, 9, 10, 13, 55, 36),
    method: 'GET',
    target: '/',
    protocol: 'HTTP/1.1',
    status: 304,
    bodyBytes: 0,
  }
  test('the example of everybody', () => {
    expect(commonLine(parts)).toBe('::1 - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.1" 304 -')
    expect(
      commonLine({ ...parts, remote: undefined, bodyBytes: 2326, time: parts.time + 1000 }),
    ).toBe('- - - [10/Oct/2000:13:55:37 +0000] "GET / HTTP/1.1" 304 2326')
  })

  test.each([
    ['a"b', 'a\\"b'],
    ['a\\b', 'a\\\\b'],
    ['a\r\nGET', 'a\\x0d\\x0aGET'],
    ['\u001b[31m', '\\x1b[31m'],
    ['\u0085', '\\x85'],
    ['é', 'é'],
  ])('no client forges a line: %j', (text, expected) => {
    const line = combinedLine({
      ...parts,
      target: text,
      user: text,
      referer: text,
      userAgent: text,
    })
    expect(line.split(expected)).toHaveLength(5)
    // oxlint-disable-next-line no-control-regex
    expect(line).not.toMatch(/[\x00-\x1f]/)
  })

  test.each([
    [{}],
    [{ a: undefined, b: 'text', c: 0, d: -1.5, e: true, f: null, g: { h: ['i'] } }],
    [{ quote: '"', back: '\\', line: '\r\n\u0000', wide: 'é€👋', half: '\ud83d' }],
    [{ nan: NaN, huge: 1e300, 'odd "key"': 1 }],
  ])('JSON is what JSON.stringify() writes: %j', (record) => {
    const line = jsonLine(Object.keys(record))(Object.values(record))
    expect(line).toBe(JSON.stringify(record))
  })

  test('an own one', async () => {
    const format = (given: AccessRecord): string => `${given.method} ${given.status}`
    expect(await logged('/', { format })).toEqual(['GET 200'])
  })
})

describe('loggers', () => {
  test('get records by level, without a time, when replies have left', async () => {
    const logger = { info: vi.fn(), error: vi.fn() }
    const app = example({ logger, fields: ['path'], message: 'served' })
    const reply = app.inject('/')
    expect(logger.info).not.toHaveBeenCalled()
    await reply
    await app.inject('/error')
    await turn()
    expect(logger.info.mock.calls).toEqual([[{ path: '/' }, 'served']])
    expect(logger.error.mock.calls).toEqual([[{ path: '/error' }, 'served']])
    const all = { info: vi.fn(), error: vi.fn() }
    await example({ logger: all }).inject('/')
    await turn()
    expect(Object.keys(all.info.mock.calls[0]![0] as object)).not.toContain('time')
    expect(all.info.mock.calls[0]![1]).toBe('request')
  })
})

describe('the queue', () => {
  test('writes all records of a turn at once', async () => {
    const stream = new Lines()
    const app = example({ stream })
    await Promise.all(['/', '/users/1', '/users/2'].map((path) => app.inject(path)))
    await turn()
    expect([stream.writes.length, stream.lines.length]).toEqual([1, 3])
  })

  test('formats nothing while nothing is taken, and counts what finds it full', async () => {
    const told = watchErrors()
    const stream = new Lines()
    const log = accessLog({ stream, queue: 2, fields: ['path'] })
    const app = new App().use(log)
    app.get('/*rest', () => 'hello')
    stream.takesMore = false
    for (const path of ['/1', '/2', '/3', '/4', '/5']) {
      await app.inject(path)
      await turn()
    }
    expect([stream.lines, log.dropped]).toEqual([['{"path":"/1"}'], 2])
    const message = 'The access log has lost records, 1 until now: the queue is full.'
    expect(told).toMatchObject([{ code: 'LANNER_LOG_FAILED', message }])
    stream.takesMore = true
    stream.emit('drain')
    await turn()
    expect(stream.lines).toEqual(['{"path":"/1"}', '{"path":"/2"}', '{"path":"/3"}'])
    await app.inject('/6')
    await turn()
    expect([stream.lines.length, log.dropped]).toEqual([4, 2])
  })

  test('is emptied by flush(), whatever the stream says', async () => {
    const stream = new Lines()
    const log = accessLog({ stream })
    const app = new App().use(log)
    app.get('/', () => 'hello')
    stream.takesMore = false
    await app.inject('/')
    await turn()
    await app.inject('/')
    await turn()
    expect(stream.lines).toHaveLength(1)
    log.flush()
    expect(stream.lines).toHaveLength(2)
  })

  test('counts what a closed stream does not take, and says so', async () => {
    const told = watchErrors()
    const stream = new Lines()
    const log = accessLog({ stream })
    const app = new App().use(log)
    app.get('/', () => 'hello')
    stream.destroyed = true
    await app.inject('/')
    await turn()
    expect([stream.writes, log.dropped]).toEqual([[], 1])
    const why = 'The access log has lost records, 1 until now: the stream is closed.'
    expect(told).toMatchObject([{ code: 'LANNER_LOG_FAILED', message: why }])
  })

  describe('a stream that closes while it is waited for', () => {
    const closed = /^The access log has lost records, (\d+) until now: the stream is closed\.$/
    const counts = (told: unknown[]): number[] =>
      told.map((error) => Number(closed.exec((error as Error).message)?.[1]))

    test.each<[string, (stream: Lines) => void, after: number[]]>([
      ['says so by an event', (stream) => stream.emit('close'), [2]],
      ['and says nothing: the next record finds out', () => {}, []],
    ])('%s', async (_name, tell, after) => {
      const told = watchErrors()
      const stream = new Lines()
      const log = accessLog({ stream, reportInterval: 0 })
      const app = new App().use(log)
      app.get('/', () => 'hello')
      stream.takesMore = false
      for (let i = 0; i < 3; i++) {
        await app.inject('/')
        await turn()
      }
      expect([stream.lines.length, log.dropped]).toEqual([1, 0])
      stream.destroyed = true
      tell(stream)
      await turn()
      expect(counts(told)).toEqual(after)
      await app.inject('/')
      await turn()
      expect([stream.lines.length, log.dropped, counts(told).at(-1)]).toEqual([1, 3, 3])
    })

    test.each(['destroyed', 'writableEnded'])('is found out when it is full: %s', async (state) => {
      const told = watchErrors()
      const stream = { write: () => false, once: () => undefined, [state]: false }
      const log = accessLog({ stream, queue: 1, reportInterval: 0 })
      const app = new App().use(log)
      app.get('/', () => 'hello')
      for (let i = 0; i < 2; i++) {
        await app.inject('/')
        await turn()
      }
      stream[state] = true
      await app.inject('/')
      await turn()
      await app.inject('/')
      await turn()
      expect([log.dropped, counts(told)]).toEqual([3, [Number.NaN, 2, 3]])
    })

    test.each(['drain', 'close'])('keeps no listener after %s', async (event) => {
      const stream = new Lines()
      const log = accessLog({ stream })
      const app = new App().use(log)
      app.get('/', () => 'hello')
      stream.takesMore = false
      for (let i = 0; i < 3; i++) {
        await app.inject('/')
        await turn()
        log.flush()
      }
      const listeners = (): number[] => ['drain', 'close'].map((name) => stream.listenerCount(name))
      expect([stream.lines.length, listeners()]).toEqual([3, [1, 1]])
      stream.emit(event)
      expect(listeners()).toEqual([0, 0])
    })
  })

  describe('a record that cannot be written is counted and told of, and keeps no other', () => {
    const no = new Error('no')
    const bad = (): never => {
      throw no
    }
    const format = ({ path }: AccessRecord): string => (path === '/bad' ? bad() : path!)
    const odd = (({ path }: AccessRecord) => (path === '/bad' ? Symbol('no') : path)) as never
    const shown: string[] = []
    const take = (record: AccessRecord): void => void shown.push(format(record))
    const logger = { info: take, error: take }
    const stream = new Lines()

    const isBad = (ctx: Context): boolean => (ctx.path === '/bad' ? bad() : false)
    const user = (ctx: Context): string => `of ${String(isBad(ctx))}`
    const json = ['requestId', 'user'] as const

    test.each<[string, AccessLogOptions, number, string]>([
      ['by an own format', { stream, format }, 200, 'a record could not be formatted'],
      ['as a text', { stream, format: odd }, 200, 'a record could not be formatted'],
      ['as JSON', { stream, fields: ['requestId'] }, 200, 'a record could not be formatted'],
      ['by info() of a logger', { logger }, 200, 'the logger threw'],
      ['by error() of a logger', { logger }, 500, 'the logger threw'],
      ['with its user', { stream, fields: json, user }, 201, 'a record could not be made'],
      [
        'with what skips it',
        { stream, fields: json, skip: isBad },
        201,
        'a record could not be made',
      ],
    ])('%s', async (_name, options, status, why) => {
      const told = watchErrors()
      const log = accessLog(options)
      const app = new App().use(log)
      app.get('/:name', (ctx) => {
        const { name } = ctx.params
        ctx.state['requestId'] = name === 'bad' && status !== 201 ? 1n : `/${name}`
        return ctx.status(status).text('done')
      })
      await Promise.all(['/one', '/bad', '/two'].map((path) => app.inject(path)))
      await turn()
      expect(log.dropped).toBe(1)
      const message = `The access log has lost records, 1 until now: ${why}.`
      const cause = expect.any(Error) as unknown
      expect(told).toMatchObject([{ code: 'LANNER_LOG_FAILED', message, cause }])
      const lines = options.logger === undefined ? stream.lines : shown
      expect(lines.join()).toMatch(/\/one.*\/two/)
      stream.writes.length = 0
      shown.length = 0
    })

    test('by the stream', async () => {
      const told = watchErrors()
      const log = accessLog({ stream: { write: bad, once: bad } })
      const app = new App().use(log)
      app.get('/:name', () => 'hello')
      await Promise.all(['/1', '/2'].map((path) => app.inject(path)))
      await turn()
      expect(log.dropped).toBe(2)
      const message = 'The access log has lost records, 2 until now: the stream threw.'
      expect(told).toMatchObject([{ message, cause: no }])
    })

    test.each<[AccessLogOptions['reportInterval'], number[]]>([
      [undefined, [1]],
      ['1h', [1]],
      [0, [1, 2, 3]],
    ])('told of once per interval: %j', async (reportInterval, counts) => {
      const told = watchErrors()
      const log = accessLog({
        stream,
        format: bad,
        ...(reportInterval !== undefined && { reportInterval }),
      })
      const app = new App().use(log)
      app.get('/', () => 'hello')
      for (let i = 0; i < 3; i++) {
        await app.inject('/')
        await turn()
      }
      expect(log.dropped).toBe(3)
      const counted = told.map((error) => Number(/, (\d+) until/.exec(String(error))?.[1]))
      expect(counted).toEqual(counts)
    })

    test('each kind of failure is told of, and again when its time has come', () => {
      let now = 0
      const told = watchErrors()
      const complaints = new Complaints(100, () => now)
      const times: [at: number, kind: string][] = [
        [0, 'a'],
        [0, 'b'],
        [99, 'a'],
        [100, 'a'],
        [150, 'b'],
        [199, 'a'],
        [200, 'a'],
      ]
      for (const [at, kind] of times) {
        now = at
        complaints.tell(kind, () => `${kind} at ${at}`)
      }
      expect(told).toEqual(['a at 0', 'b at 0', 'a at 100', 'b at 150', 'a at 200'])
    })
  })

  test('a writer that is not ready is asked again once', async () => {
    const batches: number[][] = []
    let ready = (): void => {}
    const queue = new LogQueue<number>((items, again) => {
      batches.push([...items])
      ready = again
      return false
    }, 10)
    queue.add(1)
    queue.add(2)
    await turn()
    queue.add(3)
    await turn()
    expect(batches).toEqual([[1, 2]])
    ready()
    await turn()
    expect(batches).toEqual([[1, 2], [3]])
  })
})

test.each<[unknown, string]>([
  [[], 'The option options of accessLog() is an object'],
  [{ stdout: 1 }, 'There is no option stdout of accessLog()'],
  [{ stream: {} }, 'The option stream of accessLog() is an object with the methods write and once'],
  [{ logger: { info: 1 } }, 'The option logger of accessLog() is an object with the methods info'],
  [{ logger: console, format: 'json' }, 'The option logger of accessLog() is given without stream'],
  [{ message: '' }, 'The option message of accessLog() is a text'],
  [{ format: 'short' }, "The option format of accessLog() is 'json', 'common', 'combined' or"],
  [
    { format: 'common', fields: [] },
    "The option fields of accessLog() is not for the format 'common'",
  ],
  [{ fields: ['body'] }, 'The option fields[0] of accessLog() is one of time, requestId'],
  [{ query: 'a' }, 'The option query of accessLog() is a list of texts'],
  [{ requestHeaders: 'a' }, 'The option requestHeaders of accessLog() is a list of texts'],
  [{ responseHeaders: [1] }, 'The option responseHeaders of accessLog() is a list of texts'],
  [{ redactOthers: 1 }, 'The option redactOthers of accessLog() is true or false'],
  [{ user: 'ada' }, 'The option user of accessLog() is a function'],
  [{ skip: true }, 'The option skip of accessLog() is a function'],
  [{ reportInterval: 'often' }, 'The option reportInterval of accessLog() is a duration'],
  [{ queue: 0 }, 'The option queue of accessLog() is an integer from 1 to 10000000'],
])('wrong options %j', (options, message) => {
  expect(() => accessLog(options as AccessLogOptions)).toThrow(message)
})
