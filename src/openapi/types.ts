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
  /** A name that no other operation has. */
  operationId: string
  /** What it belongs to. */
  tags?: string[]
  /** What it is for, in one line. */
  summary?: string
  /** What there is to know about it, in Markdown. */
  description?: string
  /** Whether it should not be used any more. */
  deprecated?: true
  /** What it asks for; one of these is enough. */
  security?: SecurityRequirement[]
  /** What a request brings beside its body. */
  parameters?: OpenApiParameter[]
  /** The body that a request brings, by media type. */
  requestBody?: { required: true; content: OpenApiContent }
  /** The replies, by status. */
  responses: Record<string, OpenApiResponse | Reference>
  [member: string]: unknown
}

/** A value that a request brings beside its body. */
export interface OpenApiParameter {
  /** Its name. */
  name: string
  /** Where it stands. */
  in: 'path' | 'query' | 'header' | 'cookie'
  /** Whether it has to be there. */
  required?: true
  /** What it is, in Markdown. */
  description?: string
  /** Whether it should not be used any more. */
  deprecated?: true
  /** What its value may be. */
  schema: JsonSchema
}

/** Bodies by media type. */
export type OpenApiContent = Record<string, { schema?: JsonSchema }>

/** A reply. */
export interface OpenApiResponse {
  /** What it means. */
  description: string
  /** Its body, by media type. */
  content?: OpenApiContent
}

/** Something that stands elsewhere in the document. */
export interface Reference {
  /** Where it stands, as a JSON Pointer: '#/components/schemas/Book'. */
  $ref: string
}

/** What operations share. */
export interface OpenApiComponents {
  /** Schemas by their names. */
  schemas: Record<string, JsonSchema>
  /** Replies by their names. */
  responses?: Record<string, OpenApiResponse>
  /** Ways to say who one is, by their names. */
  securitySchemes?: Record<string, SecurityScheme>
  [member: string]: unknown
}
