// The options of listen(): defaults, units, and errors that name their path.

import { describe, expect, test } from 'vitest'

import { duration, parseOptions, size } from '../../src/options.ts'

import type { ListenOptions } from '../../src/options.ts'

test('defaults', () => {
  expect(parseOptions({})).toEqual({
    development: false,
    signal: undefined,
    native: {
      endpoints: [{ host: 'localhost', port: 3000 }],
      routes: [],
      fallback: false,
      covered: [],
      limits: {
        requestLineBytes: 8192,
        headerBytes: 32_768,
        headers: 100,
        bodyBytes: 30_000_000,
        requestWindowBytes: 1_048_576,
        replyWindowBytes: 65_536,
        pipelined: 32,
        connections: 0,
        requestsPerConnection: 0,
        drainBytes: 1_048_576,
        bodyMemoryBytes: 1_073_741_824,
      },
      timeouts: {
        headersMs: 30_000,
        keepAliveMs: 130_000,
        drainMs: 5000,
        halfClosedMs: 5000,
        requestMs: 0,
        connectionAgeMs: 0,
      },
      rates: {
        request: { bytesPerSecond: 240, graceMs: 5000 },
        response: { bytesPerSecond: 240, graceMs: 5000 },
      },
      probes: { live: '', ready: '', metrics: '', maxLoopDelayMs: 1000 },
      overload: { inFlight: 10_000, queueDelayMs: 100, retryAfterSeconds: 1 },
      rejectPages: [],
      stall: { thresholdMs: 1000, intervalMs: 10_000, log: true },
      ioThreads: 0,
      serverHeader: null,
      allowBareLf: false,
    },
  })
})

test('everything that can be said', () => {
  const { native, development } = parseOptions({
    endpoints: [
      { port: 0, host: '::', ipv6Only: true, reusePort: true, backlog: 10 },
      { path: '/tmp/a.sock', mode: 0o660 },
    ],
    limits: {
      requestLineBytes: '4KiB',
      headerBytes: '48kB',
      headers: 10,
      bodyBytes: null,
      requestWindowBytes: '2MiB',
      replyWindowBytes: '1MB',
      pipelined: 1,
      connections: 100,
      requestsPerConnection: 1000,
      drainBytes: '2MiB',
      bodyMemoryBytes: '256MiB',
    },
    timeouts: {
      headers: '2s',
      keepAlive: null,
      drain: '1.5s',
      halfClosed: null,
      request: '10s',
      connectionAge: '1h',
    },
    rates: { request: { bytesPerSecond: '1kB', grace: '2s' }, response: null },
    health: { live: '/livez', ready: '/readyz', maxLoopDelay: '2s' },
    metrics: { path: '/metrics' },
    overload: { inFlight: 5, queueDelay: '50ms', retryAfter: '1.5 min' },
    stall: { threshold: '2s', interval: '1min', log: false },
    ioThreads: 2,
    serverHeader: 'lanner',
    allowBareLf: true,
    development: true,
  })
  expect(development).toBe(true)
  expect(native).toMatchObject({
    endpoints: [
      { port: 0, host: '::', ipv6Only: true, reusePort: true, backlog: 10 },
      { path: '/tmp/a.sock', mode: 0o660 },
    ],
    limits: {
      requestLineBytes: 4096,
      headerBytes: 48_000,
      headers: 10,
      bodyBytes: -1,
      requestWindowBytes: 2_097_152,
      replyWindowBytes: 1_000_000,
      pipelined: 1,
      connections: 100,
      requestsPerConnection: 1000,
      drainBytes: 2_097_152,
      bodyMemoryBytes: 268_435_456,
    },
    timeouts: {
      headersMs: 2000,
      keepAliveMs: 0,
      drainMs: 1500,
      halfClosedMs: 0,
      requestMs: 10_000,
      connectionAgeMs: 3_600_000,
    },
    rates: {
      request: { bytesPerSecond: 1000, graceMs: 2000 },
      response: { bytesPerSecond: 0, graceMs: 0 },
    },
    probes: { live: '/livez', ready: '/readyz', metrics: '/metrics', maxLoopDelayMs: 2000 },
    overload: { inFlight: 5, queueDelayMs: 50, retryAfterSeconds: 90 },
    stall: { thresholdMs: 2000, intervalMs: 60_000, log: false },
    ioThreads: 2,
    serverHeader: 'lanner',
    allowBareLf: true,
  })
})

