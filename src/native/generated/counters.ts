// The counters of the I/O threads, as server.stats() names them.
// Source: crates/core/src/metrics.rs. Written by "npm run gen", never by hand.

/** Sums over the I/O threads. */
export interface Counters {
  /** Connections accepted. */
  readonly accepted: number
  /** Connections open now. */
  readonly connections: number
  /** Times that accepting paused because the system had no descriptor left. */
  readonly accept_pauses: number
  /** Request heads parsed. */
  readonly requests: number
  /** Requests with a line feed alone as a line end, where `allowBareLf` lets them in. */
  readonly bare_line_feed_requests: number
  /** Requests handed to an isolate. */
  readonly dispatched: number
  /** Replies begun, by isolates and by the core. */
  readonly replies: number
  /** Replies of the core itself (404, 405, OPTIONS, 503). */
  readonly native_replies: number
  /** Exchanges settled. */
  readonly settled: number
  /** Exchanges given up before their reply was complete, or before its turn to be sent came. */
  readonly cancelled: number
  /** Requests refused by their heads alone; every other request is settled or cancelled. */
  readonly refused: number
  /** Requests refused because of overload. */
  readonly shed: number
  /** Those of routes of low priority among them. */
  readonly shed_low: number
  /** Those of routes of high priority among them. */
  readonly shed_high: number
  /** Records for exchanges that were settled already. */
  readonly stale_records: number
  /** Replies after a reply. */
  readonly double_replies: number
  /** Replies with invalid fields, replaced by a 500. */
  readonly invalid_replies: number
  /** Replies cut after they began. */
  readonly replies_cut: number
  /** Unread bodies that were too long, or too slow, to drain. */
  readonly drains_given_up: number
  /** Connections closed by the keep-alive timeout. */
  readonly keep_alive_timeouts: number
  /** Connections closed because no reply came in time after the peer closed its sending side. */
  readonly half_closed_timeouts: number
  /** Connections that ended because of `limits.requestsPerConnection`. */
  readonly connections_used_up: number
  /** Connections that ended because of `timeouts.connectionAge`. */
  readonly connections_aged_out: number
  /** Requests whose handler did not reply in time. */
  readonly deadlines_passed: number
  /** Connections reset because the peer took a reply too slowly. */
  readonly slow_replies_cut: number
  /** Connections closed at once because too many were open. */
  readonly connections_refused: number
  /** Bytes received. */
  readonly bytes_in: number
  /** Bytes sent. */
  readonly bytes_out: number
  /** Receive system calls. */
  readonly receives: number
  /** Send system calls. */
  readonly sends: number
  /** Batches taken from isolates. */
  readonly batches_in: number
  /** Turns of the loop. */
  readonly turns: number
  /** Turns that an isolate took over while the thread slept. */
  readonly helped: number
  /** Batches that did not follow the layout. */
  readonly malformed_batches: number
  /** Exchanges that are not settled, now. */
  readonly in_flight: number
  /** Requests shed because `limits.bodyMemoryBytes` was reached; they are in `shed` as well. */
  readonly shed_for_memory: number
  /** Bytes of requests and replies that are held, now. */
  readonly body_bytes: number
  /** Bytes of buffers that were allocated. */
  readonly pool_allocated_bytes: number
  /** Bytes of buffers that were taken from the pool, again and again. */
  readonly pool_rented_bytes: number
  /** Bytes of idle buffers that were freed, because there were too many or nobody needed them. */
  readonly pool_evicted_bytes: number
  /** Bytes of idle buffers, now. */
  readonly pool_idle_bytes: number
}
