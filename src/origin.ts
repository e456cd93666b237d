// Where a request came from: its connection and that one's other end, and what a proxy says of it.
//
// Called by Context when somebody touches it. What the connection says is read from the batch each
// time; what a trusted proxy says is kept with the rare parts of the exchange, and `ctx.remote`,
// `ctx.isSecure` and the URL ask there first. Whom to trust is middleware's (`forwarded`).

import { readAddress } from './native/address.js'
import { ADDRESS_WORDS, REQUEST_PROXIED, REQUEST_SECURE } from './native/generated/layout.js'

import type { Assumed } from './fetch/url.js'
import type { PeerAddress } from './native/address.js'
import type { Bytes } from './native/bytes.js'
import type { Extras } from './native/exchange.js'

/** The connection that a request came in on. */
export interface ConnectionInfo {
  /** Number of the connection, unique in this process. */
  readonly id: number
  /** Whether the connection itself is encrypted, whatever a proxy says of the client's. */
  readonly isSecure: boolean
}

/** What a trusted proxy says of the request that it hands on. */
export interface AssumedOrigin {
  /** The client's end of its connection. */
  readonly remote?: PeerAddress | undefined
  /** Whether the client's connection is encrypted. */
  readonly isSecure?: boolean | undefined
  /** The host that the client asked for, with its port where it has one. */
  readonly host?: string | undefined
  /** The path under which clients reach this server, for example '/shop'. */
  readonly prefix?: string | undefined
}

/** The part of a Context that says where its entry is. */
interface Entry {
  readonly entryAt: number
  readonly entryBytes: Bytes
  view(): Int32Array
}

/** Whether the connection itself is encrypted. */
export function isEncrypted(ctx: Entry): boolean {
  return ((ctx.view()[ctx.entryAt + 5]! >>> 16) & REQUEST_SECURE) !== 0
}

/** The connection. */
export function connectionOf(ctx: Entry): ConnectionInfo {
  return { id: ctx.view()[ctx.entryAt + 15]! >>> 0, isSecure: isEncrypted(ctx) }
}

/** The other end of the connection itself, whoever that speaks for. */
export function peerOf(ctx: Entry): PeerAddress {
  const words = ctx.view()
  const { entryAt } = ctx
  const isProxied = ((words[entryAt + 5]! >>> 16) & REQUEST_PROXIED) !== 0
  const at = entryAt + (isProxied ? (words[entryAt + 11]! >> 2) - ADDRESS_WORDS : 16)
  return readAddress(words, ctx.entryBytes, at)
}

/** Takes over what a trusted proxy says; what it does not say stays as it was. */
export function assumeOrigin(extras: Extras, origin: AssumedOrigin): void {
  const { remote, isSecure, host, prefix } = origin
  const before: Assumed | undefined = extras.assumed
  if (remote !== undefined) extras.remote = remote
  extras.assumed = {
    isSecure: isSecure ?? before?.isSecure,
    host: host ?? before?.host,
    prefix: prefix ?? before?.prefix,
  }
  extras.url = undefined
}
