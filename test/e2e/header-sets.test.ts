// Sets of header fields on the wire: whether each reply brings its set or only names it, which it
// does when the set was used for a while, what is sent is what single fields would have been.

import { expect, test } from 'vitest'

import { App, HeaderSet } from 'lanner'
import type { Context, Server } from 'lanner'

import { RawClient } from '../support/raw.ts'
import { serve, takeReports } from '../support/server.ts'

const inits = [
  { 'x-a': '1', 'x-list': ['2', '3'], vary: 'Accept' },
  { 'X-B': '4', 'x-frame-options': 'DENY', 'x-long': 'v'.repeat(3_000) },
] as const
const fields = Object.assign({}, ...inits) as Record<string, string | readonly string[]>

/** More than a set is used before it is only named. */
const TIMES = 12

/** What handlers do to a reply that has the fields. */
const handlers: Record<string, (ctx: Context) => unknown> = {
  text: () => 'hello',
  json: () => ({ hello: 'you' }),
  bytes: () => Buffer.from('hello'),
  nothing: (ctx) => ctx.noContent(),
  stream: () => ReadableStream.from(['hel', 'lo']),
  'set another': (ctx) => ctx.header('x-other', '5').text('hello'),
  'set one of them': (ctx) => ctx.header('X-List', '6').text('hello'),
  'remove one of them': (ctx) => ctx.header('x-a', undefined).text('hello'),
  'append to one of them': (ctx) => ctx.append('x-list', '7').text('hello'),
  'a cookie': (ctx) => {
    ctx.cookies.set('k', '8')
    return 'hello'
  },
  vary: (ctx) => {
    ctx.onReply((reply) => void reply.vary('Origin').vary('accept'))
    return 'hello'
  },
  'a Response': () => new Response('hello', { headers: { 'x-a': '9' } }),
  'an error': () => {
    throw new Error('odd')
  },
  'not found': (ctx) => ctx.notFound(),
}
const names = Object.keys(handlers)
const pathOf = (name: string): string => `/${name.replaceAll(' ', '-')}`

function register(app: App): void {
  const sets = inits.map((init) => new HeaderSet(init))
  app.use('/sets', (ctx, next) => {
    for (const set of sets) ctx.setHeaders(set)
    return next()
  })
  app.use('/fields', (ctx, next) => {
    for (const [name, value] of Object.entries(fields)) ctx.header(name, value)
    return next()
  })
  for (const name of names) {
    for (const way of ['/sets', '/fields']) app.get(way + pathOf(name), handlers[name]!)
  }
}

/** The lines of the head but for the date, in no order, and the body. */
async function ask(server: Server, method: string, path: string): Promise<string[]> {
  const client = await RawClient.open(server.url)
  await client.send(`${method} ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
  const [head, ...body] = (await client.rest()).split('\r\n\r\n')
  const lines = head!.split('\r\n').filter((line) => !line.startsWith('Date:'))
  return [...lines.map((line) => line.toLowerCase()).sort(), ...body]
}

test.each(names)('%s', async (name) => {
  const server = await serve(register)
  for (const method of ['GET', 'HEAD']) {
    const expected = await ask(server, method, `/fields${pathOf(name)}`)
    for (let at = 0; at < TIMES; at++) {
      expect(await ask(server, method, `/sets${pathOf(name)}`)).toEqual(expected)
    }
  }
  const reports = takeReports()
  expect(reports).toHaveLength(name === 'an error' ? 2 * (TIMES + 1) : 0)
})

test('several servers in one process, each with I/O threads of its own', async () => {
  const servers = await Promise.all([
    serve(register),
    serve(register, { ioThreads: 2 }),
    serve(register, { ioThreads: 2 }),
  ])
  const expected = await ask(servers[0]!, 'GET', '/fields/text')
  for (let at = 0; at < TIMES * 2; at++) {
    for (const server of servers) expect(await ask(server, 'GET', '/sets/text')).toEqual(expected)
  }
})

test('through app.fetch()', async () => {
  const app = new App()
  register(app)
  for (let at = 0; at < TIMES; at++) {
    const [one, other] = await Promise.all(
      ['/sets', '/fields'].map((way) => app.fetch(`${way}/set-one-of-them`)),
    )
    expect([...one!.headers]).toEqual([...other!.headers])
    expect(one!.headers.get('x-list')).toBe('6')
  }
})
