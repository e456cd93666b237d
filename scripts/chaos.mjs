// npm run chaos: clients of every temper against handlers of every temper, and what must hold.
//
// npm run chaos -- [--seconds 100] [--seed n] [--clients 48], or CHAOS_SECONDS, CHAOS_SEED.
//
// The server runs in a process of its own (chaos/server.mjs) and is closed and started again every
// few seconds, with and without grace; now and then a handler stops its event loop. Must hold: a
// request that was accepted is handled once and, when its client stayed, answered once, in order
// and with its own body; the counters of each server add up when it has closed; at the end nothing
// is open, held or running, and descriptors, threads and memory are where they were after the
// warm-up. Prints the seed first; ends with 1 when something did not hold.

import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { play } from './chaos/clients.mjs'
import { made } from './chaos/requests.mjs'
import { numbers } from './lib/numbers.mjs'

const MIB = 1024 * 1024
/** What the allocators and the heap may keep beyond the warm-up. */
const GROWTH_MAX = 48 * MIB
/** Faults that are printed in full. */
const SHOWN = 20
/** Of a hundred requests so many may stay unanswered for a reason that only their age gives. */
const EXCUSED_MAX = 2
const BY_AGE = [
  'late after a half-close',
  'after a long rest',
  'cut at the deadline',
  'cut for its pace',
]

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: process.env.CHAOS_SECONDS ?? '100' },
    seed: { type: 'string', default: process.env.CHAOS_SEED ?? String(Date.now() % 1_000_000) },
    clients: { type: 'string', default: '48' },
  },
})

/** What the clients share, and what is held against the server. */
class World {
  port = 0
  answered = 0
  /** Times that the server was closed, and closed before everybody had been served. */
  epoch = { restarts: 0, cuts: 0 }
  counts = {}
  excuses = {}
  faults = []
  #child
  #calls = new Map()
  #lastCall = 0
  #restart = Promise.resolve()
  #isRestarting = false
  #lastRestart = 0
  #lastBlock = 0
  #crowds = 0
  #lastCrowd = -Infinity
  #below

  constructor(below) {
    this.#below = below
  }

