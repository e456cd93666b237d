// The overload benchmark: what servers serve, and how late, when more is offered than they can do.
//
// Called by scripts/bench-overload.mjs (npm run bench:overload) and test/bench.test.ts. Writes
// overload.json, overload.md and overload.svg to bench/out, or to --out; with --merge, what is in
// overload.json of other servers stays. How it measures is in bench/OVERLOAD.md.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { work } from './apps/overload-work.mjs'
import { describeMachine } from './lib/machine.mjs'
import { isInstalled, versionOf } from './lib/peers.mjs'
import { toChart } from './overload/chart.mjs'
import { isPinned, measureServer } from './overload/measure.mjs'
import { toMarkdown } from './overload/report.mjs'
import { servers } from './overload/servers.mjs'

const usual = {
  shares: [0.5, 1, 1.2, 1.5, 2, 3],
  seconds: 4,
  from: 1,
  connections: 4096,
  waitingMax: 20_000,
  closedConnections: 64,
  closedSeconds: 2,
  warmup: 1,
  seed: 1,
  workUs: 200,
  // On a server that has served nothing yet. Ten times the work, so that the load can offer it.
  flood: { share: 10, workUs: 2000, seconds: 4 },
}
/** Enough to see that all of it works; too short to compare anything. */
const quick = {
  shares: [0.5, 2],
  seconds: 0.8,
  from: 0.2,
  connections: 64,
  closedConnections: 8,
  closedSeconds: 0.3,
  warmup: 0.2,
  flood: { share: 10, workUs: 2000, seconds: 0.8 },
}

try {
  await measureAll(parseOptions())
} catch (error) {
  console.error(`overload: ${error.message}`)
  process.exitCode = 1
}

function parseOptions() {
  const { values } = parseArgs({
    options: {
      servers: { type: 'string' },
      out: { type: 'string' },
      merge: { type: 'boolean' },
      quick: { type: 'boolean' },
    },
  })
  const chosen = values.servers?.split(',').map((name) => {
    const found = servers.find((server) => server.name === name.trim())
    if (found) return found
    const names = servers.map((server) => server.name).join(', ')
    throw new Error(`--servers: no ${JSON.stringify(name)}; there are ${names}`)
  })
  return {
    chosen: (chosen ?? servers).filter(isInstalled),
    out: values.out ?? fileURLToPath(new URL('out', import.meta.url)),
    merge: values.merge === true,
    quick: values.quick === true,
  }
}

async function measureAll({ chosen, out, merge, quick: isQuick }) {
  const before = merge ? readResults(out) : undefined
  const options = before?.options ?? { ...usual, ...(isQuick ? quick : {}) }
  // The same work for all, also for those who are measured another time.
  options.steps ??= stepsFor(options.workUs)
  const machine = describeMachine()
  let all = before?.servers ?? []
  for (const server of chosen) {
    const one = { ...(await measureServer(server, options, say)), version: versionOf(server) }
    all = [one, ...all]
    // After each of them: a run that is ended keeps what it has.
    write(out, {
      date: new Date().toISOString(),
      quick: isQuick,
      machine,
      options,
      pinned: isPinned,
      servers: servers.flatMap(({ name }) => all.find((known) => known.name === name) ?? []),
    })
  }
}

function readResults(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'overload.json'), 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** How much work takes so long on this machine when nothing else runs. */
function stepsFor(us) {
  const steps = 200_000
  let best = Infinity
  for (let i = 0; i < 200; i++) {
    const start = performance.now()
    work(steps)
    best = Math.min(best, performance.now() - start)
  }
  return Math.round((steps * us) / (best * 1000))
}

function say(name, { share, served, offered, shed, seconds, p50Ms, p99Ms, cores }) {
  const rates = [offered, served, shed].map((count) => `${Math.round(count / seconds)}/s`)
  const times = [p50Ms, p99Ms].map((ms) => `${ms.toFixed(1)} ms`)
  console.log(`${name} ${share}x: ${rates.join(' ')} ${times.join(' ')} ${cores.toFixed(2)}`)
}

function write(folder, results) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'overload.json'), `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(join(folder, 'overload.md'), toMarkdown(results))
  writeFileSync(join(folder, 'overload.svg'), toChart(results))
}
