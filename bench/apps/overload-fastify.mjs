// The overload benchmark's server on Fastify with @fastify/under-pressure: 503 while the event
// loop is late by more than what Lanner lets requests wait.

import underPressure from '@fastify/under-pressure'
import Fastify from 'fastify'

import { HOST, PORT, ready, work } from './overload-work.mjs'

const app = Fastify({ logger: false })
await app.register(underPressure, { maxEventLoopDelay: 100 })
app.get('/', (req, reply) => reply.type('text/plain').send(work()))

await app.listen({ port: PORT, host: HOST })
ready(app.server.address().port)
