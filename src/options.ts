// The options of listen(): their types, their checks, their defaults.
//
// Called by App.listen. Promises that everything behind it gets plain numbers in range: a wrong
// option is one error that names its path and the range. Durations are milliseconds or text with a
// unit ('30s'), sizes are bytes or text with a unit ('30MB', '64KiB').

import { availableParallelism } from 'node:os'

import { ENDPOINT_NAMES, parseEndpoints } from './endpoints.js'
import {
  duration,
  fieldValue,
  flag,
  integer,
  optionalDuration,
  optionalInteger,
  optionalSize,
  refuseUnknown,
  requireObject,
  size,
  wrong,
} from './option-values.js'
import { parseOverload } from './overload.js'
import { parseProbes } from './probes.js'
import { parseRates } from './rates.js'
import { bodyBytes, drainBytes, NO_LIMIT } from './rules.js'
import { parseRejects } from './rejects.js'
import { parseStall } from './stall.js'
import { LISTEN_WORDS } from './words.js'

import type { EndpointOptions } from './endpoints.js'
import type { NativeConfig } from './native/binding.js'
import type { OverloadOptions } from './overload.js'
import type { HealthOptions, MetricsOptions } from './probes.js'
import type { RateOptions } from './rates.js'
import type { RejectOptions } from './rejects.js'
import type { StallOptions } from './stall.js'

export { duration, size }

/** A length of time: milliseconds, or a number with `ms`, `s`, `min` or `h`. */
export type Duration = number | `${number}${'ms' | 's' | 'min' | 'h'}`

/**
 * A number of bytes, or a number with a unit: `kB`, `MB`, `GB` are powers of 1000, `KiB`, `MiB`,
 * `GiB` of 1024.
 */
export type Size = number | `${number}${'B' | 'kB' | 'KB' | 'MB' | 'GB' | 'KiB' | 'MiB' | 'GiB'}`

/**
 * Caps on what a client can make the server hold or count. docs/limits.md has them all. Where there
 * can be no limit, null or Infinity says so; undefined is the default.
 */
export interface LimitOptions {
  /** Longest request line; with `headerBytes` at most 65 533 bytes. Default 8192 bytes. */
  requestLineBytes?: Size
  /**
   * All header fields of a request together; with `requestLineBytes` at most 65 533 bytes. Default
   * 32 KiB.
   */
  headerBytes?: Size
  /** Number of header fields of a request. Default 100. */
  headers?: number
  /** Longest request body; null for no limit. Default 30 MB. */
  bodyBytes?: Size | null
  /** Bytes of a request body that wait for the handler. Default 1 MiB. */
  requestWindowBytes?: Size
  /** Bytes of a reply that wait for the client. Default 64 KiB. */
  replyWindowBytes?: Size
  /** Requests of one connection that are read and not answered. Default 32. */
  pipelined?: number
  /** Connections open at once; more are closed without a reply. Default none. */
  connections?: number | null
  /** Requests of one connection; the last reply says `connection: close`. Default none. */
  requestsPerConnection?: number | null
  /**
   * Bytes of a body nobody reads that are dropped to keep the connection; null for as many as come
   * in `timeouts.drain`. Default 1 MiB.
   */
  drainBytes?: Size | null
  /**
   * Bytes of requests and replies that all connections together may make the server hold, beside
   * what JavaScript holds; past that no body is read and new requests are answered with 503. Null
   * for no limit. Default 1 GiB.
   */
  bodyMemoryBytes?: Size | null
}

/** Lengths of time after which something is given up; null for never. */
export interface TimeoutOptions {
  /** From the first byte of a request's head to its end. Default 30 s. */
  headers?: Duration | null
  /** Between two requests of a connection. Default 130 s. */
  keepAlive?: Duration | null
  /** For the rest of a request body that nobody reads; 0 for no time at all. Default 5 s. */
  drain?: Duration
  /**
   * For the reply to a client that closed its sending side, from the last byte that moved. Holds
   * also where that end waits behind a full request window: what was sent before it is delivered
   * to a handler that reads in time. While a reply waits for the client, its minimum rate counts
   * instead. Default 5 s.
   */
  halfClosed?: Duration | null
  /**
   * From a request's head to the end of its reply: then 504, or the reply is cut, and `ctx.signal`
   * aborts. Default none.
   */
  request?: Duration | null
  /** Age at which a connection ends with its next reply. Default none. */
  connectionAge?: Duration | null
}

