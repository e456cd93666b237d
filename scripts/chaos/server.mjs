// The server of the chaos test, in a process of its own: handlers of every temper, and restarts.
//
// Started by chaos.mjs with an IPC channel. Every request has a number in its path; a handler marks
// it as seen and gives a body that only this number has. Messages: { restart: grace } closes the
// server and listens again at the same port, { seen: [n…] } asks how often each was handled,
// { busy: true } says that it is, { state: true } asks what the process holds. Each is answered by
// one message.

import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { App } from 'lanner'

import { LIMITS, OVERLOAD, pattern, PURPOSE, RATES, TIMEOUTS } from './plan.mjs'

/** How often each request was handled, by number. */
let seen = new Uint8Array(1 << 20)
/** What nobody asked for, and how many failures were meant. */
const faults = []
let failures = 0
/** Handlers that run, and bodies of replies that are being produced. */
let running = 0

console.error = (error) => {
  if (String(error?.message).includes(PURPOSE)) failures++
  else if (!EXPECTED.has(error?.code)) faults.push(String(error?.stack ?? error))
}

/** What a handler meets when its client breaks off or breaks the rules. */
const EXPECTED = new Set([
  'LANNER_PEER_GONE',
  'LANNER_DEADLINE',
  'LANNER_SERVER_CLOSING',
  'LANNER_BODY_MALFORMED',
  'LANNER_BODY_TOO_LARGE',
  'LANNER_BODY_TIMEOUT',
  'LANNER_CONTENT_LENGTH',
])

const app = new App()

/** Marks the request, counts the handler while it runs; synchronous for those that are. */
app.use((ctx, next) => {
  const n = Number(/\/(\d+)$/.exec(ctx.path)?.[1] ?? 0)
  if (n >= seen.length) {
    const more = new Uint8Array(Math.max(2 * seen.length, n + 1))
    more.set(seen)
    seen = more
  }
  seen[n]++
  running++
  let result
  try {
    result = next()
  } finally {
    if (!(result instanceof Promise)) running--
  }
  if (!(result instanceof Promise)) return result
  return result.finally(() => {
    running--
  })
})

const ms = (ctx) => Number(ctx.query.get('ms') ?? 0)
const size = (ctx) => Number(ctx.query.get('size') ?? 0)
const own = (ctx) => pattern(ctx.params.n, size(ctx))

app.get('/text/:n', (ctx) => `text ${ctx.params.n}`)
app.get('/later/:n', async (ctx) => {
  await sleep(ms(ctx))
  return `later ${ctx.params.n}`
})
app.get('/bytes/:n', (ctx) => ctx.bytes(own(ctx)))
app.get('/stream/:n', (ctx) => ctx.stream(pieces(own(ctx), ms(ctx))))
app.get('/trailers/:n', (ctx) => {
  ctx.trailers.set('x-number', ctx.params.n)
  return ctx.stream(pieces(own(ctx), 0))
})
app.get('/hints/:n', (ctx) => {
  ctx.earlyHints({ link: '</a.css>; rel=preload' })
  return `hints ${ctx.params.n}`
})
app.get('/last/:n', (ctx) => ctx.header('connection', 'close').text(`last ${ctx.params.n}`))

app.post('/echo/:n', async (ctx) => ctx.bytes(await ctx.body.bytes()))
app.post('/pass/:n', (ctx) => ctx.stream(ctx.body))
app.post('/unread/:n', (ctx) => `unread ${ctx.params.n}`)
app.post('/first/:n', async (ctx) => {
  for await (const chunk of ctx.body) {
    if (chunk.byteLength > 0) break
  }
  return `first ${ctx.params.n}`
})
app.post('/count/:n', async (ctx) => {
  let bytes = 0
  for await (const chunk of ctx.body) {
    bytes += chunk.byteLength
    if (ms(ctx) > 0) await sleep(ms(ctx))
  }
  return `count ${ctx.params.n} ${bytes}`
})
app.post('/lent/:n', async (ctx) => {
  let bytes = 0
  await ctx.body.forEach((chunk) => {
    bytes += chunk.byteLength
  })
  return `lent ${ctx.params.n} ${bytes}`
})

// Handlers that do not do as they should.
app.get('/block/:n', (ctx) => {
  const end = performance.now() + ms(ctx)
  while (performance.now() < end);
  return `block ${ctx.params.n}`
})
app.get('/throw/:n', () => {
  throw new Error(PURPOSE)
})
app.get('/reject/:n', async (ctx) => {
  await sleep(ms(ctx))
  throw new Error(PURPOSE)
})
app.get('/twice/:n', (ctx) => {
  const reply = ctx.text(`twice ${ctx.params.n}`)
  try {
    ctx.text('a second reply')
    faults.push('a second reply was taken')
  } catch {
    // That is the point: the first one stands.
  }
  return reply
})
app.get('/never/:n', (ctx) => {
  return new Promise((resolve) => {
    // Who has half-closed hears it; nobody else does.
    ctx.signal.addEventListener('abort', () => resolve(`never ${ctx.params.n}`), { once: true })
  })
})
app.get('/overdue/:n', async () => {
  await sleep(TIMEOUTS.request + 700)
  return 'nobody hears this'
})
app.get('/torn/:n', (ctx) => ctx.stream(torn(own(ctx))))
app.get('/short/:n', (ctx) =>
  ctx.header('content-length', String(size(ctx) + 10)).stream(pieces(own(ctx), 0)),
)

async function* pieces(bytes, pause) {
  running++
  try {
    for (let at = 0; at < bytes.length; at += 7000) {
      if (pause > 0) await sleep(pause)
      yield bytes.subarray(at, at + 7000)
    }
  } finally {
    running--
  }
}

async function* torn(bytes) {
  yield bytes
  await sleep(1)
  throw new Error(PURPOSE)
}

let server = await listen(0)
process.on('message', answer)
// Nobody else would end it when its driver was killed.
process.on('disconnect', () => process.exit())
process.send({ port: server.address.port })

function listen(port) {
  return app.listen({
    port,
    host: '127.0.0.1',
    ioThreads: 2,
    limits: LIMITS,
    timeouts: TIMEOUTS,
    rates: RATES,
    overload: OVERLOAD,
    health: { live: '/livez', ready: '/readyz' },
    metrics: { path: '/metrics' },
  })
}

async function answer({ id, ...message }) {
  process.send({ id, ...(await act(message)) })
}

async function act(message) {
  if (message.restart !== undefined) {
    const { port } = server.address
    const old = server
    const started = performance.now()
    await old.close({ gracePeriodMs: message.restart })
    const took = performance.now() - started
    server = await listen(port)
    return { stats: old.stats(), took }
  }
  if (message.busy !== undefined) {
    server.busy = message.busy
    return {}
  }
  if (message.seen !== undefined) return { seen: message.seen.map((n) => seen[n] ?? 0) }
  await collect()
  const isLinux = process.platform === 'linux'
  return {
    stats: server.stats(),
    memory: process.memoryUsage(),
    descriptors: isLinux ? readdirSync('/proc/self/fd').length : 0,
    threads: isLinux ? readdirSync('/proc/self/task').length : 0,
    running,
    failures,
    faults,
    repeated: seen.reduce((count, times, n) => count + (n > 0 && times > 1 ? 1 : 0), 0),
  }
}

async function collect() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
