// Writes one record for each request: to a stream as lines, or to a logger such as pino.
//
// Used as app.use(accessLog()), before all other middleware, so that it covers them. Promises that
// nothing is formatted or written before the replies of a turn have left, that memory is bounded
// when the stream is slower than the clients, and that of headers and query parameters only those
// are shown that were named. Bodies are never logged. Records that are lost are counted, and what
// they are lost for is told, of each kind once in a while: a log that is broken says so.

import { ERROR_CODES } from '../error-codes.js'
import { isA, LannerError } from '../errors.js'
import { combinedLine, commonLine } from '../logging/common-format.js'
import { jsonLine } from '../logging/json-line.js'
import { eachOf, isClosed, lineWriter, LogQueue } from '../logging/queue.js'
import { limitOf } from '../limit-table.js'
import { flag, refuseUnknown, requireObject, text, wrong } from '../option-values.js'
import { Complaints } from '../report.js'

import type { Context, Duration, ExchangeEnd, Middleware } from 'lanner'
import type { Loss, OnLost } from '../logging/queue.js'

/** What can be in a record. */
export type AccessLogField = keyof AccessRecord

/** A record; what is not chosen, or not known of a request, is not in it. */
export interface AccessRecord {
  /** When the exchange ended, as ISO 8601. */
  time?: string
  /** `ctx.state.requestId`. */
  requestId?: string
  /** Address of the client. */
  remote?: string
  /** Address at the other end of the connection: a proxy's where one speaks for the client. */
  peer?: string
  /** Number of the connection. */
  connection?: number
  /** Version of the protocol, for example 'HTTP/1.1'. */
  protocol?: string
  /** The host that was asked for. */
  host?: string
  /** The method. */
  method?: string
  /** The path, without its query. */
  path?: string
  /** The query; values of parameters that were not named are `[Redacted]`. */
  query?: string
  /** Pattern of the route. */
  route?: string
  /** What the option `user` says. */
  user?: string
  /** The status; 499 where the client has gone before there was one. */
  status?: number
  /** Milliseconds from the beginning of the pipeline to the end of the exchange. */
  durationMs?: number
  /** Bytes of the reply's body. */
  bodyBytes?: number
  /** The field `user-agent`. */
  userAgent?: string
  /** The field `referer`. */
  referer?: string
  /** True where the exchange was given up. */
  aborted?: boolean
  /** Name and message of the error that was answered, or that ended it. */
  error?: string
  /** The request fields that the option `requestHeaders` names. */
  requestHeaders?: Record<string, string>
  /** The fields of the reply that the option `responseHeaders` names. */
  responseHeaders?: Record<string, string>
}

/** A logger: pino, winston, bunyan, console, anything with methods by level. */
export interface AccessLogger {
  /** Takes a record of a request that went well. */
  info(record: object, message?: string): void
  /** Takes a record whose status is 500 or above. */
  error(record: object, message?: string): void
}

/** A stream for lines: process.stdout, a file, a SonicBoom. */
export interface AccessLogStream {
  /** Takes a line; false where it wants to be waited for. */
  write(text: string): boolean
  /** Tells when it takes more. */
  once(event: 'drain', listener: () => void): unknown
}

/** The options of accessLog(). */
export interface AccessLogOptions {
  /** Where lines go. Default process.stdout. */
  stream?: AccessLogStream
  /**
   * Takes records in place of a stream: with its `info`, or `error` from status 500. Default none.
   */
  logger?: AccessLogger
  /** What a logger gets beside the record. Default 'request'. */
  message?: string
  /**
   * 'json', 'common' or 'combined' as Apache has them, or a function that makes the line of a
   * record. Default 'json'.
   */
  format?: 'json' | 'common' | 'combined' | ((record: AccessRecord) => string)
  /**
   * What is in a record, in this order. Not for 'common' and 'combined'. Default: time (not for a
   * logger), requestId, remote, method, path, route, status, durationMs, bodyBytes, userAgent,
   * aborted, error.
   */
  fields?: readonly AccessLogField[]
  /** Query parameters whose values are shown; true for all. Default none. */
  query?: readonly string[] | true
  /** Request fields that are shown, in `requestHeaders`. Default none. */
  requestHeaders?: readonly string[]
  /** Whether the other request fields are there too, as `[Redacted]`. Default false. */
  redactOthers?: boolean
  /** Fields of the reply that are shown, in `responseHeaders`. Default none. */
  responseHeaders?: readonly string[]
  /** Who asked, where that is known, for example `(ctx) => ctx.state.user?.name`. Default none. */
  user?: (ctx: Context) => string | undefined
  /** Leaves requests out, for example those of probes. Default: none is left out. */
  skip?: (ctx: Context, end: ExchangeEnd) => boolean
  /**
   * Records that may wait while the stream takes no more; beyond that they are lost. Default 10000.
   */
  queue?: number
  /**
   * Time between two messages on standard error that say why records are lost (LANNER_LOG_FAILED),
   * for each kind of reason. Default 60 s, so that a log that is broken does not fill another one.
   */
  reportInterval?: Duration
}

