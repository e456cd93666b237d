// Values of options: durations, sizes, numbers, switches, each checked against its range.
//
// Used by whoever reads options. Promises plain numbers, or one error that names the path of the
// wrong option, what it may be, and what it was. Which options there are is not known here.

import { LannerError } from './errors.js'
import { nearest } from './nearest.js'
import { shown } from './shown.js'

import type { Words } from './words.js'

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
}
const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
}

const OR_NONE = ', or null for none'

/** About 24 days: what timers of JavaScript hold. */
const DURATION_MAX = 2 ** 31 - 1

/** Milliseconds of a duration. */
export function duration(value: unknown, path: string, fallback: number, min = 0): number {
  return durationOr('', value, path, fallback, min)
}

/** The same, or 0 for none. A length of no time is none of either, so it is refused. */
export function optionalDuration(value: unknown, path: string, fallback: number): number {
  return isNone(value) ? 0 : durationOr(OR_NONE, value, path, fallback, 1)
}

function durationOr(
  orNone: string,
  value: unknown,
  path: string,
  fallback: number,
  min: number,
): number {
  if (value === undefined) return fallback
  const ms = Math.round(withUnit(value, DURATION_UNITS))
  if (ms >= min && ms <= DURATION_MAX) return ms
  const units = `as 30000 or '30s' (ms, s, min, h)`
  throw wrong(path, `a duration from ${min} to ${DURATION_MAX} ms, ${units}${orNone}`, value)
}

/** Bytes of a size. */
export function size(
  value: unknown,
  path: string,
  fallback: number,
  min: number,
  max: number,
): number {
  return sizeOr('', value, path, fallback, [min, max])
}

/** Bytes of a size, or `none` for null and Infinity. */
export function optionalSize(value: unknown, path: string, fallback: number, none: number): number {
  if (isNone(value)) return none
  return sizeOr(OR_NONE, value, path, fallback, [0, Number.MAX_SAFE_INTEGER])
}

function sizeOr(
  orNone: string,
  value: unknown,
  path: string,
  fallback: number,
  [min, max]: readonly [number, number],
): number {
  if (value === undefined) return fallback
  const bytes = Math.round(withUnit(value, SIZE_UNITS))
  if (bytes >= min && bytes <= max) return bytes
  const units = `as 65536, '64KiB' or '30MB'`
  throw wrong(path, `a size from ${min} to ${max} bytes, ${units}${orNone}`, value)
}

/** A number, or the number before a unit; NaN for anything else. */
function withUnit(value: unknown, units: Readonly<Record<string, number>>): number {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return NaN
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(value)
  return match === null ? NaN : Number(match[1]) * (units[match[2]!.toLowerCase()] ?? NaN)
}

/** Bytes of a size, or undefined when nothing is said. */
export function optionalSizeOf(
  value: unknown,
  path: string,
  min: number,
  max: number,
): number | undefined {
  return value === undefined ? undefined : size(value, path, 0, min, max)
}

/** An integer in a range. */
export function integer(
  value: unknown,
  path: string,
  fallback: number,
  min: number,
  max: number,
): number {
  if (value === undefined) return fallback
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) {
    return value as number
  }
  throw wrong(path, `an integer from ${min} to ${max}`, value)
}

/** An integer from 1, or 0 for null and Infinity. */
export function optionalInteger(value: unknown, path: string, max: number): number {
  if (value === undefined || isNone(value)) return 0
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max) {
    return value as number
  }
  throw wrong(path, `an integer from 1 to ${max}${OR_NONE}`, value)
}

/** Whether a value says that there is no limit. `undefined` says nothing: the default holds. */
export function isNone(value: unknown): boolean {
  return value === null || value === Infinity
}

/** True or false. */
export function flag(value: unknown, path: string, fallback: boolean): boolean {
  if (value === undefined) return fallback
  if (typeof value === 'boolean') return value
  throw wrong(path, 'true or false', value)
}

/** A text that says something. */
export function text(value: unknown, path: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw wrong(path, 'a text that is not empty', value)
}

/** A field value that is sent with every reply, so it must be one that can be sent. */
export function fieldValue(value: unknown, path: string): string {
  const field = text(value, path)
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(field)) return field
  throw wrong(path, 'a header value of visible ASCII characters', value)
}

/** Refuses what has no named fields. */
export function requireObject(value: unknown, path: string): void {
  if (isContext(value)) {
    const of = path.slice(path.indexOf(' of ') + 4)
    throw new LannerError(
      'LANNER_OPTION_INVALID',
      `The request was given to ${of} for its options: call it where it is registered, use(${of}).`,
    )
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  throw wrong(path, 'an object', value)
}

/** A function that makes middleware, and was registered itself, is called with a request. */
function isContext(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'routeFor' in value && 'lane' in value
}

/**
 * A misspelt limit is a limit that does not exist. `words` are names that it has elsewhere; a guess
 * stands before the list, which is long.
 */
export function refuseUnknown(
  value: object,
  names: readonly string[],
  at: string,
  of = '',
  words: Words = {},
): void {
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue
    const hint = hintOf(name, names, at, words)
    const list = names.map((known) => at + known).join(', ')
    throw new LannerError(
      'LANNER_OPTION_INVALID',
      `There is no option ${at}${name}${of}${hint === '' ? '; there' : `${hint} There`} are ${list}.`,
    )
  }
}

function hintOf(name: string, names: readonly string[], at: string, words: Words): string {
  const word = Object.hasOwn(words, name) ? words[name]! : undefined
  if (word?.endsWith('.') === true) return `. ${word}`
  const near = word ?? nearest(name, names)
  return near === undefined ? '' : `; did you mean ${at}${near}?`
}

/** The error of a wrong option: its path, what it may be, what it was. */
export function wrong(path: string, expected: string, value: unknown): LannerError {
  return new LannerError(
    'LANNER_OPTION_INVALID',
    `The option ${path} is ${expected}, not ${shown(value)}.`,
  )
}
