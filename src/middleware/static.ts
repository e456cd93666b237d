// Serves the files of a folder: conditions, ranges, compressed variants, and nothing outside.
//
// Used as app.use('/assets', staticFiles({ root: 'public', prefix: '/assets' })), as the handler of
// a route, or as app.notFound(staticFiles(…)). Promises that only regular files under the folder
// are sent, whatever path or link is asked for; that a client which has the file gets 304, and one
// that wants a part gets that part; that a file is read only as fast as the client takes it and is
// closed when the client leaves. Deliberately not here: lists of folders, compression on the fly.

import { randomBytes } from 'node:crypto'
import { realpathSync, statSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

import { nextAtEnd } from '../compose.js'
import { HttpError, httpError } from '../errors.js'
import { CHUNK_BYTES, FileBody } from '../files/body.js'
import { openFile } from '../files/open.js'
import { filePath } from '../files/path.js'
import { evaluate, isRangeCurrent } from '../http/conditions.js'
import { formatHttpDate } from '../http/dates.js'
import { extensionOf, TYPES_OF_FILES } from '../http/media-types.js'
import { codingRanker } from '../http/negotiate.js'
import { parseRanges } from '../http/ranges.js'
import { limitOf } from '../limit-table.js'
import {
  duration,
  fieldValue,
  flag,
  refuseUnknown,
  requireObject,
  text,
  wrong,
} from '../option-values.js'

import type { Context, Duration, Handler, Next } from 'lanner'

/** A file that is about to be sent. */
export interface StaticFile {
  /** Its path under the folder, with '/' between the names: 'css/site.css'. */
  readonly path: string
  /** Its length in bytes, as it lies there. */
  readonly size: number
  /** When it was changed. */
  readonly modified: Date
}

/** The options of staticFiles(). */
export interface StaticOptions {
  /** The folder, as a path or a file: URL. It has to exist. */
  root: string | URL
  /** The part of the path that does not belong to the file's: '/assets'. Default '/'. */
  prefix?: string
  /** Files that stand for their folder, the first that is there. Default `['index.html']`. */
  index?: readonly string[] | false
  /**
   * Names that begin with a dot: 'ignore' acts as if they were not there, 'deny' answers 403.
   * Default 'ignore'. The folder `.well-known` is not hidden.
   */
  dotfiles?: 'ignore' | 'deny' | 'allow'
  /**
   * Which symbolic links are followed: those that stay in the folder, any, or none. Default
   * 'inside'.
   */
  links?: 'inside' | 'any' | 'none'
  /**
   * How long caches keep a file without asking. Default 0: they keep it and ask each time
   * (`no-cache`), which costs them a 304.
   */
  maxAge?: Duration
  /**
   * Files that never change under their name, because it has a hash: true for all, or a test of
   * their path. They are kept for a year. Default false.
   */
  immutable?: boolean | RegExp
  /** Whether files have an entity tag, from their time and length. Default true. */
  etag?: boolean
  /** Whether files say when they were changed. Default true. */
  lastModified?: boolean
  /** Most ranges in one request; with more the whole file is sent. 0 for none. Default 16. */
  ranges?: number
  /**
   * Codings whose files lie beside the others ('site.css.br'), the one that we like best first.
   * Default none.
   */
  precompressed?: readonly ('zstd' | 'br' | 'gzip')[]
  /**
   * Content types by extension, beside those that we know: `{ gltf: 'model/gltf+json' }`. Default
   * none.
   */
  types?: Readonly<Record<string, string>>
  /** The type of other files; null does not serve them. Default 'application/octet-stream'. */
  defaultType?: string | null
  /** Called before a file is sent, to set fields of the reply. Default none. */
  prepare?: (ctx: Context, file: StaticFile) => void
}

const NAMES = [
  'root',
  'prefix',
  'index',
  'dotfiles',
  'links',
  'maxAge',
  'immutable',
  'etag',
  'lastModified',
  'ranges',
  'precompressed',
  'types',
  'defaultType',
  'prepare',
]
const OF = ' of staticFiles()'
const YEAR_SECONDS = 31_536_000
const EXTENSIONS = { zstd: '.zst', br: '.br', gzip: '.gz' } as const
type Precompressed = keyof typeof EXTENSIONS

type Config = ReturnType<typeof parse>
type ByteRange = NonNullable<ReturnType<typeof parseRanges>>[number]
type Opened = Exclude<Awaited<ReturnType<typeof openFile>>, 'folder' | undefined>

/** What was found for a path. */
interface Found {
  readonly file: Opened
  /** The path under the folder, without the extension of a coding. */
  readonly path: string
  readonly type: string
  readonly coding: string
}

/** Serves files. What is not there is left to what comes next, or answered with 404. */
export function staticFiles(options: StaticOptions): Handler {
  const config = parse(options)
  const { prefix } = config
  return function staticFiles(ctx, next) {
    const { method, path } = ctx
    if (method !== 'GET' && method !== 'HEAD') return missing(ctx, next)
    if (!path.startsWith(prefix)) return missing(ctx, next)
    const rest = path.slice(prefix.length)
    if (rest !== '' && !rest.startsWith('/')) return missing(ctx, next)
    return serve(config, ctx, next, rest)
  }
}

function missing(ctx: Context, next: Next): unknown {
  return (next as unknown) === nextAtEnd ? ctx.notFound() : next()
}

async function serve(config: Config, ctx: Context, next: Next, rest: string): Promise<unknown> {
  const asked = filePath(config.root, rest, config.dotfiles)
  if (asked === 'denied') throw new HttpError(403)
  if (asked === 'none') return missing(ctx, next)
  const found = await find(config, ctx, asked)
  if (found === undefined) return missing(ctx, next)
  if (found === 'redirect') return redirectToFolder(ctx)
  try {
    return await send(config, ctx, found)
  } catch (error) {
    await found.file.handle.close()
    throw error
  }
}

/** Relative, so that neither a prefix before us nor a path with two slashes leads elsewhere. */
function redirectToFolder(ctx: Context): unknown {
  const name = encodeURIComponent(ctx.path.slice(ctx.path.lastIndexOf('/') + 1))
  const { raw } = ctx.query
  return ctx.redirect(`./${name}/${raw === '' ? '' : `?${raw}`}`, 308)
}

/** The file, or that of its folder; the name of a folder without a slash leads to the one with. */
async function find(
  config: Config,
  ctx: Context,
  { path, isFolder }: { path: string; isFolder: boolean },
): Promise<Found | 'redirect' | undefined> {
  if (!isFolder) {
    const found = await open(config, ctx, path)
    if (found !== 'folder') return found
  }
  for (const name of config.index) {
    const found = await open(config, ctx, join(path, name))
    if (found === undefined || found === 'folder') continue
    if (isFolder) return found
    await found.file.handle.close()
    return 'redirect'
  }
  return undefined
}

/** Opens the variant that the client likes best among those that are there, or the file itself. */
async function open(
  { root, links, rank, types, defaultType }: Config,
  ctx: Context,
  path: string,
): Promise<Found | 'folder' | undefined> {
  const own = relative(root, path).replaceAll(sep, '/')
  const type = types.get(extensionOf(own)) ?? defaultType
  // The root has no variants: what would be one lies beside it and not in it.
  if (type !== null && rank !== undefined && own !== '') {
    for (const coding of rank(ctx.headers.get('accept-encoding'))) {
      const file = await openFile(root, path + EXTENSIONS[coding as Precompressed], links)
      if (file === 'folder') continue
      if (file !== undefined) return { file, path: own, type, coding }
    }
  }
  const file = await openFile(root, path, links)
  if (file === undefined || file === 'folder') return file
  if (type !== null) return { file, path: own, type, coding: 'identity' }
  await file.handle.close()
  return undefined
}

/** Answers with the file, or with what the conditions and ranges of the request make of it. */
async function send(config: Config, ctx: Context, found: Found): Promise<unknown> {
  const { file, type } = found
  const { size, handle } = file
  const { headers } = ctx
  describe(config, ctx, found)
  const validators = validatorsOf(config, found)
  if (validators.etag !== undefined) ctx.header('etag', validators.etag)
  if (validators.lastModified !== undefined) {
    ctx.header('last-modified', formatHttpDate(validators.lastModified))
  }
  const verdict = evaluate(headers, true, validators)
  if (verdict === 'failed') throw httpError('LANNER_PRECONDITION')
  if (verdict === 'not-modified') {
    await handle.close()
    return ctx.status(304)
  }
  ctx.type(type)
  const asked = config.rangesMax > 0 && ctx.method === 'GET' ? headers.get('range') : null
  if (asked !== null && isRangeCurrent(headers.get('if-range'), validators)) {
    const ranges = parseRanges(asked, size, config.rangesMax)
    if (ranges?.length === 0) throw unsatisfiable(size)
    if (ranges !== undefined) return sendRanges(ctx, found, ranges)
  }
  ctx.status(200)
  if (ctx.method === 'GET') return sendParts(ctx, found, [{ first: 0, last: size - 1 }], size)
  await handle.close()
  return ctx.header('content-length', String(size))
}

/** The fields that a 304 has as well. */
function describe(config: Config, ctx: Context, { file, path, coding }: Found): void {
  const { cacheControl, isImmutable, prepare, rank, rangesMax } = config
  ctx.header('cache-control', isImmutable(path) ? IMMUTABLE : cacheControl)
  if (rangesMax > 0) ctx.header('accept-ranges', 'bytes')
  if (rank !== undefined) ctx.append('vary', 'accept-encoding')
  if (coding !== 'identity') ctx.header('content-encoding', coding)
  prepare?.(ctx, { path, size: file.size, modified: new Date(file.modified) })
}

const IMMUTABLE = `public, max-age=${YEAR_SECONDS}, immutable`
const NO_BYTES = new Uint8Array(0)

/** The tag has the time to the microsecond, as far as the file system knows it. */
function validatorsOf(
  { etag, lastModified }: Config,
  { file: { size, modified }, coding }: Found,
): { etag: string | undefined; lastModified: number | undefined } {
  const variant = coding === 'identity' ? '' : `-${coding}`
  const time = Math.round(modified * 1000).toString(36)
  return {
    etag: etag ? `"${time}-${size.toString(36)}${variant}"` : undefined,
    lastModified: lastModified ? modified : undefined,
  }
}

function unsatisfiable(size: number): HttpError {
  const headers = { 'content-range': `bytes */${size}` }
  return new HttpError(416, `The file has ${size} bytes.`, { headers })
}

/** 206: one range as it is, several with a head before each (RFC 9110 section 14.6). */
function sendRanges(ctx: Context, found: Found, ranges: readonly ByteRange[]): unknown {
  const { size } = found.file
  ctx.status(206)
  const [first] = ranges
  if (ranges.length === 1) {
    ctx.header('content-range', `bytes ${first!.first}-${first!.last}/${size}`)
    return sendParts(ctx, found, ranges, first!.last - first!.first + 1)
  }
  const boundary = randomBytes(12).toString('hex')
  const parts: (string | ByteRange)[] = []
  let bytes = 0
  for (const [at, range] of ranges.entries()) {
    const head =
      `${at === 0 ? '' : '\r\n'}--${boundary}\r\ncontent-type: ${found.type}\r\n` +
      `content-range: bytes ${range.first}-${range.last}/${size}\r\n\r\n`
    parts.push(head, range)
    bytes += head.length + range.last - range.first + 1
  }
  const end = `\r\n--${boundary}--\r\n`
  ctx.type(`multipart/byteranges; boundary=${boundary}`)
  return sendParts(ctx, found, [...parts, end], bytes + end.length)
}

/** What fits one chunk is read here: then nothing stays open while the client takes it. */
async function sendParts(
  ctx: Context,
  { file: { handle } }: Found,
  parts: readonly (string | ByteRange)[],
  bytes: number,
): Promise<unknown> {
  const body = new FileBody(handle, parts)
  ctx.header('content-length', String(bytes))
  if (bytes > CHUNK_BYTES || parts.length > 1) return ctx.stream(body)
  const step = await body.next()
  await body.return()
  if ((step.done === true ? 0 : step.value.byteLength) < bytes) {
    throw new HttpError(500, 'The file was cut while it was read.')
  }
  return ctx.bytes(bytes === 0 ? NO_BYTES : (step.value as Uint8Array))
}

function parse(options: StaticOptions) {
  requireObject(options, `options${OF}`)
  refuseUnknown(options, NAMES, '', OF)
  const { immutable = false, precompressed = [], prepare, defaultType, index } = options
  if (typeof immutable !== 'boolean' && !(immutable instanceof RegExp)) {
    throw wrong(`immutable${OF}`, 'true, false or a regular expression', immutable)
  }
  if (prepare !== undefined && typeof prepare !== 'function') {
    throw wrong(`prepare${OF}`, 'a function', prepare)
  }
  const seconds = Math.floor(duration(options.maxAge, `maxAge${OF}`, 0) / 1000)
  for (const name of list(index === false ? [] : (index ?? ['index.html']), 'index')) {
    if (name === '' || /[/\\]/.test(name)) throw wrong(`index${OF}`, 'names of files', name)
  }
  return {
    root: rootOf(options.root),
    prefix: prefixOf(options.prefix ?? '/'),
    index: index === false ? [] : (index ?? ['index.html']),
    dotfiles: oneOf(options.dotfiles, 'dotfiles', ['ignore', 'deny', 'allow'] as const),
    links: oneOf(options.links, 'links', ['inside', 'any', 'none'] as const),
    cacheControl: seconds === 0 ? 'no-cache' : `public, max-age=${seconds}`,
    isImmutable: testOf(immutable),
    etag: flag(options.etag, `etag${OF}`, true),
    lastModified: flag(options.lastModified, `lastModified${OF}`, true),
    rangesMax: limitOf('staticRanges', options.ranges, `ranges${OF}`),
    rank: ranker(precompressed),
    types: typesOf(options.types ?? {}),
    defaultType:
      defaultType === null
        ? null
        : fieldValue(defaultType ?? 'application/octet-stream', `defaultType${OF}`),
    prepare,
  }
}

/** Of a copy, because a global expression remembers where it was. */
function testOf(immutable: boolean | RegExp): (path: string) => boolean {
  if (typeof immutable === 'boolean') return () => immutable
  const pattern = new RegExp(immutable.source, immutable.flags.replaceAll(/[gy]/g, ''))
  return (path) => pattern.test(path)
}

function list(value: unknown, name: string): readonly string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value
  throw wrong(`${name}${OF}`, 'a list of texts', value)
}

