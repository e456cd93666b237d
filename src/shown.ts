// What may stand in place of a text, and how a value that is wrong is told in an error.
//
// Called by whoever refuses a value. Promises a short text for any value, in which no method of
// that value has a say.

/** Whether a value has one text that everybody expects. Numbers are common in place of texts. */
export function isScalar(value: unknown): value is string | number | bigint | boolean {
  const type = typeof value
  return type === 'string' || type === 'number' || type === 'bigint' || type === 'boolean'
}

/** How a wrong value is told: never by its own toString(), which may throw or say nothing. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return nameOf(value, 'a function', 'the function')
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `a list of ${value.length}`
  const proto = Object.getPrototypeOf(value) as object | null
  if (proto !== null && proto !== Object.prototype) {
    return nameOf(proto.constructor, 'an object', 'an object of')
  }
  const keys = Object.keys(value)
  const more = keys.length > KEYS_SHOWN ? ', …' : ''
  return keys.length === 0
    ? 'an empty object'
    : `{ ${keys.slice(0, KEYS_SHOWN).join(', ')}${more} }`
}

const KEYS_SHOWN = 4

function nameOf(value: unknown, nameless: string, before: string): string {
  const name = typeof value === 'function' ? value.name : ''
  return typeof name === 'string' && name !== '' ? `${before} ${name}` : nameless
}
