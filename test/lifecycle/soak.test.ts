// The server that the soak runs asks: it ends when whoever started it is gone, whatever it does.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { root } from '../support/source-tree.ts'

test.each([
  ['at rest', undefined],
  ['at work', { cycles: 1_000_000 }],
])('the server %s ends with its parent', async (_, work) => {
  const child = fork(join(root, 'scripts/soak.mjs'), ['--serve'], { execArgv: ['--expose-gc'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  const [message] = (await once(child, 'message')) as [{ port: number }]
  expect(message.port).toBeGreaterThan(0)
  if (work !== undefined) child.send(work)
  child.disconnect()
  expect(await exited).toEqual([0, null])
})
