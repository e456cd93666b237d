// Middleware: order, scope, what comes back, what goes wrong.

import { describe, expect, test } from 'vitest'

import { HttpError } from '../../src/errors.ts'
import { deferred } from '../support/deferred.ts'
import { harness } from '../support/lane.ts'

import type { ErrorHandler, Handler } from '../../src/handler.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const later: Handler = async (_, next) => {
  await next()
}

describe('order', () => {
  test('in, handler, out', async () => {
    const seen: string[] = []
    const note = (name: string): Handler => {
      return async (_, next) => {
        seen.push(`${name} in`)
        await next()
        seen.push(`${name} out`)
      }
    }
    const lane = harness((r) => {
      r.use(note('a'))
      r.get('/', note('d'), note('e'), () => {
        seen.push('handler')
        return 'done'
      })
      r.use('/', note('b'), note('c'))
    })
    expect((await lane.ask('/')).text).toBe('done')
    const names = ['a', 'b', 'c', 'd', 'e']
    expect(seen).toEqual([
      ...names.map((name) => `${name} in`),
      'handler',
      ...names.toReversed().map((name) => `${name} out`),
    ])
  })

  test('fields that middleware sets after the handler are sent', async () => {
    const lane = harness((r) => {
      r.use(async (ctx, next) => {
        await next()
        ctx.header('x-after', 'yes')
      })
      r.get('/helper', (ctx) => ctx.text('h'))
      r.get('/value', () => 'v')
    })
    for (const target of ['/helper', '/value']) {
      expect((await lane.ask(target)).fields).toEqual([['x-after', 'yes']])
    }
  })
})

describe('what comes back', () => {
  const sync: Handler = (_, next) => next()
  const silent: Handler = (_, next) => {
    next()
  }
  const passing: Handler = async (_, next) => next()
  const floating: Handler = async (_, next) => {
    void next()
  }
  const handlers: [string, Handler][] = [
    ['a value', () => 'value'],
    ['a promise', async () => 'value'],
    ['a late promise', () => new Promise((resolve) => setImmediate(() => resolve('value')))],
    ['a helper', (ctx) => ctx.text('value')],
    ['a promise of a helper', async (ctx) => ctx.text('value')],
  ]
  const kinds: [string, Handler][] = [
    ['awaits', later],
    ['returns next()', sync],
    ['calls next() and returns nothing', silent],
    ['is async and returns next()', passing],
    ['does not wait', floating],
  ]
  describe.each(handlers)('%s', (_, handler) => {
    test.each(kinds)('behind middleware that %s', async (__, middleware) => {
      for (const depth of [1, 2, 5]) {
        const lane = harness((r) => r.get('/', { filters: repeat(middleware, depth) }, handler))
        lane.send({})
        await expect.poll(() => lane.records.length).toBe(1)
        expect(lane.reply(0).text).toBe('value')
      }
    })

    test('behind a mixture', async () => {
      const all = kinds.map(([, middleware]) => middleware)
      for (let i = 0; i < all.length; i++) {
        const mixed = [...all.slice(i), ...all.slice(0, i)] as [Handler, ...Handler[]]
        const lane = harness((r) => r.get('/', { filters: mixed }, handler))
        lane.send({})
        await expect.poll(() => lane.records.length).toBe(1)
        expect(lane.reply(0).text).toBe('value')
      }
    })
  })

  const changes: [string, Handler][] = [
    ['a value', async (_, next) => `changed ${String(await next())}`],
    ['a synchronous value', (_, next) => `changed ${String(next())}`],
  ]
  test.each(changes)('middleware may return %s in its place', async (_, change) => {
    for (const around of [[], [later], [later, later], [silent, later]]) {
      for (const inside of [[], [sync]]) {
        const handlers = [...around, change, ...inside, () => 'value'] as unknown as [Handler]
        const lane = harness((r) => r.get('/', ...handlers))
        expect((await lane.ask('/')).text).toBe('changed value')
      }
    }
  })

  test('a replacement in the middle stands, whatever lies around and inside', async () => {
    const replace: Handler = async (_, next) => {
      await next()
      return 'replaced'
    }
    const lane = harness((r) => {
      r.get('/value', later, later, replace, later, later, () => 'value')
      r.get('/helper', later, later, replace, later, later, (ctx) => ctx.text('helper'))
    })
    expect((await lane.ask('/value')).text).toBe('replaced')
    expect((await lane.ask('/helper')).text).toBe('replaced')
  })

  test.each<[string, Handler, unknown[] | undefined]>([
    ['that is over at once, passing a value on', (_, next) => next(), undefined],
    ['that is over at once, saying nothing', (_, next) => void next(), undefined],
    ['that is over at once, with a value of its own', (_, next) => [next()].join(), undefined],
    ['that takes its time', later, [undefined, 'value']],
  ])(
    'what is behind middleware %s is kept as long as somebody may want it',
    async (_, last, kept) => {
      const seen: unknown[] = []
      const lane = harness((r) =>
        r.get(
          '/',
          (ctx, next) => {
            seen.push(ctx)
            return next()
          },
          last,
          () => 'value',
        ),
      )
      expect((await lane.ask('/')).text).toBe('value')
      expect((seen[0] as { downstream: unknown[] | undefined }).downstream?.slice(1)).toEqual(
        kept?.slice(1),
      )
    },
  )

  test('middleware that does not go on answers', async () => {
    const lane = harness((r) => {
      r.use((ctx, next) => (ctx.query.has('no') ? ctx.text('stopped', 403) : next()))
      r.get('/', () => 'handler')
    })
    expect(await lane.ask('/?no')).toMatchObject({ status: 403, text: 'stopped' })
    expect(await lane.ask('/')).toMatchObject({ status: 200, text: 'handler' })
  })

  test('middleware that does nothing at all gives 204', async () => {
    const lane = harness((r) =>
      r.get(
        '/',
        () => {},
        () => 'never',
      ),
    )
    expect(await lane.ask('/')).toMatchObject({ status: 204 })
  })
})

