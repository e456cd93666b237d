// Faults that were found once: each of these ended the process, hung a request or leaked bytes.

import { expect, test } from 'vitest'

import { App } from '../../src/index.js'

const MIB = 1024 * 1024

/** Serves `app` for the time of `use`. */
async function withServer(
  app: App,
  use: (url: string) => Promise<void>,
  options: object = {},
): Promise<void> {
  const server = await app.listen({ port: 0, host: '127.0.0.1', ...options })
  try {
    await use(server.url)
  } finally {
    await server.close({ gracePeriodMs: 0 })
  }
}

test('a middleware that does not wait for next() ends nothing when the handler fails', async () => {
  const app = new App()
  app.onError((_error, ctx) => ctx.status(500).text('failed'))
  app.use(async (_ctx, next) => {
    void next()
    await new Promise((resolve) => setTimeout(resolve, 5))
  })
  app.get('/', async () => {
    await Promise.resolve()
    throw new Error('inner')
  })
  await withServer(app, async (url) => {
    const response = await fetch(url)
    await response.text()
    expect(response.status).toBe(500)
  })
})

test('forEach waits for promises only, whatever its receiver returns', async () => {
  const app = new App()
  app.post('/', async (ctx) => {
    let bytes = 0
    await ctx.body.forEach((chunk) => (bytes += chunk.byteLength))
    return String(bytes)
  })
  await withServer(app, async (url) => {
    for (const size of [10, 3 * MIB]) {
      const response = await fetch(url, { method: 'POST', body: new Uint8Array(size) })
      expect(await response.text()).toBe(String(size))
    }
  })
})

test('bodies end although more of them wait than may be on their way', async () => {
  const app = new App()
  app.post('/', async (ctx) => {
    let bytes = 0
    await ctx.body.forEach((chunk) => {
      bytes += chunk.byteLength
    })
    return String(bytes)
  })
  const limits = { requestWindowBytes: '64MiB', bodyBytes: '64MiB' }
  await withServer(
    app,
    async (url) => {
      const body = new Uint8Array(8 * MIB)
      const upload = async (): Promise<string> =>
        (await fetch(url, { method: 'POST', body })).text()
      const sizes = await Promise.all(Array.from({ length: 16 }, upload))
      expect(new Set(sizes)).toEqual(new Set([String(body.byteLength)]))
    },
    { limits },
  )
})

test('a context shows nothing of the memory that requests share', async () => {
  const app = new App()
  app.get('/:id', (ctx) => JSON.stringify({ ctx }))
  await withServer(app, async (url) => {
    const text = await (await fetch(`${url}/7`)).text()
    expect(JSON.parse(text)).toEqual({
      ctx: { method: 'GET', path: '/7', params: { id: '7' }, sent: false },
    })
  })
})

test('a server header that cannot be sent is refused as an option', async () => {
  const app = new App()
  await expect(app.listen({ port: 0, serverHeader: 'x\r\ny: 1' })).rejects.toMatchObject({
    code: 'LANNER_OPTION_INVALID',
  })
})

test('bytes() of a chunked body has no memory beside its bytes', async () => {
  const app = new App()
  app.post('/', async (ctx) => String((await ctx.body.bytes()).buffer.byteLength))
  await withServer(app, async (url) => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('hello'))
        controller.close()
      },
    })
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    expect(await (await fetch(url, init)).text()).toBe('5')
  })
})
