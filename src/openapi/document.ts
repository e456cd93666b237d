// The OpenAPI document of an application: everything that its routes say of themselves.
//
// Called by openapi() and by the route that serves the document. Promises the same text for the
// same routes: paths stand in the order of registration, components by name. Left out are hidden
// routes, those for every method, and those of methods that OpenAPI has no word for.

import { Components } from './components.js'
import { operationOf } from './operation.js'
import { parseOpenApiOptions } from './options.js'
import { operationName, Paths } from './paths.js'
import { PROBLEM } from '../schema/problem.js'
import { INVALID, problemResponse } from './replies.js'

import type { RouteInfo, ValidationOptions } from '../routing/options.js'
import type { Making } from './operation.js'
import type { OpenApiOptions, ParsedOpenApiOptions } from './options.js'
import type {
  OpenApiComponents,
  OpenApiDocument,
  OpenApiTag,
  SecurityRequirement,
} from './types.js'

const METHODS = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE'])

/** What a document is made of. */
export interface Registered {
  readonly routes: readonly RouteInfo[]
  /** What holds for routes that say nothing of it. */
  readonly validation?: ValidationOptions
}

/** The document of routes. */
export function documentOf(
  { routes, validation: { status = 400 } = {} }: Registered,
  options: OpenApiOptions = {},
): OpenApiDocument {
  const parsed = parseOpenApiOptions(options)
  const shown = routes.filter(({ method, options: { hidden } }) => METHODS.has(method) && !hidden)
  const components = new Components()
  const making = makingOf(components, status, parsed)
  const paths = pathsOf(shown, making, parsed.onWarning)
  // Behind those of the routes, whose names come first.
  const named = parsed.problems ? problemsOf(components) : undefined
  const security: SecurityRequirement[] = []
  return {
    openapi: '3.1.0',
    info: parsed.info,
    servers: [...parsed.servers],
    security,
    tags: tagsOf(shown, parsed.tags),
    paths,
    components: {
      schemas: components.all(),
      ...(named !== undefined && { responses: named }),
      ...schemesOf(making.schemes, parsed),
    },
  }
}

function makingOf(
  components: Components,
  invalidStatus: number,
  { problems, securitySchemes, onWarning }: ParsedOpenApiOptions,
): Making {
  const scheme = Object.keys(securitySchemes)[0] ?? 'bearer'
  return { components, problems, invalidStatus, scheme, schemes: new Set(), warn: onWarning }
}

function pathsOf(
  routes: readonly RouteInfo[],
  making: Making,
  onWarning: (message: string) => void,
): OpenApiDocument['paths'] {
  const spellings = new Paths()
  const taken = new Set<string>()
  const paths: OpenApiDocument['paths'] = {}
  for (const { method, pattern, options } of routes) {
    const route = `${method} ${pattern}`
    const warn = (message: string): void => onWarning(`The route ${route}: ${message}.`)
    const own = options.name
    if (own !== undefined && taken.has(own)) warn(`the name ${own} is that of another route, too`)
    const base = own ?? operationName(method, pattern)
    const both = spellings.of(pattern)
    const name = free(base, taken)
    for (const path of both) {
      const wanted = path.without === undefined ? name : free(`${name}_all`, taken)
      // What is described twice is warned about once.
      const told = path === both.at(-1) ? warn : ignore
      const at = (paths[path.path] ??= {})
      at[method.toLowerCase()] ??= operationOf(wanted, path, options, { ...making, warn: told })
    }
  }
  return paths
}

function free(base: string, taken: Set<string>): string {
  let name = base
  for (let number = 2; taken.has(name); number++) name = `${base}_${number}`
  taken.add(name)
  return name
}

function ignore(): void {}

function tagsOf(routes: readonly RouteInfo[], described: readonly OpenApiTag[]): OpenApiTag[] {
  const known = new Set(described.map(({ name }) => name))
  const used = new Set(routes.flatMap(({ options: { tags = [] } }) => tags))
  const others = [...used].filter((name) => !known.has(name))
  return [...described, ...others.map((name) => ({ name }))]
}

function problemsOf(components: Components): OpenApiComponents['responses'] {
  const problem = components.add('Problem', PROBLEM)
  const invalid = components.add('InvalidRequest', INVALID)
  return {
    Invalid: problemResponse('The request does not fit what the route takes.', invalid),
    Problem: problemResponse('Any other error.', problem),
  }
}

/** Those of the options, and those that routes name without being there. */
function schemesOf(
  used: ReadonlySet<string>,
  { securitySchemes }: ParsedOpenApiOptions,
): Pick<OpenApiComponents, 'securitySchemes'> {
  const schemes = { ...securitySchemes }
  for (const name of [...used].sort()) {
    schemes[name] ??= { type: 'http', scheme: name.toLowerCase() }
  }
  return Object.keys(schemes).length === 0 ? {} : { securitySchemes: schemes }
}
