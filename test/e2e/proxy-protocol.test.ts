// The PROXY protocol from end to end: what handlers see, what is refused, whom it concerns.

import type { ListenOptions, RejectEvent, Server } from 'lanner'
import { expect, test } from 'vitest'

import { waitFor } from '../support/patience.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

const get = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'
const v1 = 'PROXY TCP6 2001:db8::7 2001:db8::1 4000 443\r\n'
const v2 = Buffer.from(
  '0d0a0d0a000d0a515549540a2111000f' + 'cb007107c63364020fa001bb' + '040000',
  'hex',
)

function addresses(options: ListenOptions): Promise<Server> {
  return serve(
    (app) =>
      app.get('/', async ({ remote, local, peer }) => {
        await Promise.resolve()
        return { remote, local, peer }
      }),
    { host: '127.0.0.1', port: 0, ...options },
  )
}

async function ask(server: Server, ...parts: (string | Uint8Array)[]): Promise<unknown> {
  const client = await RawClient.open(server.url)
  await client.send(...parts)
  const { body } = await client.response()
  return JSON.parse(body)
}

test('handlers see the client that the proxy speaks for, and the proxy beside it', async () => {
  const server = await addresses({ proxyProtocol: true })
  const peer = { family: 'IPv4', address: '127.0.0.1', port: expect.any(Number) as number }
  expect(await ask(server, v1 + get)).toEqual({
    remote: { family: 'IPv6', address: '2001:db8::7', port: 4000 },
    local: { family: 'IPv6', address: '2001:db8::1', port: 443 },
    peer,
  })
  expect(await ask(server, v2, get)).toEqual({
    remote: { family: 'IPv4', address: '203.0.113.7', port: 4000 },
    local: { family: 'IPv4', address: '198.51.100.2', port: 443 },
    peer,
  })
  const own = await ask(server, 'PROXY UNKNOWN\r\n', get)
  expect(own).toEqual({ remote: peer, local: { ...peer, port: server.address.port }, peer })
})

test('without the option nothing of it is known', async () => {
  const server = await addresses({})
  const { remote, peer } = (await ask(server, get)) as { remote: unknown; peer: unknown }
  expect(peer).toEqual(remote)
  const client = await RawClient.open(server.url)
  await client.send(v1 + get)
  expect((await client.response()).status).toBe(400)
})

test('each endpoint has its own trust, and refusals say why', async () => {
  const endpoint = { host: '127.0.0.1', port: 0 }
  const server = await serve((app) => app.get('/', () => 'ok'), {
    endpoints: [
      { ...endpoint, proxyProtocol: { trusted: ['192.0.2.0/24'] } },
      { ...endpoint, proxyProtocol: { trusted: ['loopback'], timeout: '200ms' } },
      { ...endpoint, proxyProtocol: { required: false } },
      endpoint,
    ],
  })
  const seen: RejectEvent[] = []
  server.on('reject', (event) => seen.push(event))
  const [untrusted, trusted, optional, plain] = server.addresses.map(({ port }) => port)
  for (const [port, bytes, reason] of [
    [untrusted, '', 'untrusted_proxy'],
    [trusted, get, 'proxy_header_missing'],
    [trusted, 'PROXY TCP4 x\r\n', 'invalid_proxy_header'],
    [trusted, 'PROXY TCP4', 'proxy_header_timeout'],
  ] as const) {
    const client = await RawClient.open(port!)
    if (bytes !== '') await client.send(bytes)
    expect(await client.rest()).toBe('')
    await waitFor(() => expect(seen.at(-1)?.reason).toBe(reason))
    expect(seen.at(-1)).toMatchObject({ status: 0, remote: { address: '127.0.0.1' } })
    expect(server.stats()[`reject_${reason}`]).toBe(1)
  }
  expect(seen).toHaveLength(4)
  for (const [port, bytes] of [
    [trusted, v1],
    [optional, v1],
    [optional, ''],
    [plain, ''],
  ] as const) {
    const client = await RawClient.open(port!)
    await client.send(bytes + get)
    expect((await client.response()).body).toBe('ok')
  }
})