  async start() {
    const file = fileURLToPath(new URL('chaos/server.mjs', import.meta.url))
    const flags = ['--expose-gc', file]
    const child = spawn(process.execPath, flags, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child = child
    child.once('exit', (code, signal) => {
      console.error(`the server ended with ${code ?? signal}`)
      process.exit(1)
    })
    this.port = await new Promise((resolve) => {
      child.on('message', ({ id, port, ...message }) => {
        if (port !== undefined) return resolve(port)
        this.#calls.get(id)(message)
        this.#calls.delete(id)
      })
    })
  }

  /** Asks the server's process for something. */
  call(message) {
    const id = ++this.#lastCall
    return new Promise((resolve) => {
      this.#calls.set(id, resolve)
      this.#child.send({ id, ...message })
    })
  }

  async seen(requests) {
    return (await this.call({ seen: requests })).seen
  }

  end() {
    this.#child.removeAllListeners('exit')
    this.#child.kill('SIGKILL')
  }

  count(what, n = 1) {
    this.counts[what] = (this.counts[what] ?? 0) + n
  }

  excuse(why) {
    this.excuses[why] = (this.excuses[why] ?? 0) + 1
  }

  fault(text) {
    this.faults.push(text)
    if (this.faults.length <= SHOWN) console.log(`FAULT ${text}`)
  }

  /** One handler in a second may stop the event loop. */
  mayBlock() {
    if (performance.now() - this.#lastBlock < 1000) return false
    this.#lastBlock = performance.now()
    return true
  }

  /** A crowd gathers, when the last one is over for long, or goes. */
  crowd(begins) {
    if (begins && performance.now() - this.#lastCrowd < 3000) return false
    this.#crowds += begins ? 1 : -1
    this.#lastCrowd = performance.now()
    return true
  }

  /** Whether there were more connections than the server takes since then. */
  isCrowded(since) {
    return this.#crowds > 0 || this.#lastCrowd > since - 500
  }

  pause() {
    const kind = this.#below(8)
    if (kind > 1) return undefined
    return kind === 0 ? new Promise((resolve) => setImmediate(resolve)) : sleep(this.#below(20))
  }

  /** A connection could not be made: only while nobody listens, or too many do. */
  async refused() {
    const isExpected =
      this.#isRestarting || performance.now() - this.#lastRestart < 1000 || this.isCrowded(0)
    if (!isExpected) this.fault('a connection was refused by a server that listens')
    await sleep(20)
  }

  restarted() {
    return this.#restart
  }

  restart(grace) {
    this.#restart = this.#restartNow(grace)
    return this.#restart
  }

  async #restartNow(grace) {
    this.#turn(grace === 0)
    this.#isRestarting = true
    const { stats, took } = await this.call({ restart: grace })
    // Once more: a connection may have been made while it closed.
    this.#turn(took >= grace)
    this.#isRestarting = false
    this.#lastRestart = performance.now()
    this.count(grace === 0 ? 'restarts without grace' : 'restarts with grace')
    this.#addUp(stats)
  }

  #turn(isCut) {
    this.epoch.restarts++
    if (isCut) this.epoch.cuts++
  }

  /** What a server that has closed must have counted. */
  #addUp(stats) {
    this.count('servers')
    const { requests, settled, cancelled, refused, dispatched, handled } = stats
    if (requests !== settled + cancelled + refused) {
      const parts = `${settled} settled + ${cancelled} cancelled + ${refused} refused`
      this.fault(`${requests} requests, but ${parts}`)
    }
    if (handled > dispatched) this.fault(`${dispatched} dispatched, but ${handled} handled`)
    nothingIn(this, stats, LEFT_BY_NOBODY)
    for (const name of NAMES) this.count(name, stats[name])
  }
}

/** What is nothing whenever a server has closed, and whenever nobody is there. */
const LEFT_BY_NOBODY = ['connections', 'in_flight', 'held', 'double_replies', 'malformed_batches']
/** Counters that are shown, summed over all servers. */
const NAMES = [
  'requests',
  'settled',
  'cancelled',
  'refused',
  'shed',
  'late_replies',
  'deadlines_passed',
  'slow_replies_cut',
  'drains_given_up',
  'keep_alive_timeouts',
  'connections_refused',
]

function nothingIn(world, stats, names) {
  for (const name of names) if (stats[name] !== 0) world.fault(`${name} ${stats[name]} at the end`)
}

await main()

async function main() {
  const seed = Number(values.seed)
  const seconds = Number(values.seconds)
  console.log(`chaos: seed ${seed}, ${seconds} s`)
  const world = new World(numbers(seed))
  await world.start()
  // What is reached in the warm-up is what may be there at the end.
  await storm(world, seed, Math.max(5, seconds / 3))
  const before = await settled(world)
  await storm(world, seed + 1_000_000, (seconds * 2) / 3)
  const after = await settled(world)
  world.end()
  compare(world, before, after)
  report(world, before, after)
}

/** All clients, for so long; the server is restarted meanwhile. */
async function storm(world, seed, seconds) {
  const end = performance.now() + seconds * 1000
  const clients = Array.from({ length: Number(values.clients) }, async (_, i) => {
    const below = numbers(seed * 1000 + i)
    while (performance.now() < end) await play(world, below)
  })
  const below = numbers(seed * 1000 + 999)
  while (performance.now() < end) {
    for (let i = below(8); i >= 0 && performance.now() < end; i--) {
      await sleep(below(1000))
      await world.call({ busy: below(4) === 0 })
    }
    await world.restart(below(5) < 2 ? 0 : 3500)
  }
  await world.call({ busy: false })
  await Promise.all(clients)
}

/** The state of the server once nobody is there; its counters must say so soon. */
async function settled(world) {
  const started = performance.now()
  while (true) {
    const state = await world.call({ state: true })
    const { connections, in_flight: inFlight, held } = state.stats
    if (connections + inFlight + held + state.running === 0) {
      // What the allocators give back late.
      await sleep(1000)
      return world.call({ state: true })
    }
    if (performance.now() - started > 20_000) {
      world.fault(`left: ${JSON.stringify({ connections, inFlight, held, run: state.running })}`)
      return state
    }
    await sleep(100)
  }
}

function compare(world, before, after) {
  nothingIn(world, after.stats, LEFT_BY_NOBODY)
  for (const fault of after.faults) world.fault(`in the server: ${fault}`)
  if (after.repeated > 0) world.fault(`${after.repeated} requests were handled twice`)
  if (after.failures === 0) world.fault('no handler failed: the test tests nothing')
  // A server between two closes may still own what the next turn gives back.
  for (const name of ['descriptors', 'threads']) {
    if (after[name] > before[name]) world.fault(`${name} ${before[name]} -> ${after[name]}`)
  }
  const growth = after.memory.rss - before.memory.rss
  if (growth > GROWTH_MAX) world.fault(`memory has grown by ${mib(growth)}`)
  const byAge = BY_AGE.reduce((sum, why) => sum + (world.excuses[why] ?? 0), 0)
  if (byAge * 100 > EXCUSED_MAX * made()) world.fault(`${byAge} of ${made()} excused`)
  if (world.answered < 10 * Number(values.seconds)) world.fault(`only ${world.answered} answered`)
}

function report(world, before, after) {
  console.log(`${made()} requests made, ${world.answered} answered`)
  console.log(`counted: ${list(world.counts)}`)
  console.log(`excused: ${list(world.excuses)}`)
  console.log(`memory ${mib(before.memory.rss)} -> ${mib(after.memory.rss)}`)
  console.log(`descriptors ${before.descriptors} -> ${after.descriptors}`)
  console.log(`threads ${before.threads} -> ${after.threads}`)
  console.log(world.faults.length === 0 ? 'all of it held' : `${world.faults.length} faults`)
  if (world.faults.length > 0) {
    console.log(`again with: npm run chaos -- --seed ${values.seed} --seconds ${values.seconds}`)
    process.exitCode = 1
  }
}

function list(counts) {
  return Object.entries(counts)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ')
}

function mib(bytes) {
  return `${(bytes / MIB).toFixed(1)} MiB`
}
