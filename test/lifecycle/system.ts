// What the system says that this process holds: descriptors, threads, memory.
//
// Used by the tests here that count. Descriptors and threads are Linux's to tell: elsewhere such
// tests are left out by `itCounts`.

import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { expect, test } from 'vitest'

import { waitFor } from '../support/patience.ts'

/** A test where the system tells what a process holds. */
// oxlint-disable-next-line vitest/no-disabled-tests -- not a test yet
export const itCounts = test.runIf(process.platform === 'linux')

/** Open descriptors, without the one that reads the list. */
export const descriptors = (): number => readdirSync('/proc/self/fd').length - 1

export const threads = (): number => readdirSync('/proc/self/task').length

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Lets finalizers run and collects what is left. */
export async function collect(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Resident bytes after collection. */
export async function resident(): Promise<number> {
  await collect()
  return process.memoryUsage.rss()
}

/** Waits until no more descriptors and threads are there than before. */
export async function isBackTo(before: { descriptors: number; threads: number }): Promise<void> {
  await waitFor(async () => {
    await collect()
    expect(descriptors(), 'descriptors').toBeLessThanOrEqual(before.descriptors)
    expect(threads(), 'threads').toBeLessThanOrEqual(before.threads)
  })
}
