// Compresses replies: zstd, Brotli, gzip or deflate, whichever the client takes and we like best.
//
// Used as app.use(compress()). Promises that nothing is compressed twice, that what is small, no
// text, partial or marked no-transform leaves as it is, and that caches are told (vary) whenever
// another client could get other bytes. Longer bodies are compressed on threads of the pool;
// streams piece by piece, flushed when their source makes us wait. Of both together, a bounded
// number at a time, because each holds an encoder.
// Deliberately not here: compression of what lies in files, which static.ts serves precompressed.

import { CODINGS, encodingOf, isSupported, LEVELS } from '../http/codings.js'
import { isCompressible } from '../http/media-types.js'
import { codingRanker } from '../http/negotiate.js'
import { limitOf } from '../limit-table.js'
import { flag, integer, refuseUnknown, requireObject, wrong } from '../option-values.js'

import type { Context, Middleware, PreparedReply, Size } from 'lanner'

type Encoding = ReturnType<typeof encodingOf>

/** A content coding by its name. */
export type CompressionCoding = 'zstd' | 'br' | 'gzip' | 'deflate'

/** The options of compress(). */
export interface CompressOptions {
  /**
   * The codings, the one that we like best first. Default `['zstd', 'br', 'gzip', 'deflate']`, of
   * which those count that this Node has: zstd from 22.15.
   */
  codings?: readonly CompressionCoding[]
  /**
   * The level of a coding: zstd 1 to 22, br 0 to 11, gzip and deflate 1 to 9. Default: zstd 3, br
   * 4, gzip and deflate 6.
   */
  levels?: Partial<Record<CompressionCoding, number>>
  /** Shortest body that is compressed, as far as its length is known. Default '1KiB'. */
  minBytes?: Size
  /**
   * Which content types are compressed: a list of them, with `text/*` or `*` + `/json` for several,
   * or a function. Default: text, JSON, XML, JavaScript, SVG, WebAssembly, uncompressed fonts.
   */
  types?: readonly string[] | ((type: string) => boolean)
  /**
   * Whether replies over encrypted connections are compressed. Default false, as in ASP.NET Core:
   * an attacker who sees their lengths can guess secrets that share a body with text of his own
   * (BREACH). True where no such reply is compressed, or secrets in them are masked.
   */
  overTls?: boolean
  /**
   * Bodies over 8 KiB and streams that are compressed at a time; beyond that they leave as they
   * are. A stream counts from its head to its end. Default 64.
   */
  concurrent?: number
  /**
   * Says for a reply whether it is compressed, after all else has said yes. Default: all of them
   * are.
   */
  when?: (ctx: Context, reply: PreparedReply) => boolean
}

const NAMES = ['codings', 'levels', 'minBytes', 'types', 'overTls', 'concurrent', 'when']
const OF = ' of compress()'
/**
 * Up to here the way to another thread and back costs the JavaScript thread more than the work does
 * (measured: gzip of 2 KiB 75 µs here, 185 µs there; of 16 KiB 250 µs here, 120 µs there).
 */
const AT_ONCE_BYTES = 8192

/** Compresses replies for the clients that take it. */
export function compress(options: CompressOptions = {}): Middleware {
  const { rank, encodings, minBytes, isType, overTls, concurrent, when } = parse(options)
  let running = 0

  function compressReply(reply: PreparedReply, ctx: Context): unknown {
    // The cheapest questions first: most replies are too short.
    const { body, length } = reply
    if (body === undefined || (length !== undefined && length < minBytes)) return undefined
    if (!isType(reply.type ?? '') || !isEligible(reply)) return undefined
    // Asked here and not before next(), so that a proxy was believed or not by then.
    if (!overTls && ctx.isSecure) return undefined
    reply.vary('accept-encoding')
    const encoding = encodings.get(rank(ctx.headers.get('accept-encoding'))[0] ?? '')
    if (encoding === undefined || (when !== undefined && !when(ctx, reply))) return undefined
    if (ctx.method === 'HEAD') {
      // The head that GET would have; how long its body is nobody knows before it is made.
      mark(reply, encoding.coding)
      reply.body = undefined
      reply.body = []
      return undefined
    }
    if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
      if (running < concurrent) compressStream(reply, encoding, body, ctx)
      return undefined
    }
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    if (bytes.byteLength <= AT_ONCE_BYTES) {
      reply.body = encoding.atOnce(bytes)
      mark(reply, encoding.coding)
      return undefined
    }
    return running < concurrent ? compressWhole(reply, encoding, bytes) : undefined
  }

  function compressStream(
    reply: PreparedReply,
    encoding: Encoding,
    body: unknown,
    ctx: Context,
  ): void {
    const stream = encoding.stream(body, () => running--)
    running++
    reply.body = stream
    mark(reply, encoding.coding)
    // Something else may be sent in its place, and then nobody pulls: it ends with the exchange.
    ctx.onEnd(() => void stream.return())
  }

  async function compressWhole(
    reply: PreparedReply,
    encoding: Encoding,
    bytes: Uint8Array,
  ): Promise<void> {
    running++
    try {
      reply.body = await encoding.whole(bytes)
      mark(reply, encoding.coding)
    } finally {
      running--
    }
  }

  return function compress(ctx, next) {
    ctx.onReply(compressReply)
    return next()
  }
}

