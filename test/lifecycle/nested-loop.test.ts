// Native modules may run the event loop inside of a handler, and the server may end in there: what
// the call of the bell still needs lives until that call has returned.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { startNode } from '../support/child.ts'

const fixtures = 'test/lifecycle/fixtures'
const folder = mkdtempSync(join(tmpdir(), 'lanner-nested-loop-'))
const addon = join(folder, 'nested-loop.node')
const guard = join(folder, 'freed-memory.so')

afterAll(() => rmSync(folder, { recursive: true }))

/** Makes a library of a source; false where there is no compiler. */
function isMade(library: string, source: string): boolean {
  const words = ['-shared', '-fPIC', '-O1', '-o', library, join(fixtures, source)]
  const { status, error, stderr } = spawnSync('cc', words, { encoding: 'utf8' })
  if (error === undefined && status !== 0) throw new Error(stderr)
  return status === 0
}

/** Both libraries are made for glibc. */
function isPossible(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  const hasGlibc = process.platform === 'linux' && header.glibcVersionRuntime !== undefined
  return hasGlibc && isMade(addon, 'nested-loop.c') && isMade(guard, 'freed-memory.c')
}

test.runIf(isPossible())('a server that ends in an event loop in its handler', async () => {
  const child = startNode(`${fixtures}/nested-loop.mjs`, {
    args: [addon],
    env: { LANNER_BELL: 'handle', LD_PRELOAD: guard },
  })
  const url = await child.url()
  await expect(fetch(url)).rejects.toThrow()
  // Whoever reads what was freed ends the process by SIGSEGV.
  expect(await child.exited).toEqual({ code: 0, signal: null })
  expect(child.stdout).toMatch(/\n1 closed in the handler\nclosed\n$/)
})
