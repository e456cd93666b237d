// The benchmark server on Hono with @hono/node-server: the work of lanner.mjs.

import { serve } from '@hono/node-server'
import { Hono } from 'hono'

import { AFTER, B1M, B64K, BEFORE, chunks, HELLO, HOST, PORT, ready, TARGET } from './common.mjs'

const app = new Hono()
const octets = { 'content-type': 'application/octet-stream' }
const other = (c) => c.text('other')
const noop = async (c, next) => {
  await next()
}

app.get('/', (c) => c.text(HELLO))
app.get('/json', (c) => c.json({ message: HELLO }))
for (const path of BEFORE) app.get(path, other)
app.get(TARGET, (c) => c.json({ id: c.req.param('id'), postId: c.req.param('postId') }))
for (const path of AFTER) app.get(path, other)
app.post('/echo', async (c) => c.json({ name: (await c.req.json()).name }))

app.post('/upload', async (c) => {
  let bytes = 0
  for await (const chunk of c.req.raw.body) bytes += chunk.length
  return c.json({ bytes })
})

app.get('/64k', (c) => c.body(B64K, 200, octets))
app.get('/1m', (c) => c.body(B1M, 200, octets))
app.get('/mw', noop, noop, noop, noop, noop, (c) => c.text(HELLO))
app.get('/headers', (c) =>
  c.text(`${c.req.header('user-agent').length}:${c.req.header('accept-language').length}`),
)
app.get('/stream', (c) => c.body(ReadableStream.from(chunks()), 200, octets))

serve({ fetch: app.fetch, port: PORT, hostname: HOST }, ({ port }) => ready(port))
