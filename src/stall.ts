// Stalls: the options of the watchdog, and what a report says.
//
// Options are read by parseOptions, reports come from the native side (watch/run.rs), which
// measures and writes its log line while JavaScript is stuck.

import { duration, flag, refuseUnknown, requireObject } from './option-values.js'

import type { NativeConfig } from './native/binding.js'
import type { Duration } from './options.js'

/** When a blocked event loop is reported. */
export interface StallOptions {
  /** How long something may block before it is a stall, at least 10 ms. Default 1 s. */
  threshold?: Duration
  /**
   * Least time between two reports (log lines and events); stalls in between are only counted, and
   * one that lasts is logged again after it. Default 10 s.
   */
  interval?: Duration
  /**
   * Whether a line is written to standard error while the event loop is still blocked. Default
   * true.
   */
  log?: boolean
}

/** A blocked event loop, reported when it runs again. */
export interface Stall {
  /** For how long it was blocked, in milliseconds. */
  readonly ms: number
  /**
   * The request whose handler blocked before its first `await`, for example 'GET /users/:id';
   * undefined where something else blocked.
   */
  readonly route: string | undefined
  /** The age of that request in milliseconds, its wait for the event loop included. */
  readonly ageMs: number | undefined
  /**
   * The stack of the blocking code, innermost first, for example 'work (file:///app/work.js:10:3)'.
   * At most 16 frames; none where the platform does not tell (Windows, Bun, Deno).
   */
  readonly frames: readonly string[]
  /** Stalls before this one that were not reported, because of `stall.interval`. */
  readonly suppressed: number
}

const THRESHOLD_MS = 1000
const THRESHOLD_MIN_MS = 10
const INTERVAL_MS = 10_000

/** Checks the options and fills in the defaults. */
export function parseStall(stall: StallOptions | false = {}): NativeConfig['stall'] {
  if (stall === false) return { thresholdMs: 0, intervalMs: INTERVAL_MS, log: false }
  requireObject(stall, 'stall')
  refuseUnknown(stall, ['threshold', 'interval', 'log'], 'stall.')
  return {
    thresholdMs: duration(stall.threshold, 'stall.threshold', THRESHOLD_MS, THRESHOLD_MIN_MS),
    intervalMs: duration(stall.interval, 'stall.interval', INTERVAL_MS),
    log: flag(stall.log, 'stall.log', true),
  }
}

/** The report that the native side gives as plain values. */
export function toStall(
  ms: number,
  ageMs: number,
  suppressed: number,
  route: string,
  frames: readonly string[],
): Stall {
  return {
    ms,
    route: route === '' ? undefined : route,
    ageMs: ageMs < 0 ? undefined : ageMs,
    frames,
    suppressed,
  }
}
