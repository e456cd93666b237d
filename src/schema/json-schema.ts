// lanner/json-schema: a schema for routes from plain JSON Schema or TypeBox, checked by Ajv.
//
// Ajv is an optional peer: whoever imports this entry installs it. Promises to compile when the
// schema is made, so that a wrong one fails where it stands; to give every issue with its path, up
// to a bound; and to leave what it checks as it is (defaults go into a copy). Values of paths,
// queries, header fields, cookies and forms are texts: they are read as numbers, true and false,
// null and lists where the schema asks for those (json-texts.ts).

import { Ajv2020 } from 'ajv/dist/2020.js'

import { FILE_KEYWORD, toDraft } from './json-draft.js'
import { FORMATS } from './json-formats.js'
import { readTexts } from './json-texts.js'
import { areTexts } from './texts.js'

import type { ErrorObject, ValidateFunction } from 'ajv'
import type { InferJson } from './json-infer.js'
import type { JsonSchema } from './json-types.js'
import type { DescribedSchema, StandardIssue, StandardOptions, StandardResult } from './standard.js'

export type { InferJson } from './json-infer.js'
export type { DescribedSchema, StandardSchema } from './standard.js'

/** Options of `jsonSchema()`. */
export interface JsonSchemaOptions {
  /**
   * An Ajv of your own, for its formats, keywords and known schemas: of draft 2020-12, made with
   * `allErrors` for all issues and with `useDefaults` for defaults. Default: one that all schemas
   * without this option share; it checks the common formats and ignores keywords it does not know.
   */
  ajv?: Ajv2020
}

/** Issues beyond these are not told: enough for people, and a bound on what bad input can cost. */
const ISSUES_MAX = 100

let shared: Ajv2020 | undefined

/**
 * A schema for `params`, `query`, `headers`, `cookies`, `body` or `responses` from a JSON Schema
 * (draft 2020-12) or a TypeBox type: `jsonSchema({ type: 'object', … })`, `jsonSchema(Type.Object({
 * … }))`. Its type is read off the schema.
 * @param schema - The JSON Schema or the TypeBox type.
 * @throws what Ajv says where the schema is wrong
 */
export function jsonSchema<const Schema extends object>(
  schema: Schema,
  { ajv = sharedAjv() }: JsonSchemaOptions = {},
): DescribedSchema<InferJson<Schema>> {
  const draft = toDraft(schema, false) as JsonSchema
  const check = compile(toDraft(schema, true) as JsonSchema, ajv)
  const hasDefaults = JSON.stringify(draft).includes('"default":')
  const describe = (): Record<string, unknown> => structuredClone(draft)
  const validate = (value: unknown, options?: StandardOptions): StandardResult<never> => {
    const texts = areTexts(options)
    const read = texts ? readTexts(value, draft, draft) : value
    const mine = hasDefaults ? copied(read) : read
    return check(mine) ? { value: mine as never } : { issues: issuesOf(check.errors ?? []) }
  }
  return {
    '~standard': {
      version: 1,
      vendor: 'lanner',
      validate,
      jsonSchema: { input: describe, output: describe },
    },
  }
}

function sharedAjv(): Ajv2020 {
  shared ??= new Ajv2020({ allErrors: true, strict: false, useDefaults: true, logger: false })
  if (shared.formats['date'] === undefined) {
    for (const [name, format] of Object.entries(FORMATS)) shared.addFormat(name, format)
  }
  return shared
}

/** Compiles, and forgets the id: two routes may have schemas of one name. */
function compile(schema: JsonSchema, ajv: Ajv2020): ValidateFunction {
  if (ajv.getKeyword(FILE_KEYWORD) === false) {
    ajv.addKeyword({ keyword: FILE_KEYWORD, validate: (_: unknown, data: unknown) => isFile(data) })
  }
  const id = schema['$id']
  if (typeof id === 'string' && ajv.getSchema(id) !== undefined) return ajv.getSchema(id)!
  const check = ajv.compile(schema)
  if (typeof id === 'string') ajv.removeSchema(id)
  return check
}

function isFile(value: unknown): boolean {
  return value instanceof Blob
}

function issuesOf(errors: readonly ErrorObject[]): StandardIssue[] {
  return errors.slice(0, ISSUES_MAX).map((error) => {
    const key = keyOf(error)
    const path = error.instancePath.split('/').slice(1).map(unescaped)
    return { message: messageOf(error), path: key === undefined ? path : [...path, key] }
  })
}

/** What an error that Ajv gives to the object is about. */
function keyOf({ keyword, params }: ErrorObject): string | undefined {
  const of: Record<string, unknown> = {
    required: params['missingProperty'],
    dependentRequired: params['missingProperty'],
    additionalProperties: params['additionalProperty'],
    unevaluatedProperties: params['unevaluatedProperty'],
    propertyNames: params['propertyName'],
  }
  return of[keyword] as string | undefined
}

function messageOf({ keyword, params, message = 'is wrong' }: ErrorObject): string {
  switch (keyword) {
    case 'required':
    case 'dependentRequired':
      return 'is required'
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return 'is not allowed'
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).map(shown).join(', ')}`
    case 'const':
      return `must be ${shown(params['allowedValue'])}`
    case FILE_KEYWORD:
      return 'must be a file'
    default:
      return message
  }
}

function shown(value: unknown): string {
  return JSON.stringify(value)
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** A copy of plain data; files and the like stay what they are. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied)
  if (typeof value !== 'object' || value === null) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, copied(one)]))
}
