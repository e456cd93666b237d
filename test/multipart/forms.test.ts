// Forms of requests: as FetchAPI clients send them, to temporary files, and whole.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { App } from 'lanner'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { waitFor } from '../support/patience.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

import type { Handler, MultipartOptions, SpooledFile } from 'lanner'

/** For machines that do something else. */

function upload(...files: [name: string, content: string | Uint8Array, filename?: string][]): {
  method: string
  body: FormData
} {
  const body = new FormData()
  for (const [name, content, filename] of files) {
    if (filename === undefined) body.append(name, content as string)
    else body.append(name, new Blob([content as string], { type: 'text/x' }), filename)
  }
  return { method: 'POST', body }
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'lanner-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  return dir
}

function post(handler: Handler): App {
  const app = new App()
  app.post('/', handler)
  return app
}

test('the parts of a form that fetch() sends', async () => {
  const seen: unknown[] = []
  const server = await serve((app) =>
    app.post('/', async (ctx) => {
      for await (const part of ctx.body.multipart()) {
        seen.push([part.name, part.filename, part.type, part.isFile, (await part.bytes()).length])
      }
    }),
  )
  const big = new Uint8Array(3_000_000).fill(7)
  const form = upload(['a "quoted" name\n', 'Ada'], ['big', big, 'bäd\r\nname.bin'], ['last', ''])
  expect((await fetch(server.url, form)).status).toBe(204)
  expect(seen).toEqual([
    ['a "quoted" name\r\n', undefined, 'text/plain', false, 3],
    ['big', 'bäd\r\nname.bin', 'text/x', true, 3_000_000],
    ['last', undefined, 'text/plain', false, 0],
  ])
})

test('a handler that has seen enough leaves the rest', async () => {
  const app = post(async (ctx) => {
    for await (const part of ctx.body.multipart()) return await part.text()
    return 'none'
  })
  const response = await app.fetch('/', upload(['a', '1'], ['b', 'x'.repeat(100_000)]))
  expect(await response.text()).toBe('1')
})

test('faults are answers: 400, 413, 415', async () => {
  const app = post(async (ctx) => {
    for await (const part of ctx.body.multipart({ valueBytes: 3 })) await part.text()
    return 'fine'
  })
  expect((await app.fetch('/', upload(['a', '123']))).status).toBe(200)
  const large = await app.fetch('/', upload(['a', '1234']))
  expect([large.status, await large.json()]).toEqual([
    413,
    {
      title: 'Content Too Large',
      status: 413,
      detail: 'The part "a" passes the limit valueBytes (3).',
      code: 'LANNER_MULTIPART_LIMIT',
    },
  ])
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  expect((await app.inject({ method: 'POST', body: 'x', headers })).status).toBe(400)
  expect((await app.inject({ body: { a: 1 } })).status).toBe(415)
})

describe('LANNER_MULTIPART_LIMIT: fields of a form without parts', () => {
  const any = { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } as const
  const app = new App()
  app.post('/typed', { body: { '~standard': any } }, () => 'fine')
  app.post('/whole', async (ctx) => String([...(await ctx.body.formData())].length))
  app.post('/three', async (ctx) => String([...(await ctx.body.formData({ parts: 3 }))].length))

  test.each([
    ['/typed', 1024, 200, 'fine'],
    ['/typed', 1025, 413, 'The number of fields passes the limit parts (1024).'],
    ['/whole', 1024, 200, '1024'],
    ['/whole', 1025, 413, 'The number of fields passes the limit parts (1024).'],
    ['/three', 3, 200, '3'],
    ['/three', 4, 413, 'The number of fields passes the limit parts (3).'],
  ])('%s with %i: %i', async (path, count, status, said) => {
    const body = 'a=1&'.repeat(count)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const reply = await app.inject({ method: 'POST', path, body, headers })
    expect(reply.status).toBe(status)
    expect(status === 200 ? reply.text : reply.json<{ detail: string }>().detail).toBe(said)
  })

  test('a form of another type is 415 all the same', async () => {
    const reply = await app.inject({ path: '/whole', body: 'a=1', method: 'POST' })
    expect(reply.json()).toMatchObject({ status: 415, code: 'LANNER_FORM_INVALID' })
  })
})

test('a temporary file: of the system, readable by nobody else, gone at the end', async () => {
  const files: SpooledFile[] = []
  const app = post(async (ctx) => {
    for await (const part of ctx.body.multipart()) {
      const file = await part.spool()
      files.push(file)
      expect(readFileSync(file.path, 'utf8')).toBe('content')
      expect(statSync(file.path).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o600)
    }
    return 'done'
  })
  await app.fetch('/', upload(['f', 'content', '../evil.txt'], ['g', 'content']))
  expect(files).toMatchObject([
    { name: 'f', filename: 'evil.txt', type: 'text/x', size: 7 },
    { name: 'g', filename: undefined, type: 'text/plain', size: 7 },
  ])
  await waitFor(() => expect(files.filter(({ path }) => existsSync(path))).toEqual([]))
})

test('a temporary file that was renamed stays', async () => {
  const dir = folder()
  const app = post(async (ctx) => {
    for await (const part of ctx.body.multipart()) {
      const { path } = await part.spool(dir)
      await rename(path, join(dir, 'kept'))
    }
    return 'done'
  })
  await app.fetch('/', upload(['f', 'content', 'f.txt']))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(readdirSync(dir)).toEqual(['kept'])
})