test.each([
  [0, 0],
  [1500, 1500],
  ['250ms', 250],
  ['30s', 30_000],
  ['1.5 min', 90_000],
  ['2h', 7_200_000],
])('duration %j', (value, ms) => expect(duration(value, 'x', 1)).toBe(ms))

test('stall: false turns reports off', () => {
  expect(parseOptions({ stall: false }).native.stall).toMatchObject({ thresholdMs: 0, log: false })
})

test.each([
  [0, 0],
  [1024, 1024],
  ['10B', 10],
  ['1kB', 1000],
  ['1KB', 1000],
  ['1KiB', 1024],
  ['30MB', 30_000_000],
  ['1.5 MiB', 1_572_864],
  ['1GB', 1_000_000_000],
  ['1gib', 1_073_741_824],
])('size %j', (value, bytes) => expect(size(value, 'x', 1, 0, 2 ** 40)).toBe(bytes))

test('null and Infinity are no limit where there can be none, undefined is the default', () => {
  const values = [null, Infinity] as const
  for (const none of values) {
    const { native } = parseOptions({
      limits: {
        bodyBytes: none,
        connections: none,
        requestsPerConnection: none,
        drainBytes: none,
        bodyMemoryBytes: none,
      },
      timeouts: { headers: none, keepAlive: none, request: none, connectionAge: none },
      rates: { request: none as null, response: none as null },
      overload: { queueDelay: none, retryAfter: none },
      health: { maxLoopDelay: none },
    })
    expect(native.limits).toMatchObject({
      bodyBytes: -1,
      connections: 0,
      requestsPerConnection: 0,
      drainBytes: Number.MAX_SAFE_INTEGER,
      bodyMemoryBytes: -1,
    })
    expect(native.timeouts).toMatchObject({ headersMs: 0, keepAliveMs: 0, requestMs: 0 })
    expect(native.rates.request.bytesPerSecond + native.rates.response.bytesPerSecond).toBe(0)
    expect(native.overload).toMatchObject({ queueDelayMs: 0, retryAfterSeconds: 0 })
    expect(native.probes.maxLoopDelayMs).toBe(0)
  }
  const said = { limits: { headers: undefined }, timeouts: { keepAlive: undefined } }
  expect(parseOptions(said as unknown as ListenOptions)).toEqual(parseOptions({}))
})

