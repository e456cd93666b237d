// Server-sent events: a reply that goes on as events come.
//
// sse() makes the value that a handler returns, ctx.sse() answers with it; the reply's sink pulls
// the text from here as fast as the client takes it. While the source has nothing to say, a comment
// goes out from time to time, so that nothing between here and the client takes the connection for
// dead. Promises that the source is told when nobody listens any more: a generator runs its
// finally. A client that closed only its sending side is one that has left: no reader of events
// does that and stays. Streams also end as soon as their server begins to close; clients then come
// again and find another one.

import { limitOf } from '../limit-table.js'
import { refuseUnknown, requireObject, wrong } from '../option-values.js'
import { addField, hasField } from '../reply-fields.js'
import { Result } from '../results.js'
import { eventText, retryText } from './event-text.js'
import { OpenedText } from './opened.js'
import { checkedSteps, checkSource, stepsOf } from './source.js'

import type { Context } from '../context.js'
import type { Duration } from '../options.js'
import type { Literally } from '../routing/schemas.js'
import type { SseEvent } from './event-text.js'
import type { Steps, ValueSource } from './source.js'

/** The timers that heartbeats need; `globalThis` has them. */
export interface TimerClock {
  /** Calls back after so many milliseconds; what it gives stands for the timer. */
  setTimeout(callback: () => void, ms: number): unknown
  /** Takes a timer back. */
  clearTimeout(timer: never): void
}

/** The options of `sse()`. */
export interface SseOptions {
  /**
   * The longest silence: then a comment is sent that clients skip. Null for none. Default 15 s,
   * which the HTML standard recommends against proxies that close idle connections.
   */
  heartbeat?: Duration | null
  /**
   * How long clients wait before they come again; said once, at the beginning. Default: nothing is
   * said, which is some seconds for browsers.
   */
  retry?: Duration
  /** Where the heartbeat's timers come from, for tests. Default: those of the process. */
  clock?: TimerClock
}

const HEARTBEAT = ':\n\n'

/** Looks at each value of a source; what it throws ends the stream. */
export type EventCheck = (value: unknown) => unknown

/** Events as a reply. `sse()` makes it. */
export class EventStream<Event = SseEvent | string> {
  /** Types only, for `responses` and the client: there is no such property. */
  declare readonly '~event': Event
  readonly #source: ValueSource<Event>
  readonly #options: SseOptions
  #check: EventCheck | undefined
  readonly #heartbeatMs: number
  readonly #first: string | undefined
  readonly #clock: TimerClock

  /** @internal */
  constructor(source: ValueSource<Event>, options: SseOptions = {}) {
    checkSource(source, 'sse()')
    requireObject(options, 'options of sse()')
    refuseUnknown(options, ['heartbeat', 'retry', 'clock'], '', ' of sse()')
    const { heartbeat, retry, clock = globalThis } = options
    this.#source = source
    this.#options = options
    this.#heartbeatMs = limitOf('heartbeat', heartbeat, 'heartbeat', 0)
    this.#first = retry === undefined ? undefined : `${retryText(retry)}\n`
    if (typeof clock.setTimeout !== 'function' || typeof clock.clearTimeout !== 'function') {
      throw wrong('clock', 'an object with setTimeout and clearTimeout', clock)
    }
    this.#clock = clock
  }

