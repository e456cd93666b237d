// The option of an endpoint that speaks the PROXY protocol: whom it believes.
//
// Read by parseEndpoint. The header is read by the network side, before HTTP; here networks get
// their names and are checked.

import { isIP } from 'node:net'

import { flag, optionalDuration, refuseUnknown, requireObject, wrong } from './option-values.js'

import type { NativeEndpoint } from './native/binding.js'
import type { Duration } from './options.js'

/**
 * The PROXY protocol, versions 1 and 2: a proxy in front says whose connection it forwards, and
 * `ctx.remote` and `ctx.local` are the client's. `ctx.peer` stays the proxy.
 */
export interface ProxyProtocolOptions {
  /**
   * Whose headers are believed: networks such as '10.0.0.0/8', addresses, 'loopback', 'private' or
   * 'any'. Peers on a Unix socket always are. Default: 'loopback' and 'private'.
   */
  trusted?: readonly string[]
  /**
   * Whether every connection has to begin with a header, and comes from a trusted source. If not,
   * a trusted source may do without, and others are served as what they are. Default true.
   */
  required?: boolean
  /**
   * For the header, from the beginning of the connection; null for any time. Default 5 s. Who need
   * not send one and sends nothing by then is served without.
   */
  timeout?: Duration | null
}

const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: [
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '169.254.0.0/16',
    'fc00::/7',
    'fe80::/10',
  ],
  any: ['0.0.0.0/0', '::/0'],
}
const TIMEOUT_MS = 5000

/** Checks the option; undefined is no PROXY protocol. */
export function parseProxyProtocol(
  option: boolean | ProxyProtocolOptions,
  at: string,
): NativeEndpoint['proxy'] | undefined {
  if (option === false) return undefined
  const options = option === true ? {} : option
  requireObject(options, at)
  refuseUnknown(options, ['trusted', 'required', 'timeout'], `${at}.`)
  const { trusted = ['loopback', 'private'], required, timeout } = options
  if (!Array.isArray(trusted) || trusted.length === 0) {
    throw wrong(`${at}.trusted`, 'a list with at least one network', trusted)
  }
  return {
    trusted: trusted.flatMap((network, index) => networks(network, `${at}.trusted[${index}]`)),
    required: flag(required, `${at}.required`, true),
    timeoutMs: optionalDuration(timeout, `${at}.timeout`, TIMEOUT_MS),
  }
}

function networks(value: unknown, at: string): readonly string[] {
  if (typeof value === 'string') {
    if (Object.hasOwn(NAMED, value)) return NAMED[value]!
    const [, address = '', bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(value) ?? []
    const family = isIP(address)
    const isInRange = bits === undefined || Number(bits) <= (family === 4 ? 32 : 128)
    if (family !== 0 && isInRange) return [value]
  }
  const names = Object.keys(NAMED).join(', ')
  throw wrong(at, `a network such as '10.0.0.0/8', an address, or one of ${names}`, value)
}