/** The options of `app.listen()`. */
export interface ListenOptions extends EndpointOptions {
  /** Several places to listen at, in place of one. Default: the one that host and port say. */
  endpoints?: readonly EndpointOptions[]
  /** Caps of sizes and counts. Default: what each of its fields says. */
  limits?: LimitOptions
  /** Lengths of time after which something is given up. Default: what each of its fields says. */
  timeouts?: TimeoutOptions
  /** How slow a client may be. Default: what each of its fields says. */
  rates?: RateOptions
  /** What is too much at once, and gets 503. Default: what each of its fields says. */
  overload?: OverloadOptions
  /** What the replies to malformed requests say. Default: nothing, they have no body. */
  rejects?: RejectOptions
  /** Paths of probes. Default none. */
  health?: HealthOptions
  /** Path of the counters. Default none. */
  metrics?: MetricsOptions
  /** Reports of a blocked event loop; false for none. Default: what each of its fields says. */
  stall?: StallOptions | false
  /** Threads that do the network's work. Default 'auto'. */
  ioThreads?: number | 'auto'
  /** Value of the `server` field of replies. Default none. */
  serverHeader?: string
  /** Accepts a line feed alone as the end of a header line. Default false. */
  allowBareLf?: boolean
  /** Whether error replies show details. Default: whether NODE_ENV is 'development'. */
  development?: boolean
  /** Closes the server when it aborts. Default none. */
  signal?: AbortSignal
}

/**
 * Options of `app.inject()` and `app.fetch()`: those of listen() that have nothing to do with
 * sockets.
 */
export type ParsedOptions = {
  native: NativeConfig
  development: boolean
  signal: AbortSignal | undefined
}

/** Checks the options and fills in the defaults. */
export function parseOptions(options: ListenOptions): ParsedOptions {
  requireObject(options, 'options of listen()')
  const { limits = {}, timeouts = {}, signal, development, serverHeader } = options
  requireObject(limits, 'limits')
  requireObject(timeouts, 'timeouts')
  refuseUnknown(options, OPTION_NAMES, '', '', LISTEN_WORDS)
  refuseUnknown(limits, LIMIT_NAMES, 'limits.')
  refuseUnknown(timeouts, TIMEOUT_NAMES, 'timeouts.')
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrong('signal', 'an AbortSignal', signal)
  }
  const isDevelopment = process.env['NODE_ENV'] === 'development'
  return {
    development: flag(development, 'development', isDevelopment),
    signal,
    native: {
      endpoints: parseEndpoints(options),
      routes: [],
      fallback: false,
      covered: [],
      limits: parseLimits(limits),
      timeouts: {
        headersMs: optionalDuration(timeouts.headers, 'timeouts.headers', 30_000),
        keepAliveMs: optionalDuration(timeouts.keepAlive, 'timeouts.keepAlive', 130_000),
        drainMs: duration(timeouts.drain, 'timeouts.drain', 5000),
        halfClosedMs: optionalDuration(timeouts.halfClosed, 'timeouts.halfClosed', 5000),
        requestMs: optionalDuration(timeouts.request, 'timeouts.request', 0),
        connectionAgeMs: optionalDuration(timeouts.connectionAge, 'timeouts.connectionAge', 0),
      },
      rates: parseRates(options.rates),
      probes: parseProbes(options.health, options.metrics),
      overload: parseOverload(options.overload),
      rejectPages: parseRejects(options.rejects),
      stall: parseStall(options.stall),
      ioThreads: parseThreads(options.ioThreads),
      serverHeader: serverHeader === undefined ? null : fieldValue(serverHeader, 'serverHeader'),
      allowBareLf: flag(options.allowBareLf, 'allowBareLf', false),
    },
  }
}

