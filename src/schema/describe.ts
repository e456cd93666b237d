// What a schema looks like as JSON Schema, draft 2020-12: for OpenAPI, and for binders that must
// know which values are lists.
//
// Called where routes are compiled and where a document is made, never per request. Promises a
// description that is nobody else's to change, or the reason why there is none: a library that
// cannot say what it takes costs a note in the document and not the route. A date is described as
// the text that it is on the wire; what else JSON has no word for is described as anything.

import { createRequire } from 'node:module'

import { isJsonSchema } from './json-types.js'

import type { JsonSchema } from './json-types.js'
import type { JsonSchemaMaker, JsonSchemaTarget, StandardSchema } from './standard.js'

/** Which side of a schema is described: what it takes, or what comes out of it. */
export type SchemaSide = 'input' | 'output'

/** A description, or why there is none. */
export type Description =
  | { readonly schema: JsonSchema; readonly reason?: undefined }
  | { readonly schema?: undefined; readonly reason: string }

const TARGET = 'draft-2020-12'
const DATE_TIME = { type: 'string', format: 'date-time' }
const FILE = { type: 'string', format: 'binary' }

/** The JSON Schema of one side of a schema; undefined when its library cannot say. */
export function describeSchema(schema: StandardSchema, side: SchemaSide): JsonSchema | undefined {
  return describe(schema, side).schema
}

/** The same, with the reason when there is none. */
export function describe(schema: StandardSchema, side: SchemaSide): Description {
  try {
    const made = make(schema, side)
    if (!isJsonSchema(made)) return { reason: `${schema['~standard'].vendor} gives no JSON Schema` }
    const { $schema: _, ...described } = structuredClone(made)
    return { schema: described }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
}

function make(schema: StandardSchema, side: SchemaSide): unknown {
  const standard = schema['~standard'] as StandardSchema['~standard'] & {
    jsonSchema?: JsonSchemaMaker
  }
  if (standard.vendor === 'arktype' && isArkType(schema)) return ofArkType(schema, side)
  if (standard.jsonSchema !== undefined) {
    return standard.jsonSchema[side](targetOf(standard.vendor))
  }
  if (standard.vendor === 'valibot') return ofValibot(schema, side)
  throw new Error(`${standard.vendor} does not describe its schemas as JSON Schema`)
}

function targetOf(vendor: string): JsonSchemaTarget {
  const libraryOptions = LIBRARY_OPTIONS[vendor]
  return libraryOptions === undefined ? { target: TARGET } : { target: TARGET, libraryOptions }
}

/** What libraries are told about values that JSON has no word for. */
const LIBRARY_OPTIONS: Readonly<Record<string, Record<string, unknown>>> = {
  zod: { unrepresentable: 'any', override: overrideZod },
  valibot: { errorMode: 'ignore', overrideSchema: overrideValibot },
}

interface ZodNode {
  zodSchema: { _zod?: { def?: { type?: string } } }
  jsonSchema: Record<string, unknown>
}

function overrideZod({ zodSchema, jsonSchema }: ZodNode): void {
  const type = zodSchema._zod?.def?.type
  if (type === 'date') Object.assign(jsonSchema, DATE_TIME)
  if (type === 'bigint') jsonSchema['type'] = 'integer'
  if (type === 'file') delete jsonSchema['contentEncoding']
}

interface ValibotNode {
  valibotSchema: { type: string }
  jsonSchema: Record<string, unknown>
}

function overrideValibot({ valibotSchema, jsonSchema }: ValibotNode): unknown {
  if (valibotSchema.type === 'date') return { ...jsonSchema, ...DATE_TIME }
  if (valibotSchema.type === 'bigint') return { ...jsonSchema, type: 'integer' }
  if (valibotSchema.type === 'file' || valibotSchema.type === 'blob') {
    return { ...jsonSchema, ...FILE }
  }
  return undefined
}

interface ValibotConverter {
  toJsonSchema(schema: unknown, options: Record<string, unknown>): unknown
}

/** Valibot's description is a package of its own, which is looked for when it is needed. */
function ofValibot(schema: StandardSchema, side: SchemaSide): unknown {
  let converter: ValibotConverter
  try {
    converter = createRequire(import.meta.url)('@valibot/to-json-schema') as ValibotConverter
  } catch {
    throw new Error('Valibot describes its schemas when @valibot/to-json-schema is installed')
  }
  const options = { typeMode: side, target: TARGET, ...LIBRARY_OPTIONS['valibot'] }
  return converter.toJsonSchema(schema, options)
}

interface ArkNode {
  base: Record<string, unknown>
  proto?: { name?: string }
}

interface ArkType {
  in: ArkType
  out: ArkType
  toJsonSchema(options: Record<string, unknown>): unknown
}

function isArkType(schema: unknown): schema is ArkType {
  return typeof (schema as Partial<ArkType>).toJsonSchema === 'function'
}

/** ArkType takes no options through the standard, so dates and files are asked for directly. */
function ofArkType(schema: ArkType, side: SchemaSide): unknown {
  const isFile = (name: string | undefined): boolean => name === 'File' || name === 'Blob'
  return (side === 'input' ? schema.in : schema.out).toJsonSchema({
    target: TARGET,
    fallback: {
      date: ({ base }: ArkNode) => ({ ...base, ...DATE_TIME }),
      proto: ({ base, proto }: ArkNode) => (isFile(proto?.name) ? { ...base, ...FILE } : base),
      defaultValue: ({ base }: ArkNode) => base,
      default: ({ base }: ArkNode) => base,
    },
  })
}
