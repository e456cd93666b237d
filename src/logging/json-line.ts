// Writes records as lines of JSON, from their values in a fixed order.
//
// Used by the access log. Twice as fast as building an object for JSON.stringify() (measured on
// Node 20 and 24), which is left with what is not a plain text or a number.

/** What JSON escapes, and halves of characters. */
// oxlint-disable-next-line no-control-regex
const ODD = /["\\\x00-\x1f\ud800-\udfff]/

/** A function that makes the line of a record; a value that is undefined is left out. */
export function jsonLine(names: readonly string[]): (values: readonly unknown[]) => string {
  const keys = names.map((name) => `${JSON.stringify(name)}:`)
  return (values) => {
    let line = ''
    for (let i = 0; i < keys.length; i++) {
      const value = values[i]
      if (value === undefined) continue
      line += (line === '' ? '{' : ',') + keys[i]! + jsonValue(value)
    }
    return line === '' ? '{}' : `${line}}`
  }
}

function jsonValue(value: unknown): string {
  if (typeof value === 'string') return ODD.test(value) ? JSON.stringify(value) : `"${value}"`
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return JSON.stringify(value) ?? 'null'
}
