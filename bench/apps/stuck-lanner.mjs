// The server of bench/stuck.mjs: probes, a deadline for each request, and a handler that blocks.

import { App } from 'lanner'

import { HOST, PORT, ready } from './common.mjs'

const DEADLINE_MS = 1000
const stalls = []

const app = new App()
app.get('/', () => 'ok')
app.get('/block/:ms', (ctx) => {
  const until = Date.now() + Number(ctx.params.ms)
  while (Date.now() < until); // blocks here
  return 'done'
})
app.get('/seen', () => ({ stats: server.stats(), stalls, deadlineMs: DEADLINE_MS }))

const server = await app.listen({
  port: PORT,
  host: HOST,
  health: { live: '/livez', ready: '/readyz' },
  metrics: { path: '/metrics' },
  timeouts: { request: DEADLINE_MS },
  stall: { log: false },
})
server.on('stall', (stall) => stalls.push(stall))
ready(new URL(server.url).port)
