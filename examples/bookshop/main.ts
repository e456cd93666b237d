// A bookshop: typed routes in groups, a database, tokens, uploads, events, a page.
// Run: CLERK_PASSWORD=something-long node examples/bookshop/main.ts    (Node 22.18 or newer)
// Then: open http://localhost:3000/ (shop) and http://localhost:3000/docs (its interface)
//
// BOOKSHOP_DB names the file of the database, CLERK_PASSWORD the password of clerk@example.org.

import { addUser } from './auth/users.ts'
import { Database } from './database.ts'
import { app, file } from './shop.ts'

const password = process.env['CLERK_PASSWORD']
if (password !== undefined) {
  const database = new Database(file)
  await addUser(database, { email: 'clerk@example.org', name: 'Clerk', role: 'clerk', password })
  database[Symbol.dispose]()
}

const server = await app.listen({ port: Number(process.env['PORT'] ?? 3000) })
console.log(`listening on ${server.url}`)

// What runs is finished, streams of events end, and then the database is closed.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void server.close({ gracePeriod: '10s' }))
}
