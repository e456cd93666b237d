// The option of an endpoint that speaks the PROXY protocol: whom it believes.
//
// Read by parseEndpoint. The header is read by the network side, before HTTP; here networks get
// their names and are checked.

import { parseNetworks } from './networks.js'
import { flag, optionalDuration, refuseUnknown, requireObject } from './option-values.js'

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
  return {
    trusted: parseNetworks(trusted, `${at}.trusted`),
    required: flag(required, `${at}.required`, true),
    timeoutMs: optionalDuration(timeout, `${at}.timeout`, TIMEOUT_MS),
  }
}
