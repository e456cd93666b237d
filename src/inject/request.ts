// What app.inject() and app.fetch() are given, as bytes on the wire.
//
// Promises that nothing in a path, a name or a value can begin another line: this is a door for
// tests, but one through which tests push anything.

import { LannerError } from '../errors.js'
import { checkField } from '../headers.js'
import { refuseUnknown, wrong } from '../option-values.js'
import { INJECT_WORDS } from '../words.js'

/** A request without a socket. */
export interface InjectOptions {
  /** Its method. Default 'GET', or 'POST' when there is a body. */
  method?: string
  /** Path and query. Default '/'. */
  path?: string
  /**
   * Added to the query of the path; a list repeats its name, undefined leaves it out. Default none.
   */
  query?: InjectFields | URLSearchParams
  /**
   * Its header fields; a list gives several of the name. Default: a host, and a content type and
   * length where there is a body.
   */
  headers?: Readonly<Record<string, string | readonly string[]>>
  /** The cookies of the request, by their names. Default none. */
  cookies?: Readonly<Record<string, string>>
  /**
   * Text, bytes, URLSearchParams, FormData and a Blob are sent as they are, anything else as JSON.
   * Default none.
   */
  body?: unknown
  /**
   * In place of a body: the fields of a form of type application/x-www-form-urlencoded. Default
   * none.
   */
  form?: InjectFields
  /**
   * Gives the request up when it aborts, as a client that closes the connection does. Default none.
   */
  signal?: AbortSignal
}

/** Names with a value each, or several. */
export type InjectFields = Readonly<
  Record<string, InjectValue | readonly InjectValue[] | undefined>
>

/** What is sent as text. */
export type InjectValue = string | number | boolean

/** A request as the inject lane sends it. */
export interface WireRequest {
  readonly method: string
  /** Request line and fields, with the empty line. */
  readonly head: string
  readonly body: Uint8Array | ReadableStream<Uint8Array> | undefined
  readonly signal: AbortSignal | undefined
}

const encoder = new TextEncoder()

const OPTION_NAMES = ['method', 'path', 'query', 'headers', 'cookies', 'body', 'form', 'signal']

export function fromInject(options: InjectOptions): WireRequest | Promise<WireRequest> {
  refuseUnknown(options, OPTION_NAMES, '', ' of inject()', INJECT_WORDS)
  if (options.body !== undefined && options.form !== undefined) {
    throw new LannerError('LANNER_OPTION_INVALID', 'inject() takes a body or a form, not both.')
  }
  const body = options.form === undefined ? options.body : searchOf(options.form)
  if (!(body instanceof FormData || body instanceof Blob))
    return wireOf(options, ...bodyBytes(body))
  // The fetch standard knows how such a form looks, and what type a Blob has.
  const sent = new Response(body)
  const type = sent.headers.get('content-type') ?? 'application/octet-stream'
  return sent.arrayBuffer().then((bytes) => wireOf(options, new Uint8Array(bytes), type))
}

function wireOf(
  options: InjectOptions,
  bytes: Uint8Array | undefined,
  type: string | undefined,
): WireRequest {
  const { signal } = options
  const method = options.method?.toUpperCase() ?? (bytes === undefined ? 'GET' : 'POST')
  // Anything else may be meant: there are tests of what is refused.
  if (options.path !== undefined && /^(?:\w[^:]*)?$/.test(options.path)) {
    throw wrong('path of inject()', "a path such as '/users/7'", options.path)
  }
  const path = withQuery(options.path ?? '/', options.query)
  const fields: [string, string][] = []
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    for (const one of typeof value === 'string' ? [value] : value) fields.push([name, one])
  }
  const cookies = Object.entries(options.cookies ?? {})
  if (cookies.length > 0) {
    fields.push(['cookie', cookies.map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join('; ')])
  }
  if (type !== undefined && !hasName(fields, 'content-type')) fields.push(['content-type', type])
  return { method, head: headText(method, path, fields, bytes), body: bytes, signal }
}

function withQuery(path: string, query: InjectOptions['query']): string {
  const text = query === undefined ? '' : searchOf(query).toString()
  return text === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${text}`
}

function searchOf(fields: InjectFields | URLSearchParams): URLSearchParams {
  if (fields instanceof URLSearchParams) return fields
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one))
  }
  return search
}

export async function fromFetch(
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<WireRequest> {
  const target = typeof input === 'string' ? new URL(input, 'http://localhost') : input
  const request = new Request(target, init)
  const url = new URL(request.url)
  const fields = [...request.headers] as [string, string][]
  if (!hasName(fields, 'host')) fields.unshift(['host', url.host])
  const path = url.pathname + url.search
  const { method, signal } = request
  // A length that is declared was given by a body that has one: small ones travel whole.
  const isStream = init?.body instanceof ReadableStream || isUnknownStream(input, init)
  const body = request.body === null ? undefined : isStream ? request.body : await readAll(request)
  return { method, head: headText(method, path, fields, body), body, signal }
}

/** A Request that was made elsewhere does not say what its body was made from. */
function isUnknownStream(input: unknown, init: RequestInit | undefined): boolean {
  return (
    input instanceof Request && init?.body === undefined && !input.headers.has('content-length')
  )
}

async function readAll(request: Request): Promise<Uint8Array> {
  return new Uint8Array(await request.arrayBuffer())
}

function bodyBytes(body: unknown): [bytes: Uint8Array | undefined, type: string | undefined] {
  if (body === undefined) return [undefined, undefined]
  if (typeof body === 'string') return [encoder.encode(body), 'text/plain; charset=utf-8']
  if (body instanceof Uint8Array) return [body, 'application/octet-stream']
  if (body instanceof ArrayBuffer) return [new Uint8Array(body), 'application/octet-stream']
  if (body instanceof URLSearchParams) {
    return [encoder.encode(body.toString()), 'application/x-www-form-urlencoded']
  }
  return [encoder.encode(JSON.stringify(body)), 'application/json']
}

function headText(
  method: string,
  path: string,
  fields: readonly (readonly [string, string])[],
  body: WireRequest['body'],
): string {
  if (!/^[\x21-\x7e]+$/.test(path)) {
    throw new LannerError(
      'LANNER_OPTION_INVALID',
      `The path ${JSON.stringify(path)} has characters that a request line cannot carry: ` +
        'encode them.',
    )
  }
  let head = `${method} ${path} HTTP/1.1\r\n`
  if (!hasName(fields, 'host')) head += 'host: localhost\r\n'
  for (const [name, value] of fields) {
    checkField(name, value)
    if (!/^(?:content-length|transfer-encoding)$/i.test(name)) head += `${name}: ${value}\r\n`
  }
  if (body instanceof Uint8Array) head += `content-length: ${body.byteLength}\r\n`
  else if (body !== undefined) head += 'transfer-encoding: chunked\r\n'
  return `${head}\r\n`
}

function hasName(fields: readonly (readonly [string, string])[], lower: string): boolean {
  return fields.some(([name]) => name.toLowerCase() === lower)
}
