// A request body of any size, worked on while it arrives. The client waits while the handler does.
// Run: node examples/streaming-upload.mjs
// Then: head -c 50000000 /dev/urandom | curl -T - http://localhost:3000/hash
// @ts-check

import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

import { App } from 'lanner'

const app = new App()

// Chunk by chunk. No more than one window of the body is ever in memory.
app.put('/hash', async (ctx) => {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of ctx.body) {
    hash.update(chunk)
    bytes += chunk.byteLength
  }
  return { bytes, sha256: hash.digest('hex') }
})

// As a stream of the web, here into a Node one.
app.put('/gunzip', async (ctx) => {
  let bytes = 0
  await pipeline(Readable.fromWeb(ctx.body.stream), createGunzip(), async (plain) => {
    for await (const chunk of plain) bytes += chunk.length
  })
  return { bytes }
})

const server = await app.listen({
  port: Number(process.env.PORT ?? 3000),
  limits: { bodyBytes: '1GB' },
})
console.log(`listening on ${server.url}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
