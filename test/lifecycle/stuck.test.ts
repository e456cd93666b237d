// Stuck JavaScript: for as long as a handler blocks, the network side answers, refuses, sheds and
// keeps deadlines; afterwards nothing is lost.
//
// The server is a process of its own, so that this one can measure it. STUCK_MS blocks for longer,
// STUCK_REPORT=1 prints the figures. What must hold, holds in every round. How quick the answers
// are depends on what else the machine does: so another server, whose JavaScript is idle, is asked
// in turn with the one that is stuck, and a round in which the machine got in the way is measured
// again.

import { expect, test } from 'vitest'

import { startNode } from '../support/child.ts'
import { waitFor } from '../support/patience.ts'
import { RawClient } from '../support/raw.ts'
import { read } from '../support/source-tree.ts'
import { get } from './load.ts'

import type { ListenOptions } from 'lanner'

import type { Child } from '../support/child.ts'

const fixture = 'test/lifecycle/fixtures/stall.mjs'
const BLOCK_MS = Number(process.env['STUCK_MS'] ?? 3000)
const DEADLINE_MS = 1000
/** Deadlines come up within 130 ms; the rest is a busy machine. */
const DEADLINE_SLACK_MS = 1500
const P99_MS = 100
const ROUNDS = 3

const OPTIONS: ListenOptions = {
  health: { live: '/livez', ready: '/readyz' },
  metrics: { path: '/metrics' },
  timeouts: { request: DEADLINE_MS },
  stall: { threshold: 500, interval: '1h' },
}

/** What the network side is asked for, and the status of its answer. */
const ASKED = [
  ['live', get('/livez'), 200],
  ['metrics', get('/metrics'), 200],
  ['refused', 'GET / HTTP/1.1\r\n\r\n', 400],
] as const

interface Answer {
  status: number
  ms: number
}

interface Server {
  child: Child
  url: URL
}

async function start(): Promise<Server> {
  const child = startNode(fixture, { env: { OPTIONS: JSON.stringify(OPTIONS) } })
  const url = await child.url()
  // Warm, so that what is measured is the stall and not the start.
  for (const path of ['/', '/livez', '/metrics']) await answer(url, get(path))
  return { child, url }
}

/** Sends one request on a connection of its own; the server may close it afterwards. */
async function answer(url: URL, bytes: string): Promise<Answer> {
  const client = await RawClient.open(url)
  const began = performance.now()
  await client.send(bytes)
  const { status } = await client.response()
  client.socket.destroy()
  return { status, ms: performance.now() - began }
}

const pause = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks both servers in turn until `isOver`. */
async function repeat(isOver: () => boolean, urls: [URL, URL], bytes: string): Promise<Answer[][]> {
  const answers: [Answer[], Answer[]] = [[], []]
  while (!isOver()) {
    for (const [index, url] of urls.entries()) answers[index]!.push(await answer(url, bytes))
    await pause(10)
  }
  return answers
}

function p99(answers: readonly Answer[]): number {
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b)
  return times[Math.ceil(times.length * 0.99) - 1] ?? Infinity
}

/** What was seen while a handler blocked. */
interface Seen {
  /** The request whose handler blocked. */
  first: Answer
  /** Requests for other handlers. */
  waited: Answer[]
  /** By name: what the stuck server answered, and what the other one did. */
  asked: Record<string, Answer[][]>
}

async function watch(stuck: URL, idle: URL): Promise<Seen> {
  const began = performance.now()
  const blocked = answer(stuck, get(`/block/${BLOCK_MS}`))
  await pause(100)
  const isOver = (): boolean => performance.now() - began > BLOCK_MS - 300
  const asked = ASKED.map(async ([name, bytes]) => {
    return [name, await repeat(isOver, [stuck, idle], bytes)] as const
  })
  // Many at a time, because each of them waits: 504 at its deadline, or 503 at once.
  const waiting: Promise<Answer>[] = []
  while (!isOver()) {
    waiting.push(answer(stuck, get('/')))
    await pause(25)
  }
  return {
    asked: Object.fromEntries(await Promise.all(asked)),
    waited: await Promise.all(waiting),
    first: await blocked,
  }
}