describe('errors', () => {
  test('go out through every middleware and can be answered there', async () => {
    const seen: string[] = []
    const lane = harness((r) => {
      r.use(async (ctx, next) => {
        try {
          return await next()
        } catch (error) {
          return ctx.text((error as Error).message, 409)
        }
      })
      r.use(async (_, next) => {
        try {
          await next()
        } finally {
          seen.push('finally')
        }
      })
      r.get('/sync', () => {
        throw new Error('sync')
      })
      r.get('/async', async () => {
        throw new Error('async')
      })
    })
    expect(await lane.ask('/sync')).toMatchObject({ status: 409, text: 'sync' })
    expect(await lane.ask('/async')).toMatchObject({ status: 409, text: 'async' })
    expect(seen).toEqual(['finally', 'finally'])
  })

  test('of a handler that nobody waits for are answered all the same', async () => {
    const lane = harness((r) =>
      r.get(
        '/',
        async (_, next) => {
          void next()
        },
        async () => {
          await undefined
          throw new Error('alone')
        },
      ),
    )
    expect((await lane.ask('/')).status).toBe(500)
    expect(lane.takeReports()).toMatchObject([{ message: 'alone' }])
  })

  describe('of a handler that its middleware has left behind', () => {
    const own = 'own'
    const middleware: [string, Handler][] = [
      [
        'is synchronous',
        (_, next) => {
          next()
          return own
        },
      ],
      [
        'is asynchronous',
        async (_, next) => {
          void next()
          return own
        },
      ],
      [
        'is asynchronous and called next() late',
        async (_, next) => {
          await turn()
          void next()
          await turn()
          return own
        },
      ],
      [
        'has another one around it',
        (_, next) => {
          next()
        },
      ],
    ]
    const inside: Handler = (_, next) => {
      next()
      return own
    }
    test.each(middleware)('are told: a middleware that %s', async (_, outside) => {
      const late: Handler = async () => {
        for (let i = 0; i < 6; i++) await turn()
        throw new Error('left behind')
      }
      const lane = harness((r) => r.get('/', outside, inside, late))
      const [slot] = lane.send({})
      await expect.poll(() => lane.reports.length).toBe(1)
      expect(lane.reply(slot!).text).toBe(own)
      expect(lane.takeReports()).toMatchObject([{ message: 'left behind' }])
    })

    test('are told when they were there before a synchronous middleware ended', async () => {
      const lane = harness((r) =>
        r.get('/', inside, async () => {
          throw new Error('left behind')
        }),
      )
      expect((await lane.ask('/')).text).toBe(own)
      expect(lane.takeReports()).toMatchObject([{ message: 'left behind' }])
    })

    test('are not told when they were there before: the middleware may have looked', async () => {
      const lane = harness((r) =>
        r.get(
          '/',
          async (_, next) => {
            void next()
            throw new HttpError(418)
          },
          async () => {
            await undefined
            throw new Error('left behind')
          },
        ),
      )
      expect((await lane.ask('/')).status).toBe(418)
    })

    test('are not told when somebody has looked at them', async () => {
      const catching: Handler = async (_, next) => {
        await Promise.resolve(next()).catch(() => {})
        return own
      }
      const failing: Handler = async () => {
        await turn()
        throw new Error('seen')
      }
      for (const around of [[], [later], [inside], [catching]]) {
        const handlers = [...around, catching, failing] as unknown as [Handler]
        const lane = harness((r) => r.get('/', ...handlers))
        const [slot] = lane.send({})
        await expect.poll(() => lane.records.length).toBe(1)
        for (let i = 0; i < 4; i++) await turn()
        expect(lane.reply(slot!).text).toBe(own)
      }
    })

    test.each([
      ['at once', true],
      ['later', false],
    ])('are told when the middleware itself fails %s', async (_, isAtOnce) => {
      const failing: Handler = (_ctx, next) => {
        next()
        throw new HttpError(418)
      }
      const failingLater: Handler = async (_ctx, next) => {
        void next()
        throw new HttpError(418)
      }
      const lane = harness((r) =>
        r.get('/', isAtOnce ? failing : failingLater, async () => {
          await turn()
          throw new Error('left behind')
        }),
      )
      const [slot] = lane.send({})
      await expect.poll(() => lane.reports.length).toBe(1)
      expect(lane.reply(slot!).status).toBe(418)
      expect(lane.takeReports()).toMatchObject([{ message: 'left behind' }])
    })

    test('go to the error handler, and to the report when that is too late to reply', async () => {
      const seen: unknown[] = []
      const onError: ErrorHandler = (error, ctx) => {
        seen.push(error)
        return ctx.text('never', 500)
      }
      const error = new Error('left behind')
      const late: Handler = async () => {
        await turn()
        throw error
      }
      const lane = harness((r) => r.get('/', inside, late), { onError })
      lane.send({})
      await expect.poll(() => seen).toEqual([error])
      expect(lane.takeReports()).toEqual([error])
    })

    test('end nothing when nobody could look at them any more', async () => {
      const lane = harness((r) =>
        r.get(
          '/',
          async (_, next) => {
            await turn()
            const inner = next() as Promise<unknown>
            await turn()
            await turn()
            return inner
          },
          async () => {
            throw new HttpError(418)
          },
        ),
      )
      lane.send({})
      await expect.poll(() => lane.records.length).toBe(1)
      expect(lane.reply(0).status).toBe(418)
    })
  })

  const twice: [string, Handler][] = [
    [
      'synchronously',
      (_, next) => {
        next()
        return next()
      },
    ],
    [
      'after waiting',
      async (_, next) => {
        await next()
        await next()
      },
    ],
  ]
  test.each(twice)('next() twice, %s', async (_, middleware) => {
    let calls = 0
    const lane = harness((r) => r.get('/', middleware, () => `${++calls}`))
    expect((await lane.ask('/')).status).toBe(500)
    expect(lane.takeReports()).toMatchObject([{ code: 'LANNER_NEXT_TWICE' }])
    expect(calls).toBe(1)
  })

  test('next() in two requests at once is not twice', async () => {
    const gate = deferred()
    const lane = harness((r) => {
      r.use(async (_, next) => {
        await gate.promise
        return next()
      })
      r.get('/:n', (ctx) => ctx.params.n)
    })
    lane.send({ target: '/1' }, { target: '/2' })
    gate.resolve()
    await lane.rest()
    expect([lane.reply(0).text, lane.reply(1).text]).toEqual(['1', '2'])
  })

  test('next() in the last handler', async () => {
    const lane = harness((r) => r.get('/', (_, next) => next()))
    expect((await lane.ask('/')).status).toBe(500)
    expect(lane.takeReports()).toMatchObject([{ code: 'LANNER_NEXT_MISSING' }])
  })
})

