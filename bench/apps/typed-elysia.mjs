// The benchmark server of typed routes on Elysia, for Bun: the work of typed-lanner.mjs, by its own
// schemas.

import { Elysia, t } from 'elysia'

import { AFTER, BEFORE, HELLO, HOST, PORT, ready, TARGET } from './common.mjs'

const app = new Elysia()
const other = () => 'other'
const numbers = t.Object({ id: t.Integer(), postId: t.Integer() })
const texts = t.Object({ id: t.String(), postId: t.String() })

app.get('/', () => HELLO)
for (const path of BEFORE) app.get(path, other)
app.get(TARGET, ({ params: { id, postId } }) => ({ id: String(id), postId: String(postId) }), {
  params: numbers,
  response: { 200: texts },
})
for (const path of AFTER) app.get(path, other)

app.listen({ port: PORT, hostname: HOST })
ready(app.server.port)
