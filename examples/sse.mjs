// Server-sent events: a reply that goes on until the client leaves.
// Run: node examples/sse.mjs    Then: curl -N http://localhost:3000/clock
// @ts-check

import { setTimeout as sleep } from 'node:timers/promises'

import { App } from 'lanner'

const app = new App()

/** @param {AbortSignal} signal */
async function* clock(signal) {
  try {
    for (let id = 1; ; id++) {
      yield `id: ${id}\ndata: ${new Date().toISOString()}\n\n`
      await sleep(1000, undefined, { signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    // Here also when the client has gone.
    console.log('a listener has left')
  }
}

app.get('/clock', (ctx) => {
  return ctx.type('text/event-stream').header('cache-control', 'no-store').stream(clock(ctx.signal))
})

const server = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${server.url}`)

// Clocks never end by themselves: they get a second.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => server.close({ gracePeriod: '1s' }))
}
