// Sends clients that came without encryption to the same URL with it.
//
// Used as app.use(httpsRedirect()), behind forwardedHeaders() where a proxy ends the encryption,
// and behind hostFilter(): the answer names the host that was asked for, unless `host` says one.

import { flag, integer, refuseUnknown, requireObject, text, wrong } from '../option-values.js'
import { isAuthority } from '../host-patterns.js'

import type { Middleware } from 'lanner'

/** The options of httpsRedirect(). */
export interface HttpsRedirectOptions {
  /**
   * Status of the answer: 307 and 308 keep the method, 301 and 308 are remembered by clients.
   * Default 307.
   */
  status?: 301 | 302 | 307 | 308
  /** The port that speaks HTTPS. Default 443, which is not named. */
  port?: number
  /** The host to go to. Default: the one that was asked for. */
  host?: string
  /** Whether 'localhost', 127.0.0.1 and [::1] are sent there too. Default true. */
  localhost?: boolean
}

const OF = ' of httpsRedirect()'
const STATUSES = [301, 302, 307, 308]

/** Answers requests without encryption with a redirect to HTTPS. */
export function httpsRedirect(options: HttpsRedirectOptions = {}): Middleware {
  requireObject(options, `options${OF}`)
  refuseUnknown(options, ['status', 'port', 'host', 'localhost'], '', OF)
  const { status = 307, host } = options
  if (!STATUSES.includes(status)) throw wrong(`status${OF}`, '301, 302, 307 or 308', status)
  const port = integer(options.port, `port${OF}`, 443, 1, 65_535)
  const isLocalToo = flag(options.localhost, `localhost${OF}`, true)
  if (host !== undefined && (!isAuthority(text(host, `host${OF}`)) || /:\d*$/.test(host))) {
    throw wrong(`host${OF}`, 'the name of a host, without a port', host)
  }
  const end = port === 443 ? '' : `:${port}`
  return function httpsRedirect(ctx, next) {
    if (ctx.isSecure) return next()
    const { hostname, pathname, search } = ctx.url
    if (!isLocalToo && isLocalhost(hostname)) return next()
    const path = ctx.prefix + pathname + search
    return ctx.redirect(`https://${host ?? hostname}${end}${path}`, status)
  }
}

/**
 * Whether a host name of a URL is this machine.
 * @param hostname - As `URL.hostname` has it.
 */
export function isLocalhost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '127.0.0.1' ||
    hostname === '[::1]'
  )
}