describe('errors name the option and what it may be', () => {
  const wrong: [options: unknown, message: RegExp][] = [
    [null, /options of listen\(\) is an object/],
    [{ port: -1 }, /option port is an integer from 0 to 65535, not -1/],
    [{ port: 65_536 }, /port/],
    [{ port: '80' }, /port.*not "80"/],
    [{ port: 1.5 }, /port/],
    [{ host: '' }, /host is a text that is not empty/],
    [{ host: 7 }, /host/],
    [{ path: '/a', port: 1 }, /path is given without port/],
    [{ path: '/a', host: 'b' }, /path is given without host/],
    [
      { path: 'a.sock' },
      /path is an absolute path of at most 10\d bytes, without NUL, not "a.sock"/,
    ],
    [{ path: '/a\0b' }, /path is an absolute path/],
    [{ path: '/a'.repeat(54) }, /path is an absolute path/],
    [{ endpoints: [{ port: 1 }, { path: 'b' }] }, /endpoints\[1\]\.path is an absolute path/],
    [{ port: Object.create(null) as object }, /port is an integer .*, not an empty object\.$/],
    [{ port: Symbol('a') }, /port is .*, not Symbol\(a\)\.$/],
    [{ limits: [1, 2] }, /limits is an object, not a list of 2\.$/],
    [{ health: () => '/livez' }, /health is an object, not the function health\.$/],
    [{ mode: 0o600 }, /mode is given with path only/],
    [{ path: '/a', mode: 0o1000 }, /mode is an integer from 0 to 511/],
    [{ fd: -1 }, /option fd is an integer from 0/],
    [{ fd: 3, port: 1 }, /fd is given without port: an endpoint is one place, not 3/],
    [{ fd: 3, reusePort: true }, /fd is given without reusePort/],
    [{ systemd: true, fd: 3 }, /systemd is given without fd/],
    [{ systemd: '' }, /systemd is a text that is not empty/],
    [{ path: '/a', ipv6Only: true }, /path is given without ipv6Only/],
    [{ noDelay: 1 }, /noDelay is true or false/],
    [{ tcpKeepAlive: 5 }, /tcpKeepAlive is an object/],
    [{ tcpKeepAlive: { idle: 0 } }, /tcpKeepAlive\.idle is a duration from 1/],
    [{ tcpKeepAlive: { interval: '10h' } }, /tcpKeepAlive\.interval is a duration of at most/],
    [{ tcpKeepAlive: { probes: 128 } }, /tcpKeepAlive\.probes is an integer from 1 to 127/],
    [{ receiveBufferBytes: 1 }, /receiveBufferBytes is a size from 4096/],
    [{ proxyProtocol: 'yes' }, /proxyProtocol is an object/],
    [
      { proxyProtocol: { trust: [] } },
      /no option proxyProtocol\.trust; did you mean proxyProtocol\.trusted\? There are/,
    ],
    [{ proxyProtocol: { trusted: [] } }, /proxyProtocol\.trusted is a list with at least one/],
    [{ proxyProtocol: { trusted: '10.0.0.0/8' } }, /proxyProtocol\.trusted is a list/],
    [{ proxyProtocol: { trusted: ['any', '10.0.0.0/33'] } }, /trusted\[1\] is a network such as/],
    [{ proxyProtocol: { trusted: ['10.0.0/8'] } }, /trusted\[0\] is a network/],
    [{ proxyProtocol: { trusted: ['fe80::1%eth0'] } }, /trusted\[0\] is a network/],
    [{ proxyProtocol: { required: 1 } }, /proxyProtocol\.required is true or false/],
    [{ endpoints: [{ proxyProtocol: { timeout: 0 } }] }, /\[0\]\.proxyProtocol\.timeout is a dur/],
    [{ endpoints: [] }, /endpoints is a list with at least one endpoint/],
    [{ endpoints: {} }, /endpoints/],
    [{ endpoints: [{ port: 1 }, { port: 'x' }] }, /endpoints\[1\]\.port/],
    [{ endpoints: [{ prot: 1 }] }, /no option endpoints\[0\]\.prot/],
    [{ endpoints: [null] }, /endpoints\[0\] is an object/],
    [{ endpoints: [{ port: 1 }], port: 2 }, /port and endpoints exclude each other/],
    [{ limits: 7 }, /limits is an object/],
    [{ limits: null }, /limits is an object, not null/],
    [{ limits: [] }, /limits is an object/],
    [{ limits: { headerBytes: null } }, /limits\.headerBytes is a size .* not null/],
    [{ timeouts: null }, /timeouts is an object, not null/],
    [{ timeouts: { halfClosed: 0 } }, /timeouts\.halfClosed is a duration from 1/],
    [{ timeouts: ['30s'] }, /timeouts is an object/],
    [{ health: null }, /health is an object, not null/],
    [{ metrics: null }, /metrics is an object, not null/],
    [{ overload: null }, /overload is an object, not null/],
    [{ port: null }, /port is an integer from 0 to 65535, not null/],
    [{ serverHeader: null }, /serverHeader is a text that is not empty, not null/],
    [{ limits: { bodyBytes: '30 bananas' } }, /limits\.bodyBytes is a size from 0/],
    [{ limits: { bodyBytes: -1 } }, /limits\.bodyBytes/],
    [{ limits: { bodyBytes: NaN } }, /limits\.bodyBytes/],
    [{ limits: { headerBytes: 1 } }, /limits\.headerBytes is a size from 64 to 65517/],
    [
      { limits: { headerBytes: '56KiB' } },
      /headerBytes is at most 57341 bytes, which with limits\.requestLineBytes makes 65533, not/,
    ],
    [{ limits: { requestLineBytes: 32_766 } }, /LineBytes is at most 32765 bytes, which with/],
    [{ limits: { requestLineBytes: 60_000, headerBytes: 6000 } }, /headerBytes is at most 5533/],
    [{ limits: { headers: 0 } }, /limits\.headers is an integer from 1 to 1000/],
    [{ limits: { headers: null } }, /limits\.headers is an integer from 1 to 1000, not null/],
    [{ limits: { headerBytes: null } }, /limits\.headerBytes is a size from 64 .*, not null/],
    [{ limits: { pipelined: Infinity } }, /limits\.pipelined is .*, not Infinity/],
    [
      { limits: { header: 10 } },
      /no option limits\.header; did you mean limits\.headers\? There are limits\.req/,
    ],
    [
      { limits: { connections: 0 } },
      /limits\.connections is an integer from 1 to 10000000, or null for none/,
    ],
    [{ limits: { requestsPerConnection: 1.5 } }, /limits\.requestsPerConnection is an integer/],
    [{ limits: { bodyMemoryBytes: -1 } }, /limits\.bodyMemoryBytes is a size from 0/],
    [{ limits: { drainBytes: -1 } }, /limits\.drainBytes is a size from 0/],
    [
      { timeouts: { request: 'soon' } },
      /timeouts\.request is a duration from 1 .* or null for none/,
    ],
    [{ timeouts: { connectionAge: -5 } }, /timeouts\.connectionAge is a duration/],
    [{ rates: null }, /rates is an object/],
    [{ health: { live: 'livez' } }, /health\.live is a path such as '\/livez'/],
    [{ health: { ready: '/:id' } }, /health\.ready is a path/],
    [{ health: { live: '/a/../b' } }, /health\.live is a path/],
    [{ metrics: { path: '/a/.' } }, /metrics\.path is a path/],
    [
      { health: { live: '/a', ready: '/a' } },
      /ready is a path of its own, not that of health\.live/,
    ],
    [{ health: { live: '/a' }, metrics: { path: '/a' } }, /metrics\.path is a path of its own/],
    [{ health: { maxLoopDelay: 'x' } }, /health\.maxLoopDelay is a duration/],
    [{ metrics: { path: 7 } }, /metrics\.path is a path/],
    [{ metrics: '/metrics' }, /metrics is an object/],
    [{ overload: { queueDelay: -1 } }, /overload\.queueDelay is a duration/],
    [{ overload: { inflight: 1 } }, /no option overload\.inflight/],
    [{ rejects: { page: 1 } }, /no option rejects\.page; there are rejects\.body/],
    [{ rejects: { body: 'no' } }, /rejects\.body is a function, not "no"/],
    [{ rejects: { body: () => 7 } }, /rejects\.body \(for \w+\) is a function that gives text/],
    [{ rejects: { body: () => null } }, /rejects\.body \(for \w+\) is a function that gives text/],
    [{ rejects: { body: () => 'x'.repeat(4097) } }, /gives at most 4096 bytes, not 4097/],
    [{ rejects: { body: () => ({ type: 'a\nb', body: '' }) } }, /, type is a header value/],
    [
      { rates: { respnse: null } },
      /no option rates\.respnse; did you mean rates\.response\? There are rates\.request/,
    ],
    [{ rates: { response: 240 } }, /rates\.response is an object/],
    [
      { rates: { request: { bytesPerSecond: 0 } } },
      /rates\.request\.bytesPerSecond is a size from 1/,
    ],
    [{ rates: { response: { grace: null } } }, /rates\.response\.grace is a duration/],
    [{ stall: true }, /stall is an object/],
    [{ stall: { threshold: 9 } }, /stall\.threshold is a duration from 10 to/],
    [{ stall: { interval: 'x' } }, /stall\.interval is a duration/],
    [{ stall: { log: 1 } }, /stall\.log is true or false/],
    [{ stall: { treshold: 1 } }, /no option stall\.treshold/],
    [{ timeouts: { headers: '30 bananas' } }, /timeouts\.headers is a duration/],
    [{ timeouts: { headers: -1 } }, /timeouts\.headers/],
    [{ timeouts: { keepAlive: 0 } }, /timeouts\.keepAlive is a duration from 1 /],
    [{ timeouts: { drain: null } }, /timeouts\.drain is a duration from 0 .*, not null/],
    [{ overload: { inFlight: null } }, /overload\.inFlight is an integer from 1 to 1000000/],
    [{ overload: { retryAfter: 0 } }, /overload\.retryAfter is a duration from 1 /],
    [{ timeouts: { keepAlife: 1 } }, /no option timeouts\.keepAlife/],
    [{ ioThreads: 0 }, /ioThreads is an integer from 1/],
    [{ ioThreads: 'all' }, /ioThreads/],
    [{ serverHeader: 1 }, /serverHeader/],
    [{ development: 'yes' }, /development is true or false/],
    [{ signal: {} }, /signal is an AbortSignal/],
    [{ hots: 'localhost' }, /no option hots; did you mean host\?/],
  ]
  test.each(wrong)('%j', (options, message) => {
    const parse = (): unknown => parseOptions(options as ListenOptions)
    expect(parse).toThrow(message)
    expect(parse).toThrow(expect.objectContaining({ code: 'LANNER_OPTION_INVALID' }))
  })
})

