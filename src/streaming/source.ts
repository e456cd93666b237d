// Where values of a streamed reply come from: a generator function that is told about its request,
// or anything iterable.
//
// Used by the helpers that turn values into text: events and JSON lines. Promises that a source is
// asked for nothing before its reply is sent, so that a HEAD request starts nothing, and that a
// source which was started is told when nobody wants more.

import { LannerError } from '../errors.js'

import type { Context } from '../context.js'

/** What a source of values knows of the request. */
export interface StreamRequest {
  /** Aborts when the client has gone, the deadline passed or the server closes. */
  readonly signal: AbortSignal
  /**
   * The id of the last event that the client has got, when it comes again after a connection that
   * broke: the field `last-event-id`. Undefined the first time.
   */
  readonly lastEventId: string | undefined
}

/** Values one after the other. */
export type Values<Value> = AsyncIterable<Value> | Iterable<Value>

/** A generator function that is told about the request, or anything iterable. */
export type ValueSource<Value> = Values<Value> | ((request: StreamRequest) => Values<Value>)

/** The steps of a source. */
export type Steps<Value> = AsyncIterator<Value> | Iterator<Value>

/** Refuses what is no source, where it was written and not when it is read. */
export function checkSource(source: unknown, of: string): void {
  if (typeof source === 'function') return
  if (typeof source === 'object' && source !== null && isIterable(source)) return
  throw new LannerError(
    'LANNER_REPLY_VALUE',
    `${of} takes a generator function or an (async) iterable.`,
  )
}

/** Begins with a source; `signal` is the one of the request where nothing else is given. */
export function stepsOf<Value>(
  source: ValueSource<Value>,
  ctx: Context,
  of: string,
  signal?: AbortSignal,
): Steps<Value> {
  const values = typeof source === 'function' ? source(new RequestOfStream(ctx, signal)) : source
  checkSource(values, of)
  if (Symbol.asyncIterator in values) return values[Symbol.asyncIterator]()
  return (values as Iterable<Value>)[Symbol.iterator]()
}

/** The same steps, with a look at each value; what `check` throws ends them. */
export function checkedSteps(
  steps: Steps<unknown>,
  check: (value: unknown) => unknown,
): AsyncIterator<unknown> {
  return {
    async next() {
      const step = await steps.next()
      if (step.done !== true) await check(step.value)
      return step
    },
    async return() {
      await steps.return?.()
      return { value: undefined, done: true }
    },
  }
}

function isIterable(value: object): boolean {
  return Symbol.asyncIterator in value || Symbol.iterator in value
}

/** Makes a signal only for who wants one. */
class RequestOfStream implements StreamRequest {
  readonly #ctx: Context
  readonly #signal: AbortSignal | undefined
  readonly lastEventId: string | undefined

  constructor(ctx: Context, signal: AbortSignal | undefined) {
    this.#ctx = ctx
    this.#signal = signal
    const field = ctx.headers.get('last-event-id')
    // Fields are latin1, ids are UTF-8 (HTML standard, section 9.2.4).
    this.lastEventId = field === null ? undefined : Buffer.from(field, 'latin1').toString('utf8')
  }

  get signal(): AbortSignal {
    return this.#signal ?? this.#ctx.signal
  }
}
