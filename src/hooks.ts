// Functions that run at fixed points of every request: before the pipeline, when it failed, and
// after the exchange.
//
// Registered on the application and joined with each route's chain when routes are compiled, so
// that an application without hooks runs its chains as they are. Those after the exchange are one
// end hook of each (reply-hooks.ts); those of a server's life are called by the application itself.

import { ERROR_CODES } from './error-codes.js'
import { isA, LannerError } from './errors.js'
import { tell } from './reply.js'
import { addEndHook } from './reply-hooks.js'
import { isThenable } from './thenable.js'

import type { Chain } from './compose.js'
import type { Context } from './context.js'
import type { ErrorCode } from './error-codes.js'
import type { AnyParams, AnyState, ErrorHandler, Next, RawInput } from './handler.js'
import type { ExchangeEnd } from './reply-hooks.js'
import type { Server } from './server.js'
import type { Services } from './services.js'

/** Sees every request before middleware does. What it returns is the answer, nothing goes on. */
export type RequestHook<State extends object = AnyState, Provided extends object = Services> = (
  ctx: Context<AnyParams, State, RawInput, Provided>,
) => unknown

/** How an exchange ended, for `app.onResponse()`. */
export interface ResponseInfo {
  /**
   * The status that was sent. Where the exchange was given up before that: the one of the error,
   * 499 when the client has gone.
   */
  readonly status: number
  /** Milliseconds from the beginning of the pipeline to the end of the exchange. */
  readonly durationMs: number
  /** Bytes of the body that were handed over, before any framing. */
  readonly bodyBytes: number
  /** What a handler threw, or why the exchange was given up; undefined if all went well. */
  readonly error: unknown
}

/** Hears how an exchange ended. */
export type ResponseHook<State extends object = AnyState, Provided extends object = Services> = (
  ctx: Context<AnyParams, State, RawInput, Provided>,
  info: ResponseInfo,
) => unknown

/**
 * Is called with a server that began to listen, or that has closed, and with the services of the
 * application.
 */
export type ServerHook<Provided extends object = Services> = (
  server: Server,
  services: Provided,
) => unknown

/** The hooks of an application, in the order of their registration. */
export class Hooks {
  readonly onError: ErrorHandler[] = []
  readonly onRequest: RequestHook[] = []
  readonly onResponse: ResponseHook[] = []
  readonly onListen: ServerHook[] = []
  readonly onClose: ServerHook[] = []

  /** Whether every request has to come by. */
  get seeRequests(): boolean {
    return this.onRequest.length > 0 || this.onResponse.length > 0
  }
}

/**
 * The chain of a route with the hooks around it. `apply` is what a request needs before somebody
 * may read its options.
 */
export function hooked(
  chain: Chain,
  { onRequest, onResponse }: Hooks,
  apply?: (ctx: Context) => void,
): Chain {
  const answering = onRequest.length === 0 ? chain : behind([...onRequest], chain)
  const inner = apply === undefined ? answering : after(apply, answering)
  if (onResponse.length === 0) return inner
  const watching = [...onResponse]
  return function watched(ctx, next) {
    const startedAt = performance.now()
    addEndHook(ctx, (end) => tellAll(watching, ctx, end, startedAt))
    return inner(ctx, next)
  }
}

function tellAll(
  hooks: readonly ResponseHook[],
  ctx: Context,
  end: ExchangeEnd,
  startedAt: number,
): void {
  const { status, bodyBytes, error } = end
  const durationMs = performance.now() - startedAt
  const info = { status: status === 0 ? statusOf(error) : status, durationMs, bodyBytes, error }
  const failed = (failure: unknown): void => tell(ctx.lane, ctx, failure)
  for (const hook of hooks) {
    try {
      const result = hook(ctx, info)
      if (isThenable(result)) Promise.resolve(result).catch(failed)
    } catch (failure) {
      failed(failure)
    }
  }
}

/** The status of an exchange that was given up before it had one. */
function statusOf(error: unknown): number {
  const code = isA(error, LannerError) ? error.code : ''
  const row: { status: number } | undefined = ERROR_CODES[code as ErrorCode]
  return row === undefined || row.status === 0 ? 500 : row.status
}

function after(apply: (ctx: Context) => void, chain: Chain): Chain {
  return function applied(ctx, next) {
    apply(ctx)
    return chain(ctx, next)
  }
}

/** Runs a chain when none of the hooks has answered. Makes no promise that no hook made. */
function behind(hooks: readonly RequestHook[], chain: Chain): Chain {
  function from(first: number, ctx: Context, next: Next): unknown {
    for (let at = first; at < hooks.length; at++) {
      const value = hooks[at]!(ctx)
      if (isThenable(value)) {
        return Promise.resolve(value).then((later: unknown) =>
          hasAnswered(ctx, later) ? answerOf(ctx, later) : from(at + 1, ctx, next),
        )
      }
      if (hasAnswered(ctx, value)) return answerOf(ctx, value)
    }
    return chain(ctx, next)
  }
  return (ctx, next) => from(0, ctx, next)
}

/**
 * A hook answers with a value, or with a helper of ctx whose result it need not return. The context
 * itself is what a lone ctx.header() gives, too: it answers where it has a reply, or a status.
 */
function hasAnswered(ctx: Context, value: unknown): boolean {
  if (value === ctx) return ctx.sent || ctx.statusCode !== 0
  return value !== undefined || ctx.sent
}

function answerOf(ctx: Context, value: unknown): unknown {
  return value === undefined ? ctx : value
}

/** The error handlers as one; undefined where there is none. */
export function errorHandler(handlers: readonly ErrorHandler[]): ErrorHandler | undefined {
  if (handlers.length < 2) return handlers[0]
  const asked = [...handlers]
  function from(first: number, error: unknown, ctx: Context): unknown {
    for (let at = first; at < asked.length; at++) {
      const value = asked[at]!(error, ctx)
      if (isThenable(value)) {
        return Promise.resolve(value).then((later: unknown) =>
          hasHandled(ctx, later) ? later : from(at + 1, error, ctx),
        )
      }
      if (hasHandled(ctx, value)) return value
    }
    return undefined
  }
  return (error, ctx) => (ctx.sent ? askAll(asked, error, ctx) : from(0, error, ctx))
}

/** An error handler may answer with nothing but a status, too. */
function hasHandled(ctx: Context, value: unknown): boolean {
  return hasAnswered(ctx, value) || ctx.statusCode !== 0
}

/** When nothing can be answered any more: none keeps the others from hearing of it. */
function askAll(
  handlers: readonly ErrorHandler[],
  error: unknown,
  ctx: Context,
): Promise<unknown> | undefined {
  const pending: PromiseLike<unknown>[] = []
  for (const handler of handlers) {
    try {
      const value = handler(error, ctx)
      if (isThenable(value)) pending.push(value)
    } catch (failure) {
      pending.push(Promise.reject(failure))
    }
  }
  return pending.length === 0 ? undefined : Promise.all(pending)
}
