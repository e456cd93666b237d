// The benchmark server of typed routes on Hono, for Bun: the work of typed-lanner.mjs, by Zod.

import { Hono } from 'hono'
import { validator } from 'hono/validator'
import { z } from 'zod'

import { AFTER, BEFORE, HELLO, HOST, PORT, ready, TARGET } from './common.mjs'

const app = new Hono()
const other = (c) => c.text('other')
const number = z.coerce.number().int()
const numbers = z.object({ id: number, postId: number })
const params = validator('param', (value, c) => {
  const parsed = numbers.safeParse(value)
  return parsed.success ? parsed.data : c.json({ issues: parsed.error.issues }, 400)
})

app.get('/', (c) => c.text(HELLO))
for (const path of BEFORE) app.get(path, other)
app.get(TARGET, params, (c) => {
  const { id, postId } = c.req.valid('param')
  return c.json({ id: String(id), postId: String(postId) })
})
for (const path of AFTER) app.get(path, other)

const server = globalThis.Bun.serve({ fetch: app.fetch, port: PORT, hostname: HOST })
ready(server.port)
