// The benchmark server on node:http: the work of lanner.mjs, with a small router in front.

import { createServer } from 'node:http'
import { pipeline } from 'node:stream/promises'

import { AFTER, B1M, B64K, BEFORE, chunks, HELLO, HOST, PORT, ready, TARGET } from './common.mjs'
import { createMatcher } from './match.mjs'

function send(res, type, body) {
  res.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  res.end(body)
}
const text = (res, body) => send(res, 'text/plain; charset=utf-8', body)
const json = (res, value) => send(res, 'application/json', JSON.stringify(value))
const bytes = (res, body) => send(res, 'application/octet-stream', body)
const other = (req, res) => text(res, 'other')
const noop = async () => {}

function echo(req, res) {
  const parts = []
  req.on('data', (chunk) => parts.push(chunk))
  req.on('end', () => json(res, { name: JSON.parse(Buffer.concat(parts).toString()).name }))
}

function upload(req, res) {
  let count = 0
  req.on('data', (chunk) => {
    count += chunk.length
  })
  req.on('end', () => json(res, { bytes: count }))
}

async function middlewares(req, res) {
  for (let i = 0; i < 5; i++) await noop(req, res)
  text(res, HELLO)
}

function stream(req, res) {
  res.writeHead(200, { 'content-type': 'application/octet-stream' })
  // A client that leaves ends the pipeline with an error, which is nothing to report here.
  pipeline(chunks(), res).catch(() => {})
}

const match = createMatcher([
  ['GET', '/', (req, res) => text(res, HELLO)],
  ['GET', '/json', (req, res) => json(res, { message: HELLO })],
  ...BEFORE.map((path) => ['GET', path, other]),
  ['GET', TARGET, (req, res, { id, postId }) => json(res, { id, postId })],
  ...AFTER.map((path) => ['GET', path, other]),
  ['POST', '/echo', echo],
  ['POST', '/upload', upload],
  ['GET', '/64k', (req, res) => bytes(res, B64K)],
  ['GET', '/1m', (req, res) => bytes(res, B1M)],
  ['GET', '/mw', middlewares],
  ['GET', '/headers', ({ headers }, res) => text(res, lengths(headers))],
  ['GET', '/stream', stream],
])

function lengths(headers) {
  return `${headers['user-agent'].length}:${headers['accept-language'].length}`
}

const server = createServer((req, res) => {
  const end = req.url.indexOf('?')
  const found = match(req.method, end < 0 ? req.url : req.url.slice(0, end))
  if (found === undefined) res.writeHead(404).end()
  else found.handler(req, res, found.params)
})
server.listen(PORT, HOST, () => ready(server.address().port))
