// Sets of header fields: whatever is done to a reply that has some, what is sent is the same as if
// each field had been set by itself.

import { describe, expect, test } from 'vitest'

import { HeaderSet } from '../../src/header-set.ts'
import { harness } from '../support/lane.ts'

import type { Context } from '../../src/context.ts'
import type { FieldInit } from '../../src/reply-fields.ts'

const inits: Record<string, FieldInit> = {
  a: { 'x-a': '1', 'X-B': ['2', '3'], 'x-long': 'v'.repeat(40) },
  b: { 'x-b': '4', 'x-c': '5', 'cache-control': 'no-store' },
  none: {},
  cookie: { 'set-cookie': ['k=1; Path=/', 'l=2; Path=/'] },
}
const sets = Object.fromEntries(
  Object.entries(inits).map(([name, init]) => [name, new HeaderSet(init)]),
)

/** What a handler can do, once with sets and once without. */
type Step = (ctx: Context, isPlain: boolean) => void

const steps: Record<string, Step> = {
  ...Object.fromEntries(
    Object.entries(inits).map(([name, init]): [string, Step] => [
      `set ${name}`,
      (ctx, isPlain) => {
        if (!isPlain) return void ctx.setHeaders(sets[name]!)
        for (const [field, value] of Object.entries(init)) ctx.header(field, value)
      },
    ]),
  ),
  'replace x-a': (ctx) => void ctx.header('X-A', '6'),
  'replace x-b': (ctx) => void ctx.header('x-b', ['7', '8']),
  'remove x-b': (ctx) => void ctx.header('x-b', undefined),
  'append x-b': (ctx) => void ctx.append('x-b', '9'),
  'add x-d': (ctx) => void ctx.header('x-d', '10'),
  'cookie k': (ctx) => ctx.cookies.set('k', '11'),
  'cookie m': (ctx) => ctx.cookies.set('m', '12'),
}

/** The fields of the reply, those of a name in their order. */
async function sent(list: readonly Step[], isPlain: boolean, fails = false): Promise<string[]> {
  const lane = harness((router) =>
    router.get('/', (ctx) => {
      for (const step of list) step(ctx as unknown as Context, isPlain)
      if (fails) throw Object.assign(new Error('odd'), { isExpected: true })
      return 'hello'
    }),
  )
  const reply = await lane.ask('/')
  lane.takeReports()
  const fields = (reply.fields as [string, string][]).map(
    ([n, v]): string => `${n.toLowerCase()}: ${v}`,
  )
  return fields.sort((a, b) =>
    a.split(':')[0]! < b.split(':')[0]! ? -1 : a.split(':')[0] === b.split(':')[0] ? 0 : 1,
  )
}

const names = Object.keys(steps)
const pairs = names.flatMap((first) => names.map((second): [string, string] => [first, second]))

test.each(pairs)('%s, then %s', async (first, second) => {
  for (const third of names) {
    const list = [first, second, third].map((name) => steps[name]!)
    expect(await sent(list, false)).toEqual(await sent(list, true))
  }
})

describe('after an error', () => {
  test.each(names)('%s and sets', async (name) => {
    for (const other of ['set a', 'set b', 'set cookie']) {
      const list = [steps[other]!, steps[name]!]
      expect(await sent(list, false, true)).toEqual(await sent(list, true, true))
    }
  })
})

test('hooks of the reply see the fields of sets', async () => {
  const seen: unknown[] = []
  const lane = harness((router) =>
    router.get('/', (ctx) => {
      ctx.setHeaders(sets['a']!).append('x-b', '9')
      ctx.onReply((reply) => {
        seen.push(reply.get('x-a'), reply.get('x-b'), reply.has('X-Long'), reply.has('x-c'))
        reply.header('x-a', '6').vary('Origin')
      })
      return 'hello'
    }),
  )
  const reply = await lane.ask('/')
  expect(seen).toEqual(['1', '2, 3, 9', true, false])
  expect(Object.fromEntries(reply.fields)).toMatchObject({ 'x-a': '6', vary: 'Origin' })
})

test('a content type in a set is the type of the reply', async () => {
  const set = new HeaderSet({ 'content-type': 'text/x-odd' })
  const lane = harness((router) => router.get('/', (ctx) => ctx.setHeaders(set).text('hello')))
  const reply = await lane.ask('/')
  expect([reply.type, reply.fields]).toEqual([0, [['content-type', 'text/x-odd']]])
})

test('a set is the same for every reply, and sets that meet again are joined once', async () => {
  const lane = harness((router) =>
    router.get('/', (ctx) => {
      ctx.setHeaders(sets['a']!).setHeaders(sets['b']!)
      blocks.push(ctx.replyBlock!)
      return 'hello'
    }),
  )
  const blocks: object[] = []
  const [first, second] = [await lane.ask('/'), await lane.ask('/')]
  expect(first.fields).toEqual(second.fields)
  expect(blocks[0]).toBe(blocks[1])
})

test('anything else is refused', async () => {
  const lane = harness((router) =>
    router.get('/', (ctx) => ctx.setHeaders({ list: ['x-a', '1'] } as never).text('hello')),
  )
  expect((await lane.ask('/')).status).toBe(500)
  expect(lane.takeReports()).toEqual([expect.objectContaining({ code: 'LANNER_HEADER_INVALID' })])
})
