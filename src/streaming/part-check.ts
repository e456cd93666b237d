// Whether a part of a stream (an event, a line) fits its schema.
//
// Called for each part as it comes, where replies are checked at all.

import { isThenable } from '../thenable.js'
import { pointerOf } from '../validation-error.js'

import type { Awaitable } from '../handler.js'
import type { StandardResult, StandardSchema } from '../schema/standard.js'

/** What is wrong with a part, for people; undefined for nothing. `part` says what it is. */
export function checkPart(
  schema: StandardSchema,
  value: unknown,
  part: string,
): Awaitable<string | undefined> {
  const judge = ({ issues }: StandardResult<unknown>): string | undefined => {
    const issue = issues?.[0]
    if (issue === undefined) return undefined
    const place = pointerOf(issue.path)
    const what = place === '' ? issue.message : `${place}: ${issue.message}`
    return `sends ${part} that does not fit its schema: ${what}`
  }
  const result = schema['~standard'].validate(value)
  return isThenable(result) ? Promise.resolve(result).then(judge) : judge(result)
}
