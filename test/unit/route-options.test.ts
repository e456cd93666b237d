// Options of routes and groups, and the limits of one request: what is checked, what is handed to
// the network side, what comes too late.

import { describe, expect, test } from 'vitest'

import { parseOptions } from '../../src/options.ts'
import { defineRoute as route } from '../../src/routing/endpoint.ts'
import { compileRoutes } from '../../src/routing/route.ts'
import { Registry, Router } from '../../src/routing/router.ts'
import { rulesOfServer } from '../../src/rules.ts'
import { deferred } from '../support/deferred.ts'
import { harness } from '../support/lane.ts'
import { encodeBody, encodeBodyEnd } from '../support/wire.mjs'

import type { Context } from '../../src/context.ts'
import type { ListenOptions } from '../../src/options.ts'
import type { RouteOptions } from '../../src/routing/options.ts'

const server = rulesOfServer(parseOptions({}).native)

function compile(register: (router: Router) => void, options: ListenOptions = {}) {
  const registry = new Registry()
  register(new Router(registry, ''))
  const rules = rulesOfServer(parseOptions(options).native)
  return compileRoutes(registry.routes, registry.scopes, rules)
}

describe('what requests of a route are held to', () => {
  test('the limits of the server, unless the route says something else', () => {
    const [plain, own] = compile((r) => {
      r.get('/plain', () => '')
      r.post(
        '/own',
        {
          priority: 'low',
          timeout: '2s',
          drain: 0,
          limits: { bodyBytes: '1GB', drainBytes: null },
          rates: { request: { bytesPerSecond: '1kB' }, response: null },
        },
        () => '',
      )
    })
    expect(plain!.rules).toEqual(server)
    expect(own!.rules).toEqual({
      bodyBytes: 1_000_000_000,
      drainBytes: Number.MAX_SAFE_INTEGER,
      drainMs: 0,
      requestMs: 2000,
      request: { bytesPerSecond: 1000, graceMs: 5000 },
      response: { bytesPerSecond: 0, graceMs: 0 },
      priority: 0,
    })
  })

  test('what a route does not say is the server’s', () => {
    const options: ListenOptions = {
      limits: { bodyBytes: 7 },
      timeouts: { request: 9 },
      rates: { request: { bytesPerSecond: 11, grace: 13 }, response: null },
    }
    const register = (r: Router): unknown =>
      r.get('/', { rates: { request: { grace: 17 }, response: { grace: 19 } } }, () => '')
    expect(compile(register, options)[0]!.rules).toMatchObject({
      bodyBytes: 7,
      requestMs: 9,
      request: { bytesPerSecond: 11, graceMs: 17 },
      response: { bytesPerSecond: 240, graceMs: 19 },
    })
  })

  test('null is no limit', () => {
    const register = (r: Router): unknown =>
      r.get('/', { timeout: null, limits: { bodyBytes: null } }, () => '')
    const options = { timeouts: { request: 5 } }
    expect(compile(register, options)[0]!.rules).toMatchObject({ requestMs: 0, bodyBytes: -1 })
  })

  test('groups hand theirs down', () => {
    const [outer, inner] = compile((r) =>
      r.group('/a', { priority: 'high', limits: { bodyBytes: 1 }, tags: ['a'] }, (a) => {
        a.get('/', () => '')
        a.group('/b', { limits: { drainBytes: 2 }, meta: { role: 'x' } }, (b) => {
          b.get('/', { priority: 'low', tags: ['b'], meta: { more: 1 } }, () => '')
        })
      }),
    )
    expect(outer!.rules).toMatchObject({ priority: 2, bodyBytes: 1 })
    expect(inner!.rules).toMatchObject({ priority: 0, bodyBytes: 1, drainBytes: 2 })
    expect(inner!.info).toEqual({
      method: 'GET',
      pattern: '/a/b',
      options: {
        priority: 'low',
        limits: { bodyBytes: 1, drainBytes: 2 },
        tags: ['a', 'b'],
        meta: { role: 'x', more: 1 },
      },
    })
  })
})

test('what a route leaves undefined is its group’s', () => {
  const options = {
    priority: 'high',
    timeout: '2s',
    limits: { bodyBytes: 1, drainBytes: 2 },
    rates: { request: null },
    tags: ['a'],
    meta: { role: 'x' },
  } satisfies RouteOptions
  const undefineds = [
    Object.fromEntries(Object.keys(options).map((name) => [name, undefined])),
    { limits: { bodyBytes: undefined, drainBytes: undefined }, rates: { request: undefined } },
  ] as RouteOptions[]
  for (const own of undefineds) {
    const register = (r: Router): unknown => r.group('/', options, (g) => g.get('/', own, () => ''))
    const [joined] = compile(register)
    expect(joined!.info.options).toStrictEqual(options)
    expect(joined!.rules).toMatchObject({
      priority: 2,
      requestMs: 2000,
      bodyBytes: 1,
      drainBytes: 2,
      request: { bytesPerSecond: 0 },
    })
  }
})

