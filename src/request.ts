// The URL and the fetch Request of a request, made when a handler touches them.
//
// Called by Context. Nothing of the fast path is here.

import { httpError } from './errors.js'

import type { BodySource } from './body/source.js'
import type { HeaderView } from './headers.js'
import type { PeerAddress } from './native/address.js'

/** What is needed of a Context. */
interface RequestParts {
  readonly method: string
  readonly rawTarget: string
  readonly isSecure: boolean
  readonly headers: HeaderView
  readonly local: PeerAddress
  readonly url: URL
  readonly body: BodySource
  readonly signal: AbortSignal
}

/** The URL of a request: the target, completed by the Host field (RFC 9112 section 3.3). */
export function toUrl(ctx: RequestParts): URL {
  const target = ctx.rawTarget
  const text = target.startsWith('/') || target === '*' ? originUrl(ctx, target) : target
  try {
    return new URL(text)
  } catch (cause) {
    throw httpError('LANNER_URL_INVALID', cause)
  }
}

function originUrl(ctx: RequestParts, target: string): string {
  const scheme = ctx.isSecure ? 'https' : 'http'
  // Joined as text: new URL('//x', base) would take x for a host.
  const authority = ctx.headers.get('host') || localAuthority(ctx.local)
  return `${scheme}://${authority}${target === '*' ? '/' : target}`
}

/** HTTP/1.0 has no Host field. */
function localAuthority({ address, port, family }: PeerAddress): string {
  if (family === 'unix') return 'localhost'
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}

export function toFetchRequest(ctx: RequestParts): Request {
  const { method } = ctx
  const init: RequestInit & { duplex?: 'half' } = {
    method,
    headers: ctx.headers.toHeaders(),
    signal: ctx.signal,
  }
  if (method !== 'GET' && method !== 'HEAD' && ctx.body.hasBody) {
    init.body = ctx.body.stream as NonNullable<RequestInit['body']>
    init.duplex = 'half'
  }
  return new Request(ctx.url, init)
}
