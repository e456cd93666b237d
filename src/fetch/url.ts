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
  /** What somebody trusted says in place of the request. */
  readonly assumed?: Assumed | undefined
}

/** What a trusted proxy says of the request that it hands on. */
export interface Assumed {
  /** Whether the client's connection is encrypted. */
  readonly isSecure?: boolean | undefined
  /** The host that the client asked for, with its port where it has one. */
  readonly host?: string | undefined
  /** The path under which clients reach this server. */
  readonly prefix?: string | undefined
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
  if (!isOriginForm(target)) {
    const path = ctx.assumed === undefined ? null : ABSOLUTE.exec(target)
    if (path === null) return target
    return `${schemeOf(ctx)}//${authorityOf(ctx)}${target.slice(path[0].length)}`
  }
  // Joined as text: new URL('//x', base) would take x for a host.
  return `${schemeOf(ctx)}//${authorityOf(ctx)}${target === '*' ? '/' : target}`
}

function schemeOf({ isSecure }: UrlParts): string {
  return isSecure ? 'https:' : 'http:'
}

/**
 * The host that is asked for, with its port: of the target where that is a URL (RFC 9112 section
 * 3.2.2), or of the Host field.
 */
export function authorityOf({ rawTarget, headers, local, assumed }: UrlParts): string {
  if (assumed?.host !== undefined) return assumed.host
  if (!isOriginForm(rawTarget)) {
    const authority = ABSOLUTE.exec(rawTarget)?.[1] ?? rawTarget
    return authority.slice(authority.lastIndexOf('@') + 1)
  }
  return headers.get('host') || localAuthority(local)
}

const ABSOLUTE = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i

/** Whether a target is a path, or `*`: then the Host field says the rest. */
function isOriginForm(target: string): boolean {
  return target.startsWith('/') || target === '*'
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
