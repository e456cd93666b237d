// A page and the JSON that it fetches: open it in a browser.
// Run: node examples/static-page.mjs    Then: open http://localhost:3000/
// @ts-check

import { readFile } from 'node:fs/promises'

import { App, HttpError } from 'lanner'

const page = await readFile(new URL('static-page.html', import.meta.url), 'utf8')
const falcons = ['lanner', 'kestrel', 'merlin', 'hobby']

const app = new App()

app.get('/', (ctx) => ctx.header('cache-control', 'no-cache').html(page))

app.group('/api', (api) => {
  api.get('/falcons', () => falcons)

  api.post('/falcons', async (ctx) => {
    const body = /** @type {{ name?: unknown } | null} */ (await ctx.body.json())
    if (typeof body?.name !== 'string') throw new HttpError(422, 'a falcon has a name')
    falcons.push(body.name)
    return ctx.json(falcons, 201)
  })
})

const server = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${server.url}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
