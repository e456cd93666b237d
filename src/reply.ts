// From the end of a chain to the records that leave: sends values, replies and errors.
//
// Called by the lane with what a handler returned or threw, now or later. Promises: each exchange
// ends in exactly one reply, an abort, or silence when it was given up before; whatever fails on
// the way becomes an error reply, at the very last an empty 500.

import { cancelSource } from './body/cancel.js'
import { BodySink } from './body/sink.js'
import { noteEnd, WORK_OVER } from './cleanups.js'
import { unwind } from './compose.js'
import { noteForDeveloper, shownAs } from './developer-reply.js'
import { httpError, isA, LannerError } from './errors.js'
import {
  BODY_NONE,
  BODY_STREAM,
  BODY_TEXT,
  CANCELLED,
  extrasOf,
  METHOD_HEAD,
  OPEN,
  PREPARED,
  STREAMING,
  TYPE_NONE,
  TYPE_PROBLEM,
  TYPE_TEXT,
} from './native/exchange.js'
import { REPLY_CLOSE, REPLY_LENGTH, REPLY_STREAM } from './native/generated/layout.js'
import { errorStatus, isUnexpected, toProblem } from './problem.js'
import { polish, translated } from './problem-options.js'
import { runReplyHooks } from './reply-hooks.js'
import { addField, dropBodyFields, hasField, removeField } from './reply-fields.js'
import { toReply, writeSmall } from './response.js'
import { isPromise, isThenable } from './thenable.js'

import type { SinkTarget } from './body/sink.js'
import type { Context } from './context.js'
import type { Extras } from './native/exchange.js'
import type { Lane } from './native/lane.js'

/** A chain has ended with a value, at once or later. Throws what cannot be sent. */
export function finish(lane: Lane, ctx: Context, value: unknown, isAtOnce = false): void {
  if (ctx.phase > PREPARED) return late(lane, ctx, value)
  const { downstream } = ctx
  const result = value === undefined && downstream !== undefined ? unwind(ctx) : value
  // A middleware that answers by itself may have left what next() gave it unlooked at.
  if (downstream !== undefined && result !== undefined && !isThenable(result)) {
    leaveBehind(lane, ctx, downstream, ctx.level, isAtOnce)
  }
  if (ctx.bodyKind === BODY_STREAM) dropReplaced(ctx, result)
  const { extras } = ctx
  if (extras !== undefined && isWatched(extras) && !isThenable(result)) {
    showResult(lane, ctx, extras, result)
  } else if (typeof result === 'string') {
    sendText(lane, ctx, TYPE_TEXT, result)
  } else if (result === undefined || result === ctx) {
    if (ctx.statusCode >= FIRST_ERROR) polish(ctx)
    send(lane, ctx)
  } else if (isThenable(result)) {
    lane.await(ctx, result)
  } else if (!sendSmall(lane, ctx, extras, result)) {
    toReply(ctx, result)
    if (ctx.statusCode >= FIRST_ERROR) polish(ctx)
    send(lane, ctx)
  }
}

/** A stream that something else was returned in place of is read by nobody any more. */
function dropReplaced(ctx: Context, result: unknown): void {
  if (result === undefined || result === ctx || isThenable(result)) return
  if (result !== ctx.replyBody) cancelSource(ctx.replyBody)
}

const FIRST_ERROR = 400

/** Whether somebody wants to see the reply before it is sent. */
function isWatched(extras: Extras): boolean {
  return extras.replyHooks !== undefined && !extras.isReplySeen
}

/** Makes a reply of a result that is not to be waited for, and shows it. */
function showResult(lane: Lane, ctx: Context, extras: Extras, result: unknown): void {
  if (result !== undefined && result !== ctx) toReply(ctx, result)
  else if (isLeftToUs(ctx)) return sendProblem(lane, ctx, extras.failure!.error)
  if (ctx.statusCode >= FIRST_ERROR) polish(ctx)
  show(lane, ctx, extras)
}

/** Shows a reply to whoever wants to see it, then sends it. */
function show(lane: Lane, ctx: Context, extras: Extras): void {
  ctx.phase = PREPARED
  const pending = runReplyHooks(ctx, extras)
  if (pending === undefined) return send(lane, ctx)
  // What middleware left behind is seen to already.
  ctx.downstream = undefined
  lane.await(ctx, pending)
}

