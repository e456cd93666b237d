// What was made for an exchange and is given back when it is over: services, temporary files.
//
// An exchange that needs nothing of the kind has no such list. Over is an exchange when its end was
// told to whoever asked for it, and when nobody works for it any more: a handler whose client has
// gone may use what it has until it returns, a generator until its finally has run. Promises that
// what was made last is given back first, once, and that an error keeps nothing else from it.

import { LannerError } from './errors.js'
import { extrasOf, SETTLED } from './native/exchange.js'

import type { Extras } from './native/exchange.js'

/** Gives something back. */
export type Cleanup = () => unknown

/** The part of a Context that is needed here. */
interface Owner {
  readonly phase: number
  extras: Extras | undefined
}

/** The end of an exchange was told to whoever asked for it. */
export const END_TOLD = 1
/** Nobody works for an exchange any more. */
export const WORK_OVER = 2

/** Has something given back at the end. Throws when it is too late for that. */
export function addCleanup(owner: Owner, cleanup: Cleanup): void {
  requireRunning(owner)
  const extras = extrasOf(owner)
  if (extras.cleanups === undefined) extras.cleanups = [cleanup]
  else extras.cleanups.push(cleanup)
}

/** Has something given back no more: it never came to be. */
export function forgetCleanup({ extras }: Owner, cleanup: Cleanup): void {
  forget(extras?.cleanups, cleanup)
}

/** Takes something out of a list, if it is there; what was made last is looked for first. */
export function forget<Item>(list: Item[] | undefined, item: Item): void {
  const at = list?.lastIndexOf(item) ?? -1
  if (at >= 0) list!.splice(at, 1)
}

/** Throws when the exchange is over. */
export function requireRunning({ phase, extras }: Owner): void {
  if (phase !== SETTLED && ((extras?.ended ?? 0) & WORK_OVER) === 0) return
  throw new LannerError('LANNER_CONTEXT_EXPIRED')
}

/** A part of the end has come; with the last one everything is given back. */
export function noteEnd(extras: Extras, part: number, tell: (error: unknown) => void): void {
  const { cleanups, ended } = extras
  extras.ended = ended | part
  if (cleanups === undefined || extras.ended !== (END_TOLD | WORK_OVER) || ended === extras.ended)
    return
  void runAll(cleanups, tell)
}

/** One after the other: what was made later may need what was made before. */
async function runAll(cleanups: Cleanup[], tell: (error: unknown) => void): Promise<void> {
  for (let next = cleanups.pop(); next !== undefined; next = cleanups.pop()) {
    try {
      await next()
    } catch (error) {
      tell(error)
    }
  }
}
