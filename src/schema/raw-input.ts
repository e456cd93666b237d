// What schemas are given: a request's parameters, query, fields, cookies and body as plain values.
//
// Made by the binder, once per request and source. Rules (docs/typed-handlers.md): one value is a
// text, a repeated name a list of texts, a name whose schema asks for a list always a list; what is
// absent is not there at all. Objects have no prototype, and no name is called `__proto__`, because
// schemas copy what they are given into objects that have one.

import type { Context } from '../context.js'
import type { JsonSchema } from './json-types.js'

/** What is known of the names of a source; nothing where a schema cannot be described. */
export interface Names {
  /** Those that come as lists. */
  readonly lists: ReadonlySet<string>
  /** All that the schema speaks of, when it ignores others. */
  readonly all: readonly string[] | undefined
}

/** An object without a prototype that engines keep as quick as any other. */
const Bag = function Bag() {} as unknown as new () => Record<string, unknown>
Bag.prototype = Object.create(null) as object

/** Reads off a description which names a source has. */
export function namesOf(description: JsonSchema | undefined): Names {
  const properties = Object.entries(description?.properties ?? {})
  const lists = new Set(properties.filter(([, schema]) => isList(schema)).map(([name]) => name))
  const isClosed = (description?.['additionalProperties'] ?? false) === false
  const isPlain = description?.type === 'object' && description['patternProperties'] === undefined
  return { lists, all: isPlain && isClosed ? properties.map(([name]) => name) : undefined }
}

/** Whether a schema takes lists and nothing else, but for null. */
function isList(schema: JsonSchema): boolean {
  const { type } = schema
  if (type !== undefined) return [type].flat().every((one) => one === 'array' || one === 'null')
  const choices = schema.anyOf ?? schema.oneOf ?? []
  const some = choices.filter((choice) => choice.type !== 'null')
  return some.length > 0 && some.every(isList)
}

/** Pairs of a query or a form: names and values in turn. */
export function fromPairs(pairs: readonly unknown[], { lists }: Names): object {
  const values = new Bag()
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] as string
    const value = pairs[i + 1]
    const before = values[name]
    if (name === '__proto__') continue
    if (before === undefined) values[name] = lists.has(name) ? [value] : value
    else if (Array.isArray(before)) before.push(value)
    else values[name] = [before, value]
  }
  return values
}

/** The header fields by their names in lower case. */
export function fromHeaders(ctx: Context, { lists, all }: Names): object {
  const values = new Bag()
  const { headers } = ctx
  for (const name of all ?? headers.keys()) {
    const lines = headers.getAll(name)
    if (lines.length === 0 || name === '__proto__') continue
    values[name] = lines.length === 1 && !lists.has(name) ? lines[0] : lines
  }
  return values
}

/** The cookies; of several of one name the first, which is the one of the longest path. */
export function fromCookies(ctx: Context): object {
  const values = new Bag()
  for (const [name, value] of ctx.cookies) if (name !== '__proto__') values[name] = value
  return values
}
