// The server that slow clients attack, in a process of its own.
//
// Started by slow.mjs with an IPC channel and its options as JSON. Any message is answered with
// what it has counted and what memory it holds: 'rest' when its heap was collected, which would
// delay the quick client while an attack runs.

import { App } from 'lanner'

import { PIECE_BYTES } from './plan.mjs'

/** Bytes that handlers have produced, and taken. */
const moved = { produced: 0, taken: 0 }
const piece = new Uint8Array(PIECE_BYTES).fill(120)

// Clients that are cut are what this is about.
console.error = () => {}

const app = new App()
app.get('/', () => 'ok')
app.post('/', async (ctx) => ({ bytes: (await ctx.body.bytes()).length }))
app.get('/large', (ctx) => ctx.stream(large(100_000_000)))
app.post('/taken', async (ctx) => {
  for await (const chunk of ctx.body) moved.taken += chunk.byteLength
  return 'ok'
})
app.post('/unread', (ctx) => {
  return new Promise((resolve) => {
    ctx.signal.addEventListener('abort', () => resolve('nobody hears this'), { once: true })
  })
})

function* large(bytes) {
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    moved.produced += PIECE_BYTES
    yield piece
  }
}

const options = JSON.parse(process.argv[2])
const server = await app.listen({ port: 0, host: '127.0.0.1', ...options })
process.on('message', (when) => {
  if (when === 'rest') globalThis.gc()
  process.send({ stats: server.stats(), rss: process.memoryUsage.rss(), moved })
})
// Nobody else would end it when its driver was killed.
process.on('disconnect', () => process.exit())
process.send({ port: server.address.port })
