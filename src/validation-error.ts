// The error of a request that does not fit the schemas of its route.
//
// Thrown by the binder; users may throw it too, for what schemas cannot say. Its problem document
// lists every issue with its source and its place, up to a bound.

import { HttpError } from './errors.js'

import type { StandardIssue } from './schema/standard.js'

/** Where a part of a request comes from. */
export type InputSource = 'params' | 'query' | 'headers' | 'cookies' | 'body'

/** One thing that is wrong with a request. */
export interface InputIssue {
  /** What it is found in. */
  readonly in: InputSource
  /** Where in there, as a JSON Pointer (RFC 6901): '/limit', '/items/0/name', '' for all of it. */
  readonly path: string
  /** What is wrong, for people. */
  readonly message: string
}

/** A request that does not fit the schemas of its route. Its problem document lists the issues. */
export class ValidationError extends HttpError {
  /** What is wrong, at most as many as `validation.issues` allows. */
  readonly issues: readonly InputIssue[]

  constructor(issues: readonly InputIssue[], status: 400 | 422 = 400, left = 0) {
    const count = issues.length + left
    const [first] = issues
    const which = count === 1 && first !== undefined ? `: ${describe(first)}` : ''
    const rest = left > 0 ? `, of which ${issues.length} are listed` : ''
    super(status, `The request has ${count} ${count === 1 ? 'issue' : 'issues'}${which}${rest}.`, {
      code: 'LANNER_VALIDATION',
    })
    this.issues = issues
  }

  /** 'ValidationError'. */
  override get name(): string {
    return 'ValidationError'
  }
}

function describe(issue: InputIssue): string {
  const message = issue.message.replace(/\.$/, '')
  return `${issue.in}${issue.path}: ${message}`
}

/** The path of an issue as a JSON Pointer. */
export function pointerOf(path: StandardIssue['path']): string {
  if (path === undefined) return ''
  let pointer = ''
  for (const step of path) {
    const key = typeof step === 'object' ? step.key : step
    pointer += `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
  }
  return pointer
}
