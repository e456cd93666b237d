// Small objects as JSON, written straight into the record of their reply.
//
// One for each route, asked by the outbox. JSON.stringify and the copy of its text cost 100 to 220
// ns for 30 bytes, writing them here 55 (Node 26 to 20), and many replies are that short. Promises
// the very bytes that JSON.stringify would give, or that it gives up: with objects in objects,
// texts that have to be escaped, `toJSON`, other members than the object before had. Gives up for
// good where that happens again and again, and where it finds a getter: it looks for one only in
// what it did not write, so that a getter behind a known name may run here. What that does to the
// reply is not lost, the outbox sees to it; it runs once more when JSON.stringify is asked then.

import type { Bytes } from './bytes.js'

/** Whose bytes are written, and how many records it has begun or handed over. */
export interface Place {
  readonly version: number
}

/** What is not written here. */
export const NOT_SMALL = -1

/** JSON.stringify is two to three times as fast since V8 13.8. */
const IS_QUICK = Number(process.versions.v8.split('.')[0]) >= 14
/** From here on JSON.stringify is quicker (measured, Node 20 to 26). */
const LENGTH_MAX = IS_QUICK ? 64 : 128
const TEXT_MAX = 32
const NAMES_MAX = LENGTH_MAX
/** Bytes that an object may need: the last member may begin right before the end. */
export const SMALL_JSON_MAX = LENGTH_MAX + NAMES_MAX + TEXT_MAX + 8

/** What a miss takes of the credit that each hit gives back by one. */
const MISS = 16
const CREDIT = 64

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPEN = 0x7b
const CLOSE = 0x7d

/** The members that the objects of a route have, with their names as they are written. */
export class SmallJson {
  #names: readonly string[] = []
  /** `"name":` of each. */
  #starts: readonly Uint8Array[] = []
  #credit = CREDIT

  /** Writes an object at `at` and gives where it ends, or NOT_SMALL. */
  write(value: object, bytes: Bytes, at: number, place: Place): number {
    if (this.#credit <= 0) return NOT_SMALL
    const end = this.#members(value as Record<string, unknown>, bytes, at, place)
    if (end > 0) {
      if (this.#credit < CREDIT) this.#credit++
      return end
    }
    this.#credit -= MISS
    this.#learn(value)
    return NOT_SMALL
  }

  /** What was written could not be sent: JSON.stringify is asked from now on. */
  giveUp(): void {
    this.#credit = 0
  }

  #members(value: Record<string, unknown>, bytes: Bytes, at: number, place: Place): number {
    const { version } = place
    const names = this.#names
    const starts = this.#starts
    const max = at + LENGTH_MAX
    let end = at
    let i = 0
    if (value['toJSON'] !== undefined || hasInherited()) return NOT_SMALL
    for (const name in value) {
      if (name !== names[i] || end > max) return NOT_SMALL
      const start = starts[i++]!
      const member = value[name]
      // A getter that wrote something has been given these very bytes.
      if (place.version !== version) return NOT_SMALL
      if (member === undefined) continue
      bytes[end] = end === at ? OPEN : COMMA
      end++
      for (let k = 0; k < start.length; k++) bytes[end++] = start[k]!
      end = scalar(member, bytes, end)
      if (end < 0) return NOT_SMALL
    }
    if (end === at || place.version !== version) return NOT_SMALL
    bytes[end] = CLOSE
    return end + 1
  }

  /** The next object is expected to have the members of this one. */
  #learn(value: object): void {
    const names = Object.keys(value)
    const known = this.#names
    // It may change a reply whose head is written.
    if (names.some((name) => isAccessor(value, name))) this.#credit = 0
    if (names.length === known.length && names.every((name, i) => name === known[i])) return
    const starts = names.map((name) => new TextEncoder().encode(`${JSON.stringify(name)}:`))
    const length = starts.reduce((sum, start) => sum + start.length, 0)
    if (length > NAMES_MAX) this.#credit = 0
    this.#names = names
    this.#starts = starts
  }
}

const NOTHING = {}

/** Whether somebody gave all objects a member, which loops see and JSON does not. */
function hasInherited(): boolean {
  for (const _name in NOTHING) return true
  return false
}

function isAccessor(value: object, name: string): boolean {
  return Object.getOwnPropertyDescriptor(value, name)?.get !== undefined
}

function scalar(value: unknown, bytes: Bytes, at: number): number {
  if (typeof value === 'string') return text(value, bytes, at)
  if (typeof value === 'number') return number(value, bytes, at)
  if (value === true) return ascii('true', bytes, at)
  if (value === false) return ascii('false', bytes, at)
  return value === null ? ascii('null', bytes, at) : NOT_SMALL
}

function text(value: string, bytes: Bytes, at: number): number {
  const n = value.length
  if (n > TEXT_MAX) return NOT_SMALL
  let end = at
  bytes[end++] = QUOTE
  for (let i = 0; i < n; i++) {
    const code = value.charCodeAt(i)
    if (code < 0x20 || code === QUOTE || code === BACKSLASH || code > 0x7f) return NOT_SMALL
    bytes[end++] = code
  }
  bytes[end] = QUOTE
  return end + 1
}

function number(value: number, bytes: Bytes, at: number): number {
  if ((value | 0) === value && value >= 0) return digits(value, bytes, at)
  return ascii(Number.isFinite(value) ? String(value) : 'null', bytes, at)
}

function digits(value: number, bytes: Bytes, at: number): number {
  let end = at + 1
  for (let power = 10; power <= value; power *= 10) end++
  let rest = value
  for (let w = end - 1; w >= at; w--) {
    const tens = (rest / 10) | 0
    bytes[w] = 0x30 + (rest - tens * 10)
    rest = tens
  }
  return end
}

function ascii(value: string, bytes: Bytes, at: number): number {
  for (let i = 0; i < value.length; i++) bytes[at + i] = value.charCodeAt(i)
  return at + value.length
}
