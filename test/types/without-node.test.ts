// A page has no types of Node: the package is to be of use to it all the same.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'

import { expect, onTestFinished, test } from 'vitest'

import { root } from '../support/source-tree.ts'

const PAGE = `
  import type { App } from 'lanner'
  import { createClient } from 'lanner/client'
  export const api = createClient<App>('/')`

test('a client compiles with the types of a browser alone', { timeout: 60_000 }, () => {
  mkdirSync(join(root, 'target'), { recursive: true })
  const folder = mkdtempSync(join(root, 'target', 'page-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'page.ts'), PAGE)
  // As it is installed: by its manifest and its declarations.
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'],
    types: [],
    skipLibCheck: false,
    noEmit: true,
  }
  const config = { compilerOptions, files: ['page.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
  expect(stdout).toBe('')
})
