// The smallest server.
// Run: node examples/hello.mjs    Then: curl http://localhost:3000/
// @ts-check

import { App } from 'lanner'

const app = new App()

app.get('/', () => 'Hello, World!\n')

const server = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${server.url}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
