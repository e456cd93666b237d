// What a request brings beside its body, as OpenAPI parameters: one for each property of a schema.
//
// Called by operation.ts for each source. Promises every parameter of the path, described or not,
// and a note for what no list of parameters can say (a schema that is no object).

import { resolve } from '../schema/json-texts.js'
import { isJsonSchema } from '../schema/json-types.js'
import { scopeOf } from './components.js'

import type { JsonSchema } from '../schema/json-types.js'
import type { Components, Scope } from './components.js'
import type { PathParameter } from './paths.js'
import type { OpenApiParameter } from './types.js'

/** The values of one source: properties of an object, and which of them must be there. */
interface Fields {
  readonly properties: Readonly<Record<string, JsonSchema>>
  readonly required: ReadonlySet<string>
}

/** Header fields that OpenAPI describes elsewhere. */
const SAID_ELSEWHERE = new Set(['accept', 'content-type', 'authorization'])

const ANY_TEXT: JsonSchema = { type: 'string', minLength: 1 }
const ANY_REST: JsonSchema = { type: 'string' }

/** Parameters of the path; `described` is what their schema says, where it says something. */
export function pathParameters(
  parameters: readonly PathParameter[],
  described: JsonSchema | undefined,
  components: Components,
  hint: string,
): OpenApiParameter[] {
  const scope = scopeOf(described ?? {}, `${hint}Params`)
  const fields = fieldsOf(scope.root, scope)
  return parameters.map(({ name, own, isRest }) => {
    const schema = fields?.properties[own] ?? (isRest ? ANY_REST : ANY_TEXT)
    const made = parameter('path', name, schema, true, components, scope)
    if (!isRest || made.description !== undefined) return made
    return { ...made, description: 'The rest of the path; it may have slashes.' }
  })
}

/** Parameters of a query, header fields or cookies; undefined when the schema is no object. */
export function parametersOf(
  place: 'query' | 'header' | 'cookie',
  described: JsonSchema,
  components: Components,
  hint: string,
): OpenApiParameter[] | undefined {
  const scope = scopeOf(described, hint)
  const fields = fieldsOf(described, scope)
  if (fields === undefined) return undefined
  return Object.entries(fields.properties)
    .filter(([name]) => place !== 'header' || !SAID_ELSEWHERE.has(name.toLowerCase()))
    .map(([name, schema]) =>
      parameter(place, name, schema, fields.required.has(name), components, scope),
    )
}

function parameter(
  place: OpenApiParameter['in'],
  name: string,
  schema: JsonSchema,
  required: boolean,
  components: Components,
  scope: Scope,
): OpenApiParameter {
  const { description, deprecated, ...rest } = schema
  return {
    name,
    in: place,
    ...(required && { required }),
    ...(description !== undefined && { description }),
    ...(deprecated === true && { deprecated }),
    schema: components.embed(rest, scope),
  }
}

/** The properties of an object, those of its parts among them. */
function fieldsOf(schema: JsonSchema, scope: Scope, depth = 0): Fields | undefined {
  const { $ref, properties, required = [], allOf = [], type } = schema
  const target = $ref === undefined ? undefined : resolve($ref, scope.root)
  const parts = [...(isJsonSchema(target) ? [target] : []), ...allOf]
  const inner = depth > 8 ? [] : parts.map((part) => fieldsOf(part, scope, depth + 1))
  if (properties === undefined && type !== 'object' && !inner.some(Boolean)) return undefined
  const all = [...inner, { properties: properties ?? {}, required: new Set(required) }]
  return {
    properties: Object.assign({}, ...all.map((one) => one?.properties)) as Fields['properties'],
    required: new Set(all.flatMap((one) => [...(one?.required ?? [])])),
  }
}
