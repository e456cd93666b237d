// Believes what a trusted proxy says of the client: X-Forwarded-For, -Proto, -Host, -Port and
// -Prefix, or the Forwarded field of RFC 7239.
//
// Used as app.use(forwarded({ take: ['for', 'proto'] })), before everything that asks who the
// client is. Changes ctx.remote, ctx.isSecure, ctx.host, ctx.url and ctx.prefix; ctx.peer,
// ctx.connection and the fields themselves stay what they are. Promises that nothing is believed
// that the client could have written: lists are read from the end, which the nearest proxy wrote,
// and no further than senders are trusted; one kind of field is read and never the other.

import { isIP } from 'node:net'

import { hostTest, isAuthority } from '../host-patterns.js'
import { networkTest, parseNetworks } from '../networks.js'
import { limitOf, LIMITS } from '../limit-table.js'
import { refuseUnknown, requireObject, wrong } from '../option-values.js'

import type { Context, Middleware, PeerAddress } from 'lanner'

/** What a proxy can say of the client. */
export type ForwardedPart = 'for' | 'proto' | 'host' | 'port' | 'prefix'

/** The options of forwarded(). */
export interface ForwardedOptions {
  /**
   * Proxies that are believed: networks such as '10.0.0.0/8', addresses, 'loopback', 'private' or
   * 'any'. Peers on a Unix socket always are. Default 'loopback'.
   */
  trust?: readonly string[]
  /**
   * What is taken over: 'for' (`ctx.remote`), 'proto' (`ctx.isSecure`), 'host' (`ctx.host`), 'port'
   * (that of `ctx.host`), 'prefix' (`ctx.prefix`); the last two are X-Forwarded only. Name only
   * what your proxy sets itself: what it hands through is the client's word. Default 'for'.
   */
  take?: readonly ForwardedPart[]
  /** Which fields the proxy sets. The other kind is not looked at. Default 'x-forwarded'. */
  fields?: 'x-forwarded' | 'forwarded'
  /** How many proxies there are at most; null for as many as are trusted. Default 1. */
  hops?: number | null
  /** Hosts that a proxy may name, as for hostFilter(). Default: any. */
  hosts?: readonly string[]
}

/** What one proxy says. */
interface Hop {
  readonly for: string | undefined
  readonly proto: string | undefined
  readonly host: string | undefined
  readonly port?: string | undefined
  readonly prefix?: string | undefined
}

/** What the proxies say, from the nearest on. */
interface Hops {
  /** What the next one says; undefined when they have said everything. */
  next(): Hop | undefined
}

/** Finds what proxies say of a request; undefined for nothing. */
type HopReader = (ctx: Context) => Hops | undefined

const OF = ' of forwarded()'
const PARTS: readonly ForwardedPart[] = ['for', 'proto', 'host', 'port', 'prefix']
/** What RFC 7239 has no parameter for. */
const X_ONLY: readonly ForwardedPart[] = ['port', 'prefix']
const HOPS_MAX = LIMITS.forwardedHops.max

/** Takes over what trusted proxies say of the client. */
export function forwarded(options: ForwardedOptions = {}): Middleware {
  requireObject(options, `options${OF}`)
  refuseUnknown(options, ['trust', 'take', 'fields', 'hops', 'hosts'], '', OF)
  const { trust = ['loopback'], take = ['for'], fields = 'x-forwarded', hosts } = options
  const isTrusted = networkTest(parseNetworks(trust, 'trust', OF))
  if (!Array.isArray(take) || take.length === 0 || !take.every((part) => PARTS.includes(part))) {
    throw wrong(`take${OF}`, `a list of 'for', 'proto', 'host', 'port' and 'prefix'`, take)
  }
  if (fields !== 'x-forwarded' && fields !== 'forwarded') {
    throw wrong(`fields${OF}`, `'x-forwarded' or 'forwarded'`, fields)
  }
  if (fields === 'forwarded' && take.some((part) => X_ONLY.includes(part))) {
    throw wrong(`take${OF}`, `a list of 'for', 'proto' and 'host' for the field Forwarded`, take)
  }
  const hops = limitOf('forwardedHops', options.hops, `hops${OF}`, HOPS_MAX)
  const isHost = hosts === undefined ? isAuthority : isNamedAuthority(hostTest(hosts, 'hosts', OF))
  const read = fields === 'forwarded' ? readForwarded(take) : readXForwarded(take)
  return function forwarded(ctx, next) {
    const said = read(ctx)
    if (said !== undefined) follow(ctx, said, hops, isTrusted, isHost)
    return next()
  }
}

