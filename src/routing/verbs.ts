// The call signatures that register routes, in types: `get`, `post` and the others, and `route`.
//
// Types only; router.ts has the functions, typed-route.ts what stands behind the path of a call.
// The forms differ in the number of arguments, so that a wrong call is one plain error: a handler;
// options or a filter, and a handler; a filter more; any number of them, whose last is not held to
// the listed responses by its type. The type of each application and group that comes back knows
// one route more.

import type { Handler, RawInput } from '../handler.js'
import type { App } from '../app.js'
import type { Endpoint } from './endpoint.js'
import type { Router } from './router.js'
import type { Services } from '../services.js'
import type { MaybeResponses, MaybeSchema, NoSchemas, Schemas } from './schemas.js'
import type { OptionsOrFilter, TypedFilter, TypedHandler } from './typed-route.js'
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
