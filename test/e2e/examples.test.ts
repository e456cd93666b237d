// The examples, each started as its first lines say, called as they say, and ended by a signal.

import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import { expect, test } from 'vitest'

import { startNode } from '../support/child.ts'
import { RawClient } from '../support/raw.ts'
import { filesUnder, read } from '../support/source-tree.ts'

import type { Child } from '../support/child.ts'

interface Answer {
  status: number
  headers: Headers
  text: string
}

type Call = (path: string, init?: RequestInit) => Promise<Answer>

/** What each example is asked. Those that serve get `call`, with a fresh connection each time. */
const examples: Record<string, (call: Call, child: Child) => Promise<void>> = {
  hello: async (call) => {
    expect((await call('/')).text).toBe('Hello, World!\n')
  },

  json: async (call) => {
    const added = await call('/notes', post('{"text":"buy milk"}'))
    expect([added.status, added.headers.get('location')]).toEqual([201, '/notes/1'])
    expect(JSON.parse((await call('/notes')).text)).toEqual([{ id: 1, text: 'buy milk' }])
    expect((await call('/notes', post('{}'))).status).toBe(422)
    expect((await call('/notes', post('{'))).status).toBe(400)
  },

  params: async (call) => {
    const texts: Record<string, string> = {
      '/users/7': '{"id":"7"}',
      '/users/me': '{"id":"me","isYou":true}',
      '/archive/2026': '{"year":2026,"month":"all"}',
      '/archive/2026/11': '{"year":2026,"month":"11"}',
      '/files/a/b%2Fc': 'a/b%2Fc\n',
      '/search?q=tea&tag=a&tag=b': '{"q":"tea","tags":["a","b"]}',
    }
    for (const [path, text] of Object.entries(texts)) expect((await call(path)).text).toBe(text)
  },

  'typed-routes': async (call) => {
    expect(JSON.parse((await call('/books?limit=1')).text)).toMatchObject([{ id: 1 }])
    const wrong = await call('/books/none')
    expect(JSON.parse(wrong.text)).toMatchObject({ status: 400, errors: [{ path: '/id' }] })
    expect((await call('/books/9')).status).toBe(404)
    const json = { 'content-type': 'application/json' }
    const added = await call('/books', { ...post('{"title":"Solaris"}'), headers: json })
    expect([added.status, added.headers.get('location')]).toEqual([201, '/books/2'])
    expect((await call('/books', { ...post('{"title":""}'), headers: json })).status).toBe(400)
    expect((await call('/books', { ...post('x'), headers: {} })).status).toBe(415)
  },

  middleware: async (call) => {
    const first = await call('/')
    expect(first.text).toBe('request number 1\n')
    expect(first.headers.get('server-timing')).toMatch(/^app;dur=/)
    expect((await call('/admin/stats')).status).toBe(401)
    const headers = { authorization: 'Bearer 42' }
    expect(JSON.parse((await call('/admin/stats', { headers })).text)).toEqual({ requests: 3 })
    expect((await call('/now')).headers.get('cache-control')).toBe('no-store')
  },

  errors: async (call, child) => {
    const teapot = await call('/teapot')
    expect(JSON.parse(teapot.text)).toMatchObject({ status: 418, detail: 'this pot makes tea' })
    expect((await call('/busy')).headers.get('retry-after')).toBe('5')
    const broken = await call('/broken')
    expect([broken.status, broken.text.includes('swordfish')]).toEqual([500, false])
    expect((await call('/shop')).status).toBe(409)
    expect((await call('/nothing')).headers.get('content-type')).toContain('text/html')
    expect(child.stderr).toContain('swordfish')
  },

  'streaming-download': async (call) => {
    const { text } = await call('/numbers?n=200000')
    expect(text.endsWith('\n199999\n200000\n')).toBe(true)
    expect((await call('/source')).text).toBe(read('examples/streaming-download.mjs'))
    expect((await call('/upper')).text).toBe('STREAMS OF THE WEB\n')
  },

  'streaming-upload': async (call) => {
    const bytes = randomBytes(3_000_000)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const hash = await call('/hash', { method: 'PUT', body: bytes })
    expect(JSON.parse(hash.text)).toEqual({ bytes: bytes.length, sha256 })
    const body = gzipSync(Buffer.alloc(1_000_000))
    expect((await call('/gunzip', { method: 'PUT', body })).text).toBe('{"bytes":1000000}')
  },

  forms: async (call, child) => {
    const body = new FormData()
    body.append('title', 'Sea')
    body.append('photo', new Blob(['not a photo']), 'sea.png')
    const key = createHash('sha256').update('not a photo').digest('hex').slice(0, 8)
    expect(JSON.parse((await call('/photos', { method: 'POST', body })).text)).toMatchObject({
      photos: { [key]: { title: 'Sea', name: 'sea.png', bytes: 11 } },
    })
    await child.said(/POST \/photos 200 in [\d.]+ ms/)
    await child.said(/over/)
    const long = new FormData()
    long.append('title', 'x'.repeat(2000))
    expect((await call('/photos', { method: 'POST', body: long })).status).toBe(413)
  },

  sse: async (_call, child) => {
    const client = await RawClient.open(await child.url())
    await client.send('GET /clock HTTP/1.1\r\nhost: a\r\n\r\n')
    const first = await client.until('}\n\n')
    expect(first).toMatch(/text\/event-stream[^]*retry: 2000[^]*event: time\nid: 1\ndata: {"now"/)
    client.cut()
    await child.said(/a listener has left/)
    const again = await RawClient.open(await child.url())
    await again.send('GET /clock HTTP/1.1\r\nhost: a\r\nlast-event-id: 41\r\n\r\n')
    expect(await again.until('}\n\n')).toContain('id: 42\n')
    again.cut()
  },

  'static-page': async (call) => {
    expect((await call('/')).text).toContain('<h1>Falcons</h1>')
    expect(JSON.parse((await call('/api/falcons')).text)).toContain('kestrel')
  },

  'fetch-standard': async (call) => {
    const hello = await call('/hello', {
      method: 'POST',
      body: new URLSearchParams({ name: 'Ada' }),
    })
    expect([hello.status, hello.text]).toEqual([201, 'Hello, Ada!\n'])
    expect((await call('/json')).text).toBe('{"made":"elsewhere"}')
    expect((await call('/go', { redirect: 'manual' })).headers.get('location')).toBe('/json')
  },

  serve: async (call) => {
    expect((await call('/')).text).toMatch(/^hello (127\.|::)/)
    const hello = await call('/hello', post('{"name":"Ada"}'))
    expect([hello.status, hello.text]).toEqual([201, '{"hello":"Ada"}'])
    expect((await call('/none')).status).toBe(404)
  },

  'graceful-shutdown': async (call, child) => {
    expect((await call('/')).text).toBe('still here\n')
    if (process.platform === 'win32') return
    const client = await RawClient.open(await child.url())
    const requests = ['/', '/work?ms=300', '/work?ms=1']
    await client.send(requests.map((path) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join(''))
    // They came together, so when the first is answered the others are being worked on.
    expect((await client.response()).body).toBe('still here\n')
    child.kill('SIGINT')
    await child.said(/SIGINT: closing/)
    expect((await client.response()).body).toBe('worked for 300 ms\n')
    expect((await client.response()).body).toBe('worked for 1 ms\n')
    await child.said(/closed after \d+ ms/)
  },
}

function post(body: string): RequestInit {
  return { method: 'POST', body }
}

test('every example is tried, is short and is in the index', () => {
  const names = filesUnder('examples', '.mjs').map((path) => path.slice(9, -4))
  expect(names).toEqual([...Object.keys(examples), 'testing'].sort())
  const index = read('examples/README.md')
  for (const name of names) {
    expect(read(`examples/${name}.mjs`).split('\n').length).toBeLessThan(60)
    expect(index).toContain(`](${name}.mjs)`)
  }
})

test.each(Object.keys(examples))('%s', async (name) => {
  const child = startNode(`examples/${name}.mjs`)
  const url = await child.url()
  await examples[name]!(async (path, init) => {
    const headers = { connection: 'close', ...(init?.headers as Record<string, string>) }
    const response = await fetch(new URL(path, url), { ...init, headers })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }, child)
  if (!child.stdout.includes('closed after')) child.kill()
  const { code, signal } = await child.exited
  if (process.platform !== 'win32') expect([code, signal]).toEqual([0, null])
  if (name !== 'errors') expect(child.stderr).toBe('')
})

test('testing', async () => {
  const child = startNode('examples/testing.mjs')
  expect(await child.exited).toEqual({ code: 0, signal: null })
  expect(child.stdout).toMatch(/# pass 3|pass 3/)
})
