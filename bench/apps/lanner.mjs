// The benchmark server on Lanner: node bench/apps/lanner.mjs, with the port in PORT.

import { App } from 'lanner'

import { AFTER, B1M, B64K, BEFORE, chunks, HELLO, HOST, PORT, ready, TARGET } from './common.mjs'

const app = new App()
const other = () => 'other'
const noop = async (ctx, next) => {
  await next()
}

app.get('/', () => HELLO)
app.get('/json', (ctx) => ctx.json({ message: HELLO }))
for (const path of BEFORE) app.get(path, other)
app.get(TARGET, (ctx) => ctx.json({ id: ctx.params.id, postId: ctx.params.postId }))
for (const path of AFTER) app.get(path, other)

app.post('/echo', async (ctx) => {
  const body = await ctx.body.json()
  return ctx.json({ name: body.name })
})

app.post('/upload', async (ctx) => {
  let bytes = 0
  await ctx.body.forEach((chunk) => {
    bytes += chunk.byteLength
  })
  return ctx.json({ bytes })
})

app.get('/64k', (ctx) => ctx.bytes(B64K))
app.get('/1m', (ctx) => ctx.bytes(B1M))
app.get('/mw', noop, noop, noop, noop, noop, () => HELLO)
app.get('/headers', ({ headers }) => {
  return `${headers.get('user-agent').length}:${headers.get('accept-language').length}`
})
app.get('/stream', (ctx) => ctx.type('application/octet-stream').stream(chunks()))

const server = await app.listen({ port: PORT, host: HOST })
ready(new URL(server.url).port)
