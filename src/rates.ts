// The options of the minimum rates: how slow a client may be.
//
// Read by parseOptions. The clocks themselves are native (conn/rate.rs) and stand while the server
// holds the client back.

import { duration, isNone, refuseUnknown, requireObject, size } from './option-values.js'

import type { NativeConfig, NativeRate } from './native/binding.js'
import type { Duration, Size } from './options.js'

/**
 * A minimum rate: slower transfers are cut, because they hold memory for nothing. Bytes that moved
 * early count later, so that a client may read in bursts, for five minutes at most: one that stops
 * is cut after `grace` or these five minutes, however much it took before.
 */
export interface Rate {
  /** On average, over the time in which the client was the one who was waited for. Default 240. */
  bytesPerSecond?: Size
  /** Time before the first verdict. Default 5 s. */
  grace?: Duration
}

/** Minimum rates in both directions; null for none. */
export interface RateOptions {
  /**
   * Of request bodies: slower ones are answered with 408. Default: 240 bytes per second after 5 s.
   */
  request?: Rate | null
  /** Of replies: the connection is reset. Default: 240 bytes per second after 5 s. */
  response?: Rate | null
}

const DEFAULT: NativeRate = { bytesPerSecond: 240, graceMs: 5000 }

/** Checks the rates and fills in the defaults. */
export function parseRates(rates: RateOptions = {}): NativeConfig['rates'] {
  requireObject(rates, 'rates')
  refuseUnknown(rates, ['request', 'response'], 'rates.')
  return {
    request: parseRate(rates.request, 'rates.request', '', DEFAULT),
    response: parseRate(rates.response, 'rates.response', '', DEFAULT),
  }
}

/** Checks one rate; what it does not say is `base`. `of` says whose option it is. */
export function parseRate(
  rate: Rate | null | undefined,
  at: string,
  of: string,
  base: NativeRate,
): NativeRate {
  if (rate === undefined) return base
  if (rate === null || isNone(rate)) return { bytesPerSecond: 0, graceMs: 0 }
  requireObject(rate, `${at}${of}`)
  refuseUnknown(rate, ['bytesPerSecond', 'grace'], `${at}.`, of)
  // Without a rate there is no grace either that could stay.
  const { bytesPerSecond: bytes, graceMs } = base.bytesPerSecond === 0 ? DEFAULT : base
  const { bytesPerSecond, grace } = rate
  return {
    bytesPerSecond: size(bytesPerSecond, `${at}.bytesPerSecond${of}`, bytes, 1, 2 ** 30),
    graceMs: duration(grace, `${at}.grace${of}`, graceMs),
  }
}