test('a file that is too long, and a client that leaves, leave nothing behind', async () => {
  const dir = folder()
  const codes: unknown[] = []
  const server = await serve((app) =>
    app.post('/', async (ctx) => {
      try {
        for await (const part of ctx.body.multipart({ fileBytes: 100_000 })) {
          await part.spool(dir)
        }
      } catch (error) {
        codes.push((error as { code: unknown }).code)
        throw error
      }
    }),
  )
  const long = upload(['f', 'x'.repeat(200_000), 'f.txt'])
  expect((await fetch(server.url, long)).status).toBe(413)
  await waitFor(() => expect(readdirSync(dir)).toEqual([]))

  const client = await RawClient.open(server.url)
  await client.send(
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5000\r\n' +
      'content-type: multipart/form-data; boundary=b\r\n\r\n' +
      '--b\r\ncontent-disposition: form-data; name=f; filename=f\r\n\r\nbegun',
  )
  await waitFor(() => expect(readdirSync(dir)).toHaveLength(1))
  client.cut()
  await waitFor(() => expect(codes).toHaveLength(2))
  expect(codes).toEqual(['LANNER_MULTIPART_LIMIT', 'LANNER_PEER_GONE'])
  await waitFor(() => expect(readdirSync(dir)).toEqual([]))
})

test('a part that is written when the exchange is over makes no file', async () => {
  const dir = folder()
  const over = deferred<unknown>()
  const app = post(async (ctx) => {
    for await (const part of ctx.body.multipart()) {
      setTimeout(() => part.spool(dir).catch(over.resolve), 10)
      break
    }
    return 'done'
  })
  await app.fetch('/', upload(['f', 'content', 'f.txt']))
  expect(await over.promise).toMatchObject({ code: 'LANNER_CONTEXT_EXPIRED' })
  expect(readdirSync(dir)).toEqual([])
})

/** Reads a form; gives its entries, with the files' texts. */
async function entries(app: App, init: RequestInit): Promise<unknown> {
  return (await app.fetch('/', init)).json()
}

test.each<[string, MultipartOptions | undefined]>([
  ['in memory', undefined],
  ['in temporary files', { memoryBytes: 3 }],
])('a whole form, its files %s', async (_, options) => {
  const dir = systemFolder()
  const app = post(async (ctx) => {
    const form = await ctx.body.formData(options)
    const found: unknown[] = []
    for (const [name, value] of form) {
      if (typeof value === 'string') found.push([name, value])
      else found.push([name, value.name, value.type, value.size, await value.text()])
    }
    return { found, files: readdirSync(dir).length }
  })
  const form = upload(['a', '1'], ['a', '2'], ['f', 'content', 'f.txt'], ['e', '', 'e.txt'])
  expect(await entries(app, form)).toEqual({
    found: [
      ['a', '1'],
      ['a', '2'],
      ['f', 'f.txt', 'text/x', 7, 'content'],
      ['e', 'e.txt', 'text/x', 0, ''],
    ],
    files: options === undefined ? 0 : 1,
  })
  await waitFor(() => expect(readdirSync(dir)).toEqual([]))
})

/** A folder for temporary files that is this test's alone. */
function systemFolder(): string {
  const dir = folder()
  vi.stubEnv('TMPDIR', dir)
  vi.stubEnv('TEMP', dir)
  onTestFinished(() => void vi.unstubAllEnvs())
  return dir
}

test('a whole form of the other type', async () => {
  const app = post(async (ctx) => [...(await ctx.body.formData())])
  const body = new URLSearchParams({ a: '1', b: 'x y' })
  expect(await entries(app, { method: 'POST', body })).toEqual([
    ['a', '1'],
    ['b', 'x y'],
  ])
  expect((await app.inject({ body: {} })).status).toBe(415)
})

test('backpressure: a client waits while a part is not read', async () => {
  const go = deferred()
  const server = await serve(
    (app) =>
      app.post('/', async (ctx) => {
        let length = 0
        for await (const part of ctx.body.multipart()) {
          await go.promise
          for await (const chunk of part) length += chunk.byteLength
        }
        return { length }
      }),
    { limits: { requestWindowBytes: '64KiB', bodyBytes: null } },
  )
  let sent = 0
  const piece = Buffer.alloc(64 * 1024, 120)
  const head = Buffer.from('--b\r\ncontent-disposition: form-data; name=f; filename=f\r\n\r\n')
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent === 0) controller.enqueue(head)
      sent++
      if (sent <= 480) return controller.enqueue(piece)
      controller.enqueue(Buffer.from('\r\n--b--'))
      controller.close()
    },
  })
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  const init = { method: 'POST', body, headers, duplex: 'half' }
  const reply = fetch(server.url, init as RequestInit)
  await expect.poll(() => sent).toBeGreaterThan(1)
  await new Promise((resolve) => setTimeout(resolve, 200))
  // 30 MB in all; what is on its way is the windows of the server and of the sockets.
  expect(sent).toBeLessThan(300)
  go.resolve()
  expect(await (await reply).json()).toEqual({ length: 480 * 64 * 1024 })
})