test('middleware reads the options of the route', async () => {
  const lane = harness((r) => {
    r.use((ctx, next) => (ctx.route.options.meta?.['isOpen'] === true ? next() : 'closed'))
    r.get('/a/:id', { meta: { isOpen: true } }, (ctx) => ctx.route.pattern)
    r.get('/b', () => 'never')
  })
  expect(await lane.ask('/a/7')).toMatchObject({ text: '/a/:id' })
  expect(await lane.ask('/b')).toMatchObject({ text: 'closed' })
})

test('endpoints are values that are registered where they are wanted', async () => {
  const getUser = route('GET', '/users/:id', { meta: { role: 'any' } }, (ctx) => ctx.params.id)
  const plain = route('*', '/plain', (ctx) => `${ctx.method} ${ctx.route.method}`)
  const lane = harness((r) => {
    r.add(getUser, plain)
    r.group('/v2', { meta: { isNew: true } }, (v2) => v2.add(getUser))
  })
  expect(await lane.ask('/users/7')).toMatchObject({ text: '7' })
  expect(await lane.ask('/plain')).toMatchObject({ text: 'GET *' })
  expect(await lane.ask('/v2/users/8')).toMatchObject({ text: '8' })
  const infos = compile((r) => r.group('/v2', { meta: { isNew: true } }, (v2) => v2.add(getUser)))
  expect(infos[0]!.info.options).toEqual({ meta: { role: 'any', isNew: true } })
})

describe('errors name the option and the route', () => {
  const wrong: [options: unknown, message: RegExp][] = [
    [{ timeout: 'soon' }, /option timeout of the route GET \/x is a duration from 1 /],
    [{ timeout: 0 }, /timeout of the route GET \/x is .*, not 0/],
    [{ drain: null }, /drain of the route/],
    [{ priority: 'urgent' }, /priority of the route GET \/x is 'low', 'normal' or 'high'/],
    [{ limits: { bodyBytes: -1 } }, /limits\.bodyBytes of the route GET \/x is a size/],
    [{ limits: { body: 1 } }, /no option limits\.body of the route GET \/x; there are limits\./],
    [{ limits: 7 }, /limits of the route GET \/x is an object/],
    [{ rates: { reply: null } }, /no option rates\.reply of the route/],
    [
      { rates: { request: { bytesPerSecond: 0 } } },
      /rates\.request\.bytesPerSecond of the route GET \/x is a size from 1/,
    ],
    [{ tags: 'one' }, /tags of the route GET \/x is a list of texts/],
    [{ summary: '' }, /summary of the route/],
    [{ meta: 1 }, /meta of the route/],
    [
      { timout: '2s' },
      /no option timout of the route GET \/x; did you mean timeout\? There are priority, timeout/,
    ],
  ]
  test.each(wrong)('%j', (options, message) => {
    const router = new Router(new Registry(), '')
    const register = (): unknown => router.get('/x', options as RouteOptions, () => '')
    expect(register).toThrow(message)
    expect(register).toThrow(expect.objectContaining({ code: 'LANNER_OPTION_INVALID' }))
    const group = (): unknown => router.group('/x', options as RouteOptions, () => {})
    expect(group).toThrow(/of the group \/x/)
  })

  test('options alone are no handler', () => {
    const router = new Router(new Registry(), '')
    const get = router.get.bind(router) as (...args: unknown[]) => unknown
    expect(() => get('/x', { timeout: 1 })).toThrow('There is no function')
    const group = router.group.bind(router) as (...args: unknown[]) => unknown
    expect(() => group('/x', { timeout: 1 })).toThrow('{ timeout } was given to the group /x')
  })
})

