// JSON of what handlers return and streams yield.
//
// Called once per reply, event or line. Promises an error that says what cannot be written and
// where it is; what a toJSON() or a getter throws is the application's own and stays as it is.

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
  const place = find(value, isCircle ? () => false : isBigint)
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

const isBigint = (value: unknown): boolean => typeof value === 'bigint'

/** The path of the first value that is wanted, or that it lies in itself; undefined if none is. */
function find(
  value: unknown,
  isWanted: (value: unknown) => boolean,
  path = '',
  above: readonly unknown[] = [],
): string | undefined {
  if (isWanted(value)) return path
  if (typeof value !== 'object' || value === null || above.length > DEEPEST) return undefined
  if (above.includes(value)) return path
  for (const [name, member] of Object.entries(value)) {
    const place = Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`
    const found = find(member, isWanted, place, [...above, value])
    if (found !== undefined) return found
  }
  return undefined
}

/** Of what is further down the error says nothing more than the engine. */
const DEEPEST = 20
