// The application that protocol test suites and load generators are pointed at:
// npm run conformance -- --port N [--host H]
//
// Also started by app.test.ts. Prints one line, "listening http://host:port", when it is ready, and
// closes gracefully on SIGINT and SIGTERM. Plain public API only; what each path does is said
// there.

import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { App, HttpError } from 'lanner'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
  },
})

const app = new App()

app.get('/', () => 'OK')
app.get('/text', () => 'Hello, World!')
app.get('/json', (ctx) => ctx.json({ message: 'Hello, World!' }))

// The body as it came, with its content type.
const echo = async (ctx) => {
  const body = await ctx.body.bytes()
  ctx.header('content-type', ctx.headers.get('content-type') ?? 'application/octet-stream')
  return ctx.bytes(body)
}
// Long ones too: suites announce lengths near a gigabyte and want the server to wait. It is held
// whole, so that a body which turns out to be malformed is refused and not half echoed.
const long = { limits: { bodyBytes: '1GB' } }
app.post('/', long, echo)
app.post('/echo', long, echo)

// The header lines as they came, one per line.
app.get('/echo', (ctx) => {
  const lines = ctx.headers.raw().map(([name, value]) => `${name}: ${value}\n`)
  return ctx.text(lines.join(''))
})

// One route among fifty.
for (let i = 0; i < 49; i++) {
  if (i === 24) {
    app.get('/users/:id/posts/:postId', ({ params }) => ({ id: params.id, postId: params.postId }))
  }
  app.get(i % 2 === 0 ? `/api/v1/resource${i}` : `/api/v1/resource${i}/:id`, () => 'other')
}

// n bytes; many of them as a stream, so that no reply is held whole.
app.get('/bytes/:n', (ctx) => {
  const n = count(ctx.params.n, 'n', 2 ** 40)
  if (n <= 2 ** 20) return ctx.bytes(Buffer.alloc(n, 'x'))
  ctx.header('content-type', 'application/octet-stream').header('content-length', String(n))
  return ctx.stream(filler(n))
})

// Counted as it comes, so any length is welcome.
app.post('/upload', { limits: { bodyBytes: null } }, async (ctx) => {
  let bytes = 0
  for await (const chunk of ctx.body) bytes += chunk.byteLength
  return { bytes }
})

app.get('/slow', async (ctx) => {
  await sleep(count(ctx.query.get('ms') ?? '0', 'ms'))
  return 'slow'
})

app.get('/stream', (ctx) => {
  const chunks = count(ctx.query.get('chunks') ?? '10', 'chunks')
  const ms = count(ctx.query.get('ms') ?? '0', 'ms')
  return ctx.type('text/plain; charset=utf-8').stream(lines(chunks, ms))
})

// Never answers.
app.get('/hang', () => new Promise(() => {}))

// Keeps the event loop from everything else.
app.get('/block', (ctx) => {
  const end = performance.now() + count(ctx.query.get('ms') ?? '0', 'ms')
  while (performance.now() < end);
  return 'blocked'
})

app.get('/throw', () => {
  throw new Error('thrown on purpose')
})

app.get('/status/:code', (ctx) => {
  const code = count(ctx.params.code, 'code')
  if (code < 200 || code > 599) throw new HttpError(400, 'code is 200 to 599')
  if (code === 204 || code === 205 || code === 304) return ctx.status(code)
  return ctx.text(String(code), code)
})

const noop = async (ctx, next) => {
  await next()
}
app.get('/mw', noop, noop, noop, noop, noop, () => 'Hello, World!')

app.get('/headers2', ({ headers }) => {
  return `${headers.get('user-agent') ?? ''}\n${headers.get('accept-language') ?? ''}\n`
})

const server = await app.listen({ port: count(values.port, '--port', 65_535), host: values.host })
const host = values.host.includes(':') ? `[${values.host}]` : values.host
console.log(`listening http://${host}:${server.address.port}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())

/** A whole number out of a request or an argument. */
function count(text, name, max = 2 ** 31) {
  const n = /^\d{1,13}$/.test(text) ? Number(text) : NaN
  if (n <= max) return n
  throw new HttpError(400, `${name} is a whole number up to ${max}`)
}

function* filler(n) {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  for (let left = n; left > 0; left -= chunk.length) {
    yield left < chunk.length ? chunk.subarray(0, left) : chunk
  }
}

async function* lines(chunks, ms) {
  for (let i = 0; i < chunks; i++) {
    if (ms > 0) await sleep(ms)
    yield `chunk ${i}\n`
  }
}