  /** @internal The same, with a look at each value before it becomes text. */
  checked(check: EventCheck): EventStream<Event> {
    const stream = new EventStream(this.#source, this.#options)
    stream.#check = check
    return stream
  }

  /** @internal The text for one client; nothing runs before it is pulled. */
  open(ctx: Context): OpenedText {
    // Events must neither be kept nor held back until there are more of them.
    setDefault(ctx, 'cache-control', 'no-cache, no-transform')
    setDefault(ctx, 'x-accel-buffering', 'no')
    const check = this.#check
    const start = (signal: AbortSignal): Steps<unknown> => {
      const steps = stepsOf(this.#source, ctx, 'sse()', signal)
      return check === undefined ? steps : checkedSteps(steps, check)
    }
    const text = new EventText(ctx, start, this.#first, this.#heartbeatMs, this.#clock)
    return new OpenedText(this as EventStream, () => text)
  }
}

function setDefault(ctx: Context, name: string, value: string): void {
  if (!hasField(ctx, name)) addField(ctx, name, value)
}

/**
 * Answers with server-sent events: `return sse(async function* ({ signal, lastEventId }) { yield {
 * event: 'price', data: { eur: 3 } } })`. Values are texts, or objects with data, event, id, retry
 * and comment. The generator's finally runs when the client has gone; give `signal` to what it
 * waits for, so that it need not wait for long.
 * @param source - A generator function, which gets `signal` and `lastEventId`, or anything
 * iterable.
 * @throws LANNER_OPTION_INVALID: an option is wrong
 * @example
 * ```ts run
 * import { App, sse } from 'lanner'
 *
 * const app = new App().get('/prices', () =>
 *   sse(function* () {
 *     yield { event: 'price', data: { eur: 3 } }
 *   }),
 * )
 * const reply = await app.inject('/prices')
 * console.log(reply.text) // event: price, then data: {"eur":3}
 * ```
 */
export function sse<Event extends SseEvent | string>(
  source: ValueSource<Event | Literally>,
  options?: SseOptions,
): Result<200, EventStream<Event>> {
  return new Result(200, new EventStream(source as ValueSource<Event>, options))
}

type Text = IteratorResult<string, undefined>

interface Waiter {
  readonly resolve: (text: Text) => void
  readonly reject: (error: unknown) => void
}

/** What a source gave. */
type Step = { readonly text: Text } | { readonly error: unknown }

const END: Text = { value: undefined, done: true }

/** The text of all events, with heartbeats where the source is silent. */
class EventText implements AsyncIterator<string, undefined> {
  readonly #ctx: Context
  readonly #start: (signal: AbortSignal) => Steps<unknown>
  readonly #heartbeatMs: number
  readonly #clock: TimerClock
  #first: string | undefined
  #steps: Steps<unknown> | undefined
  readonly #controller = new AbortController()
  #isPulling = false
  #isOver = false
  /** What came while nobody waited for it. */
  #step: Step | undefined
  #waiter: Waiter | undefined
  #timer: unknown

  constructor(
    ctx: Context,
    start: (signal: AbortSignal) => Steps<unknown>,
    first: string | undefined,
    heartbeatMs: number,
    clock: TimerClock,
  ) {
    this.#ctx = ctx
    this.#start = start
    this.#first = first
    this.#heartbeatMs = heartbeatMs
    this.#clock = clock
  }

  next(): Promise<Text> {
    if (this.#isOver) return Promise.resolve(END)
    const first = this.#first
    if (first !== undefined) {
      this.#first = undefined
      return Promise.resolve({ value: first, done: false })
    }
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject }
      if (this.#step !== undefined) return this.#hand()
      if (!this.#isPulling) this.#pull()
      if (this.#heartbeatMs > 0) this.#arm()
    })
  }

  /**
   * Nobody listens any more. What the source makes of that (the error of a wait that was cut short)
   * is of no use to anybody.
   */
  async return(): Promise<Text> {
    this.#isOver = true
    this.#ctx.lane.streams.delete(this.#leave)
    this.#disarm()
    this.#waiter?.resolve(END)
    this.#waiter = undefined
    try {
      await this.#steps?.return?.()
    } catch {
      return END
    }
    return END
  }

  /** The source's next value, once: a heartbeat meanwhile leaves it pending. */
  #pull(): void {
    this.#isPulling = true
    void this.#take().then(
      (text) => this.#deliver({ text }),
      (error: unknown) => this.#deliver({ error }),
    )
  }

  async #take(): Promise<Text> {
    this.#steps ??= this.#begin()
    const { value, done } = await this.#steps.next()
    if (done !== true) return { value: eventText(value), done: false }
    this.#ctx.lane.streams.delete(this.#leave)
    return END
  }

  #begin(): Steps<unknown> {
    const { signal, lane } = this.#ctx
    signal.addEventListener('abort', () => this.#leave(signal.reason))
    lane.streams.add(this.#leave)
    return this.#start(this.#controller.signal)
  }

  /** The client has gone, or the server begins to close. */
  readonly #leave = (reason: unknown): void => {
    void this.return()
    this.#controller.abort(reason)
  }

  #deliver(step: Step): void {
    this.#isPulling = false
    if (this.#isOver) return
    this.#step = step
    if (this.#waiter !== undefined) this.#hand()
  }

  #hand(): void {
    const { resolve, reject } = this.#waiter!
    const step = this.#step!
    this.#disarm()
    this.#waiter = undefined
    this.#step = undefined
    if ('text' in step) resolve(step.text)
    else reject(step.error)
  }

  #arm(): void {
    const beat = (): void => {
      const waiter = this.#waiter
      this.#waiter = undefined
      waiter?.resolve({ value: HEARTBEAT, done: false })
    }
    this.#timer = this.#clock.setTimeout(beat, this.#heartbeatMs)
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer as never)
    this.#timer = undefined
  }
}