describe('scope', () => {
  const mark = (name: string): Handler => {
    return (ctx, next) => {
      ctx.append('x-mark', name)
      return next()
    }
  }
  const cases: [prefix: string, pattern: string, target: string, covers: boolean][] = [
    ['/', '/a', '/a', true],
    ['/api', '/api', '/api', true],
    ['/api', '/api/x', '/api/x', true],
    ['/api/', '/api/x', '/api/x', true],
    ['/api', '/apix', '/apix', false],
    ['/api', '/', '/', false],
    ['/api/v1', '/api', '/api', false],
    ['/api/v1', '/api/:version', '/api/v1', true],
    ['/api/v1', '/api/:version', '/api/v2', false],
    ['/api/v1', '/api/:version/x', '/api/v1/x', true],
    ['/api/v1', '/api/:version?', '/api/v1', true],
    ['/api/v1', '/api/:version?', '/api', false],
    ['/api', '/:any', '/api', true],
    ['/api', '/:any', '/other', false],
    ['/api', '/*rest', '/api/deep/down', true],
    ['/api', '/*rest', '/apix', false],
    ['/api', '/*rest', '/', false],
    ['/files/secret', '/files/*rest', '/files/secret/x', true],
    ['/files/secret', '/files/*rest', '/files/secrets', false],
    ['/users/:id', '/users/:user/posts', '/users/7/posts', true],
    ['/users/:id', '/users', '/users', false],
    ['/users/:id', '/users/:user?', '/users', false],
    ['/users/:id', '/users/:user?', '/users/7', true],
    ['/:tenant', '/a/b', '/a/b', true],
  ]
  test.each(cases)('%s covers %s at %s: %s', async (prefix, pattern, target, covers) => {
    const lane = harness((r) => {
      r.use(prefix, mark('m'))
      r.all(pattern, () => 'ok')
    })
    const { fields, text } = await lane.ask({ target })
    expect(text).toBe('ok')
    expect(fields.length === 1).toBe(covers)
  })

  test('a decoded path decides, as in the router', async () => {
    const lane = harness((r) => {
      r.use('/geheim', mark('m'))
      r.get('/*rest', (ctx) => ctx.path)
    })
    const plain = await lane.ask({ target: '/%67eheim/x', path: '/geheim/x' })
    expect(plain.fields).toHaveLength(1)
    const dotted = await lane.ask({ target: '/a/../geheim', path: '/geheim' })
    expect(dotted.fields).toHaveLength(1)
  })

  test('groups nest, and their middleware covers what lies under them', async () => {
    const lane = harness((r) => {
      r.group('/admin', (admin) => {
        admin.use(mark('admin'))
        admin.get('/', () => 'root')
        admin.group('/users', (users) => {
          users.use(mark('users'))
          users.get('/:id', (ctx) => ctx.params.id)
        })
      })
      r.get('/admin/outside', () => 'outside')
      r.get('/public', () => 'public')
    })
    const marks = async (target: string): Promise<unknown> => {
      const { text, fields } = await lane.ask({ target })
      return [text, fields.map(([, value]: [string, string]) => value)]
    }
    expect(await marks('/admin')).toEqual(['root', ['admin']])
    expect(await marks('/admin/users/7')).toEqual(['7', ['admin', 'users']])
    expect(await marks('/admin/outside')).toEqual(['outside', ['admin']])
    expect(await marks('/public')).toEqual(['public', []])
  })

  test('middleware covers routes that were registered before it, and the fallback', async () => {
    const lane = harness(
      (r) => {
        r.get('/a', () => 'a')
        r.use(mark('all'))
        r.use('/a', mark('a'))
      },
      { notFound: (ctx) => ctx.text('none') },
    )
    const count = async (target: string): Promise<number> => {
      const { fields } = await lane.ask({ target })
      return fields.length
    }
    expect([await count('/a'), await count('/a/none'), await count('/none')]).toEqual([2, 2, 1])
  })
})

function repeat(middleware: Handler, times: number): [Handler, ...Handler[]] {
  return Array.from({ length: times }, () => middleware) as [Handler, ...Handler[]]
}
