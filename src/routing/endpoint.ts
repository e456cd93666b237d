// Routes and groups as values: written in one file, registered in another.
//
// defineRoute() and defineGroup() make them, add() of an application or a group registers them, any
// number of times. Nothing is checked before that but the types, which the values carry with them:
// method, path and schemas. What options mean is options.ts.

import { NO_OPTIONS } from './options.js'
import { noteSource } from './sources.js'

import type { AnyState, Handler } from '../handler.js'
import type { GroupOptions, RouteMetadata } from './options.js'
import type { Schemas } from './schemas.js'
import type { JoinPath } from './types.js'
import type { RouteVerb } from './verbs.js'

/** A route that is not registered yet: a method, a path, schemas and handlers. */
export interface Endpoint<
  Method extends string = string,
  Path extends string = string,
  Options extends Schemas = Schemas,
> {
  /** The method; '*' for any. */
  readonly method: Method
  /** The pattern, for example '/users/:id'. */
  readonly path: Path
  /** Its options, with its schemas. */
  readonly options: RouteMetadata & Options
  /** Its functions, in their order. */
  readonly handlers: readonly Handler[]
}

/** Endpoints under a prefix, with options in common. */
export interface Group<
  Prefix extends string = string,
  Members extends readonly Member[] = readonly Member[],
> {
  /** What stands before the patterns of its members. */
  readonly prefix: Prefix
  /** What its members have in common. */
  readonly options: GroupOptions
  /** Its routes and groups. */
  readonly members: Members
}

/** What groups and applications are made of. */
export type Member = Endpoint | Group

/** The endpoints of a member under a prefix, with their whole paths. */
export type EndpointsOf<Prefix extends string, Of> =
  Of extends Endpoint<infer Method, infer Path, infer Options>
    ? Endpoint<Method, JoinPath<Prefix, Path>, Options>
    : Of extends Group<infer Inner, infer Members>
      ? string extends Inner
        ? Endpoint
        : EndpointsOf<JoinPath<Prefix, Inner>, Members[number]>
      : never

/** The endpoints of an application, a group or an endpoint, as a union. */
export type RoutesOf<Of> = Of extends { readonly '~routes': (routes: infer Routes) => void }
  ? Routes
  : EndpointsOf<'', Of>

/**
 * A route as a value, for `app.add()` and `defineGroup()`: what `app.route()` takes. Its types do
 * not depend on where it is added. Nothing is checked before that: `app.add()` throws
 * LANNER_ROUTE_INVALID and LANNER_OPTION_INVALID.
 */
export const defineRoute: RouteVerb<AnyState, '', never, 'none'> = (
  method: string,
  path: string,
  ...args: readonly unknown[]
) => {
  const [first, ...rest] = args
  const hasOptions = typeof first === 'object' && first !== null
  const options = hasOptions ? first : NO_OPTIONS
  const handlers = hasOptions ? rest : args
  return noteSource(Object.freeze({ method, path, options, handlers })) as never
}

/**
 * Endpoints and groups under a prefix, as a value for `app.add()`; groups may hold groups.
 * @param prefix - What stands before the patterns of its members, for example '/api'.
 * @param members - Its routes and groups.
 * @example
 * ```ts run
 * import { App, defineGroup, defineRoute } from 'lanner'
 *
 * const getNote = defineRoute('GET', '/notes/:id', (ctx) => ({ id: ctx.params.id }))
 * const api = defineGroup('/api', { timeout: '5s' }, [getNote])
 * const reply = await new App().add(api).inject('/api/notes/7')
 * console.log(reply.json()) // { id: '7' }
 * ```
 */
export function defineGroup<Prefix extends string, const Members extends readonly Member[]>(
  prefix: Prefix,
  members: Members,
): Group<Prefix, Members>
export function defineGroup<Prefix extends string, const Members extends readonly Member[]>(
  prefix: Prefix,
  options: GroupOptions,
  members: Members,
): Group<Prefix, Members>
export function defineGroup(prefix: string, ...args: readonly unknown[]): Group {
  const [options, members] = args.length === 1 ? [NO_OPTIONS, args[0]] : args
  return Object.freeze({ prefix, options, members }) as Group
}