function isNamedAuthority(isNamed: (host: string) => boolean): (host: string) => boolean {
  return (host) => isAuthority(host) && isNamed(host)
}

/** Goes from sender to sender as long as they are trusted. */
function follow(
  ctx: Context,
  proxies: Hops,
  hops: number,
  isTrusted: (peer: PeerAddress) => boolean,
  isHost: (host: string) => boolean,
): void {
  let sender: PeerAddress | undefined = ctx.remote
  let remote: PeerAddress | undefined
  let isSecure: boolean | undefined
  let host: string | undefined
  let port: number | undefined
  let prefix = ''
  for (let hop = 0; hop < hops && sender !== undefined && isTrusted(sender); hop++) {
    const said = proxies.next()
    if (said === undefined) break
    if (said.proto !== undefined) isSecure = schemeIsSecure(said.proto) ?? isSecure
    if (said.host !== undefined && isHost(said.host)) host = said.host
    if (said.port !== undefined) port = portOf(said.port) ?? port
    if (said.prefix !== undefined) prefix = prefixOf(said.prefix) + prefix
    sender = said.for === undefined ? undefined : parseNode(said.for)
    remote = sender ?? remote
  }
  if (port !== undefined) {
    const whole = withPort(host ?? ctx.host, port, isSecure ?? ctx.isSecure)
    if (isHost(whole)) host = whole
  }
  if (remote !== undefined || isSecure !== undefined || host !== undefined || prefix !== '') {
    ctx.assume({ remote, isSecure, host, prefix: prefix === '' ? undefined : prefix })
  }
}

