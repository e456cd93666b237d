// What trusted proxies say of the client, and what a client cannot say by itself.

import { App } from 'lanner'
import { forwarded } from 'lanner/middleware/forwarded'
import { describe, expect, test } from 'vitest'

import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

import type { PeerAddress } from 'lanner'
import type { ForwardedOptions } from 'lanner/middleware/forwarded'

interface Seen {
  remote: PeerAddress
  isSecure: boolean
  host: string
  href: string
  request: string
}

const peer = (address: string, port = 9): PeerAddress => ({
  address,
  port,
  family: address.includes(':') ? 'IPv6' : 'IPv4',
})

/** What a handler sees of a request that `sender` handed on. */
async function see(
  options: ForwardedOptions,
  headers: Record<string, string | string[]>,
  sender = '127.0.0.1',
): Promise<Seen> {
  const app = new App()
  app.use((ctx, next) => {
    ctx.assume({ remote: peer(sender) })
    return next()
  })
  app.use(forwarded(options))
  app.get('/p', ({ remote, isSecure, host, url, request }) =>
    Response.json({ remote, isSecure, host, href: url.href, request: request.url }),
  )
  return (await app.inject({ path: '/p?q', headers })).json()
}

const all = ['for', 'proto', 'host'] as const

describe('X-Forwarded', () => {
  const untouched = [peer('127.0.0.1'), false, 'localhost'] as const
  const cases: [
    name: string,
    options: ForwardedOptions,
    headers: Record<string, string | string[]>,
    remote: PeerAddress,
    isSecure: boolean,
    host: string,
  ][] = [
    ['nothing', {}, {}, ...untouched],
    ['an address', {}, { 'x-forwarded-for': '1.2.3.4' }, peer('1.2.3.4', 0), false, 'localhost'],
    ['with a port', {}, { 'x-forwarded-for': '1.2.3.4:5' }, peer('1.2.3.4', 5), false, 'localhost'],
    ['IPv6', {}, { 'x-forwarded-for': '2001:DB8::1' }, peer('2001:db8::1', 0), false, 'localhost'],
    [
      'IPv6 with a port',
      {},
      { 'x-forwarded-for': '[2001:db8::1]:7' },
      peer('2001:db8::1', 7),
      false,
      'localhost',
    ],
    [
      'the last of a list, which the proxy wrote',
      {},
      { 'x-forwarded-for': '6.6.6.6, 1.2.3.4' },
      peer('1.2.3.4', 0),
      false,
      'localhost',
    ],
    [
      'the last of several lines',
      {},
      { 'x-forwarded-for': ['6.6.6.6', '1.2.3.4'] },
      peer('1.2.3.4', 0),
      false,
      'localhost',
    ],
    [
      'only what is taken',
      {},
      { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil' },
      peer('1.2.3.4', 0),
      false,
      'localhost',
    ],
    [
      'all three',
      { take: all },
      { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'HTTPS', 'x-forwarded-host': 'a.b:8' },
      peer('1.2.3.4', 0),
      true,
      'a.b:8',
    ],
    [
      'the scheme alone',
      { take: all },
      { 'x-forwarded-proto': 'https' },
      peer('127.0.0.1'),
      true,
      'localhost',
    ],
    ['a scheme that is none', { take: all }, { 'x-forwarded-proto': 'gopher' }, ...untouched],
    ['a host that is none', { take: all }, { 'x-forwarded-host': 'a/b' }, ...untouched],
    ['a name', {}, { 'x-forwarded-for': 'unknown' }, ...untouched],
    ['an empty element', {}, { 'x-forwarded-for': '1.2.3.4, ' }, ...untouched],
    ['a port that is none', {}, { 'x-forwarded-for': '1.2.3.4:70000' }, ...untouched],
    ['a zone', {}, { 'x-forwarded-for': 'fe80::1%eth0' }, ...untouched],
    ['a bracketed IPv4 address', {}, { 'x-forwarded-for': '[1.2.3.4]' }, ...untouched],
    ['the other field', {}, { forwarded: 'for=1.2.3.4' }, ...untouched],
    [
      'a host that may be named',
      { take: all, hosts: ['*.example.com'] },
      { 'x-forwarded-host': 'a.example.com' },
      peer('127.0.0.1'),
      false,
      'a.example.com',
    ],
    [
      'a host that may not be named',
      { take: all, hosts: ['*.example.com'] },
      { 'x-forwarded-host': 'example.org' },
      ...untouched,
    ],
    [
      'two proxies',
      { hops: 2, trust: ['127.0.0.1', '10.0.0.0/8'], take: all },
      { 'x-forwarded-for': '1.2.3.4, 10.1.1.1', 'x-forwarded-proto': 'https, http' },
      peer('1.2.3.4', 0),
      true,
      'localhost',
    ],
    [
      'two proxies, the outer of which is not trusted',
      { hops: 2, take: all },
      { 'x-forwarded-for': '1.2.3.4, 10.1.1.1', 'x-forwarded-proto': 'https, http' },
      peer('10.1.1.1', 0),
      false,
      'localhost',
    ],
    [
      'as many as are trusted',
      { hops: null, trust: ['127.0.0.1', '10.0.0.0/8'] },
      { 'x-forwarded-for': '6.6.6.6, 1.2.3.4, 10.3.3.3, 10.2.2.2, 10.1.1.1' },
      peer('1.2.3.4', 0),
      false,
      'localhost',
    ],
    [
      'one scheme for several proxies',
      { hops: 2, trust: ['127.0.0.1', '10.0.0.0/8'], take: all },
      { 'x-forwarded-for': '1.2.3.4, 10.1.1.1', 'x-forwarded-proto': 'https' },
      peer('1.2.3.4', 0),
      true,
      'localhost',
    ],
  ]
  test.each(cases)('%s', async (_name, options, headers, remote, isSecure, host) => {
    const href = `${isSecure ? 'https' : 'http'}://${host}/p?q`
    expect(await see(options, headers)).toEqual({ remote, isSecure, host, href, request: href })
  })
})

describe('Forwarded (RFC 7239)', () => {
  const local = '127.0.0.1'
  const cases: [name: string, field: string, remote: string, isSecure: boolean, host: string][] = [
    ['an address', 'for=1.2.3.4', '1.2.3.4', false, 'localhost'],
    ['everything', 'for=1.2.3.4;proto=https;host=a.b;by=10.0.0.1', '1.2.3.4', true, 'a.b'],
    ['any case and spaces', 'For=1.2.3.4 ; PROTO=HTTPS', '1.2.3.4', true, 'localhost'],
    ['quoted', 'for="[2001:db8::1]:4711"; host="a.b:8"', '2001:db8::1', false, 'a.b:8'],
    ['with escapes', 'for="1.2\\.3.4"', '1.2.3.4', false, 'localhost'],
    ['the last element', 'for=6.6.6.6;proto=https, for=1.2.3.4', '1.2.3.4', false, 'localhost'],
    ['a comma in quotes', 'for=6.6.6.6, for=1.2.3.4;by="a,b"', '1.2.3.4', false, 'localhost'],
    [
      'a quote that the client left open',
      'for="6.6.6.6, for=1.2.3.4',
      '1.2.3.4',
      false,
      'localhost',
    ],
    ['the same before quotes', 'for="6, for="[::5]"', '::5', false, 'localhost'],
    ['a hidden name', 'for=_hidden;proto=https', local, true, 'localhost'],
    ['unknown', 'for=unknown', local, false, 'localhost'],
    ['twice the same', 'for=6.6.6.6;for=1.2.3.4', local, false, 'localhost'],
    ['no pair', 'for', local, false, 'localhost'],
    ['garbage behind a pair', 'for=1.2.3.4 x', local, false, 'localhost'],
    ['nothing', '', local, false, 'localhost'],
  ]
  test.each(cases)('%s', async (_name, field, address, isSecure, host) => {
    const seen = await see(
      { fields: 'forwarded', take: all },
      { forwarded: field, 'x-forwarded-for': '7.7.7.7', 'x-forwarded-proto': 'https' },
    )
    expect([seen.remote.address, seen.isSecure, seen.host]).toEqual([address, isSecure, host])
  })
})

test.each<[sender: string, trust: string[] | undefined, isTrusted: boolean]>([
  ['127.0.0.1', undefined, true],
  ['127.255.0.1', undefined, true],
  ['::1', undefined, true],
  ['::ffff:127.0.0.1', undefined, true],
  ['10.0.0.1', undefined, false],
  ['128.0.0.1', undefined, false],
  ['10.0.0.1', ['private'], true],
  ['192.168.1.1', ['10.0.0.0/8', '192.168.1.0/24'], true],
  ['192.168.2.1', ['10.0.0.0/8', '192.168.1.0/24'], false],
  ['2001:db8:1::1', ['2001:db8::/32'], true],
  ['2001:db9::1', ['2001:db8::/32'], false],
  ['9.9.9.9', ['any'], true],
  ['127.0.0.1', ['10.0.0.1'], false],
])('%s is trusted by %j: %s', async (sender, trust, isTrusted) => {
  const options = trust === undefined ? {} : { trust }
  const { remote } = await see(options, { 'x-forwarded-for': '1.2.3.4' }, sender)
  expect(remote.address).toBe(isTrusted ? '1.2.3.4' : sender)
})

test('over a socket; what the connection says stays readable', async () => {
  let seen: unknown
  const server = await serve((app) => {
    app.use(forwarded({ take: all }))
    app.get('/', ({ remote, peer: proxy, connection, headers, url }) => {
      seen = [remote.address, proxy.address, connection.isSecure, headers.get('host'), url.href]
    })
  })
  const client = await RawClient.open(server.url)
  const fields = 'x-forwarded-for: 1.2.3.4\r\nx-forwarded-proto: https\r\nx-forwarded-host: b'
  await client.send(`GET / HTTP/1.1\r\nhost: a\r\n${fields}\r\n\r\n`)
  await client.response()
  expect(seen).toEqual(['1.2.3.4', '127.0.0.1', false, 'a', 'https://b/'])
  await client.send(`GET http://c/x HTTP/1.1\r\nhost: c\r\n${fields}\r\n\r\n`)
  expect((await client.response()).status).toBe(404)
})

test('a target that is a URL gives way to what the proxy says', async () => {
  let seen: unknown
  const server = await serve((app) => {
    app.use(forwarded({ take: all }))
    app.get('/x', ({ host, url }) => {
      seen = [host, url.href]
    })
  })
  const client = await RawClient.open(server.url)
  await client.send('GET http://c:8/x?y HTTP/1.1\r\nhost: c:8\r\n\r\n')
  await client.response()
  expect(seen).toEqual(['c:8', 'http://c:8/x?y'])
  await client.send('GET http://c:8/x?y HTTP/1.1\r\nhost: c:8\r\nx-forwarded-proto: https\r\n\r\n')
  await client.response()
  expect(seen).toEqual(['c:8', 'https://c:8/x?y'])
})

test.each<[unknown, string]>([
  [{ trusted: [] }, 'There is no option trusted of forwarded()'],
  [{ trust: [] }, 'The option trust of forwarded() is a list with at least one network'],
  [{ trust: ['10.0.0.0/33'] }, 'The option trust[0] of forwarded() is a network'],
  [{ take: ['port'] }, "The option take of forwarded() is a list of 'for', 'proto' and 'host'"],
  [{ fields: 'via' }, "The option fields of forwarded() is 'x-forwarded' or 'forwarded'"],
  [{ hops: 0 }, 'The option hops of forwarded() is an integer from 1 to 100, not 0'],
  [{ hosts: ['a b'] }, "The option hosts[0] of forwarded() is a host such as 'example.com'"],
])('wrong options %j', (options, message) => {
  expect(() => forwarded(options as ForwardedOptions)).toThrow(message)
})
