// Clients and handlers of every temper, restarts and stalls, for a minute and a half: what must
// hold is written in scripts/chaos.mjs. CHAOS_SEED=n does it again, CHAOS_SECONDS=n does it longer.

import { expect, test } from 'vitest'

import { startNode } from '../support/child.ts'

const seconds = Number(process.env['CHAOS_SECONDS'] ?? 90)

test('chaos', { timeout: (2 * seconds + 120) * 1000 }, async () => {
  const child = startNode('scripts/chaos.mjs', { args: ['--seconds', String(seconds)] })
  const exit = await child.exited
  // The seed, and what happened.
  process.stdout.write(child.stdout)
  expect({ ...exit, stderr: child.stderr }).toEqual({ code: 0, signal: null, stderr: '' })
})
