// The benchmark server of typed routes on Fastify: the work of typed-lanner.mjs, by JSON Schema.

import Fastify from 'fastify'

import { AFTER, BEFORE, HELLO, HOST, PORT, ready, TARGET } from './common.mjs'

const app = Fastify({ logger: false })
const other = (req, reply) => reply.send('other')
const numbers = {
  type: 'object',
  required: ['id', 'postId'],
  properties: { id: { type: 'integer' }, postId: { type: 'integer' } },
}
const texts = {
  type: 'object',
  properties: { id: { type: 'string' }, postId: { type: 'string' } },
}
const schema = { params: numbers, response: { 200: texts } }

app.get('/', (req, reply) => reply.send(HELLO))
for (const path of BEFORE) app.get(path, other)
app.get(TARGET, { schema }, ({ params: { id, postId } }, reply) =>
  reply.send({ id: String(id), postId: String(postId) }),
)
for (const path of AFTER) app.get(path, other)

await app.listen({ port: PORT, host: HOST })
ready(app.server.address().port)
