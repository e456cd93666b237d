// Ending well: what runs is finished, nothing new is taken, and after the grace period it is over.
// Run: node examples/graceful-shutdown.mjs
// Then: curl http://localhost:3000/work?ms=5000 & sleep 1; kill %1 (or Ctrl-C in the server's
// terminal)
// @ts-check

import { setTimeout as sleep } from 'node:timers/promises'

import { App } from 'lanner'

const app = new App()

app.get('/', () => 'still here\n')

app.get('/work', async (ctx) => {
  const ms = Number(ctx.query.get('ms') ?? 1000)
  // The signal aborts when the client has gone or the grace period is over.
  await sleep(ms, undefined, { signal: ctx.signal })
  return `worked for ${ms} ms\n`
})

const server = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${server.url}`)

async function shutDown(/** @type {NodeJS.Signals} */ signal) {
  console.log(`${signal}: closing`)
  const started = performance.now()
  await server.close({ gracePeriod: '20s' })
  // Here: databases, queues, logs.
  console.log(`closed after ${Math.round(performance.now() - started)} ms`)
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => void shutDown(signal))
}
