// Server-sent events: a reply that goes on until the client leaves.
// Run: node examples/sse.mjs    Then: curl -N http://localhost:3000/clock
// @ts-check

import { setTimeout as sleep } from 'node:timers/promises'

import { App, sse } from 'lanner'

const app = new App()

app.get('/clock', () =>
  sse(
    // Clients that lost their connection say which event they had last.
    async function* ({ signal, lastEventId }) {
      try {
        for (let id = Number(lastEventId ?? 0) + 1; ; id++) {
          yield { id, event: 'time', data: { now: new Date().toISOString() } }
          await sleep(1000, undefined, { signal })
        }
      } finally {
        // Here also when the client has gone.
        console.log('a listener has left')
      }
    },
    { retry: '2s' },
  ),
)

const server = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${server.url}`)

// Streams of events end as soon as the server begins to close.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
