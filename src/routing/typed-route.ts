// What a route with schemas is made of, in types: its options, handler, filters and their context.
//
// Types only, for the call signatures in verbs.ts. Promises that handler and filters see what the
// schemas made of the request, and that a handler answers only with what `responses` lists.

import type { AnyState, Handler, Next, RawInput } from '../handler.js'
import type { Context } from '../context.js'
import type { RouteMetadata } from './options.js'
import type { Services } from '../services.js'
import type {
  AllowedReplies,
  Literally,
  MaybeResponses,
  MaybeSchema,
  OutputOr,
  TypedInput,
} from './schemas.js'
import type { ParamsOf } from './types.js'

/** What a route says of itself, with schemas by which its handlers are typed. */
export interface TypedRouteOptions<
  Params extends MaybeSchema,
  Query extends MaybeSchema,
  Headers extends MaybeSchema,
  Cookies extends MaybeSchema,
  Body extends MaybeSchema,
  Responses extends MaybeResponses,
  Path extends string,
  State extends object = AnyState,
  Provided extends object = Services,
> extends RouteMetadata {
  /** Of the parameters of the path, which are texts: `ctx.params` is what comes out. */
  params?: Params
  /** Of the query: texts, and lists of texts where a name is repeated. `ctx.query` comes out. */
  query?: Query
  /** Of the header fields, by their names in lower case. `ctx.input.headers` comes out. */
  headers?: Headers
  /** Of the cookies. `ctx.input.cookies` comes out. */
  cookies?: Cookies
  /** Of the body, which is read by its content type. `ctx.body` comes out. */
  body?: Body
  /** Of the bodies of replies, by status; null where there is none. Others are refused. */
  responses?: Responses
  /** Run around the handler, when what the request brings has been checked. */
  filters?: readonly TypedFilter<Params, Query, Headers, Cookies, Body, Path, State, Provided>[]
}

/** What stands before the handler of a route: options, or a function that may call `next`. */
export type OptionsOrFilter<
  Params extends MaybeSchema,
  Query extends MaybeSchema,
  Headers extends MaybeSchema,
  Cookies extends MaybeSchema,
  Body extends MaybeSchema,
  Responses extends MaybeResponses,
  Path extends string,
  State extends object = AnyState,
  Provided extends object = Services,
> =
  | Handler<ParamsOf<Path>, State, RawInput, unknown, Provided>
  | (TypedRouteOptions<Params, Query, Headers, Cookies, Body, Responses, Path, State, Provided> &
      NoFunction)

/** Functions have a name too, so without this any of them would do for options. */
interface NoFunction {
  /** Options are no function. */
  readonly bind?: never
}

/** The context of a handler whose route has schemas. */
export type TypedContext<
  Params extends MaybeSchema,
  Query extends MaybeSchema,
  Headers extends MaybeSchema,
  Cookies extends MaybeSchema,
  Body extends MaybeSchema,
  Path extends string,
  State extends object = AnyState,
  Provided extends object = Services,
> = Context<
  OutputOr<Params, ParamsOf<Path>>,
  State,
  TypedInput<Query, Headers, Cookies, Body>,
  Provided
>

/** The handler of a route that has schemas. */
export type TypedHandler<
  Params extends MaybeSchema,
  Query extends MaybeSchema,
  Headers extends MaybeSchema,
  Cookies extends MaybeSchema,
  Body extends MaybeSchema,
  Responses extends MaybeResponses,
  Path extends string,
  State extends object = AnyState,
  Provided extends object = Services,
> = (
  ctx: TypedContext<Params, Query, Headers, Cookies, Body, Path, State, Provided>,
  next: Next,
) => AllowedReplies<Responses> | Promise<AllowedReplies<Responses>> | Literally

/** A filter of a route that has schemas. */
export type TypedFilter<
  Params extends MaybeSchema,
  Query extends MaybeSchema,
  Headers extends MaybeSchema,
  Cookies extends MaybeSchema,
  Body extends MaybeSchema,
  Path extends string,
  State extends object = AnyState,
  Provided extends object = Services,
> = (
  ctx: TypedContext<Params, Query, Headers, Cookies, Body, Path, State, Provided>,
  next: Next,
) => unknown
