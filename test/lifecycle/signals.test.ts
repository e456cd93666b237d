// SIGTERM under load: what was asked is answered, then the process ends well.
//
// Windows has no signal that a process can answer: there the tests are left out.

import { describe, expect, test } from 'vitest'

import { startNode } from '../support/child.ts'
import { waitFor } from '../support/patience.ts'
import { RawClient } from '../support/raw.ts'
import { get, Load } from './load.ts'

const fixture = 'test/lifecycle/fixtures/server.mjs'

describe.skipIf(process.platform === 'win32')('SIGTERM', () => {
  // A client that sends at the very moment in which the server closes an idle connection loses that
  // request with any server (RFC 9112 section 9.6); so here every connection waits for its first
  // reply when it comes.
  test('while every connection waits for a reply: each gets its own, whole', async () => {
    const child = startNode(fixture)
    const url = await child.url()
    const load = new Load(url, { connections: 64, request: get('/slow?ms=1500') })
    const stats = await RawClient.open(url)
    await waitFor(async () => {
      await stats.send(get('/stats'))
      const { in_flight } = JSON.parse((await stats.response()).body)
      expect(in_flight).toBe(64 + 1)
    })
    child.kill('SIGTERM')
    await load.ended
    expect(await child.exited).toEqual({ code: 0, signal: null })
    const { replies, goodbyes, cut, failed, sent } = load
    expect({ replies, goodbyes, cut, failed }).toEqual({
      replies: sent,
      goodbyes: 64,
      cut: 0,
      failed: 0,
    })
  })

  test.each([1, 16])('under full load, %i at a time: nothing that arrived is cut', async (n) => {
    const child = startNode(fixture)
    const url = await child.url()
    const load = new Load(url, { connections: 64, pipelined: n, request: get('/slow?ms=2') })
    await waitFor(() => expect(load.replies).toBeGreaterThan(2000))
    child.kill('SIGTERM')
    await load.ended
    expect(await child.exited).toEqual({ code: 0, signal: null })
    expect({ cut: load.cut, failed: load.failed }).toEqual({ cut: 0, failed: 0 })
    expect(load.replies + load.unanswered).toBe(load.sent)
    const [, closed] = await child.said(/closed (.*)\n/)
    const { requests, replies, replies_cut, cancelled, in_flight } = JSON.parse(closed as string)
    expect({ requests, replies, replies_cut, cancelled, in_flight }).toEqual({
      requests: load.replies,
      replies: load.replies,
      replies_cut: 0,
      cancelled: 0,
      in_flight: 0,
    })
  })
})
