// The load of the overload benchmark, in a process of its own: one open or closed loop, then JSON.
//
// Started by measure.mjs with its options as JSON in the first argument. It looks at the clock each
// millisecond and sleeps in between: one that spins would take time from a server whose CPU is the
// other half of the same core. What leaves late for that is charged to the latency.

import { createHistogram } from 'node:perf_hooks'

import { Connection } from './connection.mjs'
import { OpenLoop } from './open-loop.mjs'
import { poisson } from './schedule.mjs'

/** Connections that are opened at once: fewer than the shortest backlog of a listener. */
const WAVE = 100

const options = JSON.parse(process.argv[2])
const { hostname: host, port } = new URL(options.url)
const request = `GET / HTTP/1.1\r\nhost: ${host}:${port}\r\n\r\n`
let answered = () => {}
const open = () => Connection.open({ host, port }, (...answer) => answered(...answer))

async function openAll(count) {
  const connections = []
  while (connections.length < count) {
    const wave = Array.from({ length: Math.min(WAVE, count - connections.length) }, open)
    connections.push(...(await Promise.all(wave)))
  }
  return connections
}

/** As many requests as the connections give: what the server can do. */
async function closedLoop({ connections: count, seconds }) {
  const connections = await openAll(count)
  const end = performance.now() + seconds * 1000
  let served = 0
  let errors = 0
  await new Promise((resolve) => {
    answered = (connection, dueAt, status) => {
      if (performance.now() >= end) return resolve()
      if (status === 200) served += 1
      else errors += 1
      if (connection.isOpen) connection.send(request, 0)
    }
    for (const connection of connections) connection.send(request, 0)
    setTimeout(resolve, seconds * 1000 + 1000)
  })
  for (const connection of connections) connection.end()
  return { servedPerSecond: served / seconds, errors }
}

async function openLoop({ connections: count, perSecond, seed, seconds, from, waitingMax }) {
  const latency = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 })
  const connections = await openAll(count)
  const start = performance.now()
  const cpu = process.cpuUsage()
  const now = () => performance.now() - start
  const loop = new OpenLoop({
    due: poisson(perSecond, seed),
    connections,
    send: (connection, dueAt) => connection.send(request, dueAt),
    window: [from * 1000, seconds * 1000],
    waitingMax,
    latency: (ms) => latency.record(Math.max(1, Math.round(ms * 1000))),
  })
  answered = (connection, dueAt, status) => {
    if (connection.isOpen) return loop.answered(connection, dueAt, status, now())
    loop.settle(dueAt, status, now())
    open().then(
      (another) => loop.released(another),
      () => {},
    )
  }
  await new Promise((resolve) => {
    const turn = () => {
      const at = now()
      if (at >= seconds * 1000) return resolve()
      loop.advance(at)
      setTimeout(turn, 1)
    }
    turn()
  })
  answered = () => {}
  const { user, system } = process.cpuUsage(cpu)
  return {
    ...loop.counts,
    loadCores: (user + system) / 1000 / now(),
    seconds: seconds - from,
    waiting: loop.waiting,
    p50Ms: latency.percentile(50) / 1000,
    p99Ms: latency.percentile(99) / 1000,
    maxMs: latency.max / 1000,
  }
}

const result = await (options.perSecond === undefined ? closedLoop : openLoop)(options)
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
