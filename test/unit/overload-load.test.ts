// The load of the overload benchmark, in its own time: when requests are due, and what is counted
// against a server that keeps them waiting.

import { expect, test } from 'vitest'

import { OpenLoop } from '../../bench/overload/open-loop.mjs'
import { poisson } from '../../bench/overload/schedule.mjs'

/** The first due times of a schedule. */
function first(count: number, perSecond: number, seed: number): number[] {
  const times = poisson(perSecond, seed)
  return Array.from({ length: count }, () => Number(times.next().value))
}

interface Sent {
  connection: string
  dueAt: number
}

/** An open loop over `due`, with what it sent and the latencies that it noted. */
function loopOver(due: number[], options: object = {}) {
  const sent: Sent[] = []
  const latencies: number[] = []
  const loop = new OpenLoop({
    due: [...due, Infinity].values(),
    connections: ['a'],
    send: (connection: string, dueAt: number) => sent.push({ connection, dueAt }),
    window: [0, 1_000_000],
    waitingMax: 100,
    latency: (ms: number) => latencies.push(ms),
    ...options,
  })
  return { loop, sent, latencies }
}

test('a schedule is the same for the same seed and no other', () => {
  expect(first(100, 1000, 7)).toEqual(first(100, 1000, 7))
  expect(first(100, 1000, 7)).not.toEqual(first(100, 1000, 8))
})

test.each([10, 1000, 20_000])('%i a second are a Poisson process of that rate', (perSecond) => {
  const times = first(50_000, perSecond, 1)
  const gaps = times.map((time, i) => time - (i === 0 ? 0 : times[i - 1]!))
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0)
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
  // Exponential gaps: their deviation is their mean.
  expect(mean * perSecond).toBeCloseTo(1000, -2)
  expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1)
})

test('requests are sent when they are due, whether or not earlier ones returned', () => {
  const { loop, sent } = loopOver([1, 5, 9], { connections: ['a', 'b', 'c'] })
  for (const [now, count] of [
    [0, 0],
    [1, 1],
    [4.9, 1],
    [20, 3],
  ] as const) {
    loop.advance(now)
    expect(sent).toHaveLength(count)
  }
  expect(new Set(sent.map(({ connection }) => connection)).size).toBe(3)
  expect(loop.nextDue).toBe(Infinity)
})

test('a latency counts from the due time, also for those who waited for a connection', () => {
  const { loop, sent, latencies } = loopOver([10, 20, 30])
  loop.advance(30)
  expect(sent).toEqual([{ connection: 'a', dueAt: 10 }])
  expect(loop.waiting).toBe(2)
  // The server stalls for a second, and is quick after that.
  loop.answered('a', 10, 200, 1010)
  loop.answered('a', 20, 200, 1011)
  loop.answered('a', 30, 200, 1012)
  expect(sent.map(({ dueAt }) => dueAt)).toEqual([10, 20, 30])
  expect(latencies).toEqual([1000, 991, 982])
})

test('200 is served, 503 is shed, anything else and no answer are errors', () => {
  const { loop, latencies } = loopOver([1, 2, 3, 4])
  loop.advance(4)
  for (const [i, status] of [200, 503, 500, 0].entries()) {
    loop.answered('a', i + 1, status, 10 + i)
  }
  expect(loop.counts).toEqual({ offered: 4, served: 1, shed: 1, errors: 2, notSent: 0 })
  expect(latencies).toEqual([9])
})

test('a lost connection is an error and sends nothing more', () => {
  const { loop, sent } = loopOver([1, 2])
  loop.advance(2)
  loop.settle(1, 0, 3)
  expect([sent.length, loop.counts.errors]).toEqual([1, 1])
  loop.released('another')
  expect(sent.at(-1)).toEqual({ connection: 'another', dueAt: 2 })
})

test('past the bound of those who wait, requests are not sent, and are counted', () => {
  const { loop, sent } = loopOver([1, 2, 3, 4, 5], { waitingMax: 2 })
  loop.advance(5)
  expect([sent.length, loop.waiting, loop.counts.notSent]).toEqual([1, 2, 2])
})

test('only the window counts: what is due in it, and what is answered in it', () => {
  const { loop, latencies } = loopOver([1, 11, 21], { window: [10, 20] })
  loop.advance(21)
  loop.answered('a', 1, 200, 9)
  loop.answered('a', 11, 200, 12)
  loop.answered('a', 21, 200, 22)
  expect(loop.counts).toMatchObject({ offered: 1, served: 1 })
  expect(latencies).toEqual([1])
})

test('ten thousand who wait are sent in their order', () => {
  const due = first(10_000, 1000, 3)
  const { loop, sent } = loopOver(due, { waitingMax: 10_000 })
  loop.advance(due.at(-1)!)
  for (const dueAt of due) loop.answered('a', dueAt, 200, 20_000)
  expect(sent.map(({ dueAt }) => dueAt)).toEqual(due)
})
