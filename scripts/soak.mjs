// npm run soak: does memory stay flat, do counters come back to nothing, over very many of each?
//
// npm run soak -- [--cycles 10000] [--requests 10000000] [--drops 100000]
//
// Three parts, 0 leaves one out: listen and close (with a request each) in one process; requests
// over pipelined keep-alive connections (wrk sends them where it is installed); connections cut in
// the middle of a request or a reply. Each prints memory before and after. Ends with 1 when
// something is left, when memory has grown by more than 10 percent and 16 MiB, or when a part gets
// nowhere. The server runs in a process of its own, which ends with this one; a tenth of each part,
// or some more, goes first to warm up.

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const MIB = 1024 * 1024
const STUCK_MS = 60_000
const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'
/** What wrk sends: sixteen requests at a time. */
const PIPELINED = `init = function()
  local r = {}
  for i = 1, 16 do r[i] = wrk.format("GET", "/") end
  req = table.concat(r)
end
request = function() return req end
`
/** What a client has sent when it is cut. */
const MOMENTS = [
  'POST /upload HTTP/1.1\r\nhost: a\r\nx-long: abc',
  'POST /upload HTTP/1.1\r\nhost: a\r\ncontent-length: 50000\r\n\r\nabcdef',
  'GET /slow HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /download HTTP/1.1\r\nhost: a\r\n\r\n',
]

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '10000' },
    requests: { type: 'string', default: '10000000' },
    drops: { type: 'string', default: '100000' },
    serve: { type: 'boolean' },
  },
})

if (values.serve) await serve()
else await soak()

async function soak() {
  const parts = [
    ['listen and close', Number(values.cycles), cycle, 500],
    ['keep-alive requests', Number(values.requests), load, 50_000],
    ['connections cut mid-request', Number(values.drops), drop, 5000],
  ]
  for (const [name, n, run, warmUp] of parts) {
    if (!(n > 0)) continue
    const child = await start()
    try {
      await run(child, Math.max(warmUp, Math.ceil(n / 10)))
      const before = await child.settled()
      const started = performance.now()
      const done = await run(child, n)
      const seconds = (performance.now() - started) / 1000
      const after = await child.settled()
      report(name, done, seconds, before, after)
    } finally {
      child.process.kill('SIGKILL')
    }
  }
}

function report(name, n, seconds, before, after) {
  const change = after.rss - before.rss
  const isFlat = change < 16 * MIB || change < before.rss / 10
  const isBack =
    after.descriptors <= before.descriptors &&
    after.threads <= before.threads &&
    after.stats.connections === 0 &&
    after.stats.in_flight === 0 &&
    after.stats.held === 0
  console.log(`${name}: ${n} in ${seconds.toFixed(1)} s (${Math.round(n / seconds)}/s)`)
  for (const key of ['rss', 'heapUsed', 'external']) {
    const [from, to] = [before[key] / MIB, after[key] / MIB]
    console.log(`  ${key.padEnd(12)} ${from.toFixed(1)} -> ${to.toFixed(1)} MiB`)
  }
  console.log(`  descriptors  ${before.descriptors} -> ${after.descriptors}`)
  console.log(`  threads      ${before.threads} -> ${after.threads}`)
  const counted = Object.entries(after.stats).filter(([, value]) => value > 0)
  if (counted.length > 0) {
    console.log(`  ${counted.map(([key, value]) => `${key} ${value}`).join(', ')}`)
  }
  console.log(`  ${isFlat ? 'flat' : 'GROWN'}, ${isBack ? 'nothing left' : 'SOMETHING LEFT'}`)
  if (!isFlat || !isBack) process.exitCode = 1
}

async function cycle({ call }, n) {
  await call({ cycles: n })
  return n
}

/** Starts the server's process; `call` asks it for something and waits for its answer. */
async function start() {
  const child = spawn(
    process.execPath,
    ['--expose-gc', fileURLToPath(import.meta.url), '--serve'],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  )
  child.once('exit', (code, signal) => {
    if (signal === 'SIGKILL') return
    console.error(`the server ended with ${code ?? signal}`)
    process.exit(1)
  })
  const call = (message) =>
    new Promise((resolve) => {
      child.once('message', resolve)
      child.send(message)
    })
  const { port } = await new Promise((resolve) => child.once('message', resolve))
  const settled = async () => {
    const started = performance.now()
    while (true) {
      const state = await call({ state: true })
      const { connections, in_flight, held } = state.stats
      if (connections + in_flight + held === 0) return state
      if (performance.now() - started > 10_000) return state
    }
  }
  return { process: child, port, call, settled }
}

