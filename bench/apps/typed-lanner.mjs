// The benchmark server of typed routes on Lanner: two numbers in the path, checked, and
// the same as texts of JSON back.
//
// VARIANT says how much: bare (no schema), typed (both parameters by Zod), or stack (the same
// behind three middlewares). The others in this folder whose names begin with typed do the work of
// the second.

import { App, ok } from 'lanner'
import { cors } from 'lanner/middleware/cors'
import { requestId } from 'lanner/middleware/request-id'
import { securityHeaders } from 'lanner/middleware/security-headers'
import { z } from 'zod'

import { AFTER, BEFORE, HELLO, HOST, PORT, ready, TARGET } from './common.mjs'

const variant = process.env.VARIANT ?? 'typed'
const app = new App()
const other = () => 'other'

if (variant === 'stack') app.use(requestId(), securityHeaders(), cors())
app.get('/', () => HELLO)
for (const path of BEFORE) app.get(path, other)
if (variant === 'bare') {
  app.get(TARGET, (ctx) => ctx.json({ id: ctx.params.id, postId: ctx.params.postId }))
} else {
  const number = z.coerce.number().int()
  const params = z.object({ id: number, postId: number })
  const responses = { 200: z.object({ id: z.string(), postId: z.string() }) }
  app.get(TARGET, { params, responses }, ({ params: { id, postId } }) =>
    ok({ id: String(id), postId: String(postId) }),
  )
}
for (const path of AFTER) app.get(path, other)

const server = await app.listen({ port: PORT, host: HOST })
ready(new URL(server.url).port)
