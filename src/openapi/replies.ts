// Replies in OpenAPI: what a status is called, which media type a body has, what errors look like.
//
// Tables and small rules; operation.ts puts them together. Media types follow what handlers may
// return: texts are sent as text, files as bytes, everything else as JSON.

import { resolve } from '../schema/json-texts.js'
import { isJsonSchema } from '../schema/json-types.js'
import { PROBLEM } from '../schema/problem.js'
import { statusTitle } from '../status.js'

import type { JsonSchema } from '../schema/json-types.js'
import type { OpenApiResponse } from './types.js'

const TITLES: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  203: 'Non-Authoritative Information',
  204: 'No Content',
  205: 'Reset Content',
  206: 'Partial Content',
  207: 'Multi-Status',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
}

/** A status in words. */
export function statusText(status: number): string {
  if (status >= 400) return statusTitle(status)
  return TITLES[status] ?? (status < 300 ? 'Success' : 'Redirection')
}

/** The media type of a reply's body, as `contentMediaType` or the kind of its schema says. */
export function replyType(status: number, described: JsonSchema | undefined): string {
  const schema = described === undefined ? {} : follow(described)
  const { type, format, contentMediaType, properties } = schema
  if (typeof contentMediaType === 'string') return contentMediaType
  if (type === 'string') return format === 'binary' ? 'application/octet-stream' : 'text/plain'
  const isProblem = status >= 400 && 'title' in (properties ?? {}) && 'status' in (properties ?? {})
  return isProblem ? 'application/problem+json' : 'application/json'
}

function follow(schema: JsonSchema): JsonSchema {
  if (schema.$ref === undefined) return schema
  const target = resolve(schema.$ref, schema)
  return isJsonSchema(target) ? target : schema
}

/** A problem document that lists what is wrong with a request. */
export const INVALID: JsonSchema = {
  type: 'object',
  description: 'What is wrong with a request, as a problem document (RFC 9457).',
  properties: {
    ...PROBLEM.properties,
    errors: {
      type: 'array',
      description: 'Each thing that is wrong.',
      items: {
        type: 'object',
        properties: {
          in: { enum: ['params', 'query', 'headers', 'cookies', 'body'] },
          path: { type: 'string', format: 'json-pointer', description: 'Where it is.' },
          message: { type: 'string', description: 'What is wrong there.' },
        },
        required: ['in', 'path', 'message'],
      },
    },
  },
  required: ['title', 'status'],
}

/** A reply that is a problem document. */
export function problemResponse(description: string, schema: JsonSchema): OpenApiResponse {
  return { description, content: { 'application/problem+json': { schema } } }
}
