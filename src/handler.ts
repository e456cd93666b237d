// The function types that users write.
//
// Types only: how handlers are joined into a chain is compose.ts, what becomes of their values
// response.ts.

import type { Context } from './context.js'

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
export type Handler<Params extends object = AnyParams, State extends object = AnyState> = (
  ctx: Context<Params, State>,
  next: Next,
) => unknown

/**
 * Wraps handlers: answers itself, calls `next`, adds to `ctx.state`, or changes what comes back by
 * returning something else. Returning nothing leaves what `next` gave.
 */
export type Middleware<State extends object = AnyState> = Handler<AnyParams, State>

/** Answers when a handler failed. Returning nothing gives the default problem document. */
export type ErrorHandler<State extends object = AnyState> = (
  error: unknown,
  ctx: Context<AnyParams, State>,
) => unknown

/** Parameters whose names are not known. */
export type AnyParams = Readonly<Record<string, string | undefined>>

/** State whose shape is not declared. */
export type AnyState = Record<string, unknown>
