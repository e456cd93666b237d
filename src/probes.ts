// The options of what the network side does by itself: probes, metrics.
//
// Read by parseOptions. All of it is native, so that it works while JavaScript is stuck.

import { optionalDuration, refuseUnknown, requireObject, wrong } from './option-values.js'

import type { NativeConfig } from './native/binding.js'
import type { Duration } from './options.js'

/**
 * Paths that are answered without JavaScript, as JSON: state, loop delay, stalls, requests that
 * wait for an event loop (`queued`) and that are in flight, uptime.
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
  const paths = new Map<string, string>()
  return {
    live: path(health.live, 'health.live', paths),
    ready: path(health.ready, 'health.ready', paths),
    metrics: path(metrics.path, 'metrics.path', paths),
    maxLoopDelayMs: optionalDuration(health.maxLoopDelay, 'health.maxLoopDelay', 1000),
  }
}

/** The option that says where a probe is. */
export function nameOfProbe(name: 'live' | 'ready' | 'metrics'): string {
  return name === 'metrics' ? 'metrics.path' : `health.${name}`
}

/** A path that requests can have, and no other probe: `taken` says whose each one is. */
function path(value: unknown, at: string, taken: Map<string, string>): string {
  if (value === undefined) return ''
  if (typeof value !== 'string' || !/^\/[\w\-./~]*$/.test(value) || DOT_SEGMENT.test(value)) {
    throw wrong(at, "a path such as '/livez'", value)
  }
  const other = taken.get(value)
  if (other !== undefined) throw wrong(at, `a path of its own, not that of ${other}`, value)
  taken.set(value, at)
  return value
}

/** Requests are matched without these. */
const DOT_SEGMENT = /\/\.\.?(?:\/|$)/