/** The common reply: text, and nothing else was asked for. */
function sendText(lane: Lane, ctx: Context, type: number, text: string): void {
  const { extras } = ctx
  let status = ctx.statusCode === 0 ? 200 : ctx.statusCode
  if (hasNoBody(status) || (extras !== undefined && isFramed(extras))) {
    note(ctx, BODY_TEXT, type, text)
    return sendWhole(lane, ctx)
  }
  if (extras !== undefined && extras.close) status |= REPLY_CLOSE << 16
  const sent = hasField(ctx, 'content-type') ? TYPE_NONE : type
  const bytes = lane.outbox.replyText(ctx, status, sent, text)
  if (extras !== undefined) noteSent(extras, status, bytes)
  lane.settle(ctx)
  lane.touch()
}

/** Small data, which is written as JSON where it is sent; gives whether it was that. */
function sendSmall(lane: Lane, ctx: Context, extras: Extras | undefined, value: unknown): boolean {
  if (extras !== undefined && (extras.close || isFramed(extras))) return false
  const bytes = writeSmall(lane.outbox, ctx, value)
  if (bytes < 0) return false
  if (extras !== undefined) noteSent(extras, ctx.statusCode, bytes)
  lane.settle(ctx)
  lane.touch()
  return true
}

/** A reply without fields. */
const NO_FIELDS = { replyBlock: undefined, replyFields: undefined }

/** For whoever hears of the end. */
function noteSent(extras: Extras, status: number, bytes: number): void {
  extras.sentStatus = status & 0xffff
  extras.sentBytes = bytes
}

/** Whether the handler said something about the length or the end of the body. */
function isFramed(extras: Extras): boolean {
  return extras.length >= 0 || extras.trailers !== undefined
}

/** Sends what was noted on the context. */
function send(lane: Lane, ctx: Context): void {
  if (ctx.bodyKind === BODY_TEXT) sendText(lane, ctx, ctx.replyType, ctx.replyBody as string)
  else if (ctx.bodyKind === BODY_STREAM) sendStream(lane, ctx)
  else sendWhole(lane, ctx)
}

function note(ctx: Context, kind: number, type: number, body: unknown): void {
  ctx.bodyKind = kind
  ctx.replyType = type
  ctx.replyBody = body
}

/** RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5. */
function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

function sendWhole(lane: Lane, ctx: Context): void {
  const { extras } = ctx
  if (ctx.bodyKind === BODY_NONE) return sendEmpty(lane, ctx)
  const body = ctx.bodyKind === BODY_TEXT ? Buffer.from(ctx.replyBody as string) : ctx.replyBody
  const bytes = body as Uint8Array
  const status = ctx.statusCode === 0 ? 200 : ctx.statusCode
  if (hasNoBody(status)) {
    if (bytes.byteLength > 0) throw new LannerError('LANNER_BODY_NOT_ALLOWED')
    return sendEmpty(lane, ctx)
  }
  const length = extras === undefined ? -1 : extras.length
  if (length >= 0 && length !== bytes.byteLength) throw lengthError(bytes.byteLength, length)
  const reply = new StreamReply(lane, ctx, status, -1)
  reply.send(bytes)
}

function sendEmpty(lane: Lane, ctx: Context): void {
  const { extras } = ctx
  if (isLeftToUs(ctx)) return sendProblem(lane, ctx, extras!.failure!.error)
  const length = extras === undefined ? -1 : extras.length
  const status = ctx.statusCode === 0 ? (length > 0 ? 200 : 204) : ctx.statusCode
  if (length > 0 && !hasNoBody(status)) {
    // What a GET would send, said without sending it.
    if (!isHead(ctx)) throw lengthError(0, length)
    return new StreamReply(lane, ctx, status, length).headOnly()
  }
  const flags = extras?.close === true ? REPLY_CLOSE << 16 : 0
  lane.outbox.replyEmpty(ctx, status | flags)
  if (extras !== undefined) noteSent(extras, status, 0)
  lane.settle(ctx)
  lane.touch()
}

/** Whether the error handler has left the answer to us. */
function isLeftToUs(ctx: Context): boolean {
  return ctx.extras?.failure !== undefined && ctx.phase === OPEN && ctx.statusCode === 0
}

