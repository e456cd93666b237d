// What can be read off the URL: parameters, optional ones, the rest of the path, the query.
// Run: node examples/params.mjs
// Then: curl http://localhost:3000/users/7 ; curl 'http://localhost:3000/search?q=tea&tag=a&tag=b'
// @ts-check

import { App } from 'lanner'

const app = new App()

// The type of ctx.params comes from the pattern: here { id: string }.
app.get('/users/:id', (ctx) => ({ id: ctx.params.id }))

// Text wins over a parameter, wherever it was registered.
app.get('/users/me', () => ({ id: 'me', isYou: true }))

// The last parameter may be optional.
app.get('/archive/:year/:month?', ({ params }) => ({
  year: Number(params.year),
  month: params.month ?? 'all',
}))

// `*name` takes the rest of the path, slashes included. %2F stays as it is: it is no slash.
app.get('/files/*path', (ctx) => `${ctx.params.path}\n`)

app.get('/search', ({ query }) => ({ q: query.get('q'), tags: query.all('tag') }))

const server = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${server.url}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