/** The middleware, with what became of its records. */
export interface AccessLog extends Middleware {
  /**
   * Records that were lost: the queue was full, the stream closed, or making, formatting or writing
   * them threw.
   */
  readonly dropped: number
  /** Writes what waits, for the end of a process. */
  flush(): void
}

const OF = ' of accessLog()'
const NAMES = [
  'stream',
  'logger',
  'message',
  'format',
  'fields',
  'query',
  'requestHeaders',
  'redactOthers',
  'responseHeaders',
  'user',
  'skip',
  'queue',
  'reportInterval',
]
const REDACTED = '[Redacted]'

type Config = ReturnType<typeof parse>
type CommonParts = Parameters<typeof commonLine>[0]
interface Field {
  readonly name: string
  readonly read: Read
}

/** What a field of a record is read from. */
type Read = (ctx: Context, end: ExchangeEnd, config: Config, startedAt: number) => unknown

/** Logs requests. */
export function accessLog(options: AccessLogOptions = {}): AccessLog {
  const config = parse(options)
  const { fields, skip, stream, logger } = config
  const isGone = (): boolean => logger === undefined && isClosed(stream)
  const queue: LogQueue<Entry> = new LogQueue(writerOf(config, lost), config.queue, isGone)
  const complaints = new Complaints(config.reportIntervalMs)

  function lost(count: number, loss: Loss): void {
    queue.dropped += count
    complaints.tell(loss.why, () => lostRecords(queue.dropped, loss))
  }

  function log(ctx: Context, end: ExchangeEnd, startedAt: number): void {
    if (skip?.(ctx, end) === true) return
    if (!queue.hasRoom()) {
      lost(1, FULL)
      return
    }
    const values: unknown[] = []
    for (let i = 0; i < fields.length; i++) {
      values.push(fields[i]!.read(ctx, end, config, startedAt) ?? undefined)
    }
    queue.add({ values, isError: end.status >= 500 })
  }

  const middleware: Middleware = function accessLog(ctx, next) {
    const startedAt = performance.now()
    ctx.onEnd((end) => {
      try {
        log(ctx, end, startedAt)
      } catch (error) {
        // Its turn was overtaken by the next (an exception can do that): its bytes are gone.
        if (error instanceof LannerError && error.code === 'LANNER_CONTEXT_EXPIRED') queue.dropped++
        else lost(1, { why: 'a record could not be made', cause: error })
      }
    })
    return next()
  }
  Object.defineProperty(middleware, 'dropped', { get: () => queue.dropped })
  return Object.assign(middleware as AccessLog, { flush: () => queue.flush() })
}

const FULL: Loss = { why: 'the queue is full' }

function lostRecords(count: number, { why, cause }: Loss): LannerError {
  const message = `The access log has lost records, ${count} until now: ${why}.`
  return new LannerError('LANNER_LOG_FAILED', message, cause === undefined ? {} : { cause })
}

/** A record before it is formatted: its values in the order of the fields. */
interface Entry {
  readonly values: unknown[]
  readonly isError: boolean
}

function writerOf(config: Config, onLost: OnLost) {
  const { logger, message, fields, line, stream } = config
  if (logger === undefined) return lineWriter(stream, ({ values }: Entry) => line(values), onLost)
  const record = recorder(fields)
  return (entries: readonly Entry[]): boolean => {
    const write = ({ values, isError }: Entry): void => {
      if (isError) logger.error(record(values), message)
      else logger.info(record(values), message)
    }
    eachOf(entries, write, (count, cause) => onLost(count, { why: 'the logger threw', cause }))
    return true
  }
}

/** Makes objects of values. */
function recorder(fields: readonly Field[]): (values: readonly unknown[]) => object {
  return (values) => {
    const record: Record<string, unknown> = {}
    for (const [i, { name }] of fields.entries()) {
      if (values[i] !== undefined) record[name] = values[i]
    }
    return record
  }
}