function parseLimits(limits: LimitOptions): NativeConfig['limits'] {
  const bytes = (name: keyof LimitOptions, fallback: number, min: number, max: number): number =>
    size(limits[name], `limits.${name}`, fallback, min, max)
  const { headers, pipelined, connections, requestsPerConnection } = limits
  return {
    ...parseHeadBytes(limits),
    headers: integer(headers, 'limits.headers', 100, 1, 1000),
    bodyBytes: bodyBytes(limits.bodyBytes, 'limits.bodyBytes', 30_000_000),
    requestWindowBytes: bytes('requestWindowBytes', 1_048_576, 65_536, 2 ** 30),
    replyWindowBytes: bytes('replyWindowBytes', 65_536, 4096, 2 ** 30),
    pipelined: integer(pipelined, 'limits.pipelined', 32, 1, 1024),
    connections: optionalInteger(connections, 'limits.connections', 10_000_000),
    requestsPerConnection: optionalInteger(
      requestsPerConnection,
      'limits.requestsPerConnection',
      2 ** 31,
    ),
    drainBytes: drainBytes(limits.drainBytes, 'limits.drainBytes', 1_048_576),
    bodyMemoryBytes: optionalSize(
      limits.bodyMemoryBytes,
      'limits.bodyMemoryBytes',
      2 ** 30,
      NO_LIMIT,
    ),
  }
}

/** A head that passes neither of the two must be one that can be handed on. */
function parseHeadBytes(
  limits: LimitOptions,
): Pick<NativeConfig['limits'], 'requestLineBytes' | 'headerBytes'> {
  const [lineMin, fieldsMin] = [16, 64]
  const bytes = (name: keyof LimitOptions, fallback: number, min: number, max: number): number =>
    size(limits[name], `limits.${name}`, fallback, min, max)
  const requestLineBytes = bytes('requestLineBytes', 8192, lineMin, HEAD_BYTES - fieldsMin)
  const headerBytes = bytes('headerBytes', 32_768, fieldsMin, HEAD_BYTES - lineMin)
  if (requestLineBytes + headerBytes <= HEAD_BYTES) return { requestLineBytes, headerBytes }
  const name = limits.headerBytes === undefined ? 'requestLineBytes' : 'headerBytes'
  const [other, rest] =
    name === 'headerBytes'
      ? ['requestLineBytes', HEAD_BYTES - requestLineBytes]
      : ['headerBytes', HEAD_BYTES - headerBytes]
  const expected = `at most ${rest} bytes, which with limits.${other} makes ${HEAD_BYTES}`
  throw wrong(`limits.${name}`, expected, limits[name])
}

/** Request line and fields together, before the empty line that ends them: fixed `head_bytes`. */
const HEAD_BYTES = 65_533

const OPTION_NAMES = [
  ...ENDPOINT_NAMES,
  'endpoints',
  'limits',
  'timeouts',
  'rates',
  'overload',
  'rejects',
  'health',
  'metrics',
  'stall',
  'ioThreads',
  'serverHeader',
  'allowBareLf',
  'development',
  'signal',
]
const LIMIT_NAMES = [
  'requestLineBytes',
  'headerBytes',
  'headers',
  'bodyBytes',
  'requestWindowBytes',
  'replyWindowBytes',
  'pipelined',
  'connections',
  'requestsPerConnection',
  'drainBytes',
  'bodyMemoryBytes',
]
const TIMEOUT_NAMES = ['headers', 'keepAlive', 'drain', 'halfClosed', 'request', 'connectionAge']

function parseThreads(value: number | 'auto' | undefined): number {
  if (value === undefined || value === 'auto') return 0
  return integer(value, 'ioThreads', 0, 1, Math.max(64, availableParallelism()))
}
