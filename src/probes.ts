// The options of what the network side does by itself: probes, metrics, shedding.
//
// Read by parseOptions. All of it is native, so that it works while JavaScript is stuck.

import { duration, refuseUnknown, requireObject, wrong } from './option-values.js'

import type { NativeConfig } from './native/binding.js'
import type { Duration } from './options.js'

/**
 * Paths that are answered without JavaScript, as JSON: state, loop delay, requests in flight,
 * uptime.
 */
export interface HealthOptions {
  /** Answers 200 as long as the network side works, for example '/livez'. */
  live?: string
  /** Answers 503 while the server starts, closes, is busy or its event loop is stuck. */
  ready?: string
  /** Delay of the event loop past which the server is not ready; 0 for any. Default 1 s. */
  maxLoopDelay?: Duration
}

/** Counters, answered without JavaScript. */
export interface MetricsOptions {
  /** Where they are, in the text format of Prometheus, for example '/metrics'. */
  path?: string
}

/** When requests are refused with 503 although they are well. */
export interface OverloadOptions {
  /**
   * How long requests may wait for the event loop: when all of them waited longer for a second,
   * new ones are shed until the queue is worked off. Null for no bound. Default 100 ms.
   */
  queueDelay?: Duration | null
}

/** Checks the paths and fills in the defaults. */
export function parseProbes(
  health: HealthOptions = {},
  metrics: MetricsOptions = {},
): NativeConfig['probes'] {
  requireObject(health, 'health')
  requireObject(metrics, 'metrics')
  refuseUnknown(health, ['live', 'ready', 'maxLoopDelay'], 'health.')
  refuseUnknown(metrics, ['path'], 'metrics.')
  return {
    live: path(health.live, 'health.live'),
    ready: path(health.ready, 'health.ready'),
    metrics: path(metrics.path, 'metrics.path'),
    maxLoopDelayMs: duration(health.maxLoopDelay, 'health.maxLoopDelay', 1000),
  }
}

/** The bound of the waiting time in milliseconds; 0 for none. */
export function parseQueueDelay(overload: OverloadOptions = {}): number {
  requireObject(overload, 'overload')
  refuseUnknown(overload, ['queueDelay'], 'overload.')
  const { queueDelay } = overload
  return queueDelay === null ? 0 : duration(queueDelay, 'overload.queueDelay', 100)
}

function path(value: unknown, at: string): string {
  if (value === undefined) return ''
  if (typeof value === 'string' && /^\/[\w\-./~]*$/.test(value)) return value
  throw wrong(at, "a path such as '/livez'", value)
}
