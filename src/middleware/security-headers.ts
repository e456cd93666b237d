// Header fields that tell browsers to be careful with what they get.
//
// Used as app.use(securityHeaders()). Promises that what can be said once is put together once; a
// handler that sets one of the fields itself has the last word. Encryption is the affair of hsts().

import { randomBytes } from 'node:crypto'

import { HeaderSet } from '../header-set.js'
import { fieldValue, flag, refuseUnknown, requireObject, wrong } from '../option-values.js'

import type { Middleware } from 'lanner'

/** What a page may load, by directive: `{ 'img-src': ["'self'", 'data:'] }`; true is no source. */
export type ContentPolicy = Readonly<Record<string, string | readonly string[] | boolean>>

/** The options of securityHeaders(). False leaves a field out. */
export interface SecurityHeadersOptions {
  /**
   * `content-security-policy`: its text or its directives, which replace `DEFAULT_POLICY`. The
   * source `'nonce'` becomes a new `'nonce-…'` with each request, which `ctx.state.cspNonce` has.
   * Default `DEFAULT_POLICY`.
   */
  contentSecurityPolicy?: string | ContentPolicy | false
  /** Reports what the policy would forbid, and forbids nothing. Default false. */
  reportOnly?: boolean
  /** `cross-origin-opener-policy`. Default 'same-origin'. */
  openerPolicy?: string | false
  /** `cross-origin-resource-policy`. Default 'same-origin'. */
  resourcePolicy?: string | false
  /** `cross-origin-embedder-policy`. Default false. */
  embedderPolicy?: string | false
  /** `referrer-policy`. Default 'strict-origin-when-cross-origin'. */
  referrerPolicy?: string | false
  /** `x-frame-options`, for browsers that do not know `frame-ancestors`. Default 'SAMEORIGIN'. */
  frameOptions?: 'DENY' | 'SAMEORIGIN' | false
  /** `x-content-type-options: nosniff`. Default true. */
  noSniff?: boolean
  /** `origin-agent-cluster: ?1`. Default true. */
  originAgentCluster?: boolean
  /** `permissions-policy`: its text, or origins by feature, none for `[]`. Default false. */
  permissionsPolicy?: string | Readonly<Record<string, readonly string[]>> | false
}

/** What securityHeaders() adds to `ctx.state` when the policy has the source `'nonce'`. */
export type SecurityHeadersState = {
  /** For `<script nonce="…">`. */
  cspNonce?: string
}