/** A port of a client's URL; undefined for none. */
function portOf(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

/** A host with the port that was asked for, which is left out where it goes without saying. */
function withPort(host: string, port: number, isSecure: boolean): string {
  const name = host.replace(/:\d*$/, '')
  return port === (isSecure ? 443 : 80) ? name : `${name}:${port}`
}

/**
 * A prefix as it stands in front of paths: with a slash before it and none behind it. Nothing for
 * what would name another host or another place, because links and redirects are made of it.
 */
function prefixOf(text: string): string {
  const prefix = text.replace(/\/$/, '')
  if (prefix.length > PREFIX_MAX || !PREFIX.test(prefix)) return ''
  return DOT_SEGMENT.test(prefix) ? '' : prefix
}

const PREFIX_MAX = 1024
/** Segments of a path (RFC 3986 section 3.3), none of them empty; a comma would end it. */
const PREFIX = /^(?:\/(?:[\w\-.~!$&'()*+;=:@]|%[\da-f]{2})+)+$/i
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i

function schemeIsSecure(proto: string): boolean | undefined {
  const scheme = proto.toLowerCase()
  if (scheme === 'https' || scheme === 'wss') return true
  return scheme === 'http' || scheme === 'ws' ? false : undefined
}

/** An address with a port or without; undefined for names, `unknown` and anything odd. */
function parseNode(text: string): PeerAddress | undefined {
  const isBracketed = text.startsWith('[')
  const colon = isBracketed ? text.indexOf(']') + 1 : text.indexOf(':')
  // Without brackets two colons are an IPv6 address, which has no port then.
  const hasPort =
    colon > 0 && colon < text.length && (isBracketed || text.lastIndexOf(':') === colon)
  const address = isBracketed ? text.slice(1, colon - 1) : hasPort ? text.slice(0, colon) : text
  const family = isIP(address)
  if (family === 0 || (isBracketed && family !== 6) || address.includes('%')) return undefined
  const port = hasPort ? parsePort(text.slice(colon)) : 0
  if (port < 0) return undefined
  return { address: address.toLowerCase(), port, family: family === 4 ? 'IPv4' : 'IPv6' }
}

/** A port behind its colon, 0 for one that is hidden (RFC 7239 section 6.4); negative for none. */
function parsePort(text: string): number {
  if (/^:_[\w.-]+$/.test(text)) return 0
  const port = /^:\d{1,5}$/.test(text) ? Number(text.slice(1)) : -1
  return port <= 65_535 ? port : -1
}

function readXForwarded(take: readonly ForwardedPart[]): HopReader {
  return ({ headers }) => {
    let lists: Partial<Record<ForwardedPart, ListEnd>> | undefined
    for (const part of take) {
      const list = headers.get(`x-forwarded-${part}`)
      if (list !== null) (lists ??= {})[part] = new ListEnd(list)
    }
    return lists === undefined ? undefined : new XForwarded(lists)
  }
}

/** Lists side by side, each read from its end on. */
class XForwarded implements Hops {
  readonly #lists: Partial<Record<ForwardedPart, ListEnd>>

  constructor(lists: Partial<Record<ForwardedPart, ListEnd>>) {
    this.#lists = lists
  }

  next(): Hop | undefined {
    const lists = this.#lists
    const hop = {
      for: lists.for?.take(),
      proto: lists.proto?.take(),
      host: lists.host?.take(),
      port: lists.port?.take(),
      prefix: lists.prefix?.take(),
    }
    return Object.values(hop).every((said) => said === undefined) ? undefined : hop
  }
}

/** The elements of a list from its end on. */
class ListEnd {
  readonly #list: string
  /** Where the elements that are left end; negative when there are none. */
  #end: number

  constructor(list: string) {
    this.#list = list
    this.#end = list.length
  }

  take(): string | undefined {
    const end = this.#end
    if (end < 0) return undefined
    const comma = end === 0 ? -1 : this.#list.lastIndexOf(',', end - 1)
    this.#end = comma
    return this.#list.slice(comma + 1, end).trim()
  }
}

function readForwarded(take: readonly ForwardedPart[]): HopReader {
  const takesFor = take.includes('for')
  const takesProto = take.includes('proto')
  const takesHost = take.includes('host')
  return ({ headers }) => {
    const list = headers.get('forwarded')
    if (list === null) return undefined
    let end = list.length
    /** Empty ones are none (RFC 9110 section 5.6.1.2). */
    const lastElement = (): string | undefined => {
      let element = ''
      while (end >= 0 && element === '') {
        const comma = commaBefore(list, end)
        element = list.slice(comma + 1, end).trim()
        end = comma
      }
      return element === '' ? undefined : element
    }
    return {
      next: () => {
        const element = lastElement()
        if (element === undefined) return undefined
        const said = parseElement(element)
        return {
          for: takesFor ? said.get('for') : undefined,
          proto: takesProto ? said.get('proto') : undefined,
          host: takesHost ? said.get('host') : undefined,
        }
      },
    }
  }
}

/**
 * Where the comma before the last element stands, or -1. Looked for from the end, so that a quote
 * which a client left open cannot swallow what the proxy added.
 */
function commaBefore(list: string, end: number): number {
  let isQuoted = false
  for (let at = end - 1; at >= 0; at--) {
    const character = list[at]
    if (character === '"') {
      let slashes = 0
      while (list[at - 1 - slashes] === '\\') slashes++
      if (!isQuoted || slashes % 2 === 0) isQuoted = !isQuoted
    } else if (character === ',' && !isQuoted) {
      return at
    }
  }
  return -1
}

/** A pair, and the empty ones behind it. */
const PAIR =
  /([!#$%&'*+\-.^_`|~\w]+)=(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+\-.^_`|~\w:[\]]+))\s*(?:;[\s;]*|$)/y

/** The parameters of an element; none when it breaks the grammar or says something twice. */
function parseElement(element: string): ReadonlyMap<string, string> {
  const said = new Map<string, string>()
  PAIR.lastIndex = element.search(/[^\s;]|$/)
  while (PAIR.lastIndex < element.length) {
    const match = PAIR.exec(element)
    const name = match?.[1]!.toLowerCase()
    if (match === null || said.has(name!)) return new Map()
    said.set(name!, match[2]?.replaceAll(/\\(.)/g, '$1') ?? match[3]!)
  }
  return said
}
