// A server that listens: where, how to close it, what it has counted.
//
// Made by App.listen. Promises that close() lets running requests finish within the grace period,
// may be called again, and that `closed` settles when the last of it is gone.

import { binding, nativeError } from './native/binding.js'
import { Lane } from './native/lane.js'
import { Grace } from './grace.js'
import { matcherOf } from './native/matcher.js'
import { limitOf } from './limit-table.js'
import { refuseUnknown, requireObject } from './option-values.js'
import { EventSource } from './server-events.js'
import { toStall } from './stall.js'

import type { NativeAddress, NativeServer } from './native/binding.js'
import type { LaneConfig } from './native/lane.js'
import type { Port } from './native/outbox.js'
import type { Duration, ParsedOptions } from './options.js'
import type { ServerEvents } from './server-events.js'
import type { ServerStats } from './stats.js'

/** Where a server listens. */
export interface ServerAddress {
  /** 'tcp4', 'tcp6' or 'unix'. */
  readonly family: 'tcp4' | 'tcp6' | 'unix'
  /** The IP address, or the path of the Unix socket. */
  readonly address: string
  /** The port; 0 for a Unix socket. */
  readonly port: number
}

/** How to close. */
export interface CloseOptions {
  /** How long running requests may take to finish. Default 30 s. */
  gracePeriod?: Duration
  /** The same in milliseconds, of which `gracePeriod` says the default. */
  gracePeriodMs?: number
}

/** A server that listens. */
export class Server {
  /** Every address that it listens at. */
  readonly addresses: readonly ServerAddress[]
  /** Settles when the server has closed, however that came. */
  readonly closed: Promise<void>
  /** @internal What `closed` waits for when nothing runs any more. */
  declare afterwards: (() => Promise<void>) | undefined
  /** @internal The time that close() gave. */
  readonly grace = new Grace()
  readonly #native: NativeServer
  readonly #lane: Lane
  readonly #onClosed: () => void
  readonly #events: EventSource
  #busy = false

  /** @internal */
  constructor(
    native: NativeServer,
    lane: Lane,
    addresses: readonly NativeAddress[],
    events: EventSource,
  ) {
    this.#native = native
    this.#lane = lane
    this.#events = events
    this.addresses = addresses
    this.afterwards = undefined
    let settle = (): void => {}
    let isOver = false
    this.closed = new Promise((resolve) => {
      settle = resolve
    })
    this.#onClosed = () => {
      lane.close()
      // Each close() is answered, also one that comes later.
      if (isOver) return
      isOver = true
      if (this.afterwards === undefined) settle()
      else void this.afterwards().then(settle)
    }
  }

  /** The first address that it listens at. */
  get address(): ServerAddress {
    return this.addresses[0]!
  }

  /** The URL of the first address, for example 'http://localhost:3000'. */
  get url(): string {
    const { family, address, port } = this.address
    if (family === 'unix') return `http+unix://${encodeURIComponent(address)}`
    return `http://${this.#host()}:${port}`
  }

  /** The host of the URL: a name only where every address of that name is ours. */
  #host(): string {
    const { family, address, port } = this.address
    const isOurs = (wanted: string): boolean =>
      this.addresses.some((other) => other.address === wanted && other.port === port)
    if (address === '::' || (isOurs('127.0.0.1') && isOurs('::1'))) return 'localhost'
    // A browser cannot open 0.0.0.0.
    if (address === '0.0.0.0') return '127.0.0.1'
    return family === 'tcp6' ? `[${address}]` : address
  }

  /**
   * Stops accepting, lets running requests finish, then aborts what is left. Call it again to
   * hurry.
   */
  close(options: CloseOptions = {}): Promise<void> {
    requireObject(options, 'options of close()')
    refuseUnknown(options, ['gracePeriod', 'gracePeriodMs'], '', ' of close()')
    const { gracePeriod, gracePeriodMs } = options
    const grace =
      gracePeriodMs === undefined
        ? limitOf('gracePeriod', gracePeriod, 'gracePeriod')
        : limitOf('gracePeriod', gracePeriodMs, 'gracePeriodMs')
    this.grace.shorten(grace)
    this.#native.close(grace, this.#onClosed)
    this.#lane.leave()
    return this.closed
  }

  /**
   * Sheds requests that need a handler with 503, as long as it is true, except those of routes of
   * high priority: set it when the application knows of an overload that the server cannot see.
   */
  get busy(): boolean {
    return this.#busy
  }

  set busy(busy: boolean) {
    this.#busy = busy
    this.#native.setBusy(busy)
  }

  /**
   * Calls `listener` for each event of this name. What is watched is seen on the network side, also
   * while JavaScript is stuck: up to 100 refusals and limits a second, of which 256 wait; `dropped`
   * of the next one says how many were left out. None of them is collected while nobody listens.
   * Stalls come at most once per `stall.interval`.
   */
  on<Name extends keyof ServerEvents>(
    name: Name,
    listener: (event: ServerEvents[Name]) => void,
  ): this {
    this.#events.add(name, listener)
    return this
  }

  /** Calls `listener` no more. */
  off<Name extends keyof ServerEvents>(
    name: Name,
    listener: (event: ServerEvents[Name]) => void,
  ): this {
    this.#events.remove(name, listener)
    return this
  }

  /** What the server has counted since it started; docs/metrics.md has the same for Prometheus. */
  stats(): ServerStats {
    const { turns, requests, lateReplies, staleEntries, responseMismatches } = this.#lane.stats
    return {
      ...this.#native.stats(),
      dispatches: turns,
      handled: requests,
      late_replies: lateReplies,
      stale_entries: staleEntries,
      response_mismatches: responseMismatches,
      held: this.#lane.held,
    }
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Bytes of what one dispatch takes: several batches, so that one wake-up serves them all. */
export const INBOX_BYTES = 1024 * 1024

/** Bytes of one flush. */
export const OUTBOX_BYTES = 256 * 1024

/** Starts the native server and its lane. */
export function startServer(options: ParsedOptions, config: LaneConfig): Server {
  const { signal } = options
  signal?.throwIfAborted()
  const native = createNative(options)
  const lane = new Lane(
    { ...config, allowValues: native.allowValues(), match: matcherOf(native) },
    CLOSED_PORT,
  )
  try {
    const events = new EventSource(native)
    lane.outbox.port = native.openLane(
      { inbox: lane.inbox, outbox: lane.outbox.buffer, mark: lane.mark.buffer },
      (bytes) => lane.dispatch(bytes),
      (ms, ageMs, untold, route, ...frames) =>
        events.emit('stall', toStall(ms, ageMs, untold, route, frames)),
    )
    const server = new Server(native, lane, native.listen(), events)
    if (signal !== undefined) closeOnAbort(server, signal)
    return server
  } catch (error) {
    native.close(0, () => {})
    throw nativeError(error)
  }
}

function closeOnAbort(server: Server, signal: AbortSignal): void {
  const close = (): void => void server.close()
  signal.addEventListener('abort', close, { once: true })
  void server.closed.then(() => signal.removeEventListener('abort', close))
}

/** The native server of these options, which does not listen yet. */
export function createNative(options: ParsedOptions): NativeServer {
  const { Server: NativeServerClass } = binding()
  try {
    return new NativeServerClass(options.native)
  } catch (error) {
    throw nativeError(error)
  }
}

/** Before the lane is open nothing can be written. */
const CLOSED_PORT: Port = {
  flush: () => {},
  attach: () => {},
  read: () => 0,
}
