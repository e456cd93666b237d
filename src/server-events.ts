// What a server tells of while it runs: refusals, limits and stalls.
//
// Used by Server. Seen, collected and bounded on the network side (core: sightings.rs, watch),
// which rings once for all that waits. Promises that no refusal and no limit is collected while
// nobody listens, and that a listener which throws keeps none of the others from its events.

import { LannerError } from './errors.js'
import { WATCH_LIMITS, WATCH_REJECTS } from './native/binding.js'

import type { PeerAddress } from './native/address.js'
import type { NativeServer, NativeSighting } from './native/binding.js'
import type { RejectReason } from './rejects.js'
import type { Stall } from './stall.js'

/** A request that was refused before any handler saw it. */
export interface RejectEvent {
  /** Why; docs/errors.md says what each reason means, `server.stats()` counts them. */
  readonly reason: RejectReason
  /** The status of the reply; 0 where the connection was closed without one. */
  readonly status: number
  /** The client's end of the connection. */
  readonly remote: PeerAddress
  /** The server's end of the connection. */
  readonly local: PeerAddress
  /** Number of the connection, as `ctx.connection.id`. */
  readonly connection: number | undefined
  /**
   * The first bytes of what was refused, at most 128, often the whole head: printable ASCII, the
   * rest as `\r`, `\n`, `\t` or `\x00`. It is the client's text, secrets included.
   */
  readonly bytes: string
  /** When, in milliseconds since 1970. */
  readonly time: number
  /** How many events were left out since the one before. */
  readonly dropped: number
}

/** The limits that end something without refusing a request; each is also counted by its name. */
export type LimitLabel =
  | 'keep_alive_timeouts'
  | 'half_closed_timeouts'
  | 'connections_used_up'
  | 'connections_aged_out'
  | 'deadlines_passed'
  | 'slow_replies_cut'
  | 'drains_given_up'
  | 'connections_refused'
  | 'accept_pauses'

/** A limit that was hit. */
export interface LimitEvent {
  /** Which; docs/limits.md says what each is, `server.stats()` counts them. */
  readonly limit: LimitLabel
  /** The client's end of the connection. */
  readonly remote: PeerAddress
  /** The server's end of the connection. */
  readonly local: PeerAddress
  /** Number of the connection; undefined where there is none yet. */
  readonly connection: number | undefined
  /** When, in milliseconds since 1970. */
  readonly time: number
  /** How many events were left out since the one before. */
  readonly dropped: number
}

/** The events of a server, by name. */
export interface ServerEvents {
  /** A request was refused before any handler saw it. */
  reject: RejectEvent
  /** A limit ended something: a timeout, a rate, the number of connections. */
  limit: LimitEvent
  /**
   * The event loop was blocked for longer than `stall.threshold`; told when it runs again.
   * Counters, the readiness probe and the line on standard error do not wait for that.
   */
  stall: Stall
}

type Listener = (event: never) => void

/** The listeners of a server. */
export class EventSource {
  readonly #native: NativeServer
  readonly #listeners: Readonly<Record<keyof ServerEvents, Listener[]>> = {
    reject: [],
    limit: [],
    stall: [],
  }

  constructor(native: NativeServer) {
    this.#native = native
  }

  add(name: keyof ServerEvents, listener: Listener): void {
    if (typeof listener !== 'function') throw new TypeError('a listener is a function')
    this.#of(name).push(listener)
    this.#watch()
  }

  remove(name: keyof ServerEvents, listener: Listener): void {
    const listeners = this.#of(name)
    const place = listeners.lastIndexOf(listener)
    if (place >= 0) listeners.splice(place, 1)
    this.#watch()
  }

  #of(name: keyof ServerEvents): Listener[] {
    if (Object.hasOwn(this.#listeners, name)) return this.#listeners[name]
    const names = Object.keys(this.#listeners).join(', ')
    throw new LannerError(
      'LANNER_OPTION_INVALID',
      `A server has no event ${JSON.stringify(name)}; there are ${names}.`,
    )
  }

  #watch(): void {
    const { reject, limit } = this.#listeners
    const rejects = reject.length > 0 ? WATCH_REJECTS : 0
    const limits = limit.length > 0 ? WATCH_LIMITS : 0
    this.#native.watch(rejects | limits, this.#onPending)
  }

  readonly #onPending = (): void => {
    for (const seen of this.#native.takeSightings()) {
      if (seen.isReject) this.emit('reject', rejectEvent(seen))
      else this.emit('limit', limitEvent(seen))
    }
  }

  /** Calls the listeners in the order in which they came. */
  emit<Name extends keyof ServerEvents>(name: Name, event: ServerEvents[Name]): void {
    for (const listener of [...this.#listeners[name]]) {
      try {
        ;(listener as (event: ServerEvents[Name]) => void)(event)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

function rejectEvent(seen: NativeSighting): RejectEvent {
  const { label, status, remote, local, bytes, time, dropped } = seen
  const reason = label as RejectReason
  return { reason, status, remote, local, connection: connectionOf(seen), bytes, time, dropped }
}

function limitEvent(seen: NativeSighting): LimitEvent {
  const { label, remote, local, time, dropped } = seen
  const limit = label as LimitLabel
  return { limit, remote, local, connection: connectionOf(seen), time, dropped }
}

function connectionOf({ connection }: NativeSighting): number | undefined {
  return connection < 0 ? undefined : connection
}
