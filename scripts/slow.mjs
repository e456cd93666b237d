// npm run slow: very many slow clients, and what one quick client notices of them.
//
// npm run slow -- [--connections 4000] [--seconds 60] [--only headers,body,read,range]
//                 [--own] [--small]
//
// The attacks of slowhttptest (by itself where it is installed and --own is not given), then 100 MB
// downloads read at 10 kB/s, uploads of 10 kB/s, and uploads to a handler that never reads, by a
// quarter of the connections. While each runs, a client asks every 50 ms, in turn over its own
// connection and a new one. Ends with 1 when a reply of the quick client took too long, when
// attackers were not cut as the limits say, when a transfer held more than its windows, or when
// memory did not come back. --small has small limits and is what the tests run.

import { spawn, spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { PIECE_BYTES } from './slow/plan.mjs'

const MIB = 1024 * 1024
const PROBE_MS = 50
/** What a connection may hold besides its windows: state, a context, a stream, its buffers. */
const OWN_BYTES = 32 * 1024
/** What does not grow with connections: pools, batches on their way, the heap's slack. */
const FIXED_BYTES = 96 * MIB
/** Counters that tell what became of the attackers. */
const CUTS = /^reject_|_cut$|_passed$|_refused$|^shed$|_given_up$|^cancelled$/

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '4000' },
    seconds: { type: 'string', default: '60' },
    only: { type: 'string', default: 'headers,body,read,range,download,upload,unread' },
    own: { type: 'boolean', default: false },
    small: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const windows = {
  requestWindowBytes: values.small ? 65_536 : MIB,
  replyWindowBytes: 65_536,
  bodyBytes: null,
}
const BACK_MS = values.small ? 10_000 : 60_000
/** What pools and allocators keep although nobody is there: a tenth, in a small process more. */
const KEPT_BYTES = values.small ? 48 * MIB : 0
const SMALL = {
  limits: windows,
  timeouts: { headers: 1500, drain: 1000 },
  rates: { request: { grace: 1500 }, response: { bytesPerSecond: 1_000_000, grace: 1500 } },
}
/** The longest that the quick client may wait: more where other tests run beside this one. */
const PROBE_MAX_MS = values.small ? 500 : 50
/** Of the small attack before. */
const WARM_SECONDS = 5
const hasTool = !values.own && spawnSync('slowhttptest', ['-h']).error === undefined

/** Flags of slowhttptest, the counter of those that were cut, and the part that must be. */
const ATTACKS = {
  headers: { flags: ['-H', '-i', '5', '-x', '24'], counter: 'reject_headers_timeout' },
  body: { flags: ['-B', '-i', '5', '-x', '10', '-s', '8192'], counter: 'reject_body_timeout' },
  read: { flags: ['-X', '-n', '5', '-z', '32', '-k', '3', '-w', '512', '-y', '1024'] },
  range: { flags: ['-R', '-a', '5', '-b', '2000'] },
}

for (const kind of values.only.split(',')) await attack(kind)

async function attack(kind) {
  const isTransfer = !(kind in ATTACKS)
  const connections = Math.ceil(Number(values.connections) / (isTransfer ? 4 : 1))
  // Small rates of replies would cut those who only read slowly.
  const options = values.small && kind !== 'download' ? { ...SMALL } : { limits: windows }
  // Behind a full window nobody reads that a client has gone: the deadline ends such a request.
  if (kind === 'unread') options.timeouts = { request: (seconds + 3) * 1000, drain: 1000 }
  const server = await start(options)
  for (let i = 0; i < 300; i++) await ask(connect(server.port, '127.0.0.1'))
  // Code that was never run is memory too: a tenth of the attack comes first.
  if (!values.small) await launch(kind, server.port, Math.ceil(connections / 10), WARM_SECONDS)
  const before = await server.state('rest')
  const probes = probe(server.port)
  const attackers = launch(kind, server.port, connections, seconds)
  const watched = await watch(server, attackers)
  const took = await probes.end()
  const during = await server.state()
  const back = await comesBack(server, before)
  server.end()
  const faults = [
    ...tooSlow(took),
    ...(isTransfer
      ? unbounded(kind, connections, before, watched)
      : uncut(kind, connections, during)),
    ...(back.isBack ? [] : [`memory did not come back: ${mib(before.rss)} -> ${mib(back.rss)}`]),
  ]
  report(kind, connections, { took, before, watched, back, during }, faults)
}

