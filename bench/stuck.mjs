// Stuck JavaScript: what the network side does while a handler blocks the event loop.
//
// Called by scripts/bench-stuck.mjs (npm run bench:stuck) and test/bench.test.ts. Asks one server,
// first while its JavaScript is idle, then while it is stuck: /livez and /metrics on a connection
// each and a request without a host on new ones, 10 ms after each answer; and requests for another
// handler, 25 ms apart, on new ones, whether or not replies come. Prints a table, and ends with 1
// when a request has no reply, or the server counted another number of them.

import { parseArgs } from 'node:util'

import { Client } from './lib/client.mjs'
import { describeMachine } from './lib/machine.mjs'
import { ServerProcess } from './lib/server-process.mjs'

const PAUSE_MS = 10
const HANDLER_PAUSE_MS = 25
const WARM = 50

const { values } = parseArgs({
  options: { ms: { type: 'string', default: '10000' }, idle: { type: 'string', default: '3000' } },
})
const server = await ServerProcess.start('stuck-lanner')
const { hostname: host, port } = new URL(server.url)
const at = { host, port }
try {
  await measure(Number(values.ms), Number(values.idle))
} finally {
  await server.end()
}

async function measure(blockMs, idleMs) {
  for (let i = 0; i < WARM; i++) {
    for (const path of ['/', '/livez', '/metrics']) await Client.askOnce(at, get(path))
  }
  const idle = await phase(idleMs)
  const blocked = Client.askOnce(at, get(`/block/${blockMs}`))
  const stuck = await phase(blockMs - 200)
  const first = await blocked
  const after = await whenItRuns()
  const { stats, stalls, deadlineMs } = after.seen
  const { cpu, cores, os, node, loadBefore } = describeMachine()
  console.log(`${cpu}, ${cores} cores, ${os}, Node ${node}, load ${loadBefore.toFixed(2)}\n`)
  table('JavaScript is idle', idle)
  table(`a handler blocks for ${blockMs} ms`, stuck)
  console.log(
    `the blocking request, deadline ${deadlineMs} ms: ${first.status}, ${show(first.ms)} ms`,
  )
  for (const { ms, route, frames } of stalls) {
    console.log(`stall: ${ms} ms, ${route}, ${frames[0] ?? 'no stack'}`)
  }
  const asked = [...idle.handler, ...stuck.handler, first, ...after.answers]
  const count = (status) => asked.filter((answer) => answer.status === status).length
  const dispatched = WARM + asked.length - count(503)
  const faults = [
    ['requests without a reply', count(0)],
    ['shed and not 503', stats.shed - count(503)],
    ['dispatched and not replied', stats.dispatched - dispatched],
    ['replies after a reply', stats.double_replies],
    ['replies that were cut', stats.replies_cut],
    ['stalls missing', stats.stalls > 0 ? 0 : 1],
  ]
  for (const [name, n] of faults) console.log(`${name}: ${n}`)
  if (faults.some(([, n]) => n !== 0)) process.exitCode = 1
}

/** Asks everything for so long. */
async function phase(ms) {
  const seen = { '/livez': [], '/metrics': [], 'no host': [], handler: [] }
  const end = performance.now() + ms
  const isOver = () => performance.now() > end
  const again = async (name, ask) => {
    while (!isOver()) {
      seen[name].push(await ask())
      await pause(PAUSE_MS)
    }
  }
  const kept = async (path) => {
    const client = await Client.open(at)
    await again(path, () => client.ask(get(path)))
    client.end()
  }
  const handlers = async () => {
    const waiting = []
    while (!isOver()) {
      waiting.push(Client.askOnce(at, get('/')))
      await pause(HANDLER_PAUSE_MS)
    }
    seen.handler = await Promise.all(waiting)
  }
  const refused = again('no host', () => Client.askOnce(at, 'GET / HTTP/1.1\r\n\r\n'))
  await Promise.all([kept('/livez'), kept('/metrics'), refused, handlers()])
  return seen
}

/** Asks until a handler replies, then for what the server has seen. */
async function whenItRuns() {
  const answers = []
  while (answers.at(-1)?.status !== 200) {
    await pause(100)
    answers.push(await Client.askOnce(at, get('/')))
  }
  // The report is an event of its own, right behind the turn that blocked.
  await pause(1000)
  const response = await fetch(`${server.url}/seen`)
  answers.push({ status: response.status, ms: 0 })
  return { answers, seen: await response.json() }
}

function get(path) {
  return `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function table(title, seen) {
  console.log(`${title}\n\n| asked | status | n | min ms | p50 ms | p99 ms | max ms |`)
  console.log('|---|--:|--:|--:|--:|--:|--:|')
  for (const [name, answers] of Object.entries(seen)) {
    for (const status of new Set(answers.map((answer) => answer.status))) {
      const times = answers.filter((answer) => answer.status === status).map(({ ms }) => ms)
      times.sort((a, b) => a - b)
      const at = [0, 0.5, 0.99, 1].map((share) => {
        return show(times[Math.max(0, Math.ceil(times.length * share) - 1)])
      })
      console.log(`| ${[name, status, times.length, ...at].join(' | ')} |`)
    }
  }
  console.log('')
}

function show(ms) {
  return ms.toFixed(ms < 100 ? 2 : 0)
}
