// The overload benchmark's server on Lanner, with its defaults; OVERLOAD=off takes its bounds away.

import { App } from 'lanner'

import { HOST, PORT, ready, work } from './overload-work.mjs'

const unbounded = { queueDelay: null, inFlight: 1_000_000 }
const options = process.env.OVERLOAD === 'off' ? { overload: unbounded } : {}
const app = new App()
app.get('/', () => work())

const server = await app.listen({ port: PORT, host: HOST, ...options })
ready(new URL(server.url).port)
