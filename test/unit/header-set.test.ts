// Sets of header fields: whatever is done to a reply that has some, what is sent is the same as if
// each field had been set by itself, also when the other side knows the set and the reply names it.

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

/** How the fields get to the other side: one by one, as a set in each reply, as a set by name. */
type Way = 'plain' | 'written' | 'named'

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
async function sent(list: readonly Step[], way: Way, fails = false): Promise<string[]> {
  const lane = harness(
    (router) =>
      router.get('/', (ctx) => {
        for (const step of list) step(ctx as unknown as Context, way === 'plain')
        if (fails) throw Object.assign(new Error('odd'), { isExpected: true })
        return 'hello'
      }),
    { fieldSets: way === 'named' },
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
    const plain = await sent(list, 'plain')
    for (const way of ['written', 'named'] as const) expect(await sent(list, way)).toEqual(plain)
  }
})

describe('after an error', () => {
  test.each(names)('%s and sets', async (name) => {
    for (const other of ['set a', 'set b', 'set cookie']) {
      const list = [steps[other]!, steps[name]!]
      const plain = await sent(list, 'plain', true)
      for (const way of ['written', 'named'] as const) {
        expect(await sent(list, way, true)).toEqual(plain)
      }
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

describe('made known to the other side', () => {
  /** Answers `count` requests with a set; gives the numbers by which the replies named it. */
  async function ask(count: number, set: (at: number) => HeaderSet, lane = known(set)) {
    const numbers: number[] = []
    for (let at = 0; at < count; at++) numbers.push((await lane.ask('/')).fieldSet)
    return { lane, numbers }
  }

  const known = (set: (at: number) => HeaderSet) => {
    let at = 0
    return harness((router) => router.get('/', (ctx) => ctx.setHeaders(set(at++)).text('hello')), {
      fieldSets: true,
    })
  }

  test('is a set when it was used for a while, once and for all replies', async () => {
    const set = new HeaderSet({ 'x-a': '1', 'x-b': ['2', '3'] })
    const { lane, numbers } = await ask(12, () => set)
    expect(numbers).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    expect(lane.fieldSets).toEqual([
      [
        ['x-a', '1'],
        ['x-b', '2'],
        ['x-b', '3'],
      ],
    ])
    const replies = lane.records.map(({ fields }) => fields)
    expect(new Set(replies.map((fields) => JSON.stringify(fields))).size).toBe(1)
  })

  test('are sets that meet, not what they are made of', async () => {
    const [a, b] = [new HeaderSet({ 'x-a': '1' }), new HeaderSet({ 'x-b': '2' })]
    const lane = harness(
      (router) => router.get('/', (ctx) => ctx.setHeaders(a).setHeaders(b).text('hello')),
      { fieldSets: true },
    )
    for (let at = 0; at < 12; at++) await lane.ask('/')
    expect(lane.fieldSets).toHaveLength(1)
    expect(lane.fieldSets[0]).toEqual([
      ['x-a', '1'],
      ['x-b', '2'],
    ])
  })

  test('is no set that is made for one request', async () => {
    const { lane } = await ask(12, (at) => new HeaderSet({ 'x-a': String(at) }))
    expect(lane.fieldSets).toEqual([])
  })

  test('is a set for each lane, which numbers it as it likes', async () => {
    const [a, b] = [new HeaderSet({ 'x-a': '1' }), new HeaderSet({ 'x-b': '2' })]
    const one = await ask(20, (at) => (at < 10 ? a : b))
    const other = await ask(20, (at) => (at < 10 ? b : a))
    expect([one.numbers.at(-1), other.numbers.at(-1)]).toEqual([2, 2])
    await ask(3, () => b, one.lane)
    for (const { lane } of [one, other]) {
      expect(lane.fieldSets).toHaveLength(2)
      for (const { fields } of lane.records)
        expect([[['x-a', '1']], [['x-b', '2']]]).toContainEqual(fields)
    }
  })

  test('is a set that the other side does not take never again', async () => {
    const set = new HeaderSet({ 'x-a': '1' })
    const lane = known(() => set)
    const port = lane.lane.outbox.port
    let asked = 0
    port.fieldSet = () => {
      asked++
      return 0
    }
    const { numbers } = await ask(20, () => set, lane)
    expect([asked, new Set(numbers)]).toEqual([1, new Set([0])])
    for (const { fields } of lane.records) expect(fields).toEqual([['x-a', '1']])
  })

  test.each<[string, (ctx: Context) => unknown]>([
    ['text', () => 'hello'],
    ['long text', () => 'x'.repeat(20_000)],
    ['bytes', () => Buffer.alloc(5)],
    ['many bytes', () => Buffer.alloc(20_000)],
    ['nothing', () => undefined],
    ['a stream', () => ReadableStream.from(['a', 'b'])],
    ['an error', (ctx) => ctx.notFound()],
  ])('stands in a reply of %s', async (_what, answer) => {
    const set = new HeaderSet({ 'x-a': '1', 'content-type': 'text/x-odd' })
    const lane = harness(
      (router) =>
        router.get('/', (ctx) =>
          answer(ctx.setHeaders(set).header('x-b', '2') as never as Context),
        ),
      { fieldSets: true },
    )
    for (let at = 0; at < 8; at++) {
      const { fields, fieldSet } = await lane.ask('/')
      expect(fieldSet).toBe(at < 7 ? 0 : 1)
      expect(fields).toEqual([
        ['x-a', '1'],
        ['content-type', 'text/x-odd'],
        ['x-b', '2'],
      ])
    }
  })
})

test('anything else is refused', async () => {
  const lane = harness((router) =>
    router.get('/', (ctx) => ctx.setHeaders({ list: ['x-a', '1'] } as never).text('hello')),
  )
  expect((await lane.ask('/')).status).toBe(500)
  expect(lane.takeReports()).toEqual([expect.objectContaining({ code: 'LANNER_HEADER_INVALID' })])
})
