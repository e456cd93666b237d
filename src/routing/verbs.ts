// The call signatures that register routes, in types: `get`, `post` and the others, and `route`.
//
// Types only; router.ts has the functions. The forms differ in the number of arguments, so that a
// wrong call is one plain error: a handler; options or a filter, and a handler; a filter more; any
// number of them, whose last is not held to the listed responses by its type. The type of each
// application and group that comes back knows one route more.

import type { AnyState, Handler, Next, RawInput } from '../handler.js'
import type { App } from '../app.js'
import type { Context } from '../context.js'
import type { Endpoint } from './endpoint.js'
import type { RouteMetadata } from './options.js'
import type { Router } from './router.js'
import type { Services } from '../services.js'
import type {
  AllowedReplies,
  Literally,
  MaybeResponses,
  MaybeSchema,
  NoSchemas,
  OutputOr,
  Schemas,
  TypedInput,
} from './schemas.js'
import type { JoinPath, ParamsOf } from './types.js'

/** What a route is registered on, with one route more, by the name of its kind. */
export interface RouterKinds<
  State extends object,
  Prefix extends string,
  Routes extends Endpoint,
  Provided extends object = Services,
> {
  /** An application. */
  readonly app: App<State, Routes, Provided>
  /** What `group()` gives to its function. */
  readonly group: Router<State, Prefix, Routes, 'group', Provided>
  /** A route that is not registered yet. */
  readonly none: Routes
}

/** The names of the kinds; 'none' is a route that is not registered yet. */
export type RouterKind = keyof RouterKinds<object, string, Endpoint>

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

/**
 * Registers a route of one method: `app.get('/users/:id', (ctx) => …)`. Options may stand before
 * the functions; by their schemas `ctx.params`, `ctx.query` and `ctx.body` are checked and typed.
 */
export interface Verb<
  Method extends string,
  State extends object,
  Prefix extends string,
  Routes extends Endpoint,
  Kind extends RouterKind,
  Provided extends object = Services,
> {
  <Path extends string>(
    path: Path,
    handler: Handler<ParamsOf<JoinPath<Prefix, Path>>, State, RawInput, unknown, Provided>,
  ): RouterKinds<
    State,
    Prefix,
    Routes | Endpoint<Method, JoinPath<Prefix, Path>, NoSchemas>,
    Provided
  >[Kind]
  <
    Path extends string,
    Params extends MaybeSchema = undefined,
    Query extends MaybeSchema = undefined,
    Headers extends MaybeSchema = undefined,
    Cookies extends MaybeSchema = undefined,
    Body extends MaybeSchema = undefined,
    Responses extends MaybeResponses = undefined,
  >(
    path: Path,
    options: OptionsOrFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    handler: TypedHandler<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
  ): RouterKinds<
    State,
    Prefix,
    | Routes
    | Endpoint<
        Method,
        JoinPath<Prefix, Path>,
        Schemas<Params, Query, Headers, Cookies, Body, Responses>
      >,
    Provided
  >[Kind]
  <
    Path extends string,
    Params extends MaybeSchema = undefined,
    Query extends MaybeSchema = undefined,
    Headers extends MaybeSchema = undefined,
    Cookies extends MaybeSchema = undefined,
    Body extends MaybeSchema = undefined,
    Responses extends MaybeResponses = undefined,
  >(
    path: Path,
    options: OptionsOrFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    filter: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    handler: TypedHandler<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
  ): RouterKinds<
    State,
    Prefix,
    | Routes
    | Endpoint<
        Method,
        JoinPath<Prefix, Path>,
        Schemas<Params, Query, Headers, Cookies, Body, Responses>
      >,
    Provided
  >[Kind]
  <
    Path extends string,
    Params extends MaybeSchema = undefined,
    Query extends MaybeSchema = undefined,
    Headers extends MaybeSchema = undefined,
    Cookies extends MaybeSchema = undefined,
    Body extends MaybeSchema = undefined,
    Responses extends MaybeResponses = undefined,
  >(
    path: Path,
    options: OptionsOrFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    filter: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    second: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    third: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    ...more: readonly TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >[]
  ): RouterKinds<
    State,
    Prefix,
    | Routes
    | Endpoint<
        Method,
        JoinPath<Prefix, Path>,
        Schemas<Params, Query, Headers, Cookies, Body, Responses>
      >,
    Provided
  >[Kind]
}

/**
 * A route of any method, '*' for all of them: `route('GET', '/users/:id', (ctx) => …)`. Options
 * may stand before the functions; by their schemas `ctx.params`, `ctx.query` and `ctx.body` are
 * checked and typed.
 */
export interface RouteVerb<
  State extends object,
  Prefix extends string,
  Routes extends Endpoint,
  Kind extends RouterKind,
  Provided extends object = Services,
> {
  <Method extends string, Path extends string>(
    method: Method,
    path: Path,
    handler: Handler<ParamsOf<JoinPath<Prefix, Path>>, State, RawInput, unknown, Provided>,
  ): RouterKinds<
    State,
    Prefix,
    Routes | Endpoint<Uppercase<Method>, JoinPath<Prefix, Path>, NoSchemas>,
    Provided
  >[Kind]
  <
    Method extends string,
    Path extends string,
    Params extends MaybeSchema = undefined,
    Query extends MaybeSchema = undefined,
    Headers extends MaybeSchema = undefined,
    Cookies extends MaybeSchema = undefined,
    Body extends MaybeSchema = undefined,
    Responses extends MaybeResponses = undefined,
  >(
    method: Method,
    path: Path,
    options: OptionsOrFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    handler: TypedHandler<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
  ): RouterKinds<
    State,
    Prefix,
    | Routes
    | Endpoint<
        Uppercase<Method>,
        JoinPath<Prefix, Path>,
        Schemas<Params, Query, Headers, Cookies, Body, Responses>
      >,
    Provided
  >[Kind]
  <
    Method extends string,
    Path extends string,
    Params extends MaybeSchema = undefined,
    Query extends MaybeSchema = undefined,
    Headers extends MaybeSchema = undefined,
    Cookies extends MaybeSchema = undefined,
    Body extends MaybeSchema = undefined,
    Responses extends MaybeResponses = undefined,
  >(
    method: Method,
    path: Path,
    options: OptionsOrFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    filter: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    handler: TypedHandler<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
  ): RouterKinds<
    State,
    Prefix,
    | Routes
    | Endpoint<
        Uppercase<Method>,
        JoinPath<Prefix, Path>,
        Schemas<Params, Query, Headers, Cookies, Body, Responses>
      >,
    Provided
  >[Kind]
  <
    Method extends string,
    Path extends string,
    Params extends MaybeSchema = undefined,
    Query extends MaybeSchema = undefined,
    Headers extends MaybeSchema = undefined,
    Cookies extends MaybeSchema = undefined,
    Body extends MaybeSchema = undefined,
    Responses extends MaybeResponses = undefined,
  >(
    method: Method,
    path: Path,
    options: OptionsOrFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    filter: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    second: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    third: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    ...more: readonly TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >[]
  ): RouterKinds<
    State,
    Prefix,
    | Routes
    | Endpoint<
        Uppercase<Method>,
        JoinPath<Prefix, Path>,
        Schemas<Params, Query, Headers, Cookies, Body, Responses>
      >,
    Provided
  >[Kind]
}
