// Problem documents (RFC 9457): what clients see of an error.
//
// Called by the lane when a handler failed. Promises that nothing of an unknown error is sent
// unless the server runs in development.

import { HttpError, isA } from './errors.js'
import { statusTitle } from './status.js'
import { ValidationError } from './validation-error.js'

import type { InputIssue } from './validation-error.js'

/** The members of a problem document. */
export interface ProblemParts {
  status: number
  title?: string | undefined
  type?: string | undefined
  detail?: string | undefined
  code?: string | undefined
  stack?: readonly string[] | undefined
  errors?: readonly InputIssue[] | undefined
}

/** An answer to an error. */
export interface Problem {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, string>> | undefined
}

/** The document as JSON. `about:blank`, the default type, is left out. */
export function problemText(parts: ProblemParts): string {
  const { type, status, title = statusTitle(status), detail, code, errors, stack } = parts
  return JSON.stringify({ type, title, status, detail, code, errors, stack })
}

/** The answer to an error that a handler threw. */
export function toProblem(error: unknown, development: boolean): Problem {
  if (!isA(error, HttpError)) {
    const shown = development ? details(error) : {}
    return { status: 500, text: problemText({ status: 500, ...shown }), headers: undefined }
  }
  const { status, type, code, headers } = error
  const open = error.expose || development
  return {
    status,
    headers,
    text: problemText({
      status,
      type,
      detail: open ? error.detail : undefined,
      code: open && code !== 'LANNER_HTTP' ? code : undefined,
      errors: open && error instanceof ValidationError ? error.issues : undefined,
    }),
  }
}

/** The status of the answer to an error. */
export function errorStatus(error: unknown): number {
  return isA(error, HttpError) ? error.status : 500
}

/** Whether somebody ought to hear of the error: nobody threw it as an answer. */
export function isUnexpected(error: unknown): boolean {
  return !isA(error, HttpError)
}

function details(error: unknown): Pick<ProblemParts, 'detail' | 'code' | 'stack'> {
  if (!isA(error, Error)) return { detail: textOf(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    detail: `${error.name}: ${error.message}`,
    code,
    stack: error.stack?.split('\n').slice(1),
  }
}

/** An object without a text form, or one that throws, is told of by what it is. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return `The handler threw a ${typeof thrown} without a text form.`
  }
}
