// The limits of one request, as its handler sees and changes them.
//
// Made by Context on touch. A change travels as a record and holds from the end of the turn on;
// what must not wait for that (a body that is too long already) is decided here. Promises an error
// with a code where a change would come too late. What the limits mean is docs/limits.md.

import { httpError, LannerError } from './errors.js'
import { duration, optionalDuration } from './option-values.js'
import { parseRate } from './rates.js'
import { bodyBytes, drainBytes, NO_LIMIT } from './rules.js'
import { CANCELLED, STREAMING } from './native/exchange.js'

import type { BodySource } from './body/source.js'
import type { NativeRules } from './native/binding.js'
import type { Duration, Size } from './options.js'
import type { Rate } from './rates.js'

/** What is needed of a Context. */
interface LimitsOwner {
  bodySource(): BodySource
  readonly phase: number
  readonly slot: number
  readonly generation: number
  readonly lane: {
    rules(slot: number, generation: number, rules: NativeRules): void
  }
}

/** The limits of one request. They begin as those of its route; a handler can change them. */
export class RequestLimits {
  readonly #owner: LimitsOwner
  #rules: NativeRules

  /** @internal */
  constructor(owner: LimitsOwner, rules: NativeRules) {
    this.#owner = owner
    this.#rules = rules
    // A misspelt limit would be one that does not hold: modules that set one get a TypeError. Code
    // in sloppy mode sets nothing and hears nothing.
    Object.preventExtensions(this)
  }

  /**
   * Longest request body, null for no limit. Set it before the body is read
   * (LANNER_LIMIT_LATE). Fails with status 413 when the client announced more. A limit above the
   * one of the route helps bodies of unknown length only: announced ones were refused before.
   */
  get bodyBytes(): number | null {
    const { bodyBytes: bytes } = this.#rules
    return bytes === NO_LIMIT ? null : bytes
  }

  set bodyBytes(value: Size | null) {
    const bytes = bodyBytes(value, 'ctx.limits.bodyBytes', this.#rules.bodyBytes)
    const body = this.#owner.bodySource()
    if (body.used) throw new LannerError('LANNER_LIMIT_LATE')
    const most = bytes === NO_LIMIT ? Infinity : bytes
    if ((body.length ?? 0) > most) throw httpError('LANNER_BODY_TOO_LARGE')
    this.#change({ bodyBytes: bytes })
    body.incoming?.limit(most)
  }

  /** Bytes of a body nobody reads that are dropped to keep the connection, null for any number. */
  get drainBytes(): number | null {
    const { drainBytes: bytes } = this.#rules
    return bytes === Number.MAX_SAFE_INTEGER ? null : bytes
  }

  set drainBytes(value: Size | null) {
    const bytes = drainBytes(value, 'ctx.limits.drainBytes', this.#rules.drainBytes)
    this.#change({ drainBytes: bytes })
  }

  /** Milliseconds for the rest of a body that nobody reads. */
  get drain(): number {
    return this.#rules.drainMs
  }

  set drain(value: Duration) {
    this.#change({ drainMs: duration(value, 'ctx.limits.drain', this.#rules.drainMs) })
  }

  /** Milliseconds from the head of the request to the end of its reply, null for no deadline. */
  get timeout(): number | null {
    const { requestMs } = this.#rules
    return requestMs === 0 ? null : requestMs
  }

  set timeout(value: Duration | null) {
    const requestMs = optionalDuration(value, 'ctx.limits.timeout', this.#rules.requestMs)
    this.#change({ requestMs })
  }

  /** The slowest pace of the request body, null for none. What is not said of it stays. */
  get requestRate(): Required<Rate> | null {
    return rateOf(this.#rules.request)
  }

  set requestRate(value: Rate | null) {
    const { request } = this.#rules
    this.#change({ request: parseRate(value, 'ctx.limits.requestRate', '', request) })
  }

  /** The slowest pace at which the client may take the reply, null for none. */
  get responseRate(): Required<Rate> | null {
    return rateOf(this.#rules.response)
  }

  set responseRate(value: Rate | null) {
    const { response } = this.#rules
    this.#change({ response: parseRate(value, 'ctx.limits.responseRate', '', response) })
  }

  #change(change: Partial<NativeRules>): void {
    const { phase, slot, generation, lane } = this.#owner
    if (phase === CANCELLED) return
    // A stream that has begun is still held to its rate and its deadline.
    if (phase > STREAMING) throw new LannerError('LANNER_LIMIT_LATE')
    this.#rules = { ...this.#rules, ...change }
    lane.rules(slot, generation, this.#rules)
  }
}

function rateOf({ bytesPerSecond, graceMs }: NativeRules['request']): Required<Rate> | null {
  return bytesPerSecond === 0 ? null : { bytesPerSecond, grace: graceMs }
}
