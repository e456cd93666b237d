// Endpoints as values: a route that is written in one file and registered in another.
//
// route() makes one, add() of an application or a group registers it, any number of times. Nothing
// is checked before that but the types. What its options mean is options.ts.

import { NO_OPTIONS } from './options.js'
import { noteSource } from './sources.js'

import type { AnyState, Handler } from '../handler.js'
import type { RouteOptions } from './options.js'
import type { RouteArguments } from './router.js'

/** A route that is not registered yet. */
export interface Endpoint {
  readonly method: string
  readonly path: string
  readonly options: RouteOptions
  readonly handlers: readonly Handler[]
}

/** A route as a value, for `app.add()`: what `app.route()` takes, options before the handlers. */
export function route<Path extends string, State extends object = AnyState>(
  method: string,
  path: Path,
  ...args: RouteArguments<Path, State>
): Endpoint {
  const [first, ...rest] = args as readonly unknown[]
  const hasOptions = typeof first === 'object' && first !== null
  return noteSource(
    Object.freeze({
      method,
      path,
      options: hasOptions ? (first as RouteOptions) : NO_OPTIONS,
      handlers: (hasOptions ? rest : args) as unknown as readonly Handler[],
    }),
  )
}
