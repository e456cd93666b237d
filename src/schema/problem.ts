// The schema of problem documents (RFC 9457), for the responses of routes: `{ 404: Problem }`.
//
// What it describes is what the server makes of errors, so a document of OpenAPI has it once.

import type { ProblemDocument } from '../results.js'
import type { JsonSchema } from './json-types.js'
import type { DescribedSchema, StandardIssue, StandardResult } from './standard.js'

/** A problem document as JSON Schema. */
export const PROBLEM: JsonSchema = {
  $id: 'Problem',
  type: 'object',
  description: 'What went wrong, as a problem document (RFC 9457).',
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'What kind of problem it is.' },
    title: { type: 'string', description: 'The kind of problem in words.' },
    status: { type: 'integer', description: 'The status of the reply.' },
    detail: { type: 'string', description: 'What happened this time.' },
    instance: { type: 'string', format: 'uri-reference', description: 'This very occurrence.' },
    code: { type: 'string', description: 'What happened, for programs.' },
  },
  required: ['title', 'status'],
}

const describe = (): Record<string, unknown> => structuredClone(PROBLEM)

/**
 * The schema of problem documents, for `responses`: `{ 200: User, 404: Problem }`. `problem()`,
 * `notFound()` and the like fit it.
 */
export const Problem: DescribedSchema<ProblemDocument> = {
  '~standard': {
    version: 1,
    vendor: 'lanner',
    validate,
    jsonSchema: { input: describe, output: describe },
  },
}

function validate(value: unknown): StandardResult<ProblemDocument> {
  if (typeof value !== 'object' || value === null) {
    return { issues: [{ message: 'must be an object' }] }
  }
  const { title, status } = value as Record<string, unknown>
  const issues: StandardIssue[] = []
  if (typeof title !== 'string') issues.push({ message: 'must be a text', path: ['title'] })
  if (!Number.isInteger(status)) issues.push({ message: 'must be an integer', path: ['status'] })
  return issues.length > 0 ? { issues } : { value: value as ProblemDocument }
}
