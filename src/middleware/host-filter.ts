// Refuses requests for hosts that the application does not serve.
//
// Used as app.use(hostFilter({ hosts: ['example.com'] })), behind forwardedHeaders() where there is
// a proxy. What an application makes of ctx.host or ctx.url (links in mails, caches, redirects) is
// then never of a client's choosing.

import { httpError } from '../errors.js'
import { hostTest } from '../host-patterns.js'
import { flag, refuseUnknown, requireObject } from '../option-values.js'

import type { Middleware } from 'lanner'

/** The options of hostFilter(). */
export interface HostFilterOptions {
  /**
   * Hosts that are served: 'example.com' with any port, 'example.com:8080', '*.example.com' for
   * every name under it. '*' is any.
   */
  hosts: readonly string[]
  /** Whether a request may name no host, as HTTP/1.0 allows. Default true. */
  allowEmpty?: boolean
}

const OF = ' of hostFilter()'

/** Refuses requests for other hosts with 400 (LANNER_HOST_REFUSED). */
export function hostFilter(options: HostFilterOptions): Middleware {
  requireObject(options, `options${OF}`)
  refuseUnknown(options, ['hosts', 'allowEmpty'], '', OF)
  const isNamed = hostTest(options.hosts, 'hosts', OF)
  const allowEmpty = flag(options.allowEmpty, `allowEmpty${OF}`, true)
  // Most requests ask for the same host.
  let served: string | undefined
  return function hostFilter(ctx, next) {
    const { host } = ctx
    if (host === served) return next()
    // Without a Host field the host is our own address, which nobody has chosen.
    const isOurs = !ctx.headers.get('host') && ctx.rawTarget.startsWith('/')
    if (isOurs ? !allowEmpty : !isNamed(host)) throw httpError('LANNER_HOST_REFUSED')
    if (!isOurs) served = host
    return next()
  }
}
