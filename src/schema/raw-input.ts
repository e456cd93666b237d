// What schemas are given: a request's parameters, query, fields, cookies and body as plain values.
//
// Made by the binder, once per request and source. Rules (docs/typed-handlers.md): one value is a
// text, a repeated name a list of texts, a name whose schema asks for a list always a list; what is
// absent is not there at all. Objects have no prototype, and no name is called `__proto__`, because
// schemas copy what they are given into objects that have one.

import type { Context } from '../context.js'
import type { Names } from './names.js'

/** An object without a prototype that engines keep as quick as any other. */
const Bag = function Bag() {} as unknown as new () => Record<string, unknown>
Bag.prototype = Object.create(null) as object

/** Whether a value was made here of texts: that of a query, of a form, not one of JSON. */
export function isOfTexts(value: unknown): boolean {
  return value instanceof Bag
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
