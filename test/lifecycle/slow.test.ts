// Two hundred slow clients of each kind against small limits: a quick client notices nothing, the
// slow ones are cut, transfers hold their windows. What is checked is written in scripts/slow.mjs.

import { expect, test } from 'vitest'

import { startNode } from '../support/child.ts'

const kinds = ['headers', 'body', 'read', 'range', 'download', 'upload', 'unread']

test.each(kinds)('two hundred slow clients: %s', { timeout: 60_000 }, async (kind) => {
  const args = ['--small', '--own', '--connections', '200', '--seconds', '5', '--only', kind]
  const child = startNode('scripts/slow.mjs', { args })
  const exit = await child.exited
  process.stdout.write(child.stdout)
  expect({ ...exit, stderr: child.stderr }).toEqual({ code: 0, signal: null, stderr: '' })
})
