// What server.stats() gives: names and units.
//
// The counters of the I/O threads are a table on the Rust side (native/generated/counters.ts); what
// the JavaScript side counts and the lengths of time are written here. Numbers only grow unless
// they say "now".

import type { Counters } from './native/generated/counters.js'

/** How long something took, in milliseconds. Percentiles are within 5 % of the true ones. */
export interface Distribution {
  /** How often it was measured. */
  readonly count: number
  /** The mean. */
  readonly mean: number
  /** Half of all were not longer. */
  readonly p50: number
  /** 90 % of all were not longer. */
  readonly p90: number
  /** 99 % of all were not longer. */
  readonly p99: number
  /** 99.9 % of all were not longer. */
  readonly p999: number
  /** The longest. */
  readonly max: number
}

/** What one isolate (a JavaScript thread with its event loop) was given and did. */
export interface IsolateStats {
  /** Requests that it was given. */
  readonly dispatched: number
  /** Requests that it was given and has not taken, now. */
  readonly queued: number
  /** Requests that it was given and that are not settled, now. */
  readonly in_flight: number
  /** Wake-ups in which it took requests. */
  readonly turns: number
  /** Milliseconds that it spent in them. */
  readonly busy: number
  /** Milliseconds for which its event loop has not come back to us, now; 0 at rest. */
  readonly loop_delay: number
  /** The longest such time of the last ten seconds, in milliseconds. */
  readonly loop_delay_max: number
  /**
   * Share of the last second (0 to 1) in which its event loop did not sleep; undefined in the first
   * one, and where the platform does not tell (Bun, Deno).
   */
  readonly loop_utilization: number | undefined
  /** As of the server, for this isolate. */
  readonly queue_wait: Distribution
  /** As of the server, for this isolate. */
  readonly handler_duration: Distribution
}

/** What the native side counts. */
export interface NativeStats extends Counters {
  /** From the head of a request to the last byte of its reply. */
  readonly request_duration: Distribution
  /** From the parsing of a request to the turn of the isolate that took it. */
  readonly queue_wait: Distribution
  /** From the turn that took a request to the head of its reply. */
  readonly handler_duration: Distribution
  /** From the begin of a connection to its end. */
  readonly connection_duration: Distribution
  /** Requests that the isolates were given and have not taken, now. */
  readonly queued: number
  /** Event loops that were blocked for longer than `stall.threshold`. */
  readonly stalls: number
  /** As of an isolate, for the one where it is worst. */
  readonly loop_delay: number
  /** As of an isolate, for the one where it is worst. */
  readonly loop_delay_max: number
  /** As of an isolate, for the one where it is highest. */
  readonly loop_utilization: number | undefined
  /** The isolates that serve now. */
  readonly isolates: readonly IsolateStats[]
  /** Requests refused, by reason; docs/errors.md has the labels. Absent while there were none. */
  readonly [reject: `reject_${string}`]: number
  /** Connections that ended, by cause; docs/metrics.md has the causes. */
  readonly [closed: `closed_${string}`]: number
}

/** What a server has counted since it started. */
export interface ServerStats extends NativeStats {
  /** Calls of the JavaScript side by the native side. */
  readonly dispatches: number
  /** Requests that JavaScript took. */
  readonly handled: number
  /** Replies of handlers whose exchange was given up before. */
  readonly late_replies: number
  /** Pieces of exchanges that were settled before. */
  readonly stale_entries: number
  /** Replies that did not fit the responses of their route (`validation.responses`). */
  readonly response_mismatches: number
  /** Exchanges that JavaScript holds, now. */
  readonly held: number
}
