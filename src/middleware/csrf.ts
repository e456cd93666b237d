// Refuses requests that another site makes a browser send with this site's cookies.
//
// Used as app.use(csrf()). Needs no tokens: browsers say where a request comes from, in
// Sec-Fetch-Site and in Origin. Promises that requests which change nothing pass, that those of
// programs other than browsers pass (they carry no cookies of anybody), and that a request of
// another site passes only when its origin was named.

import { httpError } from '../errors.js'
import { flag, refuseUnknown, requireObject, wrong } from '../option-values.js'

import type { Context, Middleware } from 'lanner'

/** The options of csrf(). */
export interface CsrfOptions {
  /** Other origins that may send requests: 'https://app.example'. Default none. */
  origins?: readonly string[]
  /**
   * Whether sites under the same registrable domain may, which other people may run. Default false.
   */
  sameSite?: boolean
}

const OF = ' of csrf()'
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])

/**
 * Answers 403 (LANNER_CSRF) to requests of other sites that could change something. Routes with
 * `meta: { csrf: false }` take them.
 */
export function csrf(options: CsrfOptions = {}): Middleware {
  requireObject(options, `options${OF}`)
  refuseUnknown(options, ['origins', 'sameSite'], '', OF)
  const origins = new Set(parseOrigins(options.origins ?? []))
  const sameSite = flag(options.sameSite, `sameSite${OF}`, false)

  function isOurs(ctx: Context): boolean {
    const origin = ctx.headers.get('origin')
    if (origin !== null && origins.has(origin)) return true
    const site = ctx.headers.get('sec-fetch-site')
    if (site !== null) {
      return site === 'same-origin' || site === 'none' || (sameSite && site === 'same-site')
    }
    // Browsers before 2023, and those that do not trust a connection without encryption.
    return origin === null || hostOf(origin) === withoutDefaultPort(ctx.host)
  }

  return function csrf(ctx, next) {
    if (SAFE.has(ctx.method) || isOurs(ctx)) return next()
    if (ctx.route.options.meta?.['csrf'] === false) return next()
    throw httpError('LANNER_CSRF')
  }
}

/** The scheme is not compared: behind a proxy we do not see the browser's. */
function hostOf(origin: string): string | undefined {
  const match = /^https?:\/\/([^/?#@]+)$/i.exec(origin)
  return match?.[1] === undefined ? undefined : withoutDefaultPort(match[1])
}

function withoutDefaultPort(host: string): string {
  return host.toLowerCase().replace(/:(?:80|443)$/, '')
}

function parseOrigins(origins: unknown): string[] {
  if (!Array.isArray(origins)) throw wrong(`origins${OF}`, 'a list of origins', origins)
  return origins.map((origin: unknown, at) => {
    if (typeof origin === 'string' && URL.canParse(origin) && new URL(origin).origin === origin) {
      return origin
    }
    throw wrong(`origins[${at}]${OF}`, `an origin as 'https://app.example'`, origin)
  })
}