/** One of a few words; the first is the default. */
function oneOf<Word extends string>(value: unknown, name: string, words: readonly Word[]): Word {
  if (value === undefined) return words[0]!
  if (words.includes(value as Word)) return value as Word
  throw wrong(`${name}${OF}`, words.map((word) => `'${word}'`).join(' or '), value)
}

function ranker(codings: unknown): ReturnType<typeof codingRanker> | undefined {
  const names = list(codings, 'precompressed')
  for (const name of names) oneOf(name, 'precompressed', ['zstd', 'br', 'gzip'] as const)
  return names.length === 0 ? undefined : codingRanker(names)
}

function rootOf(root: unknown): string {
  const path = root instanceof URL ? fileURLToPath(root) : text(root, `root${OF}`)
  try {
    // As `realpath` gives it later: on Windows the other one keeps short names and the case.
    const real = realpathSync.native(path)
    if (statSync(real).isDirectory()) return real
  } catch {
    // It is the same mistake, whatever the system says to it.
  }
  throw wrong(`root${OF}`, 'a folder that exists', resolve(path))
}

/** Without the slash at its end, so that it is '' for everything. */
function prefixOf(prefix: unknown): string {
  if (typeof prefix === 'string' && prefix.startsWith('/')) return prefix.replace(/\/+$/, '')
  throw wrong(`prefix${OF}`, `a path as '/assets'`, prefix)
}

function typesOf(types: unknown): ReadonlyMap<string, string> {
  requireObject(types, `types${OF}`)
  const all = new Map(Object.entries(TYPES_OF_FILES))
  for (const [name, type] of Object.entries(types as Record<string, unknown>)) {
    all.set(name.replace(/^\./, '').toLowerCase(), fieldValue(type, `types.${name}${OF}`))
  }
  return all
}
