// Middleware: around everything, around a prefix, around one route.
// Run: node examples/middleware.mjs
// Then: curl -i http://localhost:3000/ ; curl -i -H 'authorization: Bearer 42'
// http://localhost:3000/admin/stats
// @ts-check

import { App, HttpError } from 'lanner'

const app = new App()
let count = 0

// Around everything: code before next() runs on the way in, code after it on the way out.
app.use(async (ctx, next) => {
  const started = performance.now()
  await next()
  ctx.header('server-timing', `app;dur=${(performance.now() - started).toFixed(1)}`)
})

// Adds something that handlers read.
app.use((ctx, next) => {
  ctx.state.number = ++count
  return next()
})

app.get('/', (ctx) => `request number ${ctx.state.number}\n`)

// A group: a prefix with middleware of its own.
app.group('/admin', (admin) => {
  admin.use((ctx, next) => {
    // Answering without next() ends the chain here.
    if (ctx.headers.get('authorization') !== 'Bearer 42') throw new HttpError(401)
    return next()
  })
  admin.get('/stats', () => ({ requests: count }))
})

// Around one route only.
const noStore = (
  /** @type {import('lanner').Context} */ ctx,
  /** @type {() => unknown} */ next,
) => {
  ctx.header('cache-control', 'no-store')
  return next()
}
app.get('/now', noStore, () => new Date().toISOString())

const server = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${server.url}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
