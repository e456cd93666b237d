// A fetch handler on Lanner; an application of Hono, h3 or Elysia is served the same way.
// Run: node examples/serve.mjs
// Then: curl -i -d '{"name":"Ada"}' http://localhost:3000/hello
// @ts-check

import { serve } from 'lanner'

/** @type {import('lanner').FetchObject} */
const app = {
  async fetch(request, info) {
    const { pathname } = new URL(request.url)
    if (pathname === '/') return new Response(`hello ${info.remoteAddress.address}\n`)
    if (pathname !== '/hello' || request.method !== 'POST') {
      return new Response('nothing here\n', { status: 404 })
    }
    const { name } = /** @type {{ name: string }} */ (await request.json())
    return Response.json({ hello: name }, { status: 201 })
  },
}

const server = await serve(app, { port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${server.url}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
