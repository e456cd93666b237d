// The function types that users write.
//
// Types only: how handlers are joined into a chain is compose.ts, what becomes of their values
// response.ts.

import type { BodySource } from './body/source.js'
import type { Context } from './context.js'
import type { Cookies } from './cookies.js'
import type { HeaderView } from './headers.js'
import type { QueryView } from './query.js'
import type { Services } from './services.js'

/** A value or a promise of it. */
export type Awaitable<T> = T | Promise<T>

/**
 * Goes on to the next middleware or the handler. Gives what that returned (await it: it may be a
 * promise). At most once per middleware. Errors that come when the middleware is over go to
 * `onError`; until then its promise is the middleware's to look at.
 */
export type Next = () => unknown

/**
 * Answers a request: returns a string, bytes, JSON data, a Response, a stream or iterable of
 * chunks, a result of `ctx.*`, nothing (204), or a promise of any of these. As a middleware it may
 * call `next`.
 */
export type Handler<
  Params = AnyParams,
  State extends object = AnyState,
  Input extends AnyInput = RawInput,
  Replies = unknown,
  Provided extends object = Services,
> = (ctx: Context<Params, State, Input, Provided>, next: Next) => Replies

/**
 * Wraps handlers: answers itself, calls `next`, adds to `ctx.state`, or changes what comes back by
 * returning something else. Returning nothing leaves what `next` gave.
 */
export type Middleware<
  State extends object = AnyState,
  Provided extends object = Services,
> = Handler<AnyParams, State, RawInput, unknown, Provided>

/**
 * Runs around the handlers of a route, when what the request brings has been checked: `ctx.params`,
 * `ctx.query`, `ctx.body` and `ctx.input` are what the route's schemas made of it. Otherwise it is
 * like middleware.
 */
export type Filter<
  Params = unknown,
  State extends object = AnyState,
  Input extends AnyInput = AnyInput,
  Provided extends object = Services,
> = Handler<Params, State, Input, unknown, Provided>

/** Answers when a handler failed. Returning nothing gives the default problem document. */
export type ErrorHandler<State extends object = AnyState, Provided extends object = Services> = (
  error: unknown,
  ctx: Context<AnyParams, State, RawInput, Provided>,
) => unknown

/** Parameters whose names are not known. */
export type AnyParams = Readonly<Record<string, string | undefined>>

/**
 * State whose shape is not declared. Fields that handlers in other modules are to know are declared
 * by merging: `declare module 'lanner' { interface AnyState { user?: User } }`.
 */
export interface AnyState {
  [name: string]: unknown
}

/** What a request brings beside the parameters of its path, by source. */
export interface AnyInput {
  /** The query parameters. */
  readonly query: unknown
  /** The header fields. */
  readonly headers: unknown
  /** The cookies. */
  readonly cookies: unknown
  /** The body. */
  readonly body: unknown
}

/** What a request brings where the route has no schemas. */
export interface RawInput extends AnyInput {
  /** The query parameters, as they were sent. */
  readonly query: QueryView
  /** The header fields, as they were sent. */
  readonly headers: HeaderView
  /** The cookies of the request, and those that the reply sets. */
  readonly cookies: Cookies
  /** The body, not read yet. */
  readonly body: BodySource
}
