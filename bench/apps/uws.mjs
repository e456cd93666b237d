// The benchmark server on uWebSockets.js: the work of lanner.mjs.

import uWS from 'uWebSockets.js'

import { AFTER, B1M, B64K, BEFORE, chunks, HELLO, HOST, PORT, ready, TARGET } from './common.mjs'

const app = uWS.App()
const noop = async () => {}
const text = (res, body) => res.writeHeader('content-type', 'text/plain; charset=utf-8').end(body)
const json = (res, value) =>
  res.writeHeader('content-type', 'application/json').end(JSON.stringify(value))
const other = (res) => text(res, 'other')

/** A reply that may not fit the socket's buffer: the rest goes when there is room again. */
function bytes(res, body) {
  res.onAborted(() => {})
  res.writeHeader('content-type', 'application/octet-stream')
  const [sent, complete] = res.tryEnd(body, body.length)
  if (sent || complete) return
  res.onWritable((offset) => res.tryEnd(body.subarray(offset), body.length)[0])
}

app.get('/', (res) => text(res, HELLO))
app.get('/json', (res) => json(res, { message: HELLO }))
for (const path of BEFORE) app.get(path, other)
app.get(TARGET, (res, req) => json(res, { id: req.getParameter(0), postId: req.getParameter(1) }))
for (const path of AFTER) app.get(path, other)

app.post('/echo', (res) => {
  let before = Buffer.alloc(0)
  res.onAborted(() => {})
  res.onData((chunk, isLast) => {
    // The chunk is ours during this call only.
    before = Buffer.concat([before, Buffer.from(chunk)])
    if (isLast) json(res, { name: JSON.parse(before.toString()).name })
  })
})

app.post('/upload', (res) => {
  let count = 0
  res.onAborted(() => {})
  res.onData((chunk, isLast) => {
    count += chunk.byteLength
    if (isLast) json(res, { bytes: count })
  })
})

app.get('/64k', (res) => bytes(res, B64K))
app.get('/1m', (res) => bytes(res, B1M))

app.get('/mw', async (res, req) => {
  let aborted = false
  res.onAborted(() => {
    aborted = true
  })
  for (let i = 0; i < 5; i++) await noop(req, res)
  if (!aborted) res.cork(() => text(res, HELLO))
})

app.get('/headers', (res, req) =>
  text(res, `${req.getHeader('user-agent').length}:${req.getHeader('accept-language').length}`),
)

app.get('/stream', async (res) => {
  let aborted = false
  let writable = () => {}
  res.onAborted(() => {
    aborted = true
    writable()
  })
  res.onWritable(() => {
    writable()
    return true
  })
  res.cork(() => res.writeHeader('content-type', 'application/octet-stream'))
  for await (const chunk of chunks()) {
    if (aborted) return
    let room = true
    const wait = new Promise((resolve) => {
      writable = resolve
    })
    res.cork(() => {
      room = res.write(chunk)
    })
    if (!room) await wait
  }
  if (!aborted) res.cork(() => res.end())
})

app.listen(HOST, PORT, (socket) => {
  if (!socket) process.exit(1)
  ready(uWS.us_socket_local_port(socket))
})
