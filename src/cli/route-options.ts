// The options of a route in a few words each, for the table of `lanner routes`.
//
// What is not known here is shown by its name, so that an option that comes later is not hidden.

type Value = Readonly<Record<string, unknown>>

/** Shown elsewhere, or of no use in a table. */
const LEFT_OUT = new Set(['name', 'summary', 'description', 'meta', 'filters', 'use'])

/** Schemas are shown together, by what they are of. */
const SCHEMAS = ['params', 'query', 'headers', 'cookies', 'body']

export function shortOptions(options: object): string[] {
  const values = options as Value
  const checked = SCHEMAS.filter((name) => values[name] !== undefined)
  const rest = Object.keys(values).filter((name) => !SCHEMAS.includes(name) && !LEFT_OUT.has(name))
  return [
    ...rest.flatMap((name) => shortOption(name, values[name])),
    ...(checked.length > 0 ? [`validates ${checked.join(' ')}`] : []),
  ]
}

function shortOption(name: string, value: unknown): string[] {
  if (value === undefined) return []
  if (value === true) return [name]
  if (value === false) return [`no ${name}`]
  if (value === null) return [`no ${name}`]
  if (typeof value === 'string' || typeof value === 'number') return [`${name} ${value}`]
  if (Array.isArray(value)) return value.length === 0 ? [] : [`${name} ${listOf(value)}`]
  if (name === 'responses') return [`replies ${Object.keys(value).join(' ')}`]
  if (NESTED.has(name)) return nested(value as Value)
  return [name]
}

/** Options whose own options say what they are for. */
const NESTED = new Set(['limits', 'rates'])

function nested(value: Value): string[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    if (typeof inner !== 'object' || inner === null) return shortOption(name, inner)
    const { bytesPerSecond } = inner as { bytesPerSecond?: number }
    return [`${name} rate ${bytesPerSecond === undefined ? 'set' : `${bytesPerSecond} B/s`}`]
  })
}

function listOf(values: readonly unknown[]): string {
  return values.filter((value) => typeof value === 'string').join(' ')
}
