// Cookies: those of the request, and those that the reply sets (RFC 6265).
//
// Made by Context on touch. Values are percent-encoded on the way out and decoded on the way in.

import { LannerError } from './errors.js'
import { isToken } from './headers.js'
import { nearest } from './nearest.js'
import { isScalar, shown } from './shown.js'

/** The attributes of a cookie. */
export interface CookieOptions {
  /** Hosts that get it, with those under them. Default: only the host that set it. */
  domain?: string
  /** Paths that get it. Default '/'. */
  path?: string
  /**
   * Seconds until it expires. 0 and less takes it away. Default: when the browser closes, unless
   * `expires` is given.
   */
  maxAge?: number
  /** When it expires. `maxAge` wins over it. Default none. */
  expires?: Date
  /** Hides it from scripts. Default false. */
  httpOnly?: boolean
  /** Sent over encrypted connections only. Default false. */
  secure?: boolean
  /** Whether requests from other sites carry it. Default: what the browser takes, mostly 'lax'. */
  sameSite?: 'strict' | 'lax' | 'none'
  /** A jar of its own for each top-level site (CHIPS). Needs `secure`. Default false. */
  partitioned?: boolean
  /** Which cookies go first when there are too many. Default: what the browser takes, 'medium'. */
  priority?: 'low' | 'medium' | 'high'
}

/** The cookies of an exchange. */
export class Cookies implements Iterable<[string, string]> {
  readonly #header: string | null
  readonly #send: (line: string, isSame: (line: string) => boolean) => void
  #received: Map<string, string> | undefined

  /** @internal */
  constructor(
    header: string | null,
    send: (line: string, isSame: (line: string) => boolean) => void,
  ) {
    this.#header = header
    this.#send = send
  }

  /** The value of a cookie of the request. */
  get(name: string): string | undefined {
    return this.all().get(name)
  }

  /** Whether the request has the cookie. */
  has(name: string): boolean {
    return this.all().has(name)
  }

  /** The cookies of the request; the first of a name counts. */
  all(): ReadonlyMap<string, string> {
    return (this.#received ??= parseCookies(this.#header ?? ''))
  }

  /** Names and values of the cookies of the request. */
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.all().entries() as IterableIterator<[string, string]>
  }

  /** Sets a cookie in the reply. */
  set(name: string, value: string, options: CookieOptions = {}): void {
    const line = serializeCookie(name, value, options)
    const { domain = '', path = '/' } = options
    const identity = cookieIdentity(name, domain, path)
    this.#send(line, (other) => identityOfLine(other) === identity)
  }

  /** Tells the client to forget a cookie: path and domain must be those that it was set with. */
  delete(name: string, options: Pick<CookieOptions, 'domain' | 'path' | 'secure'> = {}): void {
    this.set(name, '', { ...options, maxAge: 0, expires: new Date(0) })
  }
}

/** The pairs of a Cookie field. */
export function parseCookies(header: string): Map<string, string> {
  const cookies = new Map<string, string>()
  for (const part of header.split(';')) {
    const equals = part.indexOf('=')
    if (equals < 0) continue
    const name = part.slice(0, equals).trim()
    if (name === '' || cookies.has(name)) continue
    cookies.set(name, decode(part.slice(equals + 1).trim()))
  }
  return cookies
}

function decode(text: string): string {
  const bare =
    text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
  if (!bare.includes('%')) return bare
  try {
    return decodeURIComponent(bare)
  } catch {
    return bare
  }
}

/** The value of a Set-Cookie field. */
export function serializeCookie(name: string, value: string, options: CookieOptions = {}): string {
  if (!isToken(name)) throw invalid(`${JSON.stringify(name)} is not the name of a cookie.`)
  if (!isScalar(value)) {
    throw invalid(`The value of the cookie ${name} is a text, not ${shown(value)}.`)
  }
  for (const option of Object.keys(options)) {
    if (!OPTIONS.has(option)) throw unknownOption(name, option)
  }
  const { domain, path = '/', maxAge, expires, sameSite, priority } = options
  let line = `${name}=${encodeURIComponent(value)}`
  if (maxAge !== undefined) {
    if (!Number.isFinite(maxAge)) throw invalid(`The maxAge of the cookie ${name} is not a number.`)
    line += `; Max-Age=${Math.trunc(maxAge)}`
  }
  if (domain !== undefined) line += `; Domain=${attribute('domain', name, domain)}`
  line += `; Path=${attribute('path', name, path)}`
  if (expires !== undefined) {
    if (Number.isNaN(expires.getTime()))
      throw invalid(`The expires of the cookie ${name} is no date.`)
    line += `; Expires=${expires.toUTCString()}`
  }
  if (options.httpOnly) line += '; HttpOnly'
  if (options.secure) line += '; Secure'
  if (sameSite !== undefined) line += `; SameSite=${attribute('sameSite', name, capital(sameSite))}`
  if (options.partitioned) line += '; Partitioned'
  if (priority !== undefined) line += `; Priority=${attribute('priority', name, capital(priority))}`
  return line
}

const OPTIONS: ReadonlySet<string> = new Set([
  'domain',
  'path',
  'maxAge',
  'expires',
  'httpOnly',
  'secure',
  'sameSite',
  'partitioned',
  'priority',
])

/** A misspelt attribute is one that the cookie would lack. */
function unknownOption(name: string, option: string): LannerError {
  const near = nearest(option, [...OPTIONS])
  const hint =
    near === undefined ? `there are ${[...OPTIONS].join(', ')}.` : `did you mean ${near}?`
  return new LannerError(
    'LANNER_OPTION_INVALID',
    `There is no option ${option} of the cookie ${name}; ${hint}`,
  )
}

/** Attributes end at a semicolon: one inside would be an attribute of the client's choosing. */
function attribute(option: string, name: string, value: string): string {
  // oxlint-disable-next-line no-control-regex
  if (/^[\x20-\x3a\x3c-\x7e]*$/.test(value)) return value
  throw invalid(`The ${option} of the cookie ${name} has a character that is not allowed there.`)
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function cookieIdentity(name: string, domain: string, path: string): string {
  return `${name};${domain.toLowerCase()};${path}`
}

function identityOfLine(line: string): string {
  const name = line.slice(0, line.indexOf('='))
  const domain = /; Domain=([^;]*)/.exec(line)?.[1] ?? ''
  return cookieIdentity(name, domain, /; Path=([^;]*)/.exec(line)?.[1] ?? '')
}

function invalid(message: string): LannerError {
  return new LannerError('LANNER_HEADER_INVALID', message)
}
