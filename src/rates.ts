// The options of the minimum rates: how slow a client may be.
//
// Read by parseOptions. The clocks themselves are native (conn/rate.rs) and stand while the server
// holds the client back.

import { duration, isNone, refuseUnknown, requireObject, size } from './option-values.js'

import type { NativeConfig } from './native/binding.js'
import type { Duration, Size } from './options.js'

/** A minimum rate: slower transfers are cut, because they hold memory for nothing. */
export interface Rate {
  /** On average, over the time in which the client was the one who was waited for. Default 240. */
  bytesPerSecond?: Size
  /** Time before the first verdict. Default 5 s. */
  grace?: Duration
}

/** Minimum rates in both directions; null for none. */
export interface RateOptions {
  /** Of request bodies: slower ones are answered with 408. */
  request?: Rate | null
  /** Of replies: the connection is reset. */
  response?: Rate | null
}

const BYTES_PER_SECOND = 240
const GRACE_MS = 5000

/** Checks the rates and fills in the defaults. */
export function parseRates(rates: RateOptions = {}): NativeConfig['rates'] {
  requireObject(rates, 'rates')
  refuseUnknown(rates, ['request', 'response'], 'rates.')
  return {
    request: parseRate(rates.request, 'rates.request'),
    response: parseRate(rates.response, 'rates.response'),
  }
}

function parseRate(rate: Rate | null = {}, at: string): NativeConfig['rates']['request'] {
  if (rate === null || isNone(rate)) return { bytesPerSecond: 0, graceMs: 0 }
  requireObject(rate, at)
  refuseUnknown(rate, ['bytesPerSecond', 'grace'], `${at}.`)
  const { bytesPerSecond, grace } = rate
  return {
    bytesPerSecond: size(bytesPerSecond, `${at}.bytesPerSecond`, BYTES_PER_SECOND, 1, 2 ** 30),
    graceMs: duration(grace, `${at}.grace`, GRACE_MS),
  }
}
