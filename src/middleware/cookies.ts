// Cookies that nobody can forge, and attributes that no cookie goes without.
//
// Used as app.use(cookiePolicy(), signedCookies({ secrets })). Promises that a signed value is what
// this application has set under that name, by a signature whose comparison takes the same time
// wherever it differs; that secrets can be changed without ending every session; and that the
// policy holds for all cookies of a reply, whoever sets them. Values are signed, not hidden.

import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'

import { refuseUnknown, requireObject, wrong } from '../option-values.js'

import type { Context, CookieOptions, Middleware, PreparedReply } from 'lanner'
import type { KeyObject } from 'node:crypto'

/** The options of signedCookies(). */
export interface SignedCookieOptions {
  /**
   * The secrets, of at least 32 characters. The first signs; all of them are believed, so that a
   * new one is put in front and the old one goes when its cookies have expired.
   */
  secrets: readonly string[]
}

/** What signedCookies() adds to `ctx.state`. */
export interface SignedCookieState {
  /** Cookies with a signature. */
  signedCookies: SignedCookies
}

/** The signed cookies of an exchange. */
export interface SignedCookies {
  /** The value of a cookie whose signature is right; undefined for any other. */
  get(name: string): string | undefined
  /** Whether the signature is right and not of the first secret: set the cookie again. */
  isOld(name: string): boolean
  /** Sets a signed cookie in the reply. */
  set(name: string, value: string, options?: CookieOptions): void
  /** Tells the client to forget a cookie. */
  delete(name: string, options?: Pick<CookieOptions, 'domain' | 'path' | 'secure'>): void
}

/** The options of cookiePolicy(). */
export interface CookiePolicyOptions {
  /** Hides cookies from scripts, but for those that `scripts` names. Default true. */
  httpOnly?: boolean
  /** Names of cookies that scripts may read. Default none. */
  scripts?: readonly string[]
  /**
   * Sends cookies over encrypted connections only: always, or 'auto' in replies to requests that
   * came over one (`ctx.isSecure`). Default 'auto'.
   */
  secure?: boolean | 'auto'
  /** The least that a cookie says of requests of other sites: null for nothing. Default 'lax'. */
  sameSite?: 'lax' | 'strict' | null
}

const SIGNED = ' of signedCookies()'
const POLICY = ' of cookiePolicy()'
const SECRET_CHARACTERS_MIN = 32

/** Adds `ctx.state.signedCookies`. */
export function signedCookies(options: SignedCookieOptions): Middleware<SignedCookieState> {
  requireObject(options, `options${SIGNED}`)
  refuseUnknown(options, ['secrets'], '', SIGNED)
  const { secrets } = options
  if (!Array.isArray(secrets) || secrets.length === 0) {
    throw wrong(`secrets${SIGNED}`, 'a list of texts', typeof secrets)
  }
  const keys = secrets.map((secret: unknown, at) => {
    if (typeof secret === 'string' && secret.length >= SECRET_CHARACTERS_MIN) {
      return createSecretKey(Buffer.from(secret))
    }
    // Not shown: an error message is no place for a secret.
    const expected = `a text of at least ${SECRET_CHARACTERS_MIN} characters`
    throw wrong(`secrets[${at}]${SIGNED}`, expected, `a ${typeof secret} that is something else`)
  })
  return function signedCookies(ctx, next) {
    ctx.state.signedCookies = new Signed(ctx as unknown as Context, keys)
    return next()
  }
}

class Signed implements SignedCookies {
  readonly #ctx: Context
  readonly #keys: readonly KeyObject[]

  constructor(ctx: Context, keys: readonly KeyObject[]) {
    this.#ctx = ctx
    this.#keys = keys
  }

  get(name: string): string | undefined {
    return this.#open(name)?.value
  }

  isOld(name: string): boolean {
    return (this.#open(name)?.key ?? 0) > 0
  }

  set(name: string, value: string, options?: CookieOptions): void {
    const signature = sign(this.#keys[0]!, name, value).toString('base64url')
    this.#ctx.cookies.set(name, `${value}.${signature}`, options)
  }

  delete(name: string, options?: Pick<CookieOptions, 'domain' | 'path' | 'secure'>): void {
    this.#ctx.cookies.delete(name, options)
  }

  #open(name: string): { value: string; key: number } | undefined {
    const cookie = this.#ctx.cookies.get(name)
    const dot = cookie === undefined ? -1 : cookie.lastIndexOf('.')
    if (cookie === undefined || dot < 0) return undefined
    const value = cookie.slice(0, dot)
    const given = Buffer.from(cookie.slice(dot + 1), 'base64url')
    const key = this.#keys.findIndex((one) => isSame(given, sign(one, name, value)))
    return key < 0 ? undefined : { value, key }
  }
}

/** With the name in it, so that the value of one cookie is none for another. */
function sign(key: KeyObject, name: string, value: string): Buffer {
  return createHmac('sha256', key).update(`${name}=${value}`).digest()
}

function isSame(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** Gives every cookie of a reply the attributes that it lacks. */
export function cookiePolicy(options: CookiePolicyOptions = {}): Middleware {
  requireObject(options, `options${POLICY}`)
  refuseUnknown(options, ['httpOnly', 'scripts', 'secure', 'sameSite'], '', POLICY)
  const { httpOnly = true, secure = 'auto', sameSite = 'lax' } = options
  if (typeof httpOnly !== 'boolean') throw wrong(`httpOnly${POLICY}`, 'true or false', httpOnly)
  if (typeof secure !== 'boolean' && secure !== 'auto') {
    throw wrong(`secure${POLICY}`, "true, false or 'auto'", secure)
  }
  if (sameSite !== null && sameSite !== 'lax' && sameSite !== 'strict') {
    throw wrong(`sameSite${POLICY}`, "'lax', 'strict' or null", sameSite)
  }
  const scripts = new Set(namesOf(options.scripts ?? []))

  function complete(line: string, isSecure: boolean): string {
    const [pair = '', ...rest] = line.split(';').map((part) => part.trim())
    const isHidden = httpOnly && !scripts.has(pair.slice(0, pair.indexOf('=')))
    const parts = [pair, ...(sameSite === null ? rest : atLeast(sameSite, rest))]
    if (isHidden && !has(rest, 'httponly')) parts.push('HttpOnly')
    if (isSecure && !has(rest, 'secure')) parts.push('Secure')
    return parts.join('; ')
  }

  function completeAll(reply: PreparedReply, ctx: Context): void {
    const lines = reply.getAll('set-cookie')
    if (lines.length === 0) return
    const isSecure = secure === 'auto' ? ctx.isSecure : secure
    reply.header(
      'set-cookie',
      lines.map((line) => complete(line, isSecure)),
    )
  }

  return function cookiePolicy(ctx, next) {
    ctx.onReply(completeAll)
    return next()
  }
}

function has(attributes: readonly string[], name: string): boolean {
  return attributes.some((attribute) => attribute.toLowerCase() === name)
}

/** The attributes with a SameSite that is no weaker. */
function atLeast(least: 'lax' | 'strict', attributes: readonly string[]): string[] {
  const own = attributes.find((attribute) => /^samesite=/i.test(attribute))
  const isEnough =
    /^samesite=strict$/i.test(own ?? '') || own?.toLowerCase() === `samesite=${least}`
  if (isEnough) return [...attributes]
  const others = attributes.filter((attribute) => attribute !== own)
  return [...others, `SameSite=${least === 'lax' ? 'Lax' : 'Strict'}`]
}

function namesOf(names: unknown): readonly string[] {
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names
  throw wrong(`scripts${POLICY}`, 'a list of names', names)
}