function sendStream(lane: Lane, ctx: Context): void {
  const body = ctx.replyBody
  const status = ctx.statusCode === 0 ? 200 : ctx.statusCode
  const length = ctx.extras === undefined ? -1 : ctx.extras.length
  const reply = new StreamReply(lane, ctx, status, length)
  const sink = new BodySink(reply, body, lane.config.replyWindowBytes, length)
  if (hasNoBody(status)) {
    void sink.cancel(new LannerError('LANNER_BODY_NOT_ALLOWED'))
    throw new LannerError('LANNER_BODY_NOT_ALLOWED')
  }
  if (isHead(ctx)) {
    reply.headOnly()
    void sink.cancel(new LannerError('LANNER_BODY_NOT_ALLOWED'))
    return
  }
  ctx.phase = PREPARED
  ctx.sink = sink
  sink.start()
}

function isHead(ctx: Context): boolean {
  return (ctx.view()[ctx.entryAt + 5]! & 0xff) === METHOD_HEAD
}

function lengthError(have: number, said: number): LannerError {
  return new LannerError(
    'LANNER_CONTENT_LENGTH',
    `The body has ${have} bytes and the content-length that was set is ${said}.`,
  )
}

/** Sends a reply that is more than text: with fields, flags, trailers, or in pieces. */
class StreamReply implements SinkTarget {
  readonly #lane: Lane
  readonly #ctx: Context
  readonly #status: number
  readonly #type: number
  readonly #length: number

  constructor(lane: Lane, ctx: Context, status: number, length: number) {
    this.#lane = lane
    this.#ctx = ctx
    this.#status = ctx.extras?.close === true ? status | (REPLY_CLOSE << 16) : status
    this.#type = hasField(ctx, 'content-type') ? TYPE_NONE : ctx.replyType
    this.#length = length
  }

