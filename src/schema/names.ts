// Which names the schema of a source knows, and which of them are lists.
//
// Read off the description of a schema when a route is compiled, asked by raw-input.ts for each
// value that comes. Promises to look where schemas say it: into references (schemas with a name of
// their own), parts, alternatives, and what is said of all other names. A name is a list where
// everything that is said of it takes lists and nothing else.

import { optionsOf, patternsOf, resolve, saysRest } from './json-texts.js'
import { isJsonSchema } from './json-types.js'

import type { JsonSchema } from './json-types.js'

/** What is known of the names of a source; nothing where a schema cannot be described. */
export interface Names {
  /** Those that come as lists. */
  readonly lists: { has(name: string): boolean }
  /** All that the schema speaks of, when it ignores others. */
  readonly all: readonly string[] | undefined
  /** Those that the schema speaks of, whether it ignores others or not. */
  readonly said: readonly string[]
  /** Those without which nothing fits. */
  readonly required: readonly string[]
}

/** References within references, and alternatives within alternatives: deeper is a circle. */
const DEPTH_MAX = 32

/** Reads off a description which names a source has. */
export function namesOf(description: JsonSchema | undefined): Names {
  const root = description ?? {}
  const objects = optionsOf(root, root).filter(isObject)
  const schemas = new Map<string, JsonSchema[]>()
  for (const { properties = {} } of objects) {
    for (const [name, schema] of Object.entries(properties)) {
      schemas.set(name, [...(schemas.get(name) ?? []), schema])
    }
  }
  const isAlwaysList = (some: readonly unknown[]): boolean =>
    some.length > 0 && some.every((schema) => isList(schema, root))
  const said = [...schemas.keys()]
  const lists = new Set(said.filter((name) => isAlwaysList(schemas.get(name)!)))
  const rests = objects.filter(saysRest).map((schema) => restOf(schema, root))
  const isRestList = (name: string): boolean => {
    const isLists = rests.flatMap((rest) => rest(name))
    return isLists.length > 0 && !isLists.includes(false)
  }
  return {
    lists:
      rests.length === 0
        ? lists
        : { has: (name) => (schemas.has(name) ? lists.has(name) : isRestList(name)) },
    all: objects.length > 0 && objects.every(isClosed) ? said : undefined,
    said,
    required: requiredOf(root, root),
  }
}

function isObject({ type, properties }: JsonSchema): boolean {
  return type === 'object' || properties !== undefined
}

/**
 * Whether a name that an object does not say one by one is a list, in a list, empty where nothing
 * is said of it, as true and false do. All patterns that match hold at once, so that one which
 * takes lists is enough; what is said of all others holds where none matches.
 */
function restOf(object: JsonSchema, root: JsonSchema): (name: string) => boolean[] {
  const patterns = patternsOf(object).map(({ regexp, schema }) => ({
    regexp,
    isSaid: isJsonSchema(schema),
    isList: isList(schema, root),
  }))
  const { additionalProperties: other } = object
  const others = isJsonSchema(other) ? [isList(other, root)] : []
  return function isListOf(name) {
    const matching = patterns.filter(({ regexp }) => regexp.test(name))
    if (matching.length === 0) return others
    const said = matching.filter(({ isSaid }) => isSaid)
    return said.length === 0 ? [] : [said.some((pattern) => pattern.isList)]
  }
}

/** Whether names that are not said are ignored, or refused where they are given. */
function isClosed({ additionalProperties = false, patternProperties }: JsonSchema): boolean {
  return additionalProperties === false && patternProperties === undefined
}

/** Whether a schema takes lists and nothing else, but for null. */
function isList(schema: unknown, root: JsonSchema, depth = 0): boolean {
  if (!isJsonSchema(schema) || depth > DEPTH_MAX) return false
  const { type, $ref, allOf = [] } = schema
  if (type !== undefined) return [type].flat().every((one) => one === 'array' || one === 'null')
  if ($ref !== undefined && isList(resolve($ref, root), root, depth + 1)) return true
  if (allOf.some((part) => isList(part, root, depth + 1))) return true
  const choices = schema.anyOf ?? schema.oneOf ?? []
  const some = choices.filter((choice) => choice.type !== 'null')
  return some.length > 0 && some.every((choice) => isList(choice, root, depth + 1))
}

/** What an object needs itself and in all of its parts; alternatives may need different names. */
function requiredOf(schema: unknown, root: JsonSchema, depth = 0): string[] {
  if (!isJsonSchema(schema) || depth > DEPTH_MAX) return []
  const { $ref, allOf = [], required = [] } = schema
  const parts = [...($ref === undefined ? [] : [resolve($ref, root)]), ...allOf]
  return [...required, ...parts.flatMap((part) => requiredOf(part, root, depth + 1))]
}
