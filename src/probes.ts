// The options of what the network side does by itself: probes, metrics.
//
// Read by parseOptions. All of it is native, so that it works while JavaScript is stuck.

import { optionalDuration, refuseUnknown, requireObject, wrong } from './option-values.js'

import type { NativeConfig } from './native/binding.js'
import type { Duration } from './options.js'

/**
 * Paths that are answered without JavaScript, as JSON: state, loop delay, requests in flight,
 * uptime.
 */
export interface HealthOptions {
  /** Answers 200 as long as the network side works, for example '/livez'. Default none. */
  live?: string
  /**
   * Answers 503 while the server starts, closes, is busy or its event loop is stuck, and 200
   * otherwise, for example '/readyz'. Default none.
   */
  ready?: string
  /** Delay of the event loop past which the server is not ready; null for any. Default 1 s. */
  maxLoopDelay?: Duration | null
}

/** Counters, answered without JavaScript. */
export interface MetricsOptions {
  /** Where they are, in the text format of Prometheus, for example '/metrics'. Default none. */
  path?: string
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
    maxLoopDelayMs: optionalDuration(health.maxLoopDelay, 'health.maxLoopDelay', 1000),
  }
}

function path(value: unknown, at: string): string {
  if (value === undefined) return ''
  if (typeof value === 'string' && /^\/[\w\-./~]*$/.test(value)) return value
  throw wrong(at, "a path such as '/livez'", value)
}
