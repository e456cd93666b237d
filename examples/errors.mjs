// Errors: each becomes a problem document (RFC 9457), and nothing of an unknown one is shown.
// Run: node examples/errors.mjs
// Then: curl -i http://localhost:3000/teapot ; curl -i http://localhost:3000/broken
// @ts-check

import { App, HttpError } from 'lanner'

class OutOfStock extends Error {}

const app = new App()

// An HttpError says its status; the text of one below 500 is for the client.
app.get('/teapot', () => {
  throw new HttpError(418, 'this pot makes tea')
})

// Fields of the reply travel with it.
app.get('/busy', () => {
  throw new HttpError(503, 'later, please', { headers: { 'retry-after': '5' } })
})

// Anything else is a 500 without details. They go to the log.
app.get('/broken', () => {
  throw new Error('the password is swordfish')
})

app.get('/shop', () => {
  throw new OutOfStock()
})

// Own errors get own answers. Returning nothing leaves the default.
app.onError((error, ctx) => {
  if (error instanceof OutOfStock) return ctx.json({ title: 'Sold out', status: 409 }, 409)
  if (!(error instanceof HttpError)) console.error(`${ctx.method} ${ctx.path}: ${String(error)}`)
  return undefined
})

// Unknown paths get a problem document without this as well.
app.notFound((ctx) => ctx.html(`<h1>Nothing here</h1><p>${ctx.rawTarget.length} characters</p>`))

const server = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${server.url}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