test('the body of refusals is asked for once for each reason but overload', () => {
  const asked: string[] = []
  const { native } = parseOptions({
    rejects: {
      body: ({ reason, status, title }) => {
        asked.push(reason)
        return reason === 'missing_host' ? `${status} ${title}` : undefined
      },
    },
  })
  const contentType = 'text/plain; charset=utf-8'
  expect(native.rejectPages).toEqual([
    { reason: 'missing_host', contentType, body: '400 Bad Request' },
  ])
  expect(new Set(asked).size).toBe(asked.length)
  expect(asked).not.toContain('overloaded')
  expect(asked.length).toBeGreaterThan(40)
})

test('the longest path of a Unix socket is taken', () => {
  const path = `/${'a'.repeat(process.platform === 'linux' ? 106 : 102)}`
  expect(parseOptions({ path }).native.endpoints).toEqual([{ path }])
  expect(() => parseOptions({ path: `${path}a` })).toThrow(/path is an absolute path/)
})

test('sockets and whom they believe', () => {
  const { native } = parseOptions({
    endpoints: [
      { fd: 5, backlog: 7 },
      {
        port: 0,
        noDelay: false,
        tcpKeepAlive: { idle: '1min', interval: 1500, probes: 3 },
        receiveBufferBytes: '64KiB',
        sendBufferBytes: 8192,
        proxyProtocol: { trusted: ['loopback', '10.0.0.0/8', '::1'], timeout: null },
      },
      { port: 0, tcpKeepAlive: true, proxyProtocol: true },
      { port: 0, tcpKeepAlive: false, proxyProtocol: false },
    ],
  })
  const place = { host: 'localhost', port: 0 }
  expect(native.endpoints[0]).toEqual({ fd: 5, backlog: 7 })
  expect(native.endpoints[1]).toEqual({
    ...place,
    noDelay: false,
    tcpKeepAlive: { idleSeconds: 60, intervalSeconds: 2, probes: 3 },
    receiveBufferBytes: 65_536,
    sendBufferBytes: 8192,
    proxy: {
      trusted: ['127.0.0.0/8', '::1/128', '10.0.0.0/8', '::1'],
      required: true,
      timeoutMs: 0,
    },
  })
  expect(native.endpoints[2]).toMatchObject({
    tcpKeepAlive: { idleSeconds: 0, intervalSeconds: 0, probes: 0 },
    proxy: { required: true, timeoutMs: 5000 },
  })
  expect(native.endpoints[2]!.proxy!.trusted).toContain('10.0.0.0/8')
  expect(native.endpoints[2]!.proxy!.trusted).not.toContain('0.0.0.0/0')
  expect(native.endpoints[3]).toEqual(place)
})

test('NODE_ENV decides about details unless the option does', () => {
  const before = process.env['NODE_ENV']
  try {
    process.env['NODE_ENV'] = 'development'
    expect(parseOptions({}).development).toBe(true)
    expect(parseOptions({ development: false }).development).toBe(false)
    process.env['NODE_ENV'] = 'production'
    expect(parseOptions({}).development).toBe(false)
  } finally {
    process.env['NODE_ENV'] = before
  }
})