describe('the limits of one request', () => {
  /** Runs a handler; what it did is written as one record of rules, or none. */
  function change(set: (ctx: Context) => void, parts: object = {}) {
    const lane = harness((r) =>
      r.all('/', { limits: { bodyBytes: 100 }, timeout: 1000 }, async (ctx) => {
        set(ctx)
        await new Promise(() => {})
      }),
    )
    const [slot] = lane.send({ target: '/', ...parts })
    return { lane, slot: slot!, rules: lane.of(slot!).find(({ kind }) => kind === 'rules') }
  }

  test('begin as those of the route', () => {
    expect.hasAssertions()
    change(({ limits }) => {
      expect({ ...limits, ...readAll(limits) }).toEqual({
        bodyBytes: 100,
        drainBytes: 1_048_576,
        drain: 5000,
        timeout: 1000,
        requestRate: { bytesPerSecond: 240, grace: 5000 },
        responseRate: { bytesPerSecond: 240, grace: 5000 },
      })
    })
  })

  test('are sent whole, once they change', () => {
    const { rules } = change(({ limits }) => {
      limits.bodyBytes = '10GB'
    })
    expect(rules).toMatchObject({
      bodyBytes: 10_000_000_000,
      drainBytes: 1_048_576,
      drainMs: 5000,
      requestMs: 1000,
      request: [240, 5000],
      response: [240, 5000],
    })
    expect(change(() => {}).rules).toBeUndefined()
  })

  const changes: [name: string, value: unknown, sent: object][] = [
    ['bodyBytes', null, { bodyBytes: null }],
    ['drainBytes', '1kB', { drainBytes: 1000 }],
    ['drainBytes', null, { drainBytes: Number.MAX_SAFE_INTEGER }],
    ['drain', '3s', { drainMs: 3000 }],
    ['timeout', '1min', { requestMs: 60_000 }],
    ['timeout', null, { requestMs: 0 }],
    ['requestRate', null, { request: [0, 0] }],
    ['requestRate', { grace: '1s' }, { request: [240, 1000] }],
    ['responseRate', { bytesPerSecond: 1 }, { response: [1, 5000] }],
  ]
  test.each(changes)('%s = %j', (name, value, sent) => {
    const { rules } = change(({ limits }) => Object.assign(limits, { [name]: value }))
    expect(rules).toMatchObject(sent)
  })

  test.each([
    ['bodyBytes', -1],
    ['drainBytes', 'x'],
    ['drain', null],
    ['timeout', 0],
    ['requestRate', { bytesPerSecond: 0 }],
    ['responseRate', 7],
  ])('%s = %j is refused', (name, value) => {
    expect.hasAssertions()
    change(({ limits }) => {
      expect(() => Object.assign(limits, { [name]: value })).toThrow(
        expect.objectContaining({
          code: 'LANNER_OPTION_INVALID',
          message: expect.stringContaining(`ctx.limits.${name}`),
        }),
      )
    })
  })

  test('a misspelt limit is an error', () => {
    expect.hasAssertions()
    change(({ limits }) => {
      expect(() => Object.assign(limits, { bodybytes: 1 })).toThrow(/bodybytes/)
    })
  })

  test('a body that is being read has the limit it had', () => {
    expect.hasAssertions()
    change((ctx) => {
      void ctx.body.text()
      expect(() => (ctx.limits.bodyBytes = 1)).toThrow(
        expect.objectContaining({ code: 'LANNER_LIMIT_LATE' }),
      )
    })
  })

  test('a body that was announced as longer is refused at once', () => {
    expect.hasAssertions()
    const parts = { method: 'POST', body: 'x'.repeat(20) }
    change((ctx) => {
      ctx.limits.bodyBytes = 20
      expect(ctx.limits.bodyBytes).toBe(20)
      expect(() => (ctx.limits.bodyBytes = 19)).toThrow(
        expect.objectContaining({ code: 'LANNER_BODY_TOO_LARGE', status: 413 }),
      )
    }, parts)
  })

  test('nothing is changed for a request that is over', async () => {
    let kept: Context | undefined
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        kept = ctx
        return 'done'
      }),
    )
    await lane.ask('/')
    expect(() => (kept!.limits.timeout = 5)).toThrow(
      expect.objectContaining({ code: 'LANNER_LIMIT_LATE' }),
    )
  })
})

describe('a body of unknown length is counted where it is read', () => {
  const inPieces = { method: 'POST', body: '', isComplete: false, contentLength: -1 }

  test.each([
    ['the piece before the change', 10, 9],
    ['the piece behind the change', 14, 13],
  ])('%s', async (_, enough, tooFew) => {
    for (const most of [enough, tooFew]) {
      const go = deferred()
      const lane = harness((r) =>
        r.post('/', async (ctx) => {
          await go.promise
          ctx.limits.bodyBytes = most
          return ctx.body.text()
        }),
      )
      const [slot] = lane.send(inPieces)
      await lane.rest()
      lane.batch(encodeBody(slot, 1, '0123456789'))
      const early = enough === 10
      if (early) lane.batch(encodeBodyEnd(slot, 1))
      go.resolve()
      await lane.rest()
      if (!early) {
        lane.batch(encodeBody(slot, 1, 'abcd'))
        lane.batch(encodeBodyEnd(slot, 1))
      }
      await lane.rest()
      expect(lane.reply(slot!).status).toBe(most === enough ? 200 : 413)
    }
  })
})

function readAll(limits: Context['limits']): object {
  const { bodyBytes, drainBytes, drain, timeout, requestRate, responseRate } = limits
  return { bodyBytes, drainBytes, drain, timeout, requestRate, responseRate }
}
