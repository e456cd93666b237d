// What a fetch handler may want to know that a Request does not say.
//
// The second argument of every call that serve() makes, and the only one of a handler that follows
// WinterTC's draft Fetch Server API: its names are those of the draft's ServerContext, and of
// Deno's ServeHandlerInfo (`remoteAddr`); an application of Hono has it as `c.env`. Nothing is made
// before it is touched. What HTTP/1.1 has not (scheduling, completion) says so as the draft wants.

import { replyProblem } from '../prepare.js'
import { tell } from '../reply.js'

import type { Context } from '../context.js'
import type { PeerAddress } from '../native/address.js'
import type { FieldInit } from '../reply-fields.js'
import type { Background } from './background.js'

/** One end of a connection, as Deno writes it. */
export type NetworkAddress =
  | { readonly transport: 'tcp'; readonly hostname: string; readonly port: number }
  | { readonly transport: 'unix'; readonly path: string }

/** What is known of an exchange beside its Request. */
export class FetchInfo {
  /** The Request of this exchange. */
  readonly request: Request
  /** A priority for the server's own scheduling, which HTTP/1.1 has not: kept and not used. */
  serverPriority: RequestPriority | null = null
  /** Is never called: HTTP/1.1 has no change of priority. */
  onpriority: ((priority: RequestPriority) => void) | null = null
  /** @internal */
  isDenied = false
  readonly #ctx: Context
  readonly #background: Background

  /** @internal */
  constructor(ctx: Context, request: Request, background: Background) {
    this.#ctx = ctx
    this.#background = background
    this.request = request
  }

  /** The client's end of the connection; what a trusted proxy says it is (`proxyProtocol`). */
  get remoteAddress(): PeerAddress {
    return this.#ctx.remote
  }

  /** The server's end of the connection. */
  get localAddress(): PeerAddress {
    return this.#ctx.local
  }

  /** The same as `remoteAddress`, as Deno writes it. */
  get remoteAddr(): NetworkAddress {
    return networkAddress(this.#ctx.remote)
  }

  /** The same as `localAddress`, as Deno writes it. */
  get localAddr(): NetworkAddress {
    return networkAddress(this.#ctx.local)
  }

  /** The protocol by its ALPN name: 'http/1.1' or 'http/1.0'. */
  get alpnProtocol(): string {
    return this.#ctx.protocol.toLowerCase()
  }

  /** Whether the connection is encrypted. */
  get encrypted(): boolean {
    return this.#ctx.isSecure
  }

  /** The host name of the TLS handshake; null where there was none. */
  get serverName(): string | null {
    return null
  }

  /** The priority that the client asks for by the field `priority` (RFC 9218). */
  get clientPriority(): RequestPriority {
    return priorityOf(this.#ctx.headers.get('priority') ?? '')
  }

  /** Whether `100 Continue` is sent when the body is read: it is. */
  get autoContinue(): boolean {
    return true
  }

  /** Null: nobody tracks when the reply has been handed over. */
  get completed(): Promise<undefined> | null {
    return null
  }

  /** Sends an informational response, 102 or 103, before the Response. */
  sendInformational(status: 102 | 103, headers: FieldInit | Headers = {}): void {
    this.#ctx.sendInformational(
      status,
      headers instanceof Headers ? Object.fromEntries(headers) : headers,
    )
  }

  /**
   * Declines the request, which was not worked on: the client gets 503 on a connection that closes.
   * The handler returns nothing then.
   */
  deny(_error?: unknown): void {
    const ctx = this.#ctx
    if (ctx.signal.aborted) return
    if (ctx.sent) throw new DOMException('The request has its reply already.', 'InvalidStateError')
    this.isDenied = true
    ctx.header('connection', 'close')
    replyProblem(ctx, 503)
  }

  /**
   * Takes work that goes on after the reply: an error in it goes to `onError`, and the head of the
   * Request stays readable. A server that closes waits for it until its grace period is over.
   */
  waitUntil(promise: PromiseLike<unknown>): void {
    const { lane } = this.#ctx
    keepHead(this.request)
    const { isReported } = this.#background
    const failed = (error: unknown): void =>
      isReported ? lane.config.report(error) : tell(lane, this.#ctx, error)
    this.#background.add(Promise.resolve(promise).then(undefined, failed))
  }
}

/** How a client wants a reply to be scheduled (RFC 9218). */
export interface RequestPriority {
  /** 0 to 7, most urgent first. Default 3. */
  urgency: number
  /** Whether parts of the reply are of use. Default false. */
  incremental: boolean
}

function priorityOf(field: string): RequestPriority {
  const urgency = /(?:^|,)\s*u=([0-7])\s*(?:$|[,;])/.exec(field)?.[1]
  const incremental = /(?:^|,)\s*i(?:=\?1)?\s*(?:$|[,;])/.test(field)
  return { urgency: urgency === undefined ? 3 : Number(urgency), incremental }
}

/** Decodes what the batch has of the request before it is overwritten. */
function keepHead(request: Request): void {
  void request.method
  void request.url
  void request.headers.getSetCookie()
}

function networkAddress({ address, port, family }: PeerAddress): NetworkAddress {
  if (family === 'unix') return { transport: 'unix', path: address }
  return { transport: 'tcp', hostname: address, port }
}