/** Everything was answered in its time, and as the contract says. */
function expectAnswers({ first, waited, asked }: Seen): void {
  for (const [name, , status] of ASKED) {
    for (const answers of asked[name]!) {
      const statuses = new Set(answers.map((one) => one.status))
      const longest = Math.max(...answers.map(({ ms }) => ms))
      expect(answers.length, `${name}: answers`).toBeGreaterThan(BLOCK_MS / 400)
      expect(statuses, `${name}: statuses`).toEqual(new Set([status]))
      // None waited for the end of the stall, whatever the machine did.
      expect(longest, `${name}: the longest`).toBeLessThan(BLOCK_MS / 2)
    }
  }
  // The blocking request itself has a deadline as well, and keeps it.
  expect(first.status).toBe(504)
  expect(first.ms).toBeLessThan(DEADLINE_MS + DEADLINE_SLACK_MS)
  const statuses = new Set(waited.map(({ status }) => status))
  expect([...statuses]).toEqual(expect.arrayContaining([503, 504]))
  // The last ones may still have been taken when the handler returned.
  expect([...statuses].filter((status) => ![200, 503, 504].includes(status))).toEqual([])
  for (const { status, ms } of waited) {
    expect(ms, `a ${status}`).toBeLessThan(DEADLINE_MS + DEADLINE_SLACK_MS)
    if (status === 504) expect(ms).toBeGreaterThanOrEqual(DEADLINE_MS - 50)
  }
}

/** Work goes on, and what was accepted adds up: every request got exactly one reply. */
async function expectNothingLost({ child, url }: Server, { waited }: Seen): Promise<void> {
  const after: Answer[] = []
  await waitFor(
    async () => {
      after.push(await answer(url, get('/')))
      expect(after.at(-1)!.status).toBe(200)
    },
    { interval: 50 },
  )
  const client = await RawClient.open(url)
  await client.send(get('/stats'))
  const stats = JSON.parse((await client.response()).body) as Record<string, number>
  // The request for the counters is the one that has no reply yet.
  expect(stats).toMatchObject({ in_flight: 1, double_replies: 0, replies_cut: 0, stalls: 1 })
  const shed = [...waited, ...after].filter(({ status }) => status === 503).length
  expect(stats['shed']).toBe(shed)
  // The first request, the one that blocked, the counters' own, and all others.
  expect(stats['dispatched']).toBe(3 + waited.length + after.length - shed)
  const told = child.stderr.split('\n').filter((text) => text.startsWith('lanner:'))
  expect(told).toHaveLength(1)
  expect(told[0]).toContain('GET /block/:ms')
  if (process.platform !== 'win32') {
    const lines = read(fixture).split('\n')
    const place = lines.findIndex((line) => line.endsWith('// blocks here')) + 1
    expect(told[0]).toContain(`stall.mjs:${place}:`)
  }
}

/** Where the stuck server was slower than the machine is: name, its p99, the other one's. */
function slower({ waited, asked }: Seen): string[] {
  const shed = waited.filter(({ status }) => status === 503)
  const compared = { ...asked, shed: [shed, Object.values(asked).flatMap(([, idle]) => idle!)] }
  const found: string[] = []
  for (const [name, [stuck, idle]] of Object.entries(compared)) {
    const [own, other] = [p99(stuck!), p99(idle!)]
    const figures = `${own.toFixed(2)} ms, idle ${other.toFixed(2)} ms`
    const text = `${name}: p99 of ${stuck!.length} ${figures}`
    if (process.env['STUCK_REPORT'] !== undefined) process.stdout.write(`${text}\n`)
    if (own >= Math.max(P99_MS, 2 * other)) found.push(text)
  }
  return found
}

test('a handler blocks: probes, refusals, deadlines and shedding go on, nothing is lost', async () => {
  const idle = await start()
  const slow: string[][] = []
  do {
    const stuck = await start()
    const seen = await watch(stuck.url, idle.url)
    expectAnswers(seen)
    await expectNothingLost(stuck, seen)
    stuck.child.kill('SIGKILL')
    slow.push(slower(seen))
    if (process.env['STUCK_REPORT'] !== undefined) {
      const late = seen.waited.filter(({ status }) => status === 504).map(({ ms }) => ms)
      process.stdout.write(`504: n ${late.length}, ${Math.min(...late).toFixed(0)} to `)
      process.stdout.write(`${Math.max(...late).toFixed(0)} ms\n`)
    }
  } while (slow.at(-1)!.length > 0 && slow.length < ROUNDS)
  expect(slow.at(-1), `in every round; before: ${JSON.stringify(slow)}`).toEqual([])
}, 120_000)
