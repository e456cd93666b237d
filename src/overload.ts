// The options of admission: when requests are refused although they are well.
//
// Read by parseOptions. Everything that they say is done by the network side (dispatch/admission.rs
// and dispatch/permits.rs), so that it is done while JavaScript is stuck.

import { integer, isNone, optionalDuration, refuseUnknown, requireObject } from './option-values.js'

import type { NativeConfig } from './native/binding.js'
import type { Duration } from './options.js'

/** When requests are refused with 503 although they are well. */
export interface OverloadOptions {
  /**
   * Requests that handlers work on at the same time, in the whole server; one whose reply only
   * waits for its client does not count. Default 10 000.
   */
  inFlight?: number
  /**
   * How long requests may wait for the event loop: when all of them waited longer for a second, or
   * do and one more would wait five times as long, only as many are admitted as wait for this time
   * and the others are shed, until a second went by without that. Null for no bound. Default
   * 100 ms.
   */
  queueDelay?: Duration | null
  /**
   * What `retry-after` of the 503 says, in whole seconds rounded up; null leaves the field out.
   * Default 1 s.
   */
  retryAfter?: Duration | null
}

const IN_FLIGHT = 10_000
const IN_FLIGHT_MAX = 1_000_000
const QUEUE_DELAY_MS = 100
const RETRY_AFTER_MS = 1000

/** Checks the bounds and fills in the defaults. */
export function parseOverload(overload: OverloadOptions = {}): NativeConfig['overload'] {
  requireObject(overload, 'overload')
  refuseUnknown(overload, ['inFlight', 'queueDelay', 'retryAfter'], 'overload.')
  const { inFlight, queueDelay, retryAfter } = overload
  const retryAfterMs = optionalDuration(retryAfter, 'overload.retryAfter', RETRY_AFTER_MS)
  return {
    inFlight: integer(inFlight, 'overload.inFlight', IN_FLIGHT, 1, IN_FLIGHT_MAX),
    queueDelayMs: optionalDuration(queueDelay, 'overload.queueDelay', QUEUE_DELAY_MS),
    retryAfterSeconds: isNone(retryAfter) ? 0 : Math.ceil(retryAfterMs / 1000),
  }
}
