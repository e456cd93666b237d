// Every path of the conformance application, called on the program itself.

import { expect, test } from 'vitest'

import { startNode } from '../support/child.ts'
import { RawClient } from '../support/raw.ts'

async function start(args: string[] = []): Promise<URL> {
  return startNode('test/conformance/app.mjs', { args: ['--port', '0', ...args] }).url()
}

test('prints one line when it is ready, and ends on SIGTERM', async () => {
  const child = startNode('test/conformance/app.mjs', { args: ['--port', '0'] })
  const url = await child.url()
  expect(child.stdout).toBe(`listening http://127.0.0.1:${url.port}\n`)
  expect((await fetch(url)).status).toBe(200)
  child.kill()
  const exit = await child.exited
  if (process.platform !== 'win32') expect(exit).toEqual({ code: 0, signal: null })
  expect(child.stderr).toBe('')
})

test('listens where it is told to', async () => {
  expect((await start(['--host', 'localhost'])).hostname).toBe('localhost')
})

test('answers every path', async () => {
  const url = await start()
  const text = async (path: string, init?: RequestInit): Promise<string> => {
    const response = await fetch(new URL(path, url), init)
    expect([path, response.status]).toEqual([path, 200])
    return response.text()
  }
  expect(await text('/')).toBe('OK')
  expect(await text('/text')).toBe('Hello, World!')
  expect(await text('/json')).toBe('{"message":"Hello, World!"}')
  expect(await text('/users/7/posts/42')).toBe('{"id":"7","postId":"42"}')
  expect(await text('/api/v1/resource0')).toBe('other')
  expect(await text('/api/v1/resource47/x')).toBe('other')
  expect(await text('/bytes/0')).toBe('')
  expect(await text('/bytes/1000')).toBe('x'.repeat(1000))
  expect((await text('/bytes/3000000')).length).toBe(3_000_000)
  expect(await text('/slow?ms=1')).toBe('slow')
  expect(await text('/stream?chunks=3&ms=1')).toBe('chunk 0\nchunk 1\nchunk 2\n')
  expect(await text('/block?ms=1')).toBe('blocked')
  expect(await text('/mw')).toBe('Hello, World!')
  const headers = { 'user-agent': 'ua', 'accept-language': 'en' }
  expect(await text('/headers2', { headers })).toBe('ua\nen\n')
  const upload = { method: 'POST', body: Buffer.alloc(2_000_000) }
  expect(await text('/upload', upload)).toBe('{"bytes":2000000}')
})

test.each(['/', '/echo'])('POST %s gives the body back with its type', async (path) => {
  const url = await start()
  const headers = { 'content-type': 'text/x-own' }
  const response = await fetch(new URL(path, url), { method: 'POST', body: 'abc', headers })
  expect([await response.text(), response.headers.get('content-type')]).toEqual([
    'abc',
    'text/x-own',
  ])
})

test('long bodies are taken: /upload counts them, and an echo waits for what was announced', async () => {
  const url = await start()
  const body = Buffer.alloc(31_000_000)
  const response = await fetch(new URL('/upload', url), { method: 'POST', body })
  expect(await response.text()).toBe('{"bytes":31000000}')
  for (const path of ['/', '/echo']) {
    const client = await RawClient.open(url)
    const length = 'content-length: 999999999\r\nexpect: 100-continue\r\n'
    await client.send(`POST ${path} HTTP/1.1\r\nhost: a\r\n${length}\r\n`)
    expect((await client.response()).status).toBe(100)
  }
})

test('GET /echo gives the header lines', async () => {
  const client = await RawClient.open(await start())
  await client.send('GET /echo HTTP/1.1\r\nHost: a\r\nX-Two: 1\r\nx-two: 2\r\n\r\n')
  expect((await client.response()).body).toBe('Host: a\nX-Two: 1\nx-two: 2\n')
})

test.each([200, 201, 204, 304, 404, 500, 599])('/status/%i answers with it', async (code) => {
  const client = await RawClient.open(await start())
  await client.send(`GET /status/${code} HTTP/1.1\r\nhost: a\r\n\r\n`)
  const { status, body } = await client.response()
  expect([status, body]).toEqual([code, code === 204 || code === 304 ? '' : String(code)])
})

test('errors are answered, and what is not a number is 400', async () => {
  const url = await start()
  for (const [path, status] of [
    ['/throw', 500],
    ['/status/99', 400],
    ['/status/x', 400],
    ['/bytes/-1', 400],
    ['/nothing', 404],
  ] as const) {
    expect([path, (await fetch(new URL(path, url))).status]).toEqual([path, status])
  }
})

test('/hang never answers, and does not keep the program from ending', async () => {
  const child = startNode('test/conformance/app.mjs', { args: ['--port', '0'] })
  const client = await RawClient.open(await child.url())
  await client.send('GET /hang HTTP/1.1\r\nhost: a\r\n\r\n')
  const other = await RawClient.open(await child.url())
  await other.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  expect((await other.response()).body).toBe('OK')
  expect(client.socket.bytesRead).toBe(0)
  client.cut()
  other.cut()
  child.kill()
  await child.exited
})
