// What an OpenAPI 3.1 document looks like, as far as it is written here.
//
// Types only. Each object may have more members: whoever wants them adds them to the document.

import type { App } from 'lanner'
import type { JsonSchema } from '../schema/json-types.js'

/** Any application: what its state and its routes are is of no account here. */
export type AnyApp = Pick<App, 'inject'>

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  /** The version of the specification. */
  openapi: '3.1.0'
  /** What the interface is. */
  info: OpenApiInfo
  /** Where it is served. */
  servers: OpenApiServer[]
  /** What it asks for where an operation says nothing: nothing. */
  security: SecurityRequirement[]
  /** The tags of operations, in the order in which they are shown. */
  tags: OpenApiTag[]
  /** Operations by path and method, in the order of registration. */
  paths: Record<string, Record<string, OpenApiOperation>>
  /** What operations share. */
  components: OpenApiComponents
  [member: string]: unknown
}

/** What the interface is. */
export interface OpenApiInfo {
  /** Its name. Default 'API'. */
  title: string
  /** Its version, not that of OpenAPI. Default '0.0.0'. */
  version: string
  /** What it is, in one line. */
  summary?: string
  /** What it is, in Markdown. */
  description?: string
  /** Where its terms of service are. */
  termsOfService?: string
  /** Who answers for it. */
  contact?: { name?: string; url?: string; email?: string }
  /** How it may be used. */
  license?: { name: string; identifier?: string; url?: string }
  [member: string]: unknown
}

/** A place where the interface is served. */
export interface OpenApiServer {
  /** Its URL, relative to that of the document. */
  url: string
  /** What it is for. */
  description?: string
  [member: string]: unknown
}

/** A tag, and what it stands for. */
export interface OpenApiTag {
  /** As routes have it. */
  name: string
  /** What it stands for, in Markdown. */
  description?: string
  [member: string]: unknown
}

/** A way in which clients say who they are. */
export interface SecurityScheme {
  /** Its kind: 'http', 'apiKey', 'oauth2', 'openIdConnect' or 'mutualTLS'. */
  type: string
  /** Of 'http': the scheme of the authorization field. */
  scheme?: string
  [member: string]: unknown
}

/** Schemes that are needed together, each with roles. */
export type SecurityRequirement = Record<string, string[]>

/** One route. */
export interface OpenApiOperation {
  operationId: string
  tags?: string[]
  summary?: string
  description?: string
  deprecated?: true
  security?: SecurityRequirement[]
  parameters?: OpenApiParameter[]
  requestBody?: { required: true; content: OpenApiContent }
  responses: Record<string, OpenApiResponse | Reference>
  [member: string]: unknown
}

/** A value that a request brings beside its body. */
export interface OpenApiParameter {
  name: string
  in: 'path' | 'query' | 'header' | 'cookie'
  required?: true
  description?: string
  deprecated?: true
  schema: JsonSchema
}

/** Bodies by media type. */
export type OpenApiContent = Record<string, { schema?: JsonSchema }>

/** A reply. */
export interface OpenApiResponse {
  description: string
  content?: OpenApiContent
}

/** Something that stands elsewhere in the document. */
export interface Reference {
  $ref: string
}

/** What operations share. */
export interface OpenApiComponents {
  schemas: Record<string, JsonSchema>
  responses?: Record<string, OpenApiResponse>
  securitySchemes?: Record<string, SecurityScheme>
  [member: string]: unknown
}