const READERS: Readonly<Record<AccessLogField, Read>> = {
  time: () => Date.now(),
  requestId: (ctx) => ctx.state['requestId'],
  remote: (ctx) => ctx.remote.address || undefined,
  peer: (ctx) => ctx.peer.address || undefined,
  connection: (ctx) => ctx.connection.id,
  protocol: (ctx) => ctx.protocol,
  host: (ctx) => ctx.headers.get('host'),
  method: (ctx) => ctx.method,
  path: (ctx) => ctx.path,
  query: (ctx, _end, { query }) => shownQuery(ctx.query.raw, query),
  route: (ctx) => (ctx.route.pattern === '' ? undefined : ctx.route.pattern),
  user: (ctx, _end, { user }) => user?.(ctx),
  status: (_ctx, end) => statusOf(end),
  durationMs: (_ctx, _end, _config, startedAt) =>
    Math.round((performance.now() - startedAt) * 1000) / 1000,
  bodyBytes: (_ctx, end) => end.bodyBytes,
  userAgent: (ctx) => ctx.headers.get('user-agent'),
  referer: (ctx, _end, { query }) => shownUrl(ctx.headers.get('referer'), query),
  aborted: (_ctx, end) => end.isAborted || undefined,
  error: (_ctx, { error }) => (isA(error, Error) ? `${error.name}: ${error.message}` : undefined),
  requestHeaders: (ctx, _end, config) => shownHeaders(ctx, config),
  responseHeaders: (_ctx, end, { responseHeaders }) => {
    const shown = responseHeaders.map((name) => [name, end.get(name)] as const)
    return Object.fromEntries(shown.filter(([, value]) => value !== undefined))
  },
}

/** Where nothing was sent, what would have been. */
function statusOf({ status, error }: ExchangeEnd): number {
  if (status !== 0) return status
  const { code } = (error ?? {}) as { code?: string }
  const row = (ERROR_CODES as Record<string, { status: number } | undefined>)[code ?? '']
  return row === undefined || row.status === 0 ? GONE : row.status
}

/** What nginx says of a client that has gone. */
const GONE = 499

type Allowed = ReadonlySet<string> | true

/** The names of all parameters, the values of those that may be shown. */
function shownQuery(raw: string, allowed: Allowed): string | undefined {
  if (raw === '') return undefined
  if (allowed === true) return raw
  const pairs = raw.split('&').map((pair) => {
    const equals = pair.indexOf('=')
    if (equals < 0 || allowed.has(decoded(pair.slice(0, equals)))) return pair
    return `${pair.slice(0, equals)}=${REDACTED}`
  })
  return pairs.join('&')
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    return name
  }
}

function shownUrl(url: string | null, allowed: Allowed): string | null {
  const mark = url === null ? -1 : url.indexOf('?')
  if (url === null || mark < 0) return url
  return `${url.slice(0, mark)}?${shownQuery(url.slice(mark + 1), allowed) ?? ''}`
}

function shownHeaders(ctx: Context, { requestHeaders, redactOthers }: Config): object {
  const shown: Record<string, string> = {}
  if (redactOthers) {
    const names = new Set(requestHeaders)
    for (const [name, value] of ctx.headers) shown[name] = names.has(name) ? value : REDACTED
    return shown
  }
  for (const name of requestHeaders) {
    const value = ctx.headers.get(name)
    if (value !== null) shown[name] = value
  }
  return shown
}

const ORDER: readonly AccessLogField[] = [
  'time',
  'requestId',
  'remote',
  'method',
  'path',
  'route',
  'status',
  'durationMs',
  'bodyBytes',
  'userAgent',
  'aborted',
  'error',
]

/** The values of COMMON and of what combined has beside it. */
function commonParts(values: readonly unknown[]): CommonParts {
  const [target, remote, user, time, method, protocol, status, bodyBytes, referer, userAgent] =
    values as [string, string, string, number, string, string, number, number, string?, string?]
  return { target, remote, user, time, method, protocol, status, bodyBytes, referer, userAgent }
}

/** The request as it was sent, but for values of the query that are not to be shown. */
const target: Read = (ctx, _end, { query }) => shownUrl(ctx.rawTarget, query)
const COMMON: readonly AccessLogField[] = [
  'remote',
  'user',
  'time',
  'method',
  'protocol',
  'status',
  'bodyBytes',
]

