// JSON in, JSON out.
// Run: node examples/json.mjs
// Then: curl -d '{"text":"buy milk"}' http://localhost:3000/notes ; curl
// http://localhost:3000/notes
// @ts-check

import { App, HttpError } from 'lanner'

const app = new App()

/** @type {{ id: number, text: string }[]} */
const notes = []

// A plain object or array becomes JSON.
app.get('/notes', () => notes)

app.post('/notes', async (ctx) => {
  // A body that is not JSON, or is too long, answers 400 or 413 by itself.
  const body = /** @type {{ text?: unknown } | null} */ (await ctx.body.json())
  if (typeof body?.text !== 'string') throw new HttpError(422, 'a note has a text')
  const note = { id: notes.length + 1, text: body.text }
  notes.push(note)
  return ctx.header('location', `/notes/${note.id}`).json(note, 201)
})

const server = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${server.url}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
