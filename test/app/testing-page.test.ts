// The programs of docs/testing.md, run by the test runners that they are for.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { toolPath } from '../../scripts/lib/run.mjs'
import { startNode } from '../support/child.ts'
import { read, root } from '../support/source-tree.ts'

/** Writes the program of a section to a folder of its own within the project. */
function program(section: string, name: string): { folder: string; file: string } {
  const [, text = ''] = read('docs/testing.md').split(`## ${section}\n`)
  const [, code] = /```[^\n]*\n([^]*?)```/.exec(text) ?? []
  mkdirSync(join(root, 'target'), { recursive: true })
  const folder = mkdtempSync(join(root, 'target', 'testing-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  // Where the configuration of this project, which is found from there, looks for tests.
  mkdirSync(join(folder, 'test'))
  const file = join(folder, 'test', name)
  writeFileSync(file, code!)
  return { folder, file }
}

test('vitest', { timeout: 60_000 }, async () => {
  const { folder } = program('With vitest', 'users.test.ts')
  const args = ['run', '--root', folder, '--no-color']
  const child = startNode(toolPath('vitest', 'vitest'), { args, env: { NO_COLOR: '1' } })
  await child.said(/Tests {2}3 passed \(3\)/)
  expect(await child.exited).toEqual({ code: 0, signal: null })
})

test('node:test', { timeout: 60_000 }, async () => {
  const { file } = program('With node:test', 'search.test.mjs')
  const child = startNode(file, { flags: ['--test', '--test-reporter=tap'] })
  await child.said(/# pass 2\n/)
  expect(await child.exited).toEqual({ code: 0, signal: null })
})
