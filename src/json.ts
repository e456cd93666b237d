// JSON of what handlers return and streams yield.
//
// Called once per reply, event or line. Promises an error that says what cannot be written and
// where it is; what a toJSON() or a getter throws is the application's own and stays as it is. To
// find the place of a mistake, toJSON() and getters are asked a second time.

import { LannerError } from './errors.js'

/** The JSON of a value, undefined where it has none (undefined, functions, symbols). */
export function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (error) {
    throw explained(value, error)
  }
}

/** The error of JSON.stringify() itself, with the place of what it is about. */
function explained(value: unknown, error: unknown): unknown {
  if (!(error instanceof TypeError)) return error
  const isCircle = /circular|cyclic/i.test(error.message)
  if (!isCircle && !/bigint/i.test(error.message)) return error
  const place = placeOf(value, isCircle ? isAbove : isBigint)
  if (place === undefined) return error
  const at = place === '' ? 'it is' : `${place} is`
  return new LannerError(
    'LANNER_REPLY_VALUE',
    isCircle
      ? `The value has no JSON form: ${at} an object that it lies in.`
      : `The value has no JSON form: ${at} a bigint, send it as a text or a number.`,
    { cause: error },
  )
}

type Above = readonly object[]

const isAbove = (value: unknown, above: Above): boolean => above.includes(value as object)
const isBigint = (value: unknown): boolean => typeof value === 'bigint'

/**
 * The path of the first value that is looked for. JSON.stringify() goes there once more: only it
 * knows what a toJSON() gives, and it ends where it ended before. Undefined where it does not.
 */
function placeOf(
  value: unknown,
  isIt: (value: unknown, above: Above) => boolean,
): string | undefined {
  /** The objects on the way to where it is, and their names in those before them. */
  const above: object[] = []
  const names: string[] = []
  let name = ''
  let last: unknown
  let place: string | undefined
  function follow(this: object, key: string, member: unknown): unknown {
    if (this === last || above.length === 0) {
      above.push(this)
      names.push(name)
    }
    while (above.length > 1 && above.at(-1) !== this) {
      above.pop()
      names.pop()
    }
    name = above.length === 1 ? '' : Array.isArray(this) ? `[${key}]` : `.${key}`
    last = member
    if (!isIt(member, above)) return member
    if (above.length <= DEEPEST) place = [...names, name].join('').replace(/^\./, '')
    throw FOUND
  }
  try {
    JSON.stringify(value, follow)
  } catch {
    // Whatever it was this time: the first error is the one that is told.
  }
  return place
}

const FOUND = new Error('found')

/** Of what is further down the error says nothing more than the engine. */
const DEEPEST = 20
