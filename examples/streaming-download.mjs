// A reply that is made while it is sent. A slow client slows the source down, nothing piles up.
// Run: node examples/streaming-download.mjs
// Then: curl --limit-rate 100K http://localhost:3000/numbers?n=1000000 | tail -1
// @ts-check

import { createReadStream } from 'node:fs'

import { App } from 'lanner'

const app = new App()

/** @param {number} n */
function* numbers(n) {
  for (let i = 1; i <= n; i++) yield `${i}\n`
}

// Any iterable, sync or async: the next value is asked for when the client has taken the last ones.
app.get('/numbers', (ctx) => {
  const n = Number(ctx.query.get('n') ?? 1000)
  return ctx.type('text/plain').stream(numbers(n))
})

// A Node stream. When the client goes away, the file is closed.
app.get('/source', (ctx) => {
  return ctx.type('text/javascript').stream(createReadStream(new URL(import.meta.url)))
})

// A Response of the fetch standard with a stream in it.
app.get('/upper', () => {
  const source = ReadableStream.from(['streams ', 'of the ', 'web\n'])
  const upper = new TransformStream({
    transform: (text, controller) => controller.enqueue(text.toUpperCase()),
  })
  return new Response(source.pipeThrough(upper).pipeThrough(new TextEncoderStream()))
})

const server = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${server.url}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
