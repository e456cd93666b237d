// The client in a page of plain JavaScript: a comment is all that its types need.

import { spawnSync } from 'node:child_process'

import { expect, test } from 'vitest'

import { toolPath } from '../../scripts/lib/run.mjs'
import { read, root } from '../support/source-tree.ts'

test('its calls are checked by the compiler', { timeout: 60_000 }, () => {
  const tsc = toolPath('typescript', 'tsc')
  const args = [tsc, '-p', 'test/client/fixtures/page']
  const { stdout, status } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  expect([status, stdout]).toEqual([0, ''])
})

const isType = (line: string): boolean => line.startsWith("/** @type {import('lanner/client')")

test.each(['test/client/fixtures/page/page.js', 'examples/bookshop/public/page.js'])(
  '%s needs no cast for it',
  (path) => {
    const text = read(path)
    const [line, next] = text.split('\n').slice(text.split('\n').findIndex(isType))
    expect(line).toMatch(/\.Client<import\('[^']*'\)\.Api>\} \*\/$/)
    expect(next).toMatch(/^const api = createClient\(/)
  },
)
