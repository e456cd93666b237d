// Request and Response of the fetch standard, where an application or a library speaks those.
// Run: node examples/fetch-standard.mjs
// Then: curl -i -d 'name=Ada' http://localhost:3000/hello
// @ts-check

import { App } from 'lanner'

const app = new App()

// ctx.request is made when it is touched; nothing is paid for it otherwise.
app.post('/hello', async ({ request }) => {
  const form = await request.formData()
  return new Response(`Hello, ${String(form.get('name'))}!\n`, {
    status: 201,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-method': request.method },
  })
})

app.get('/json', () => Response.json({ made: 'elsewhere' }))
app.get('/go', () => new Response(null, { status: 303, headers: { location: '/json' } }))

const server = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${server.url}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
