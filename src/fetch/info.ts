// What a fetch handler may want to know that a Request does not say.
//
// The second argument of every call that serve() makes. Its names are those of the ServerContext in
// WinterTC's draft Fetch Server API, as far as HTTP/1.1 has them, and of Deno's ServeHandlerInfo
// (`remoteAddr`); an application of Hono has it as `c.env`. Nothing is made before it is touched.

import { tell } from '../reply.js'

import type { Context } from '../context.js'
import type { PeerAddress } from '../native/address.js'
import type { FieldInit } from '../reply-fields.js'

/** One end of a connection, as Deno writes it. */
export type NetworkAddress =
  | { readonly transport: 'tcp'; readonly hostname: string; readonly port: number }
  | { readonly transport: 'unix'; readonly path: string }

/** What is known of an exchange beside its Request. */
export class FetchInfo {
  /** The Request of this exchange. */
  readonly request: Request
  readonly #ctx: Context

  /** @internal */
  constructor(ctx: Context, request: Request) {
    this.#ctx = ctx
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

  /** Sends an informational response, 102 or 103, before the Response. */
  sendInformational(status: 102 | 103, headers: FieldInit | Headers = {}): void {
    this.#ctx.sendInformational(
      status,
      headers instanceof Headers ? Object.fromEntries(headers) : headers,
    )
  }

  /**
   * Takes work that goes on after the reply: an error in it goes to `onError`, and the head of the
   * Request stays readable. The server does not wait for it when it closes.
   */
  waitUntil(promise: PromiseLike<unknown>): void {
    const { lane } = this.#ctx
    keepHead(this.request)
    Promise.resolve(promise).catch((error: unknown) => tell(lane, this.#ctx, error))
  }
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
