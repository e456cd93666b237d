// An inbox that somebody took away ends the isolate's side before the server's threads have ended:
// whoever asks for something in between gets an answer, and nothing of his is kept.

import { expect, test } from 'vitest'

import { startNode } from '../support/child.ts'

const ROUNDS = 5

test('a side that has ended keeps no listener, and calls who waits for its close', async () => {
  for (let i = 0; i < ROUNDS; i++) {
    const child = startNode('test/lifecycle/fixtures/broken.mjs', { flags: ['--expose-gc'] })
    expect(await child.exited).toEqual({ code: 0, signal: null })
    expect(JSON.parse(child.stdout)).toEqual({ code: 'LANNER_NATIVE', closed: 1, kept: 0 })
  }
})
