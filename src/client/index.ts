// lanner/client: calls of an application's routes by fetch(), typed by the application itself.
//
// Only the type of the application is needed, so nothing of the server comes along:
// `import type { app } from './server.js'`. Runs wherever fetch() does. Promises to know nothing of
// the routes at run time: a call is its method, its path, and what it was given.

import { readBody, toBody } from './body.js'
import { fillPath, queryText, toText } from './url.js'

import type { ProblemDocument } from 'lanner'
import type { QueryValues } from './url.js'
import type { Client, ClientReply, HeaderFields } from './types.js'

export { StreamLimitError } from './loop.js'
export type { ReceivedEvent } from './events.js'
export type {
  AnyRoute,
  Call,
  CallArguments,
  CallOptions,
  Client,
  ClientReply,
  CommonCallOptions,
  HeaderFields,
  OtherStatus,
  Query,
  Received,
  ReceivedEventOf,
  ReceivedEvents,
  ReplyOf,
  RouteAt,
  RoutesBy,
  RoutesFor,
  TableOf,
  Text,
} from './types.js'

/** Options of `createClient()`. */
export interface ClientOptions {
  /**
   * Called in place of the global fetch(). `app.fetch` needs no server at all. Default: the global
   * fetch().
   */
  fetch?: (url: string, init: RequestInit) => Promise<Response>
  /**
   * Header fields of each call, or a function that gives them: a token that changes. Default none.
   */
  headers?: HeaderFields | (() => HeaderFields | Promise<HeaderFields>)
  /** What fetch() takes besides, for each call: `{ credentials: 'include' }`. Default none. */
  init?: Omit<RequestInit, 'method' | 'body' | 'headers' | 'signal'>
}

/** What a call may be given, whatever its route. */
interface AnyCallOptions {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: QueryValues
  readonly headers?: HeaderFields | Readonly<Record<string, unknown>>
  readonly cookies?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly signal?: AbortSignal
  readonly init?: RequestInit
}

/** What `unwrap()` throws: a reply whose status is not 200 to 299. */
export class ClientError extends Error {
  /** The status of the reply. */
  readonly status: number
  /** The reply. */
  readonly reply: ClientReply
  /** Its body where that is a problem document. */
  readonly problem: ProblemDocument | undefined

  constructor(reply: ClientReply) {
    const { status, body, response } = reply
    const type = response.headers.get('content-type') ?? ''
    const problem = type.startsWith('application/problem+json')
      ? (body as ProblemDocument)
      : undefined
    const what = problem?.detail ?? problem?.title ?? response.statusText
    super(what === '' ? `status ${status}` : `status ${status}: ${what}`)
    this.status = status
    this.reply = reply
    this.problem = problem
  }

  /** 'ClientError'. */
  override get name(): string {
    return 'ClientError'
  }
}

/**
 * A client of an application or a group: `createClient<typeof app>('https://api.example')`. The URL
 * may have a path, which comes before those of routes; in a browser it may be a path alone.
 * @param baseUrl - Where the application is served.
 * @example
 * ```ts run
 * import { App } from 'lanner'
 * import { createClient } from 'lanner/client'
 *
 * const app = new App().get('/users/:id', (ctx) => ({ id: ctx.params.id }))
 * const server = await app.listen({ port: 0 })
 * const api = createClient<typeof app>(server.url)
 * const reply = await api.get('/users/:id', { params: { id: 7 } })
 * console.log(reply.status, reply.body) // 200 { id: '7' }
 * await server.close()
 * ```
 */
export function createClient<Of>(baseUrl: string | URL, options: ClientOptions = {}): Client<Of> {
  const base = String(baseUrl).replace(/\/+$/, '')
  const raw = async (
    method: string,
    path: string,
    given: AnyCallOptions = {},
  ): Promise<Response> => {
    const url = base + fillPath(path, given.params ?? {}) + queryText(given.query ?? {})
    const { fetch: send = fetch } = options
    return send(url, await initOf(method, given, options))
  }
  const request = async (
    method: string,
    path: string,
    given?: AnyCallOptions,
  ): Promise<ClientReply> => {
    const response = await raw(method, path, given)
    const { status, ok, headers } = response
    return { status, ok, headers, response, body: await readBody(response, method) }
  }
  const call = (method: string) => (path: string, given?: AnyCallOptions) =>
    request(method, path, given)
  return {
    get: call('GET'),
    head: call('HEAD'),
    post: call('POST'),
    put: call('PUT'),
    patch: call('PATCH'),
    delete: call('DELETE'),
    options: call('OPTIONS'),
    request,
    raw,
  } as unknown as Client<Of>
}

/**
 * The body of a reply whose status is 200 to 299; throws a ClientError for any other:
 * `const user = await unwrap(api.get('/users/:id', { params: { id: 7 } }))`.
 * @param reply - A reply of a client, or a promise of one.
 */
export async function unwrap<Reply extends ClientReply>(
  reply: Reply | Promise<Reply>,
): Promise<BodyWhenOk<Reply>> {
  const came = await reply
  if (!came.ok) throw new ClientError(came)
  return came.body as BodyWhenOk<Reply>
}

/** The body of the replies that are a success. */
export type BodyWhenOk<Reply> = Reply extends { readonly ok: infer Ok; readonly body: infer Body }
  ? true extends Ok
    ? Body
    : never
  : never

async function initOf(
  method: string,
  given: AnyCallOptions,
  options: ClientOptions,
): Promise<RequestInit> {
  const { body, type, isStream } = toBody(given.body)
  const { headers: common } = options
  const headers = new Headers(typeof common === 'function' ? await common() : common)
  for (const [name, value] of fieldsOf(given.headers)) headers.set(name, value)
  if (type !== undefined && !headers.has('content-type')) headers.set('content-type', type)
  if (given.cookies !== undefined) headers.set('cookie', cookieText(given.cookies))
  return {
    ...options.init,
    ...given.init,
    method,
    headers,
    ...(body !== undefined && { body }),
    ...(isStream && { duplex: 'half' }),
    ...(given.signal !== undefined && { signal: given.signal }),
  }
}

function fieldsOf(headers: AnyCallOptions['headers']): [name: string, value: string][] {
  if (headers === undefined) return []
  if (headers instanceof Headers || Array.isArray(headers)) return [...new Headers(headers)]
  return Object.entries(headers)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, toText(value)])
}

/** For clients that are no browser: those send cookies of their own, and no others. */
function cookieText(cookies: Readonly<Record<string, unknown>>): string {
  return Object.entries(cookies)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(toText(value))}`)
    .join('; ')
}
