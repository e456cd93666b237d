// Waiting for what comes by itself, on a machine that may be busy with something else.
//
// A wait ends as soon as what it waits for is there, so patience costs nothing; the second that
// Vitest gives is what a starved process may need for one turn. `expect.poll` is as patient, by
// vitest.config.ts.

import { vi } from 'vitest'

/** How long a test waits, within the time that it has in all. */
export const PATIENCE_MS = 20_000

/** The first result of `check` that is no exception. */
export function waitFor<T>(
  check: () => T | Promise<T>,
  options: { timeout?: number; interval?: number } = {},
): Promise<T> {
  return vi.waitFor(check, { timeout: PATIENCE_MS, interval: 5, ...options })
}
