// The schemas that a document shares: whatever has a name is written once and referred to.
//
// A schema has a name when its library gives it one: the key of its definition, `$id`, or the
// `title` of an object. Promises that equal schemas of one name are one component, that different
// ones are numbered in the order in which they come, and that every reference within a schema is
// one within the document.

import { isJsonSchema } from '../schema/json-types.js'

import type { JsonSchema } from '../schema/json-types.js'

const PREFIX = '#/components/schemas/'

/** Names that libraries make up for definitions that have none. */
const MADE_UP = /^__|^\d+$/

/** Keywords whose values are data and no schemas. */
const VALUES = new Set(['const', 'enum', 'default', 'examples', 'example', 'required', 'type'])

/** Keywords whose members are names with schemas. */
const NAMED = new Set(['properties', 'patternProperties', 'dependentSchemas'])

/** A described schema and the definitions that its references mean. */
export interface Scope {
  readonly root: JsonSchema
  readonly definitions: Readonly<Record<string, JsonSchema>>
  /** What parts without a name are called. */
  readonly hint: string
}

/** The scope of a described schema. */
export function scopeOf(root: JsonSchema, hint: string): Scope {
  return { root, definitions: root.$defs ?? {}, hint }
}

/** Collects what has a name. */
export class Components {
  readonly #names = new Map<string, string>()
  readonly #schemas = new Map<string, JsonSchema>()

  /** A schema as it stands in the document, with its named parts referred to. */
  embed(schema: JsonSchema, scope: Scope): JsonSchema {
    const name = nameOf(schema)
    if (name !== undefined) return this.#refer(name, schema, scope)
    const isWhole = schema === scope.root && refersToRoot(scope)
    return isWhole ? this.#refer(scope.hint, schema, scope) : this.#write(schema, scope)
  }

  /** A schema of ours under a name of ours. */
  add(name: string, schema: JsonSchema): JsonSchema {
    return this.#refer(name, schema, scopeOf(schema, name))
  }

  /** What was collected, by name. */
  all(): Record<string, JsonSchema> {
    const sorted = [...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(sorted)
  }

  /** A reference to a component, which is made when there is none that is the same. */
  #refer(wanted: string, schema: JsonSchema, scope: Scope): JsonSchema {
    const base = wanted.replaceAll(/[^\w.-]+/g, '_')
    const print = `${base} ${fingerprint(schema, scope)}`
    const known = this.#names.get(print)
    if (known !== undefined) return { $ref: PREFIX + known }
    const name = this.#free(base)
    this.#names.set(print, name)
    this.#schemas.set(name, {})
    this.#schemas.set(name, this.#write(schema, scope))
    return { $ref: PREFIX + name }
  }

  #free(base: string): string {
    let name = base
    for (let number = 2; this.#schemas.has(name); number++) name = `${base}_${number}`
    return name
  }

  /** The keywords of a schema, with what is under them embedded. */
  #write(schema: JsonSchema, outer: Scope): JsonSchema {
    const { $id: _id, $defs, $schema: _schema, $ref, ...keywords } = schema
    const isInner = $defs !== undefined && schema !== outer.root
    const scope = isInner ? { ...outer, definitions: { ...outer.definitions, ...$defs } } : outer
    const written: Record<string, unknown> = {}
    if ($ref !== undefined) written['$ref'] = this.#target($ref, scope)
    for (const [keyword, value] of Object.entries(keywords)) {
      if (VALUES.has(keyword)) written[keyword] = value
      else if (NAMED.has(keyword)) written[keyword] = this.#members(value as object, scope)
      else if (Array.isArray(value)) written[keyword] = value.map((one) => this.#part(one, scope))
      else written[keyword] = this.#part(value, scope)
    }
    return written
  }

  #part(value: unknown, scope: Scope): unknown {
    return isJsonSchema(value) ? this.embed(value, scope) : value
  }

  #members(schemas: object, scope: Scope): Record<string, unknown> {
    const entries = Object.entries(schemas).map(([name, one]) => [name, this.#part(one, scope)])
    return Object.fromEntries(entries) as Record<string, unknown>
  }

  /** Where a reference of a schema points in the document. */
  #target($ref: string, scope: Scope): string {
    const [, key, rest = ''] = /^#\/\$defs\/([^/]+)(\/.*)?$/.exec($ref) ?? []
    const name = key === undefined ? definitionOf($ref, scope) : unescaped(key)
    const definition = name === undefined ? undefined : scope.definitions[name]
    if (definition !== undefined && name !== undefined) {
      const own = MADE_UP.test(name) ? (nameOf(definition) ?? scope.hint) : name
      return String(this.#refer(own, definition, scope).$ref) + rest
    }
    if (!$ref.startsWith('#') && $ref !== scope.root['$id']) return $ref
    const root = this.#refer(nameOf(scope.root) ?? scope.hint, scope.root, scope)
    return String(root.$ref) + ($ref.startsWith('#') ? $ref.slice(1) : '')
  }
}

/** The definition that a reference names without a path, as TypeBox writes it. */
function definitionOf($ref: string, { definitions }: Scope): string | undefined {
  if ($ref.startsWith('#')) return undefined
  if (Object.hasOwn(definitions, $ref)) return $ref
  return Object.keys(definitions).find((name) => definitions[name]?.['$id'] === $ref)
}

function nameOf(schema: JsonSchema): string | undefined {
  const { $id, title, type } = schema
  if (typeof $id === 'string' && $id !== '') return $id.replace(/^.*[/#](?=.)/, '')
  return typeof title === 'string' && title !== '' && type === 'object' ? title : undefined
}

/** Whether something in a schema refers to the whole of it, which then needs a name. */
function refersToRoot({ root }: Scope): boolean {
  return /"\$ref":"#(?:"|\/(?!\$defs\/))/.test(JSON.stringify(root))
}

/** What makes two schemas the same: they and all definitions that they reach. */
function fingerprint(schema: JsonSchema, { definitions, root }: Scope): string {
  const own = JSON.stringify(schema)
  const reached = new Set<string>()
  const todo = [own]
  for (const text of todo) {
    for (const [, key] of text.matchAll(/"\$ref":"(?:#\/\$defs\/)?([^"/#]+)/g)) {
      const name = unescaped(key!)
      const definition = definitions[name]
      if (definition === undefined || reached.has(name)) continue
      reached.add(name)
      todo.push(JSON.stringify(definition))
    }
  }
  const { $defs: _, ...rest } = root
  const whole = todo.some((text) => text.includes('"$ref":"#"')) ? JSON.stringify(rest) : ''
  return [...todo, whole].join('\n')
}

function unescaped(key: string): string {
  return decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')
}
