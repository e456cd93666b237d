// How requests and replies are checked against schemas: options, joined and with their defaults.

import { LIMITS } from '../limit-table.js'

import type { ValidationOptions } from '../routing/options.js'

/** The options with their defaults. */
export interface Validation {
  readonly status: 400 | 422
  readonly issues: number
  readonly responses: 'error' | 'count' | 'off'
}

/** The first that says something wins. */
export function resolveValidation(
  development: boolean,
  ...options: readonly (ValidationOptions | undefined)[]
): Validation {
  const said: ValidationOptions = Object.assign({}, ...[...options].reverse())
  const {
    status = 400,
    issues = LIMITS.issues.default,
    responses = development ? 'error' : 'count',
  } = said
  return { status, issues, responses }
}
