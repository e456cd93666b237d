// The benchmark server on Express: the work of lanner.mjs, with Express as it comes (ETag too).

import { pipeline } from 'node:stream/promises'

import express from 'express'

import { AFTER, B1M, B64K, BEFORE, chunks, HELLO, HOST, PORT, ready, TARGET } from './common.mjs'

const app = express()
const other = (req, res) => res.send('other')
const noop = async (req, res, next) => {
  next()
}

app.get('/', (req, res) => res.type('text').send(HELLO))
app.get('/json', (req, res) => res.json({ message: HELLO }))
for (const path of BEFORE) app.get(path, other)
app.get(TARGET, ({ params }, res) => res.json({ id: params.id, postId: params.postId }))
for (const path of AFTER) app.get(path, other)
app.post('/echo', express.json(), (req, res) => res.json({ name: req.body.name }))

app.post('/upload', (req, res) => {
  let bytes = 0
  req.on('data', (chunk) => {
    bytes += chunk.length
  })
  req.on('end', () => res.json({ bytes }))
})

app.get('/64k', (req, res) => res.type('application/octet-stream').send(B64K))
app.get('/1m', (req, res) => res.type('application/octet-stream').send(B1M))
app.get('/mw', noop, noop, noop, noop, noop, (req, res) => res.type('text').send(HELLO))
app.get('/headers', ({ headers }, res) =>
  res.type('text').send(`${headers['user-agent'].length}:${headers['accept-language'].length}`),
)
app.get('/stream', (req, res) => {
  res.type('application/octet-stream')
  // A client that leaves ends the pipeline with an error, which is nothing to report here.
  pipeline(chunks(), res).catch(() => {})
})

const server = app.listen(PORT, HOST, () => ready(server.address().port))
