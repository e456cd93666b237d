// Texts read as what a JSON Schema asks for: numbers, true and false, null, lists.
//
// Used by jsonSchema() for paths, queries, header fields, cookies and forms. Promises to change
// nothing that it was given, and to leave a text alone that cannot be read: then the schema says
// what is wrong with it. A text stays a text wherever the schema takes one.

import { isJsonSchema } from './json-types.js'

import type { JsonSchema } from './json-types.js'

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** References within references: deeper is a circle. */
const DEPTH_MAX = 32

/** A value of texts, read as `schema` says; `root` is where its references point. */
export function readTexts(value: unknown, schema: unknown, root: JsonSchema): unknown {
  const options = optionsOf(schema, root)
  if (typeof value === 'string') return readText(value, options, root)
  if (Array.isArray(value)) {
    const list = options.find(isList)
    return list === undefined ? value : readList(value, list, root)
  }
  return isPlain(value) ? readObject(value, options, root) : value
}

function readObject(
  value: Record<string, unknown>,
  options: readonly JsonSchema[],
  root: JsonSchema,
): Record<string, unknown> {
  const read: Record<string, unknown> = { ...value }
  for (const { properties = {} } of options) {
    for (const [name, schema] of Object.entries(properties)) {
      if (Object.hasOwn(value, name)) read[name] = readTexts(value[name], schema, root)
    }
  }
  const rests = options.filter(saysRest)
  if (rests.length === 0) return read
  for (const [name, one] of Object.entries(value)) {
    // What one alternative says of all other names is not said of those that another one names.
    if (options.some(({ properties = {} }) => Object.hasOwn(properties, name))) continue
    const anyOf = rests.flatMap((schema) => restOf(schema, name)).filter(isJsonSchema)
    read[name] = readTexts(one, { anyOf }, root)
  }
  return read
}

/** Whether an object says something of names that it does not say one by one. */
export function saysRest({ patternProperties, additionalProperties }: JsonSchema): boolean {
  return patternProperties !== undefined || isJsonSchema(additionalProperties)
}

/** What an object says of such a name. */
function restOf(object: JsonSchema, name: string): unknown[] {
  const matching = patternsOf(object).filter(({ regexp }) => regexp.test(name))
  if (matching.length === 0) return [object.additionalProperties]
  return matching.map(({ schema }) => schema)
}

/** A pattern of names, and what is said of those that match. */
interface NamePattern {
  readonly regexp: RegExp
  readonly schema: JsonSchema | boolean
}

/** Kept as long as their schemas, so that no request compiles one. */
const compiled = new WeakMap<JsonSchema, readonly NamePattern[]>()

/** The patterns of an object; compiled when they are asked for first. */
export function patternsOf(object: JsonSchema): readonly NamePattern[] {
  const known = compiled.get(object)
  if (known !== undefined) return known
  const entries = Object.entries(object.patternProperties ?? {})
  const patterns = entries.map(([source, schema]) => ({ regexp: regexpOf(source), schema }))
  compiled.set(object, patterns)
  return patterns
}

/** As draft 2020-12 says, by code points; an Ajv of somebody may take patterns by code units. */
function regexpOf(source: string): RegExp {
  try {
    return new RegExp(source, 'u')
  } catch {
    return new RegExp(source)
  }
}

function readList(
  values: readonly unknown[],
  { items, prefixItems }: JsonSchema,
  root: JsonSchema,
): unknown[] {
  const first = Array.isArray(prefixItems) ? (prefixItems as unknown[]) : []
  return values.map((value, index) => readTexts(value, first[index] ?? items, root))
}

function readText(text: string, options: readonly JsonSchema[], root: JsonSchema): unknown {
  const fixed = options.flatMap(fixedValues)
  if (fixed.includes(text)) return text
  const types = new Set(
    options.filter((option) => fixedValues(option).length === 0).flatMap(typesOf),
  )
  if (types.has('string')) return text
  const named = fixed.find((value) => String(value) === text)
  if (named !== undefined) return named
  if ((types.has('number') || types.has('integer')) && NUMBER.test(text)) return Number(text)
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  if (types.has('null') && (text === '' || text === 'null')) return null
  const list = options.find(isList)
  return list === undefined ? text : readList([text], list, root)
}

/** The schemas that say something of one value: itself, its parts and its alternatives. */
export function optionsOf(schema: unknown, root: JsonSchema, depth = 0): JsonSchema[] {
  if (!isJsonSchema(schema) || depth > DEPTH_MAX) return []
  const { $ref, anyOf = [], oneOf = [], allOf = [] } = schema
  const target = $ref === undefined ? [] : [resolve($ref, root)]
  const inner = [...target, ...anyOf, ...oneOf, ...allOf]
  return [schema, ...inner.flatMap((one) => optionsOf(one, root, depth + 1))]
}

/** What a reference within the same schema points to. */
export function resolve($ref: string, root: JsonSchema): unknown {
  if ($ref === '#' || $ref === root['$id']) return root
  if (!$ref.startsWith('#/')) {
    return Object.values(root.$defs ?? {}).find((one) => one['$id'] === $ref) ?? root.$defs?.[$ref]
  }
  let found: unknown = root
  for (const part of $ref.slice(2).split('/')) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string, unknown>)[key]
  }
  return found
}

function fixedValues({ const: one, enum: many }: JsonSchema): unknown[] {
  if (Array.isArray(many)) return many as unknown[]
  return one === undefined ? [] : [one]
}

function typesOf({ type }: JsonSchema): readonly string[] {
  if (type === undefined) return []
  return typeof type === 'string' ? [type] : type
}

function isList(schema: JsonSchema): boolean {
  return typesOf(schema).includes('array')
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // Of a binder they have a prototype of their own, which has none.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
