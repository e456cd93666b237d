// Forms with files: part by part while they come, and services that a request gets and gives back.
// Run: node examples/forms.mjs    Then: curl -F title=Sea -F photo=@README.md localhost:3000/photos
// @ts-check

import { createHash } from 'node:crypto'

import { App } from 'lanner'

const app = new App()
  .provide('photos', () => new Map())
  .provide('upload', () => ({ begun: Date.now(), [Symbol.dispose]: () => console.log('over') }), {
    scope: 'request',
  })

app.post('/photos', { limits: { bodyBytes: '50MB' } }, async (ctx) => {
  const { photos, upload } = ctx.services
  let title = 'untitled'
  for await (const part of ctx.body.multipart({ fileBytes: '20MB', valueBytes: '1KiB' })) {
    if (part.name === 'title') title = await part.text()
    if (!part.isFile) continue
    const hash = createHash('sha256')
    let bytes = 0
    // The client waits while this works.
    for await (const chunk of part) {
      hash.update(chunk)
      bytes += chunk.byteLength
    }
    photos.set(hash.digest('hex').slice(0, 8), { title, name: part.filename, bytes })
  }
  return { photos: Object.fromEntries(photos), began: new Date(upload.begun).getFullYear() }
})

app.onResponse((ctx, { status, durationMs }) => {
  console.log(`${ctx.method} ${ctx.path} ${status} in ${durationMs.toFixed(1)} ms`)
})

const server = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${server.url}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