/** Whether the body of a reply may be coded. */
function isEligible(reply: PreparedReply): boolean {
  const { status } = reply
  if (status === 206 || status === 304) return false
  if (reply.has('content-encoding') || reply.has('content-range')) return false
  // A digest of the coded content would be wrong afterwards (RFC 9530).
  if (reply.has('content-digest')) return false
  const control = reply.get('cache-control')
  return control === undefined || !/(?:^|[\s,])no-transform(?:$|[\s,])/i.test(control)
}

/** Other bytes are another representation: a strong tag becomes a weak one, ranges are of none. */
function mark(reply: PreparedReply, coding: string): void {
  reply.header('content-encoding', coding)
  reply.header('accept-ranges', undefined)
  const tag = reply.get('etag')
  if (tag !== undefined && !tag.startsWith('W/')) reply.header('etag', `W/${tag}`)
}

function parse(options: CompressOptions) {
  requireObject(options, `options${OF}`)
  refuseUnknown(options, NAMES, '', OF)
  const { codings = CODINGS, levels = {}, when } = options
  if (!Array.isArray(codings) || codings.length === 0) {
    throw wrong(`codings${OF}`, 'a list of codings', codings)
  }
  for (const [at, coding] of codings.entries()) {
    if (CODINGS.includes(coding)) continue
    throw wrong(`codings[${at}]${OF}`, CODINGS.map((name) => `'${name}'`).join(' or '), coding)
  }
  requireObject(levels, `levels${OF}`)
  refuseUnknown(levels, CODINGS, 'levels.', OF)
  if (when !== undefined && typeof when !== 'function') {
    throw wrong(`when${OF}`, 'a function', when)
  }
  for (const coding of CODINGS) levelOf(levels, coding)
  const offered = (codings as readonly CompressionCoding[]).filter(isSupported)
  const encodings = offered.map((coding) => encodingOf(coding, levelOf(levels, coding)))
  return {
    rank: codingRanker(offered),
    encodings: new Map(encodings.map((encoding) => [encoding.coding as string, encoding])),
    minBytes: limitOf('compressMinBytes', options.minBytes, `minBytes${OF}`),
    isType: typeTest(options.types),
    overTls: flag(options.overTls, `overTls${OF}`, false),
    concurrent: limitOf('compressConcurrent', options.concurrent, `concurrent${OF}`),
    when,
  }
}

function levelOf(levels: CompressOptions['levels'] & object, coding: CompressionCoding): number {
  const [min, max, ours] = LEVELS[coding]
  return integer(levels[coding], `levels.${coding}${OF}`, ours, min, max)
}

const PATTERN = /^(?:[\w.+-]+|\*)\/(?:[\w.+-]+|\*)$/

function typeTest(types: CompressOptions['types']): (type: string) => boolean {
  if (types === undefined) return isCompressible
  if (typeof types === 'function') return types
  if (!Array.isArray(types)) throw wrong(`types${OF}`, 'a list of content types', types)
  const tests = types.map((type: unknown, at) => {
    if (typeof type === 'string' && PATTERN.test(type)) return type.toLowerCase()
    throw wrong(`types[${at}]${OF}`, `a content type as 'text/html' or 'text/*'`, type)
  })
  return (type) => {
    const bare = type.split(';', 1)[0]!.trim().toLowerCase()
    return tests.some((test) => matches(test, bare))
  }
}

function matches(test: string, type: string): boolean {
  if (test === type || test === '*/*') return true
  if (test.endsWith('/*')) return type.startsWith(test.slice(0, -1))
  return test.startsWith('*/') && type.endsWith(test.slice(1))
}
