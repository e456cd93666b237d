// What middleware asks to be told of: the reply before it is sent, and the end of the exchange.
//
// Registered by ctx.onReply() and ctx.onEnd(), run by reply.ts and by the lane. Promises that every
// reply passes the reply hooks, that of an error too, and that a hook which fails is not asked
// again: so the error reply that follows always gets out. End hooks run when the replies of the
// turn have been handed over. Exchanges without hooks pay one comparison.

import {
  BODY_BYTES,
  BODY_NONE,
  BODY_STREAM,
  BODY_TEXT,
  CANCELLED,
  CONTENT_TYPES,
  extrasOf,
  METHOD_HEAD,
} from './native/exchange.js'
import { cancelSource } from './body/cancel.js'
import { addField, addVary, checkStatus, fieldText, fieldTexts, setField } from './reply-fields.js'
import { isThenable } from './thenable.js'

import type { StreamBody } from './body/sink.js'
import type { Context } from './context.js'
import type { Extras } from './native/exchange.js'

/**
 * Sees a reply before it is sent and may change it. A promise makes the reply wait. What it throws
 * is answered as the error of a handler is.
 */
export type ReplyHook = (reply: PreparedReply, ctx: Context) => unknown

/**
 * Hears that an exchange is over. What it throws, or promises and does not keep, is reported and
 * changes nothing. Read what is needed of `ctx` before the first await.
 */
export type EndHook = (end: ExchangeEnd, ctx: Context) => unknown

/** A reply that is decided and not sent: what it is made of, and the way to change it. */
export class PreparedReply {
  readonly #ctx: Context

  /** @internal */
  constructor(ctx: Context) {
    this.#ctx = ctx
  }

  /** The status. */
  get status(): number {
    const { statusCode, bodyKind, extras } = this.#ctx
    if (statusCode !== 0) return statusCode
    return bodyKind === BODY_NONE && (extras === undefined || extras.length <= 0) ? 204 : 200
  }

  set status(status: number) {
    this.#ctx.statusCode = checkStatus(status)
  }

  /** The content type, set or implied by the body; undefined without either. */
  get type(): string | undefined {
    const ctx = this.#ctx
    const set = fieldText(ctx, 'content-type')
    if (set !== undefined || ctx.bodyKind === BODY_NONE) return set
    return ctx.replyType === 0 ? undefined : CONTENT_TYPES[ctx.replyType]
  }

  /** The length of the body in bytes, or undefined for a stream that did not say it. */
  get length(): number | undefined {
    const { bodyKind, replyBody, extras } = this.#ctx
    if (bodyKind === BODY_TEXT) return Buffer.byteLength(replyBody as string)
    if (bodyKind === BODY_BYTES) return (replyBody as Uint8Array).byteLength
    const said = extras === undefined ? -1 : extras.length
    return said >= 0 ? said : bodyKind === BODY_NONE ? 0 : undefined
  }

  /** Whether the body is a stream, whose bytes nobody knows yet. */
  get isStream(): boolean {
    return this.#ctx.bodyKind === BODY_STREAM
  }

  /** The body. */
  get body(): string | Uint8Array | StreamBody | undefined {
    return this.#ctx.replyBody as string | Uint8Array | StreamBody | undefined
  }

  /**
   * Another body. A content-length that was set is forgotten; the content type stays. Without a
   * body (`undefined`) a stream is cancelled; whoever puts something else in its place reads it.
   */
  set body(body: string | Uint8Array | StreamBody | undefined) {
    const ctx = this.#ctx
    if (body === undefined && ctx.bodyKind === BODY_STREAM) cancelSource(ctx.replyBody)
    ctx.bodyKind = kindOf(body)
    ctx.replyBody = body
    if (ctx.extras !== undefined) ctx.extras.length = -1
  }

