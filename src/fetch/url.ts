// The URL that a request asks for: its target, completed by the Host field.
//
// Called by Context and LazyRequest when somebody touches it. Promises that `hrefOf` and `urlOf`
// say the same: the text is put together without a parser only where that would change nothing.

import { httpError } from '../errors.js'

import type { HeaderView } from '../headers.js'
import type { PeerAddress } from '../native/address.js'

/** What is needed of a Context. */
export interface UrlParts {
  readonly rawTarget: string
  readonly isSecure: boolean
  readonly headers: HeaderView
  readonly local: PeerAddress
}

/** The URL of a request (RFC 9112 section 3.3). */
export function urlOf(ctx: UrlParts): URL {
  return parse(textOf(ctx, ctx.rawTarget))
}

/** The same as text. */
export function hrefOf(ctx: UrlParts): string {
  const target = ctx.rawTarget
  const origin = isPlain(target) ? originOf(ctx) : ''
  return origin === '' ? parse(textOf(ctx, target)).href : origin + target
}

function parse(text: string): URL {
  try {
    return new URL(text)
  } catch (cause) {
    throw httpError('LANNER_URL_INVALID', cause)
  }
}

function textOf(ctx: UrlParts, target: string): string {
  if (!target.startsWith('/') && target !== '*') return target
  // Joined as text: new URL('//x', base) would take x for a host.
  return `${schemeOf(ctx)}//${authorityOf(ctx)}${target === '*' ? '/' : target}`
}

function schemeOf({ isSecure }: UrlParts): string {
  return isSecure ? 'https:' : 'http:'
}

function authorityOf({ headers, local }: UrlParts): string {
  return headers.get('host') || localAuthority(local)
}

/** HTTP/1.0 has no Host field. */
function localAuthority({ address, port, family }: PeerAddress): string {
  if (family === 'unix') return 'localhost'
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}

/** Characters that the parser leaves as they are; dot segments need a second look. */
const PLAIN = /^\/[\w\-~!$&()*+,;=:@/.%]*(?:\?[\w\-~!$&()*+,;=:@/.%?]*)?$/
const DOT_SEGMENT = /\/(?:\.|%2e)/i

/** Whether the parser would change nothing in a target. */
function isPlain(target: string): boolean {
  return PLAIN.test(target) && !DOT_SEGMENT.test(target)
}

/** The origin that was asked for last: a server has few names, and parsing one costs most. */
let lastBase = ''
let lastOrigin = ''

/** The origin, or nothing where the Host field has more than a host and a port. */
function originOf(ctx: UrlParts): string {
  const base = `${schemeOf(ctx)}//${authorityOf(ctx)}`
  if (base === lastBase) return lastOrigin
  const url = parse(`${base}/`)
  lastBase = base
  lastOrigin = url.href === `${url.origin}/` ? url.origin : ''
  return lastOrigin
}