/** The attackers' process, and what it said. */
function launch(kind, port, connections, seconds) {
  const own = [file('slow/attack.mjs'), kind, String(port), String(connections), String(seconds)]
  const path = kind === 'read' ? '/large' : '/'
  const flags = ATTACKS[kind]?.flags ?? []
  const common = ['-c', connections, '-r', Math.ceil((6 * connections) / seconds), '-l', seconds]
  const tool = [...flags, ...common.map(String), '-u', `http://127.0.0.1:${port}${path}`, '-v', '1']
  const child =
    hasTool && kind in ATTACKS
      ? spawn('slowhttptest', tool, { stdio: ['ignore', 'pipe', 'inherit'] })
      : spawn(process.execPath, own, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('latin1').on('data', (text) => {
    said += text
  })
  return new Promise((resolve) => child.once('close', () => resolve(said)))
}

/** Memory while the attack runs, and the last that was counted before it ended. */
async function watch(server, attackers) {
  const run = { isOver: false }
  const ended = attackers.then(() => {
    run.isOver = true
  })
  let [peak, most, last] = [0, 0, undefined]
  while (!run.isOver) {
    const state = await server.state()
    if (state.stats.connections >= most) last = state
    most = Math.max(most, state.stats.connections)
    peak = Math.max(peak, state.rss)
    await Promise.race([ended, sleep(1000)])
  }
  return { peak, most, last }
}

/** Asks every 50 ms until it is told to end; gives the times in milliseconds. */
function probe(port) {
  const took = []
  const run = { isOver: false }
  const loop = async () => {
    const kept = connect(port, '127.0.0.1')
    for (let i = 0; !run.isOver; i++) {
      const started = performance.now()
      const socket = i % 2 === 0 ? kept : connect(port, '127.0.0.1')
      await ask(socket, i % 2 === 0)
      took.push(performance.now() - started)
      await sleep(PROBE_MS)
    }
    kept.destroy()
  }
  const ended = loop()
  return {
    async end() {
      run.isOver = true
      await ended
      return took.toSorted((a, b) => a - b)
    },
  }
}

/** One request; fails when the reply is not ours. */
function ask(socket, isKept = false) {
  return new Promise((resolve, reject) => {
    let text = ''
    const onData = (data) => {
      text += data.toString('latin1')
      if (!text.endsWith('\r\n\r\nok')) return
      socket.off('data', onData).off('error', reject).off('close', onClose)
      if (!isKept) socket.destroy()
      resolve()
    }
    const onClose = () => reject(new Error(`the quick client got ${JSON.stringify(text)}`))
    socket.setNoDelay(true).on('data', onData).on('error', reject).on('close', onClose)
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  })
}

async function comesBack(server, before) {
  const started = performance.now()
  while (true) {
    const state = await server.state('rest')
    const isBack = state.rss < before.rss * 1.1 + KEPT_BYTES && state.stats.in_flight === 0
    const waited = performance.now() - started
    if (isBack || waited > BACK_MS) return { isBack, waited, rss: state.rss }
    await sleep(1000)
  }
}

function tooSlow(took) {
  const worst = took.at(-1)
  return worst > PROBE_MAX_MS ? [`the quick client waited ${worst.toFixed(0)} ms`] : []
}

function uncut(kind, connections, { stats }) {
  const { counter } = ATTACKS[kind]
  if (counter === undefined) return []
  const cut = stats[counter] ?? 0
  return cut >= 0.9 * connections ? [] : [`only ${cut} of ${connections} were cut (${counter})`]
}

/** Whether transfers hold more than their windows; `last` is when most were connected. */
function unbounded(kind, connections, before, { peak, last }) {
  const { stats, moved } = last
  const window = kind === 'download' ? windows.replyWindowBytes : windows.requestWindowBytes
  const each = window + PIECE_BYTES + OWN_BYTES
  const bound = before.rss + FIXED_BYTES + connections * each
  const faults = []
  if (peak > bound) faults.push(`memory ${mib(peak)} is over its bound ${mib(bound)}`)
  // What the smaller attack before brought is no part of this one.
  const read = stats.bytes_in - before.stats.bytes_in
  // Kilobytes of heads and probes are in both.
  const slack = connections * 2048 + MIB
  const ahead = moved.produced - stats.bytes_out
  if (kind === 'download' && ahead > connections * (window + 2 * PIECE_BYTES) + slack) {
    faults.push(`handlers are ${mib(ahead)} ahead of their clients`)
  }
  if (kind === 'unread' && read > connections * window + slack) {
    faults.push(`${mib(read)} were read for handlers that read nothing`)
  }
  if (kind === 'upload' && stats.bytes_in - moved.taken > connections * 8192 + slack) {
    faults.push(`${mib(stats.bytes_in - moved.taken)} wait for handlers that read at once`)
  }
  return faults
}

function report(kind, connections, { took, before, watched, back, during }, faults) {
  const at = (share) => took[Math.floor(share * (took.length - 1))].toFixed(1)
  const { stats, moved } = watched.last
  const tool = hasTool && kind in ATTACKS ? 'slowhttptest' : 'own'
  console.log(
    `${kind} (${tool}): ${connections} connections, ${watched.most} at once, ${seconds} s`,
  )
  console.log(
    `  quick client: ${took.length} replies, ${at(0.5)} p50, ${at(0.99)} p99, ${at(1)} ms`,
  )
  console.log(`  memory ${mib(before.rss)}, at most ${mib(watched.peak)}, then ${mib(back.rss)}`)
  console.log(`  after ${(back.waited / 1000).toFixed(0)} s`)
  console.log(`  in ${mib(stats.bytes_in)}, taken ${mib(moved.taken)}`)
  console.log(`  produced ${mib(moved.produced)}, out ${mib(stats.bytes_out)}`)
  const cuts = Object.entries(during.stats).filter(([name, n]) => n > 0 && CUTS.test(name))
  console.log(`  ${cuts.map(([name, n]) => `${name} ${n}`).join(', ') || 'nobody cut'}`)
  for (const fault of faults) console.log(`  FAULT ${fault}`)
  if (faults.length > 0) process.exitCode = 1
}

async function start(options) {
  const args = ['--expose-gc', file('slow/server.mjs'), JSON.stringify(options)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  child.once('exit', (code, signal) => {
    if (signal === 'SIGKILL') return
    console.error(`the server ended with ${code ?? signal}`)
    process.exit(1)
  })
  const next = () => new Promise((resolve) => child.once('message', resolve))
  const { port } = await next()
  const state = (when = 'attack') => {
    const answer = next()
    child.send(when)
    return answer
  }
  return { port, state, end: () => child.kill('SIGKILL') }
}

function file(name) {
  return fileURLToPath(new URL(name, import.meta.url))
}

function mib(bytes) {
  return `${(bytes / MIB).toFixed(1)} MiB`
}
