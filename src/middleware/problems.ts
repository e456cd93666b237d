// How errors are answered, for everything or under a prefix.
//
// Used as app.use(problems({ customize })). It is the option `problems` of every route that it
// covers, and of what no route takes there, so that replies which are no errors pay nothing. What a
// route or its group says wins, member by member.

import { carrier } from '../routing/carrier.js'
import { checkCommonOptions } from '../routing/options.js'

import type { Middleware, ProblemOptions } from 'lanner'

/** Customises problem documents, makes answers of errors, and gives empty error replies a body. */
export function problems(options: ProblemOptions): Middleware {
  return carrier(checkCommonOptions({ problems: options }, ' of problems()'))
}
