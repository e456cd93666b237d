// JSON Schema as people and TypeBox write it, as draft 2020-12 that a validator compiles.
//
// Used by jsonSchema() once per schema. Promises a copy: nothing of the schema it was given is
// changed. Two older habits are understood, the list of `items` for a tuple and `definitions`.

/** The keyword that stands for a file of a form in what is compiled. */
export const FILE_KEYWORD = 'lannerFile'

/** A copy as draft 2020-12; with `files`, a binary text is compiled as a file of a form. */
export function toDraft(schema: unknown, files: boolean): unknown {
  if (Array.isArray(schema)) return schema.map((one) => toDraft(one, files))
  if (typeof schema !== 'object' || schema === null) return schema
  const { type, format, description } = schema as Record<string, unknown>
  if (files && type === 'string' && format === 'binary') {
    return description === undefined
      ? { [FILE_KEYWORD]: true }
      : { [FILE_KEYWORD]: true, description }
  }
  const copy: Record<string, unknown> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === '$schema') continue
    copy[keyword] = VALUES.has(keyword) ? structuredClone(value) : toDraft(value, files)
  }
  return tuple(copy)
}

/** Keywords whose values are data and no schemas. */
const VALUES = new Set(['const', 'enum', 'default', 'examples', 'example'])

function tuple(schema: Record<string, unknown>): Record<string, unknown> {
  const { items, additionalItems, ...rest } = schema
  if (!Array.isArray(items)) return schema
  const prefixed: Record<string, unknown> = { ...rest, prefixItems: items as unknown[] }
  if (additionalItems !== undefined) prefixed['items'] = additionalItems
  return prefixed
}
