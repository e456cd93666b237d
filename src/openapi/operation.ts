// One route as an OpenAPI operation: its parameters, its body, its replies, who may use it.
//
// Called by document.ts for each path of a route. Promises an operation whatever the route's
// schemas can say of themselves: what they cannot is told as a warning that names the route, and
// left open.

import { describe } from '../schema/describe.js'
import { scopeOf } from './components.js'
import { parametersOf, pathParameters } from './parameters.js'
import { replyType, statusText } from './replies.js'

import type { RouteOptions } from '../routing/options.js'
import type { JsonSchema } from '../schema/json-types.js'
import type { StandardSchema } from '../schema/standard.js'
import type { Components } from './components.js'
import type { RoutePath } from './paths.js'
import type {
  OpenApiContent,
  OpenApiOperation,
  OpenApiParameter,
  OpenApiResponse,
  Reference,
  SecurityRequirement,
} from './types.js'

/** What operations of one document have in common. */
export interface Making {
  readonly components: Components
  /** Whether errors are problem documents. */
  readonly problems: boolean
  /** The status of the answer to a request that does not fit, where the route says nothing else. */
  readonly invalidStatus: number
  /** The scheme of routes that ask for one without saying which. */
  readonly scheme: string
  /** The names of security schemes that were used. */
  readonly schemes: Set<string>
  readonly warn: (message: string) => void
}

/** The sources of a route beside its path and body, with OpenAPI's word for them. */
const SOURCES = [
  ['query', 'query'],
  ['headers', 'header'],
  ['cookies', 'cookie'],
] as const

/** An operation of a route under a name that is free. */
export function operationOf(
  name: string,
  { parameters }: RoutePath,
  options: Readonly<RouteOptions>,
  making: Making,
): OpenApiOperation {
  const { tags, summary, description, deprecated, body } = options
  const hint = capital(name)
  const found = [
    ...pathParameters(parameters, said(options.params, 'params', making), making.components, hint),
    ...SOURCES.flatMap(([source, place]) =>
      parametersFrom(options[source], source, place, hint, making),
    ),
  ]
  const security = securityOf(options.auth, making)
  return {
    operationId: name,
    ...(tags !== undefined && tags.length > 0 && { tags: [...new Set(tags)] }),
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
    ...(deprecated === true && { deprecated }),
    ...(security !== undefined && { security }),
    ...(found.length > 0 && { parameters: found }),
    ...(body !== undefined && {
      requestBody: { required: true, content: bodyOf(body, options, hint, making) },
    }),
    responses: responsesOf(options, hint, making),
  }
}

function parametersFrom(
  schema: StandardSchema | undefined,
  source: string,
  place: 'query' | 'header' | 'cookie',
  hint: string,
  making: Making,
): OpenApiParameter[] {
  const described = said(schema, source, making)
  if (described === undefined) return []
  const found = parametersOf(place, described, making.components, hint + capital(source))
  if (found === undefined) making.warn(`${source} is no object with properties, so it is left out`)
  return found ?? []
}

/** The description of a schema, or a warning. */
function said(
  schema: StandardSchema | null | undefined,
  of: string,
  { warn }: Making,
): JsonSchema | undefined {
  if (schema === undefined || schema === null) return undefined
  const { schema: described, reason } = describe(schema, 'input')
  if (described === undefined) warn(`${of} cannot be described: ${reason}`)
  return described
}

function bodyOf(
  schema: StandardSchema,
  { consumes }: Readonly<RouteOptions>,
  hint: string,
  making: Making,
): OpenApiContent {
  const described = said(schema, 'body', making)
  const types = consumes ?? [hasFile(described) ? 'multipart/form-data' : 'application/json']
  const content = contentOf(described, `${hint}Body`, making)
  return Object.fromEntries(types.map((type) => [type, content]))
}

function contentOf(
  described: JsonSchema | undefined,
  hint: string,
  { components }: Making,
): OpenApiContent[string] {
  if (described === undefined) return {}
  return { schema: components.embed(described, scopeOf(described, hint)) }
}

function hasFile(described: JsonSchema | undefined): boolean {
  return JSON.stringify(described ?? {}).includes('"format":"binary"')
}

type Responses = Record<string, OpenApiResponse | Reference>

function responsesOf(options: Readonly<RouteOptions>, hint: string, making: Making): Responses {
  const listed = Object.entries(options.responses ?? {}) as [string, StandardSchema | null][]
  const responses: Responses = {}
  for (const [status, schema] of listed) {
    responses[status] = responseOf(Number(status), schema, hint, making)
  }
  if (!listed.some(([status]) => status < '400')) responses['2XX'] = { description: 'Success' }
  if (!making.problems) return responses
  const { params, query, headers, cookies, body, validation } = options
  if ([params, query, headers, cookies, body].some((schema) => schema !== undefined)) {
    responses[validation?.status ?? making.invalidStatus] ??= {
      $ref: '#/components/responses/Invalid',
    }
  }
  const problem = { $ref: '#/components/responses/Problem' }
  return { ...responses, '4XX': problem, '5XX': problem }
}

function responseOf(
  status: number,
  schema: StandardSchema | null,
  hint: string,
  making: Making,
): OpenApiResponse {
  if (schema === null) return { description: statusText(status) }
  const described = said(schema, `responses.${status}`, making)
  const { description } = described ?? {}
  const content = contentOf(described, `${hint}${status}`, making)
  return {
    description: description === undefined ? statusText(status) : description,
    content: { [replyType(status, described)]: content },
  }
}

/** Who may use a route: each of several roles is enough. */
function securityOf(
  auth: RouteOptions['auth'],
  { scheme: usual, schemes }: Making,
): SecurityRequirement[] | undefined {
  if (auth === undefined) return undefined
  if (auth === false) return []
  const { scheme = usual, roles = [] } = auth === true ? {} : auth
  schemes.add(scheme)
  return roles.length === 0 ? [{ [scheme]: [] }] : roles.map((role) => ({ [scheme]: [role] }))
}

function capital(text: string): string {
  return text === '' ? '' : text[0]!.toUpperCase() + text.slice(1)
}
