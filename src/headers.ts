// The fields of a request (and of its trailers) as handlers see them, and the rules for fields that
// handlers set.
//
// Made by Context on touch. Promises that nothing is decoded before it is asked for. Values are
// latin1, as the fetch standard has it. The view is read-only: `toHeaders()` gives a Headers that
// can be changed.

import { LannerError } from './errors.js'
import { bytesBase, fieldCount, fieldIdsAt, fieldsAt, spanText } from './native/entry.js'
import { KNOWN_NAMES } from './native/generated/known-names.js'

import type { Bytes } from './native/bytes.js'

/** Names to ids, in the two spellings that code uses most. */
const KNOWN_IDS = new Map<string, number>()
for (let id = 1; id < KNOWN_NAMES.length; id++) {
  const name = KNOWN_NAMES[id]!
  KNOWN_IDS.set(name, id)
  KNOWN_IDS.set(
    name.replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase()),
    id,
  )
}

const COOKIE_ID = KNOWN_IDS.get('cookie')!

/** A request entry: the batch's, or one of its own. */
export interface FieldEntry {
  /** The words; throws when they are gone. */
  view(): Int32Array
  readonly entryBytes: Bytes
  readonly entryAt: number
}

/**
 * Header fields: case-insensitive, in the order of the message, decoded when they are asked for.
 */
export class HeaderView implements Iterable<[string, string]> {
  readonly #block: FieldEntry

  /** @internal */
  constructor(block: FieldEntry) {
    this.#block = block
  }

  /** The value of a field, or null. Several are joined by ", " (cookies by "; "). */
  get(name: string): string | null {
    let i = this.#find(name, 0)
    if (i < 0) return null
    let value = this.#value(i)
    while ((i = this.#find(name, i + 1)) >= 0) value += separator(name) + this.#value(i)
    return value
  }

  /** Whether the field is there. */
  has(name: string): boolean {
    return this.#find(name, 0) >= 0
  }

  /** All values of a field, one per field line. */
  getAll(name: string): string[] {
    const values: string[] = []
    for (let i = this.#find(name, 0); i >= 0; i = this.#find(name, i + 1))
      values.push(this.#value(i))
    return values
  }

  /** Names in lower case with their values, each name once. */
  *entries(): IterableIterator<[string, string]> {
    const seen = new Set<string>()
    for (let i = 0; i < this.length; i++) {
      const name = this.#name(i).toLowerCase()
      if (seen.has(name)) continue
      seen.add(name)
      if (name === 'set-cookie') for (const value of this.getAll(name)) yield [name, value]
      else yield [name, this.get(name) ?? '']
    }
  }

  /** Names in lower case, each once. */
  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name
  }

  /** Values, in the order of `keys()`. */
  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value
  }

  /** Calls `fn` for each name. */
  forEach(fn: (value: string, name: string) => void): void {
    for (const [name, value] of this.entries()) fn(value, name)
  }

  /** The same as `entries()`. */
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }

  /** The field lines as they were sent: names in their own spelling, duplicates apart. */
  raw(): [name: string, value: string][] {
    const lines: [string, string][] = []
    for (let i = 0; i < this.length; i++) lines.push([this.#name(i), this.#value(i)])
    return lines
  }

  /** Number of field lines. */
  get length(): number {
    return fieldCount(this.#block.view(), this.#block.entryAt)
  }

  /** A Headers object of the fetch standard. */
  toHeaders(): Headers {
    const headers = new Headers()
    this.appendTo(headers)
    return headers
  }

  /** @internal Gives all fields to a Headers object that has none. */
  appendTo(headers: Headers): void {
    const { entryBytes, entryAt } = this.#block
    const words = this.#block.view()
    const count = fieldCount(words, entryAt)
    const ids = fieldIdsAt(words, entryAt)
    let hasCookie = false
    for (let i = 0; i < count; i++) {
      // Headers would join cookies with a comma, which no server understands.
      if (entryBytes[ids + i] === COOKIE_ID) hasCookie = true
      else headers.append(this.#name(i), this.#value(i))
    }
    if (hasCookie) headers.set('cookie', this.get('cookie')!)
  }

  /** What loggers and JSON.stringify show: values by names in lower case. */
  toJSON(): Record<string, string> {
    return Object.fromEntries(this.entries())
  }

  #find(name: string, from: number): number {
    const id = KNOWN_IDS.get(name)
    if (id === undefined) return this.#findByText(name, from)
    const { entryBytes, entryAt } = this.#block
    const words = this.#block.view()
    const count = fieldCount(words, entryAt)
    const ids = fieldIdsAt(words, entryAt)
    for (let i = from; i < count; i++) if (entryBytes[ids + i] === id) return i
    return -1
  }

  #findByText(name: string, from: number): number {
    const lower = name.toLowerCase()
    if (KNOWN_IDS.has(lower)) return this.#find(lower, from)
    const { entryBytes, entryAt } = this.#block
    const words = this.#block.view()
    const count = fieldCount(words, entryAt)
    const fields = fieldsAt(words, entryAt)
    const base = bytesBase(words, entryAt)
    for (let i = from; i < count; i++) {
      const span = words[fields + i * 2]!
      if (span >>> 16 !== lower.length) continue
      if (sameName(entryBytes, base + (span & 0xffff), lower)) return i
    }
    return -1
  }

  #name(i: number): string {
    return this.#text(i * 2)
  }

  #value(i: number): string {
    return this.#text(i * 2 + 1)
  }

  #text(index: number): string {
    const { entryBytes, entryAt } = this.#block
    const words = this.#block.view()
    const span = words[fieldsAt(words, entryAt) + index]!
    return spanText(entryBytes, bytesBase(words, entryAt), span)
  }
}