  /** The whole reply; throws when it cannot be sent. */
  send(body: Uint8Array): void {
    const { extras } = this.#ctx
    if (extras?.trailers?.list() !== undefined) {
      // Only a message in chunks has a place for trailers.
      this.open()
      if (body.byteLength > 0) this.write(body)
      this.end()
      return
    }
    this.#lane.outbox.replyBytes(this.#ctx, this.#status, this.#type, body)
    if (extras !== undefined) noteSent(extras, this.#status, body.byteLength)
    this.#settle()
  }

  /** The head of a reply to HEAD. */
  headOnly(): void {
    this.open()
    this.end()
  }

  open(): void {
    const { extras } = this.#ctx
    const flags = this.#length < 0 ? REPLY_STREAM : REPLY_STREAM | REPLY_LENGTH
    const status = this.#status | (flags << 16)
    this.#lane.outbox.replyHead(this.#ctx, status, this.#type, this.#length)
    if (extras !== undefined) noteSent(extras, status, 0)
    this.#ctx.phase = STREAMING
    this.#lane.touch()
  }

  write(chunk: Uint8Array): void {
    const { slot, generation, extras } = this.#ctx
    this.#lane.outbox.write(slot, generation, chunk)
    if (extras !== undefined) extras.sentBytes += chunk.byteLength
    this.#lane.touch()
  }

  end(): void {
    const { slot, generation, extras } = this.#ctx
    this.#lane.outbox.end(slot, generation, extras?.trailers?.list())
    this.#settle()
  }

  whole(body: Uint8Array): void {
    try {
      this.send(body)
    } catch (error) {
      this.failEarly(error)
    }
  }

  failEarly(error: unknown): void {
    this.#ctx.sink = undefined
    fail(this.#lane, this.#ctx, error)
  }

  failLate(error: unknown): void {
    const ctx = this.#ctx
    const extras = extrasOf(ctx)
    const isLeft = isOfLeaving(extras, error)
    extras.failure = { error: isLeft ? extras.cancelReason : error }
    this.#lane.outbox.abort(ctx.slot, ctx.generation)
    this.#settle()
    if (!isLeft) tell(this.#lane, ctx, error)
  }

  #settle(): void {
    this.#lane.settle(this.#ctx)
    this.#lane.touch()
  }
}

/**
 * A chain has failed, at once or later: the error handler answers, or the default one. Throws
 * nothing, whatever was thrown: it is called where nobody would catch it.
 */
export function fail(lane: Lane, ctx: Context, thrown: unknown, isAtOnce = false): void {
  try {
    answerError(lane, ctx, thrown, isAtOnce)
  } catch (second) {
    report(lane, ctx, second)
    if (ctx.phase <= PREPARED) sendBare(lane, ctx)
  }
}

function answerError(lane: Lane, ctx: Context, thrown: unknown, isAtOnce: boolean): void {
  if (ctx.phase > PREPARED) return late(lane, ctx, undefined)
  const extras = extrasOf(ctx)
  const isSecond = extras.failure !== undefined
  const error = isSecond ? thrown : answerable(ctx, extras, thrown)
  if (ctx.downstream !== undefined) leaveBehind(lane, ctx, ctx.downstream, 0, isAtOnce)
  reset(ctx)
  extras.failure = { error }
  const { onError } = lane.config
  if (onError === undefined || isSecond) {
    if (isUnexpected(error)) report(lane, ctx, error)
    return sendProblem(lane, ctx, error)
  }
  try {
    const value = onError(error, ctx)
    finish(
      lane,
      ctx,
      isThenable(value) ? laterError(ctx, error, value) : asError(ctx, error, value),
    )
  } catch (second) {
    fail(lane, ctx, second)
  }
}

/** An answer to an error has its status, where the error handler says no other: never 200. */
function asError(ctx: Context, error: unknown, value: unknown): unknown {
  const isAnswer = ctx.bodyKind !== BODY_NONE || (value !== undefined && value !== ctx)
  if (isAnswer && ctx.statusCode === 0 && ctx.phase <= PREPARED) ctx.statusCode = errorStatus(error)
  return value
}

async function laterError(
  ctx: Context,
  error: unknown,
  value: PromiseLike<unknown>,
): Promise<unknown> {
  return asError(ctx, error, await value)
}

/** The error as it is answered. A handler that gave up with its client did nothing wrong: 499. */
function answerable(ctx: Context, extras: Extras, thrown: unknown): unknown {
  if (isOfLeaving(extras, thrown)) return httpError('LANNER_PEER_GONE', thrown)
  return translated(ctx, thrown)
}

/** Whether an error is that of somebody who waited with `ctx.signal` when the client went. */
function isOfLeaving({ cancelReason }: Extras, error: unknown): boolean {
  if (cancelReason === undefined) return false
  if (error === cancelReason) return true
  try {
    // What aborts with a signal has its reason as the cause. An AbortError alone says nothing: it
    // may be of a time limit of the handler's own.
    return isA(error, Error) && error.cause === cancelReason
  } catch {
    return false
  }
}

/** Forgets the reply that was being prepared. Fields stay, but for those about its body. */
function reset(ctx: Context): void {
  if (ctx.bodyKind === BODY_STREAM) cancelSource(ctx.replyBody)
  ctx.phase = OPEN
  ctx.statusCode = 0
  ctx.downstream = undefined
  if (ctx.extras !== undefined) ctx.extras.isReplySeen = false
  note(ctx, BODY_NONE, TYPE_NONE, undefined)
  dropBodyFields(ctx)
}

/**
 * What middleware got from next() and will not look at any more, because the chain is over. An
 * error in it ends nothing and is told all the same, unless it was there before and somebody could
 * have looked at it: no middleware can wait for a promise in a chain that ends at once.
 */
function leaveBehind(
  lane: Lane,
  ctx: Context,
  values: readonly unknown[],
  from: number,
  isAtOnce: boolean,
): void {
  silence(values, from)
  watch(lane, ctx, values, from, isAtOnce)
}

/** Watches the outermost promise; what is behind it is its own affair until it is over. */
function watch(
  lane: Lane,
  ctx: Context,
  values: readonly unknown[],
  from: number,
  isAtOnce: boolean,
): void {
  const level = values.findIndex((value, at) => at >= from && isPromise(value))
  if (level < 0) return
  let isUnseen = isAtOnce
  const onValue = (): void => watch(lane, ctx, values, level + 1, false)
  const onError = (error: unknown): void => {
    if (isUnseen && ctx.phase !== CANCELLED) tell(lane, ctx, error)
  }
  void then.call(values[level] as Promise<unknown>, onValue, onError)
  if (isAtOnce) return
  // Behind the reaction of a promise that is settled already, before that of any other.
  void then.call(SETTLED_PROMISE, () => {
    isUnseen = true
  })
}

/** Promises that nobody may be waiting for: their errors must not end the process. */
export function silence(values: readonly unknown[], from = 0): void {
  for (let level = from; level < values.length; level++) {
    const value = values[level]
    if (isPromise(value)) void then.call(value, undefined, nothing)
  }
}

const SETTLED_PROMISE = Promise.resolve()
const nothing = (): void => {}
// Of the intrinsic: whatever a promise's own `then` would do, this only looks.
// oxlint-disable-next-line unicorn/no-thenable, typescript/unbound-method
const { then } = Promise.prototype

function sendProblem(lane: Lane, ctx: Context, error: unknown): void {
  const { extras } = ctx
  if (lane.config.development && isUnexpected(error) && extras?.isShown !== true) {
    const as = shownAs(ctx)
    if (as !== undefined) return showDeveloper(lane, ctx, error, as)
  }
  sendDocument(lane, ctx, error, extras)
}

/** In place of a problem document; which is sent all the same where that fails. */
function showDeveloper(lane: Lane, ctx: Context, error: unknown, as: 'html' | 'text'): void {
  ctx.phase = PREPARED
  extrasOf(ctx).isShown = true
  const document = (second: unknown): Context => {
    report(lane, ctx, second)
    problemReply(lane, ctx, error)
    return ctx
  }
  lane.await(ctx, noteForDeveloper(ctx, error, as).catch(document))
}

function sendDocument(lane: Lane, ctx: Context, error: unknown, extras: Extras | undefined): void {
  if (extras !== undefined && isWatched(extras)) {
    return showProblem(lane, ctx, extras, error)
  }
  const { outbox } = lane
  try {
    const text = problemReply(lane, ctx, error)
    const type = hasField(ctx, 'content-type') ? TYPE_NONE : TYPE_PROBLEM
    const flags = extras?.close === true ? REPLY_CLOSE << 16 : 0
    const status = ctx.statusCode
    const bytes = outbox.replyText(ctx, status | flags, type, text)
    if (extras !== undefined) noteSent(extras, status, bytes)
  } catch (second) {
    report(lane, ctx, second)
    return sendBare(lane, ctx)
  }
  lane.settle(ctx)
  lane.touch()
}

/** The last resort: an empty 500, without anything that was said of the reply. */
function sendBare(lane: Lane, ctx: Context): void {
  const { slot, generation, extras } = ctx
  lane.outbox.replyEmpty({ ...NO_FIELDS, slot, generation }, 500)
  if (extras !== undefined) noteSent(extras, 500, 0)
  lane.settle(ctx)
  lane.touch()
}

/**
 * Shows the reply to an error. A hook that fails is gone and the others see it anew; should the
 * reply itself fail, it is sent without being shown.
 */
function showProblem(lane: Lane, ctx: Context, extras: Extras, error: unknown): void {
  const count = extras.replyHooks!.length
  try {
    problemReply(lane, ctx, error)
    show(lane, ctx, extras)
  } catch (second) {
    if (isUnexpected(second)) report(lane, ctx, second)
    if (extras.replyHooks!.length < count) reset(ctx)
    else extras.replyHooks = undefined
    sendDocument(lane, ctx, error, extras)
  }
}

/** Notes the reply to an error; gives its text. */
function problemReply(lane: Lane, ctx: Context, error: unknown): string {
  const { status, text, headers } = toProblem(error, lane.config.development)
  ctx.statusCode = status
  for (const [name, value] of Object.entries(headers ?? {})) {
    removeField(ctx, name.toLowerCase())
    addField(ctx, name, value)
  }
  note(ctx, BODY_TEXT, TYPE_PROBLEM, text)
  polish(ctx)
  return ctx.replyBody as string
}

/** Somebody has to hear of an error that can no longer be answered. */
export function tell(lane: Lane, ctx: Context, error: unknown): void {
  const { onError } = lane.config
  if (onError === undefined) return report(lane, ctx, error)
  const failed = (second: unknown): void => {
    // A handler that wants to reply, or to read a request that is gone, is too late for it.
    report(lane, ctx, error)
    if (!isA(second, LannerError)) report(lane, ctx, second)
  }
  try {
    const result = onError(error, ctx)
    if (isThenable(result)) Promise.resolve(result).catch(failed)
  } catch (second) {
    failed(second)
  }
}

/** Tells of an error with the route that it happened in: not every one has a stack that says it. */
function report(lane: Lane, { compiled: { info } }: Context, error: unknown): void {
  const place = info.pattern === '' ? 'a path without a route' : `${info.method} ${info.pattern}`
  lane.config.report(error, place)
}

/** A reply for an exchange that was given up: dropped and counted. */
function late(lane: Lane, ctx: Context, value: unknown): void {
  lane.stats.lateReplies++
  const { extras } = ctx
  if (extras !== undefined) noteEnd(extras, WORK_OVER, (error) => tell(lane, ctx, error))
  if (ctx.bodyKind === BODY_STREAM) cancelSource(ctx.replyBody)
  if (typeof value === 'object' && value !== null && value !== ctx) {
    cancelSource('body' in value ? value.body : value)
  }
}