function parse(options: AccessLogOptions) {
  requireObject(options, `options${OF}`)
  refuseUnknown(options, NAMES, '', OF)
  const { stream = process.stdout, logger, format = 'json', user, skip } = options
  if (options.stream !== undefined) requireMethods(stream, 'stream', ['write', 'once'])
  if (logger !== undefined) requireMethods(logger, 'logger', ['info', 'error'])
  if (logger !== undefined && (options.stream ?? options.format) !== undefined) {
    throw wrong(`logger${OF}`, 'given without stream and format', 'a logger')
  }
  for (const [name, fn] of Object.entries({ user, skip })) {
    if (fn !== undefined && typeof fn !== 'function') throw wrong(name + OF, 'a function', fn)
  }
  const { query } = options
  const requestHeaders = names(options.requestHeaders ?? [], 'requestHeaders')
  const responseHeaders = names(options.responseHeaders ?? [], 'responseHeaders')
  const fields = fieldsOf(options, requestHeaders.length > 0, responseHeaders.length > 0)
  return {
    stream,
    logger,
    message: options.message === undefined ? 'request' : text(options.message, `message${OF}`),
    line: lineOf(format, fields),
    fields,
    query: query === true ? query : new Set(listOf(query ?? [], 'query')),
    requestHeaders,
    redactOthers: flag(options.redactOthers, `redactOthers${OF}`, false),
    responseHeaders,
    user,
    skip,
    queue: limitOf('accessLogQueue', options.queue, `queue${OF}`),
    reportIntervalMs: limitOf(
      'accessLogReportInterval',
      options.reportInterval,
      `reportInterval${OF}`,
    ),
  }
}

/** What makes the line of values; it may change these, which nobody else needs any more. */
function lineOf(format: unknown, fields: readonly Field[]): (values: unknown[]) => string {
  if (format === 'common') return (values) => commonLine(commonParts(values))
  if (format === 'combined') return (values) => combinedLine(commonParts(values))
  if (format !== 'json' && typeof format !== 'function') {
    throw wrong(`format${OF}`, "'json', 'common', 'combined' or a function", format)
  }
  const write = jsonLine(fields.map(({ name }) => name))
  const own = format as (record: AccessRecord) => string
  const record = recorder(fields)
  const timeAt = fields.findIndex(({ name }) => name === 'time')
  return (values) => {
    if (timeAt >= 0) values[timeAt] = isoTime(values[timeAt] as number)
    return format === 'json' ? write(values) : own(record(values))
  }
}

let isoTimeMs = -1
let isoTimeText = ''

/** The records of a turn are of the same millisecond, mostly. */
function isoTime(ms: number): string {
  if (ms !== isoTimeMs) {
    isoTimeMs = ms
    isoTimeText = new Date(ms).toISOString()
  }
  return isoTimeText
}

/** The fields with what they are read from. */
function fieldsOf(
  { format, fields, logger, redactOthers }: AccessLogOptions,
  hasRequestHeaders: boolean,
  hasResponseHeaders: boolean,
): readonly Field[] {
  const toField = (name: AccessLogField): Field => ({ name, read: READERS[name] })
  if (format === 'common' || format === 'combined') {
    if (fields !== undefined) throw wrong(`fields${OF}`, `not for the format '${format}'`, fields)
    const more: AccessLogField[] = format === 'combined' ? ['referer', 'userAgent'] : []
    return [{ name: 'target', read: target }, ...[...COMMON, ...more].map(toField)]
  }
  const chosen = fields ?? ORDER.filter((name) => logger === undefined || name !== 'time')
  for (const [at, name] of listOf(chosen, 'fields').entries()) {
    if (name in READERS) continue
    throw wrong(`fields[${at}]${OF}`, `one of ${Object.keys(READERS).join(', ')}`, name)
  }
  const all = new Set(chosen)
  if (hasRequestHeaders || redactOthers === true) all.add('requestHeaders')
  if (hasResponseHeaders) all.add('responseHeaders')
  return [...all].map(toField)
}

function requireMethods(value: unknown, name: string, methods: readonly string[]): void {
  const has = (method: string): boolean =>
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Record<string, unknown>)[method] === 'function'
  if (methods.every(has)) return
  throw wrong(`${name}${OF}`, `an object with the methods ${methods.join(' and ')}`, value)
}

function listOf(value: unknown, name: string): readonly string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value
  throw wrong(`${name}${OF}`, 'a list of texts', value)
}

function names(value: unknown, name: string): readonly string[] {
  return listOf(value, name).map((one) => one.toLowerCase())
}