  /** The value of a header field that was set, or undefined. Several are joined by ", ". */
  get(name: string): string | undefined {
    return fieldText(this.#ctx, name.toLowerCase())
  }

  /** The values of a header field that was set, one for each field line. */
  getAll(name: string): string[] {
    return fieldTexts(this.#ctx, name.toLowerCase())
  }

  /** Whether a header field was set. */
  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  /** Sets a header field; several values give several fields, `undefined` removes it. */
  header(name: string, value: string | readonly string[] | undefined): this {
    setField(this.#ctx, name, value)
    return this
  }

  /** Adds a header field beside those of the same name. */
  append(name: string, value: string): this {
    addField(this.#ctx, name, value)
    return this
  }

  /** Adds the name of a request field to `vary`, once. */
  vary(name: string): this {
    addVary(this.#ctx, name)
    return this
  }
}

function kindOf(body: unknown): number {
  if (body === undefined) return BODY_NONE
  if (typeof body === 'string') return BODY_TEXT
  return body instanceof Uint8Array ? BODY_BYTES : BODY_STREAM
}

/** How an exchange ended. */
export class ExchangeEnd {
  readonly #ctx: Context

  /** @internal */
  constructor(ctx: Context) {
    this.#ctx = ctx
  }

  /** The status of the reply, or 0 when the exchange was given up before there was one. */
  get status(): number {
    return this.#ctx.extras!.sentStatus
  }

  /** Bytes of the body that were handed over, before any framing. */
  get bodyBytes(): number {
    const ctx = this.#ctx
    const isHead = (ctx.view()[ctx.entryAt + 5]! & 0xff) === METHOD_HEAD
    return isHead ? 0 : ctx.extras!.sentBytes
  }

  /** Whether the exchange was given up: the client has gone, or its time was over. */
  get isAborted(): boolean {
    return this.#ctx.phase === CANCELLED
  }

  /** Why it was given up, or the error that was answered. */
  get error(): unknown {
    const extras = this.#ctx.extras!
    return this.isAborted ? extras.cancelReason : extras.failure?.error
  }

  /** The value of a header field of the reply that the application set. */
  get(name: string): string | undefined {
    return fieldText(this.#ctx, name.toLowerCase())
  }
}

/** Adds a hook for the reply of this exchange. */
export function addReplyHook(ctx: Context, hook: ReplyHook): void {
  const extras = extrasOf(ctx)
  if (extras.replyHooks === undefined) extras.replyHooks = [hook]
  else extras.replyHooks.push(hook)
}

/** Adds a hook for the end of this exchange. */
export function addEndHook(ctx: Context, hook: EndHook): void {
  const extras = extrasOf(ctx)
  if (extras.endHooks === undefined) extras.endHooks = [hook]
  else extras.endHooks.push(hook)
}

/**
 * Shows the reply to the hooks, the last registered first: inner middleware before outer. Gives a
 * promise of the context when one of them takes its time.
 */
export function runReplyHooks(ctx: Context, extras: Extras): Promise<Context> | undefined {
  const hooks = extras.replyHooks!
  const reply = new PreparedReply(ctx)
  extras.isReplySeen = true
  for (let at = hooks.length - 1; at >= 0; at--) {
    const pending = runHook(hooks, at, reply, ctx)
    if (isThenable(pending)) return runLater(pending, hooks, at, reply, ctx)
  }
  return undefined
}

function runHook(hooks: ReplyHook[], at: number, reply: PreparedReply, ctx: Context): unknown {
  try {
    return hooks[at]!(reply, ctx)
  } catch (error) {
    hooks.splice(at, 1)
    throw error
  }
}

async function runLater(
  first: PromiseLike<unknown>,
  hooks: ReplyHook[],
  from: number,
  reply: PreparedReply,
  ctx: Context,
): Promise<Context> {
  let pending: unknown = first
  for (let at = from; ; pending = runHook(hooks, at, reply, ctx)) {
    try {
      await pending
    } catch (error) {
      // Where it threw at once it is gone already.
      hooks.splice(at, 1)
      throw error
    }
    if (--at < 0) return ctx
  }
}

/** Tells the hooks that the exchange is over. */
export function runEndHooks(ctx: Context, report: (error: unknown) => void): void {
  const end = new ExchangeEnd(ctx)
  for (const hook of ctx.extras!.endHooks!) {
    try {
      const result = hook(end, ctx)
      if (isThenable(result)) Promise.resolve(result).catch(report)
    } catch (error) {
      report(error)
    }
  }
}