/** The content security policy of securityHeaders() when nothing else is said. */
export const DEFAULT_POLICY: Readonly<Record<string, readonly string[]>> = Object.freeze({
  'default-src': ["'self'"],
  'base-uri': ["'self'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
  'script-src-attr': ["'none'"],
})

const OF = ' of securityHeaders()'
const NONCE = "'nonce'"
const NONCE_BYTES = 16
const NAMES = [
  'contentSecurityPolicy',
  'reportOnly',
  'openerPolicy',
  'resourcePolicy',
  'embedderPolicy',
  'referrerPolicy',
  'frameOptions',
  'noSniff',
  'originAgentCluster',
  'permissionsPolicy',
]

/** Sets header fields that make browsers careful. */
export function securityHeaders(
  options: SecurityHeadersOptions = {},
): Middleware<SecurityHeadersState> {
  requireObject(options, `options${OF}`)
  refuseUnknown(options, NAMES, '', OF)
  const policy = contentPolicy(options.contentSecurityPolicy)
  const isReported = flag(options.reportOnly, `reportOnly${OF}`, false)
  const policyName = `content-security-policy${isReported ? '-report-only' : ''}`
  const fixed = fixedFields(options)
  if (policy !== undefined && !policy.includes(NONCE)) fixed[policyName] = policy
  const fields = new HeaderSet(fixed)
  if (policy === undefined || !policy.includes(NONCE)) {
    return function securityHeaders(ctx, next) {
      ctx.setHeaders(fields)
      return next()
    }
  }
  return function securityHeaders(ctx, next) {
    const nonce = randomBytes(NONCE_BYTES).toString('base64')
    ctx.state.cspNonce = nonce
    ctx.setHeaders(fields).header(policyName, policy.replaceAll(NONCE, `'nonce-${nonce}'`))
    return next()
  }
}

function fixedFields(options: SecurityHeadersOptions): Record<string, string> {
  const { frameOptions = 'SAMEORIGIN', permissionsPolicy } = options
  const fields: Record<string, string> = {}
  const add = (name: string, option: keyof SecurityHeadersOptions, fallback: string | false) => {
    const value = options[option] ?? fallback
    if (value !== false) fields[name] = fieldValue(value, option + OF)
  }
  add('cross-origin-opener-policy', 'openerPolicy', 'same-origin')
  add('cross-origin-resource-policy', 'resourcePolicy', 'same-origin')
  add('cross-origin-embedder-policy', 'embedderPolicy', false)
  add('referrer-policy', 'referrerPolicy', 'strict-origin-when-cross-origin')
  if (frameOptions !== false) {
    if (frameOptions !== 'DENY' && frameOptions !== 'SAMEORIGIN') {
      throw wrong(`frameOptions${OF}`, `'DENY', 'SAMEORIGIN' or false`, frameOptions)
    }
    fields['x-frame-options'] = frameOptions
  }
  if (flag(options.noSniff, `noSniff${OF}`, true)) fields['x-content-type-options'] = 'nosniff'
  if (flag(options.originAgentCluster, `originAgentCluster${OF}`, true)) {
    fields['origin-agent-cluster'] = '?1'
  }
  const permissions = permissionsText(permissionsPolicy)
  if (permissions !== undefined) fields['permissions-policy'] = permissions
  return fields
}

/** The text of a policy, none for false. */
function contentPolicy(
  policy: SecurityHeadersOptions['contentSecurityPolicy'] = DEFAULT_POLICY,
): string | undefined {
  const at = `contentSecurityPolicy${OF}`
  if (policy === false) return undefined
  if (typeof policy === 'string') return fieldValue(policy, at)
  requireObject(policy, at)
  const directives: string[] = []
  for (const [name, sources] of Object.entries(policy)) {
    const where = `contentSecurityPolicy.${name}${OF}`
    if (!/^[a-z][a-z-]*$/.test(name)) {
      throw wrong(where, `named as in 'img-src'`, sources)
    }
    if (sources === false) continue
    const list = sources === true ? [] : typeof sources === 'string' ? [sources] : sources
    if (!Array.isArray(list)) throw wrong(where, 'a list of sources, true or false', sources)
    for (const source of list) {
      // A semicolon or a comma would begin another directive or policy.
      if (typeof source !== 'string' || !/^[\x21-\x2b\x2d-\x3a\x3c-\x7e ]+$/.test(source)) {
        throw wrong(where, 'made of sources without ";" and ","', source)
      }
    }
    directives.push([name, ...list].join(' '))
  }
  return directives.length === 0 ? undefined : directives.join('; ')
}

/** The text of a permissions policy (a structured field), none for false. */
function permissionsText(
  policy: SecurityHeadersOptions['permissionsPolicy'] = false,
): string | undefined {
  const at = `permissionsPolicy${OF}`
  if (policy === false) return undefined
  if (typeof policy === 'string') return fieldValue(policy, at)
  requireObject(policy, at)
  const features = Object.entries(policy).map(([name, origins]) => {
    const where = `permissionsPolicy.${name}${OF}`
    if (!/^[a-z][a-z-]*$/.test(name))
      throw wrong(where, `named as in 'picture-in-picture'`, origins)
    if (!Array.isArray(origins)) throw wrong(where, 'a list of origins', origins)
    return `${name}=(${origins.map((origin) => originItem(origin, where)).join(' ')})`
  })
  return features.length === 0 ? undefined : features.join(', ')
}

function originItem(origin: unknown, where: string): string {
  if (origin === 'self' || origin === '*' || origin === 'src') return origin
  if (typeof origin === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(origin)) return `"${origin}"`
  throw wrong(where, `made of origins, 'self' and '*'`, origin)
}
