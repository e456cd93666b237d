// Applications of other frameworks run as they are: Hono, h3, Elysia.

import { expect, test } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { RawClient } from '../support/raw.ts'
import { idle, serveFetch } from '../support/server.ts'
import * as apps from './apps.mjs'

import type { FetchObject } from 'lanner'

const small = apps.small as Record<string, () => unknown>

test.each(Object.keys(small))('%s: routes, parameters, bodies, errors, 404', async (name) => {
  const server = await serveFetch(small[name]!() as FetchObject)
  const json = { 'content-type': 'application/json' }
  const calls: [path: string, init: RequestInit, status: number, text: RegExp | string][] = [
    ['/', {}, 200, 'home'],
    ['/users/7?q=%C3%A4', {}, 200, '{"id":"7","q":"ä"}'],
    ['/echo', { method: 'POST', headers: json, body: '{"a":[1]}' }, 200, '{"a":[1]}'],
    ['/broken', {}, 500, name === 'h3' ? /unhandled/ : 'broken'],
    ['/none', {}, 404, /./],
  ]
  for (const [path, init, status, text] of calls) {
    const response = await fetch(server.url + path, init)
    const body = (await response.text()).replaceAll(/(?<=[:,{[])\s+/g, '')
    expect([path, response.status, body]).toEqual([
      path,
      status,
      typeof text === 'string' ? text : (expect.stringMatching(text) as string),
    ])
  }
})

test('hono: middleware that reads, replaces and adds', async () => {
  const server = await serveFetch(apps.honoWithMiddleware())
  const at = (path: string, init?: RequestInit): Promise<Response> => fetch(server.url + path, init)
  const preflight = await at('/small', {
    method: 'OPTIONS',
    headers: { origin: 'http://b', 'access-control-request-method': 'POST' },
  })
  const allowed = preflight.headers.get('access-control-allow-origin')
  expect([preflight.status, allowed]).toEqual([204, 'http://b'])
  for (const body of ['short', 'longer than ten']) {
    for (const sent of [body, new Blob([body]).stream()]) {
      const init = { method: 'POST', body: sent, duplex: 'half' } as RequestInit
      const response = await at('/small', init)
      expect(response.status).toBe(body === 'short' ? 200 : 413)
      if (body === 'short') expect(await response.text()).toBe('short')
    }
  }
  const form = new URLSearchParams({ _method: 'DELETE' })
  expect(await (await at('/over', { method: 'POST', body: form })).text()).toBe('deleted')
  const cookies = await at('/cookies')
  expect(cookies.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/'])
  expect(cookies.headers.get('x-frame-options')).toBe('SAMEORIGIN')
  expect(await (await at('/peer')).json()).toMatchObject({
    hostname: '127.0.0.1',
    transport: 'tcp',
  })
})

test('hono: streams, and hears when the client has gone', async () => {
  const aborted = deferred()
  const server = await serveFetch(apps.honoStreams(aborted))
  expect((await (await fetch(`${server.url}/stream`)).text()).length).toBe(1_000_000)
  const client = await RawClient.open(server.url)
  await client.send('GET /events HTTP/1.1\r\nhost: a\r\n\r\n')
  expect(await client.until('data: 1\n')).toMatch(/content-type: text\/event-stream/i)
  client.cut()
  await aborted.promise
  await idle(server)
})

test('h3: a stream, and a Response of its own', async () => {
  const server = await serveFetch(apps.h3Streams())
  expect((await (await fetch(`${server.url}/stream`)).text()).length).toBe(100_000)
  const own = await fetch(`${server.url}/own`)
  expect([own.status, own.headers.get('x-a'), await own.text()]).toEqual([418, '1', 'own'])
})

test('elysia: generators stream, validation answers', async () => {
  const server = await serveFetch(apps.elysiaStreams() as FetchObject)
  expect(await (await fetch(`${server.url}/stream`)).text()).toContain('a')
  const wrong = await fetch(`${server.url}/checked`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  expect(wrong.status).toBe(422)
})
