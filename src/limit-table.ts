// The limits that are kept on this side: what they count, their defaults, what passing one does.
//
// The one source of them: options are read by limitOf(), docs/limits.md is generated from the text
// of this table (scripts/gen/limits.mjs), so it holds literals and nothing else. The limits of the
// network side are tables of the crates. Defaults are written here, and nowhere else.

import { duration, integer, isNone, optionalDuration, optionalSize, size } from './option-values.js'

/** One limit. */
export interface LimitRow {
  /** Whose option it is, as users write it. */
  readonly of: string
  /** Its name there. */
  readonly option: string
  readonly what: string
  readonly default: number
  readonly unit: string
  readonly min: number
  readonly max: number
  /** Whether null says that there is none. */
  readonly isOptional?: boolean
  /** What happens when it is passed. */
  readonly breach: string
  /** The code of the error, where there is one. */
  readonly code?: string
  readonly origin: string
}

const row = <Row extends LimitRow>(limit: Row): Row => limit

export const LIMITS = {
  multipartParts: row({
    of: 'ctx.body.multipart()',
    option: 'parts',
    what: 'parts of a form, fields and files together; fields of `form()`, which has it too',
    default: 1024,
    unit: 'parts',
    min: 1,
    max: 1_000_000,
    breach: '413',
    code: 'LANNER_MULTIPART_LIMIT',
    origin: 'Kestrel FormOptions.ValueCountLimit',
  }),
  multipartNameBytes: row({
    of: 'ctx.body.multipart()',
    option: 'nameBytes',
    what: 'the name of a part',
    default: 2048,
    unit: 'bytes',
    min: 1,
    max: 1_048_576,
    breach: '413',
    code: 'LANNER_MULTIPART_LIMIT',
    origin: 'Kestrel FormOptions.KeyLengthLimit',
  }),
  multipartValueBytes: row({
    of: 'ctx.body.multipart()',
    option: 'valueBytes',
    what: 'a field, which is a part without a filename',
    default: 4_194_304,
    unit: 'bytes',
    min: 0,
    max: 1_073_741_824,
    breach: '413',
    code: 'LANNER_MULTIPART_LIMIT',
    origin: 'Kestrel FormOptions.ValueLengthLimit',
  }),
  multipartFileBytes: row({
    of: 'ctx.body.multipart()',
    option: 'fileBytes',
    what: 'a file; the whole body is held to `limits.bodyBytes` before',
    default: 134_217_728,
    unit: 'bytes',
    min: 0,
    max: 9_007_199_254_740_991,
    isOptional: true,
    breach: '413',
    code: 'LANNER_MULTIPART_LIMIT',
    origin: 'Kestrel FormOptions.MultipartBodyLengthLimit',
  }),
  multipartHeaders: row({
    of: 'ctx.body.multipart()',
    option: 'headers',
    what: 'header fields of a part',
    default: 16,
    unit: 'fields',
    min: 1,
    max: 1000,
    breach: '413',
    code: 'LANNER_MULTIPART_LIMIT',
    origin: 'Kestrel MultipartReader.HeadersCountLimit',
  }),
  multipartHeaderBytes: row({
    of: 'ctx.body.multipart()',
    option: 'headerBytes',
    what: 'all header fields of a part together',
    default: 16_384,
    unit: 'bytes',
    min: 64,
    max: 1_048_576,
    breach: '413',
    code: 'LANNER_MULTIPART_LIMIT',
    origin: 'Kestrel MultipartReader.HeadersLengthLimit',
  }),
  multipartBoundaryBytes: row({
    of: 'ctx.body.multipart()',
    option: 'boundaryBytes',
    what: 'the boundary',
    default: 70,
    unit: 'characters',
    min: 1,
    max: 1000,
    breach: '413',
    code: 'LANNER_MULTIPART_LIMIT',
    origin: 'RFC 2046 section 5.1.1; Kestrel has 128, and nobody sends a longer one',
  }),
  multipartMemoryBytes: row({
    of: 'ctx.body.formData()',
    option: 'memoryBytes',
    what: 'what is kept of a file in memory',
    default: 65_536,
    unit: 'bytes',
    min: 0,
    max: 1_073_741_824,
    breach: 'the file goes to a temporary file',
    origin: 'Kestrel FormOptions.MemoryBufferThreshold',
  }),
  lineBytes: row({
    of: 'ctx.body.jsonLines()',
    option: 'lineBytes',
    what: 'a line, without its end',
    default: 1_048_576,
    unit: 'bytes',
    min: 1,
    max: 1_073_741_824,
    breach: '413',
    code: 'LANNER_LINE_TOO_LONG',
    origin: 'the window of a request body, which is in memory as well',
  }),
  issues: row({
    of: 'validation',
    option: 'issues',
    what: 'issues that the answer to a request that does not fit lists',
    default: 100,
    unit: 'issues',
    min: 1,
    max: 10_000,
    breach: 'the others are counted in the answer',
    code: 'LANNER_VALIDATION',
    origin: 'enough for people, and a bound on what bad input makes us send',
  }),
  heartbeat: row({
    of: 'sse()',
    option: 'heartbeat',
    what: 'the longest silence of a stream of events',
    default: 15_000,
    unit: 'ms',
    min: 1,
    max: 2_147_483_647,
    isOptional: true,
    breach: 'a comment is sent',
    origin: 'HTML standard section 9.2.7, against proxies that close what is silent',
  }),
  gracePeriod: row({
    of: 'server.close()',
    option: 'gracePeriod',
    what: 'time for running requests when the server closes',
    default: 30_000,
    unit: 'ms',
    min: 0,
    max: 2_147_483_647,
    breach: 'what is left is cut',
    code: 'LANNER_SERVER_CLOSING',
    origin: 'what container platforms wait before they kill a process',
  }),
  accessLogQueue: row({
    of: 'accessLog()',
    option: 'queue',
    what: 'records that wait while the stream takes no more',
    default: 10_000,
    unit: 'records',
    min: 1,
    max: 10_000_000,
    breach: 'lost, counted in `log.dropped`',
    origin: 'some megabytes, and a second of a busy server',
  }),
  accessLogReportInterval: row({
    of: 'accessLog()',
    option: 'reportInterval',
    what: 'time between two messages that say why records are lost',
    default: 60_000,
    unit: 'ms',
    min: 0,
    max: 2_147_483_647,
    breach: 'not told, counted in `log.dropped`',
    code: 'LANNER_LOG_FAILED',
    origin: 'a log that is broken is not to fill another one',
  }),
  compressConcurrent: row({
    of: 'compress()',
    option: 'concurrent',
    what: 'replies that are compressed at a time',
    default: 64,
    unit: 'replies',
    min: 1,
    max: 65_536,
    breach: 'sent as they are',
    origin: 'an encoder takes 256 KiB and more: some tens of megabytes',
  }),
  compressMinBytes: row({
    of: 'compress()',
    option: 'minBytes',
    what: 'the shortest reply that is compressed',
    default: 1024,
    unit: 'bytes',
    min: 0,
    max: 1_073_741_824,
    breach: 'shorter ones are sent as they are',
    origin: 'less than a packet saves none',
  }),
  etagMaxBytes: row({
    of: 'etag()',
    option: 'maxBytes',
    what: 'the longest reply that is hashed',
    default: 1_048_576,
    unit: 'bytes',
    min: 1,
    max: 1_073_741_824,
    breach: 'longer ones get no tag',
    origin: 'about a millisecond of the JavaScript thread',
  }),
  staticRanges: row({
    of: 'staticFiles()',
    option: 'ranges',
    what: 'ranges of one request',
    default: 16,
    unit: 'ranges',
    min: 0,
    max: 1000,
    breach: 'the whole file is sent',
    origin: 'RFC 9110 section 14.2 warns of many; programs that resume ask for one',
  }),
  forwardedHops: row({
    of: 'forwarded()',
    option: 'hops',
    what: 'proxies whose word is taken, the nearest first',
    default: 1,
    unit: 'proxies',
    min: 1,
    max: 100,
    isOptional: true,
    breach: 'those further out are not believed',
    origin: 'Kestrel ForwardedHeadersOptions.ForwardLimit',
  }),
} as const

/** The names of the limits. */
export type LimitName = keyof typeof LIMITS

/**
 * The value of an option, by its row: the default when nothing is said, `none` for null where that
 * is allowed. `path` names the option in the error (LANNER_OPTION_INVALID).
 */
export function limitOf(name: LimitName, value: unknown, path: string, none = Infinity): number {
  const { unit, default: fallback, min, max, isOptional = false }: LimitRow = LIMITS[name]
  if (isOptional) {
    if (isNone(value)) return none
    // Their errors name null as well.
    if (unit === 'ms') return optionalDuration(value, path, fallback)
    if (unit === 'bytes') return optionalSize(value, path, fallback, none)
  }
  if (unit === 'ms') return duration(value, path, fallback, min)
  if (unit === 'bytes') return size(value, path, fallback, min, max)
  return integer(value, path, fallback, min, max)
}