async function load({ port }, n) {
  if (spawnSync('wrk', ['--version']).error === undefined) return loadByWrk(port, n)
  let left = n
  const ends = Array.from({ length: 64 }, async () => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true).setTimeout(STUCK_MS)
    socket.once('timeout', () => socket.destroy(new Error('no reply for a minute')))
    let size = 0
    let bytes = 0
    let open = 0
    const send = () => {
      open = Math.min(16, left)
      left -= open
      if (open === 0) socket.end()
      else socket.write(GET.repeat(open))
    }
    send()
    for await (const data of socket) {
      // Every reply has the size of the first one: "content-length: 2" and two bytes.
      if (size === 0) size = data.indexOf('\r\n\r\n') + 6
      bytes += data.length
      if (bytes < open * size) continue
      bytes = 0
      send()
    }
  })
  await Promise.all(ends)
  return n
}

/** wrk knows durations only: rounds of ten seconds until there are enough, or some more. */
async function loadByWrk(port, n) {
  const folder = mkdtempSync(join(tmpdir(), 'lanner-soak-'))
  const script = join(folder, 'pipelined.lua')
  writeFileSync(script, PIPELINED)
  const flags = ['-t1', '-c64', '-d10s', '-s', script, `http://127.0.0.1:${port}/`]
  let done = 0
  while (done < n) {
    const child = spawn('wrk', flags, { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    for await (const data of child.stdout.setEncoding('utf8')) text += data
    const requests = Number(/(\d+) requests in/.exec(text)?.[1] ?? 0)
    if (requests === 0) throw new Error(`wrk got no reply:\n${text}`)
    if (/Socket errors|Non-2xx/.test(text)) {
      console.log(text)
      process.exitCode = 1
    }
    done += requests
  }
  rmSync(folder, { recursive: true })
  return done
}

/** Cuts n connections, 256 at a time; half of them once the server has begun to act on them. */
async function drop({ port, call }, n) {
  for (let done = 0; done < n; done += 256) {
    const sockets = await Promise.all(
      Array.from({ length: Math.min(256, n - done) }, (_, i) => open(port, MOMENTS[i % 4])),
    )
    if ((done / 256) % 2 === 0) await call({ state: true })
    for (const [i, socket] of sockets.entries()) {
      if (i % 8 < 4) socket.resetAndDestroy()
      else socket.destroy()
    }
  }
  return n
}

function open(port, bytes) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.pause()
    socket.setTimeout(STUCK_MS, () => socket.destroy(new Error('stuck for a minute')))
    socket.once('error', reject)
    socket.write(bytes, () => {
      socket.off('error', reject)
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}

/** The process under test. */
async function serve() {
  // Nobody is left to ask for anything, or to end this process.
  process.once('disconnect', () => process.exit())
  const { App } = await import('lanner')
  const here = { port: 0, host: '127.0.0.1' }
  const app = application(App)
  const server = await app.listen(here)
  process.on('message', async (message) => {
    if (message.cycles) {
      for (let i = 0; i < message.cycles; i++) {
        const one = await application(App).listen(here)
        await ask(one.address.port)
        await one.close()
      }
    }
    globalThis.gc()
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc()
    const isLinux = process.platform === 'linux'
    process.send({
      ...process.memoryUsage(),
      stats: server.stats(),
      descriptors: isLinux ? readdirSync('/proc/self/fd').length : 0,
      threads: isLinux ? readdirSync('/proc/self/task').length : 0,
    })
  })
  process.send({ port: server.address.port })
}

function application(App) {
  const app = new App()
  app.get('/', () => 'ok')
  app.post('/upload', async (ctx) => ({ bytes: (await ctx.body.bytes()).length }))
  app.get('/slow', (ctx) => {
    return new Promise((resolve) => {
      ctx.signal.addEventListener('abort', () => resolve('nobody hears this'))
    })
  })
  app.get('/download', (ctx) => ctx.stream(pieces()))
  return app
}

function* pieces() {
  const piece = 'x'.repeat(16_384)
  for (let i = 0; i < 100; i++) yield piece
}

async function ask(port) {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  let text = ''
  for await (const data of socket) text += data
  if (!text.endsWith('\r\n\r\nok')) throw new Error(`no reply: ${JSON.stringify(text)}`)
}
