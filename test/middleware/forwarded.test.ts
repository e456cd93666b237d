// What trusted proxies say of the client, and what a client cannot say by itself.

import { App } from 'lanner'
import { forwarded } from 'lanner/middleware/forwarded'
import { httpsRedirect } from 'lanner/middleware/https-redirect'
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
  prefix: string
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
  app.get('/p', ({ remote, isSecure, host, url, request, prefix }) =>
    Response.json({ remote, isSecure, host, href: url.href, request: request.url, prefix }),
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
    const seen = { remote, isSecure, host, href, request: href, prefix: '' }
    expect(await see(options, headers)).toEqual(seen)
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
    ['a hidden port', 'for="1.2.3.4:_p.1";proto=https', '1.2.3.4', true, 'localhost'],
    ['a hidden port of IPv6', 'for="[::5]:_p"', '::5', false, 'localhost'],
    ['a hidden port without a name', 'for="1.2.3.4:_"', local, false, 'localhost'],
    ['empty pairs', ' ;for=1.2.3.4;;proto=https; ;', '1.2.3.4', true, 'localhost'],
    ['empty elements behind it', 'for=6.6.6.6, for=1.2.3.4, ,', '1.2.3.4', false, 'localhost'],
    ['empty elements alone', ', ,', local, false, 'localhost'],
    ['only empty pairs', 'for=6.6.6.6, ;', local, false, 'localhost'],
    ['no semicolon', 'for=1.2.3.4 proto=https', local, false, 'localhost'],
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

describe('X-Forwarded-Port', () => {
  const take = ['proto', 'host', 'port'] as const
  const two = { hops: 2, trust: ['127.0.0.1', '10.0.0.0/8'], take: ['for', ...take] } as const
  test.each<[string, ForwardedOptions, Record<string, string>, string]>([
    ['not taken', { take: ['host'] }, { 'x-forwarded-port': '8443' }, 'http://localhost/p?q'],
    ['alone', { take }, { 'x-forwarded-port': '8080' }, 'http://localhost:8080/p?q'],
    ['of the scheme', { take }, { 'x-forwarded-port': '80' }, 'http://localhost/p?q'],
    [
      'of the scheme that the proxy says',
      { take },
      { 'x-forwarded-port': '443', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'a.b:8' },
      'https://a.b/p?q',
    ],
    [
      'in place of that of the host',
      { take },
      { 'x-forwarded-port': '9', 'x-forwarded-host': '[2001:db8::1]:8' },
      'http://[2001:db8::1]:9/p?q',
    ],
    [
      'of the outermost proxy that is trusted',
      two,
      { 'x-forwarded-port': '1, 8443, 8080', 'x-forwarded-for': '6.6.6.6, 1.2.3.4, 10.1.1.1' },
      'http://localhost:8443/p?q',
    ],
    [
      'of a host that may not be named',
      { take, hosts: ['a.b:8'] },
      { 'x-forwarded-port': '9', 'x-forwarded-host': 'a.b:8' },
      'http://a.b:8/p?q',
    ],
    ...['', '0', '65536', '-1', '8e1', '0x50', '80 80', '９', '123456'].map(
      (port): [string, ForwardedOptions, Record<string, string>, string] => [
        `that is none: ${JSON.stringify(port)}`,
        { take },
        { 'x-forwarded-port': Buffer.from(port).toString('latin1') },
        'http://localhost/p?q',
      ],
    ),
  ])('%s', async (_name, options, headers, href) => {
    expect(await see(options, headers)).toMatchObject({ href, request: href })
  })

  test('of somebody who is not trusted', async () => {
    const headers = { 'x-forwarded-port': '8080', 'x-forwarded-prefix': '/evil' }
    const seen = await see({ take: ['port', 'prefix'] }, headers, '10.0.0.1')
    expect(seen).toMatchObject({ host: 'localhost', prefix: '' })
  })
})

describe('X-Forwarded-Prefix', () => {
  const take = ['prefix'] as const
  test.each<[string, string, string]>([
    ['a path', '/shop', '/shop'],
    ['several segments', "/a-b/c.d/~e!$&'()*+;=:@/%7E", "/a-b/c.d/~e!$&'()*+;=:@/%7E"],
    ['a slash at its end', '/shop/', '/shop'],
    ['the last of a list, which the proxy wrote', '/evil, /shop', '/shop'],
    ['the root', '/', ''],
    ['nothing', '', ''],
    ['no slash in front', 'shop', ''],
    ['another host', '//evil.example', ''],
    ['the same, with a backslash', '/\\\\evil.example', ''],
    ['the same, behind a slash', '/shop//evil.example', ''],
    ['a URL', 'https://evil.example/', ''],
    ['a query', '/shop?x', ''],
    ['a fragment', '/shop#x', ''],
    ['dot segments', '/shop/../admin', ''],
    ['dot segments in disguise', '/shop/%2E.', ''],
    ['a name that begins with a dot', '/.well-known/..x', '/.well-known/..x'],
    ['a broken escape', '/shop%zz', ''],
    ['a space', '/the shop', ''],
    ['too long', `/${'x'.repeat(1024)}`, ''],
    ['as long as it may be', `/${'x'.repeat(1023)}`, `/${'x'.repeat(1023)}`],
  ])('%s', async (_name, field, prefix) => {
    const seen = await see({ take }, { 'x-forwarded-prefix': field })
    expect(seen).toMatchObject({ prefix, href: 'http://localhost/p?q' })
  })

  test('those of several proxies are joined, the outermost first', async () => {
    const options = {
      hops: 2,
      trust: ['127.0.0.1', '10.0.0.0/8'],
      take: ['for', 'prefix'],
    } as const
    const headers = {
      'x-forwarded-for': '6.6.6.6, 1.2.3.4, 10.1.1.1',
      'x-forwarded-prefix': '/evil, /outer, /inner',
    }
    expect((await see(options, headers)).prefix).toBe('/outer/inner')
  })

  test('is in front of the path that HTTPS is asked for by', async () => {
    const app = new App().use((ctx, next) => {
      ctx.assume({ prefix: '/shop' }).assume({ host: 'a.b' })
      return next()
    })
    app.use(httpsRedirect())
    expect((await app.inject('/books?q')).headers.get('location')).toBe('https://a.b/shop/books?q')
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
  [{ take: ['ports'] }, "is a list of 'for', 'proto', 'host', 'port' and 'prefix', not"],
  [
    { fields: 'forwarded', take: ['port'] },
    "The option take of forwarded() is a list of 'for', 'proto' and 'host' for the field Forwarded",
  ],
  [{ fields: 'via' }, "The option fields of forwarded() is 'x-forwarded' or 'forwarded'"],
  [{ hops: 0 }, 'The option hops of forwarded() is an integer from 1 to 100, not 0'],
  [{ hosts: ['a b'] }, "The option hosts[0] of forwarded() is a host such as 'example.com'"],
])('wrong options %j', (options, message) => {
  expect(() => forwarded(options as ForwardedOptions)).toThrow(message)
})
