// The benchmark server on Fastify: the work of lanner.mjs, with response schemas, as Fastify
// advises.

import { Readable } from 'node:stream'

import Fastify from 'fastify'

import { AFTER, B1M, B64K, BEFORE, chunks, HELLO, HOST, PORT, ready, TARGET } from './common.mjs'

const app = Fastify({ logger: false, bodyLimit: 8 * 1024 * 1024 })
const strings = (...names) => {
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]))
  return { schema: { response: { 200: { type: 'object', properties } } } }
}
const other = (req, reply) => reply.send('other')
const noop = async () => {}

app.get('/', (req, reply) => reply.send(HELLO))
app.get('/json', strings('message'), (req, reply) => reply.send({ message: HELLO }))
for (const path of BEFORE) app.get(path, other)
app.get(TARGET, strings('id', 'postId'), ({ params }, reply) =>
  reply.send({ id: params.id, postId: params.postId }),
)
for (const path of AFTER) app.get(path, other)
app.post('/echo', strings('name'), (req, reply) => reply.send({ name: req.body.name }))

await app.register(async (scope) => {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (req, payload, done) => {
    let bytes = 0
    payload.on('data', (chunk) => {
      bytes += chunk.length
    })
    payload.on('end', () => done(null, bytes))
  })
  scope.post('/upload', (req, reply) => reply.send({ bytes: req.body }))
})

app.get('/64k', (req, reply) => reply.type('application/octet-stream').send(B64K))
app.get('/1m', (req, reply) => reply.type('application/octet-stream').send(B1M))
await app.register(async (scope) => {
  for (let i = 0; i < 5; i++) scope.addHook('onRequest', noop)
  scope.get('/mw', (req, reply) => reply.send(HELLO))
})
app.get('/headers', ({ headers }, reply) =>
  reply.send(`${headers['user-agent'].length}:${headers['accept-language'].length}`),
)
app.get('/stream', (req, reply) =>
  reply.type('application/octet-stream').send(Readable.from(chunks())),
)

await app.listen({ port: PORT, host: HOST })
ready(app.server.address().port)