function sameName(bytes: Uint8Array, start: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    const byte = bytes[start + i]!
    const folded = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
    if (folded !== lower.charCodeAt(i)) return false
  }
  return true
}

function separator(name: string): string {
  return name.length === 6 && name.toLowerCase() === 'cookie' ? '; ' : ', '
}

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/**
 * RFC 9110 section 5.5: visible characters, space, tab and obs-text; the ends are trimmed by peers.
 */
// oxlint-disable-next-line no-control-regex
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** What few values have: looking for it is quicker than looking at all that may be there. */
const UNUSUAL = /[^\x20-\x7e]/

/** Up to here a loop over the characters is cheaper than an expression. */
const LOOP_MAX = 12

/** Lengths travel as 16 bits. */
const LENGTH_MAX = 0xffff

/** Fields that frame messages or belong to one connection: the server writes them. */
const RESERVED = new Set([
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'proxy-connection',
  'te',
  'connection',
])

/** Throws unless the field may be sent. */
export function checkField(name: string, value: string): void {
  checkName(name)
  checkValue(name, value)
}

/** Throws unless the text is a field name. */
export function checkName(name: string): void {
  if (TOKEN.test(name) && name.length <= LENGTH_MAX) return
  throw new LannerError(
    'LANNER_HEADER_INVALID',
    `${JSON.stringify(name)} is not the name of a header field.`,
  )
}

/** Throws unless the text may be the value of a field. */
export function checkValue(name: string, value: string): void {
  const { length } = value
  if (length <= LOOP_MAX ? isPlain(value) : isFit(value) && length <= LENGTH_MAX) return
  throw new LannerError(
    'LANNER_HEADER_INVALID',
    `The value of the header field ${name} has a character that HTTP does not allow ` +
      '(a line break, another control character, or one above U+00FF), or is too long.',
  )
}

function isFit(text: string): boolean {
  return !UNUSUAL.test(text) || VALUE.test(text)
}

/** The same for short texts. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const isFit = code >= 0x20 ? code !== 0x7f && code <= 0xff : code === 0x09
    if (!isFit) return false
  }
  return true
}

/** Whether handlers may not set the field (name in lower case). */
export function isReservedField(name: string): boolean {
  return RESERVED.has(name)
}

/** The same for fields that are said before there is a body: its length is not known then. */
export function isOfServer(lower: string): boolean {
  return lower === 'content-length' || isReservedField(lower)
}

export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

/** The known-name id of a name in lower case, 0 for any other. */
export function knownId(lower: string): number {
  return KNOWN_IDS.get(lower) ?? 0
}
