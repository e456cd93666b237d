// Services: made when they are touched, once in their scope, and given back in their turn.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { App, HttpError } from 'lanner'
import { compress } from 'lanner/middleware/compress'
import { describe, expect, test, vi } from 'vitest'

import { deferred } from '../support/deferred.ts'
import { waitFor } from '../support/patience.ts'
import { serve, takeReports } from '../support/server.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Notes when something is made and given back. */
class Log {
  readonly lines: string[] = []

  make<Name extends string>(name: Name, symbol?: 'sync'): { name: Name } {
    this.lines.push(`+${name}`)
    const gone = (): void => void this.lines.push(`-${name}`)
    if (symbol === 'sync') return { name, [Symbol.dispose]: gone } as { name: Name }
    const gives = async (): Promise<void> => {
      await Promise.resolve()
      gone()
    }
    return { name, [Symbol.asyncDispose]: gives } as { name: Name }
  }

  take(): string[] {
    return this.lines.splice(0)
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

describe('of the application', () => {
  test('one for all requests, made when it is touched, given back at the end', async () => {
    const log = new Log()
    const server = await serve((app) =>
      app
        .provide('db', () => log.make('db'))
        .provide('mail', ({ db }) => ({ ...log.make('mail', 'sync'), db }))
        .provide('never', () => log.make('never'))
        .get('/', () => 'nothing')
        .get('/mail', ({ services }) => services.mail.db === services.db),
    )
    await fetch(server.url)
    expect(log.take()).toEqual([])
    for (let i = 0; i < 3; i++) expect(await (await fetch(`${server.url}/mail`)).json()).toBe(true)
    expect(log.take()).toEqual(['+mail', '+db'].toReversed())
    await server.close({ gracePeriod: 0 })
    expect(log.take()).toEqual(['-mail', '-db'])
  })

  test('onClose comes before, and may use them', async () => {
    const log = new Log()
    const server = await serve((app) =>
      app
        .provide('db', () => log.make('db'))
        .onClose(() => void log.lines.push('closed'))
        .get('/', ({ services }) => services.db.name),
    )
    await fetch(server.url)
    await server.close({ gracePeriod: 0 })
    expect(log.take()).toEqual(['+db', 'closed', '-db'])
  })

  test('hooks of a server have them: made by onListen, given back after onClose', async () => {
    const log = new Log()
    const server = await serve((app) =>
      app
        .provide('db', () => log.make('db'))
        .provide('last', () => log.make('last'))
        .onListen((_, services) => void log.lines.push(`listens with ${services.db.name}`))
        .onClose((_, services) => void log.lines.push(`closed with ${services.last.name}`))
        .get('/', ({ services }) => services.db.name),
    )
    expect(log.take()).toEqual(['+db', 'listens with db'])
    expect(await (await fetch(server.url)).text()).toBe('db')
    await server.close({ gracePeriod: 0 })
    expect(log.take()).toEqual(['+last', 'closed with last', '-last', '-db'])
  })

  test('are given back when onListen fails, after onClose and before listen() does', async () => {
    const log = new Log()
    const app = new App()
      .provide('db', () => log.make('db'))
      .onListen((_, { db }) => {
        throw new Error(`no tables in ${db.name}`)
      })
      .onClose(() => void log.lines.push('closed'))
    const listening = app.listen({ port: 0, host: '127.0.0.1' })
    await expect(listening).rejects.toThrow('no tables in db')
    expect(log.take()).toEqual(['+db', 'closed', '-db'])
  })

  test('those of requests are not for hooks of a server', async () => {
    const app = new App()
      .provide('user', () => 'ada', { scope: 'request' })
      .onListen((_, { user }) => user)
    await expect(app.listen({ port: 0, host: '127.0.0.1' })).rejects.toMatchObject({
      code: 'LANNER_SERVICE_MISSING',
      message: expect.stringContaining('it is one of requests') as unknown,
    })
  })

  test('live until the last server of the application has closed', async () => {
    const log = new Log()
    const app = new App().provide('db', () => log.make('db'))
    app.get('/', ({ services }) => services.db.name)
    const place = { port: 0, host: '127.0.0.1' }
    const [one, other] = [await app.listen(place), await app.listen(place)]
    await fetch(one.url)
    await one.close({ gracePeriod: 0 })
    expect(log.take()).toEqual(['+db'])
    await other.close({ gracePeriod: 0 })
    expect(log.take()).toEqual(['-db'])
  })

  test('of inject() are given back by close(), and made anew after it', async () => {
    const log = new Log()
    const app = new App().provide('db', () => log.make('db'))
    app.get('/', ({ services }) => services.db.name)
    await app.inject('/')
    await app.close()
    expect(log.take()).toEqual(['+db', '-db'])
    await app.inject('/')
    expect(log.take()).toEqual(['+db'])
  })

  test('a promise is a service; one that fails is tried again', async () => {
    const log = new Log()
    let isUp = false
    const app = new App().provide('db', async () => {
      await Promise.resolve()
      if (!isUp) throw new HttpError(503, 'the database is down')
      return log.make('db')
    })
    app.get('/', async ({ services }) => (await services.db).name)
    expect((await app.inject('/')).status).toBe(503)
    isUp = true
    expect((await app.inject('/')).text).toBe('db')
    await app.close()
    expect(log.take()).toEqual(['+db', '-db'])
  })

  test.each(['app', 'request'] as const)(
    'nothing is kept of attempts that failed, scope %s',
    async (scope) => {
      const attempts: WeakRef<Promise<never>>[] = []
      const app = new App().provide(
        'db',
        () => {
          const attempt = Promise.reject(new Error('down'))
          attempts.push(new WeakRef(attempt))
          return attempt
        },
        { scope: scope as 'app' },
      )
      let left: number | undefined
      app.get('/', async ({ services }) => {
        for (let i = 0; i < 10; i++) await services.db.catch(() => {})
        await turn()
        collect()
        left = attempts.filter((attempt) => attempt.deref() !== undefined).length
      })
      await app.inject('/')
      expect(attempts).toHaveLength(10)
      // The engine may hold the last one for a while.
      expect(left).toBeLessThanOrEqual(1)
      await app.close()
    },
  )

  test('one that comes to be while others are given back is given back too', async () => {
    const log = new Log()
    const up = deferred()
    const app = new App()
      .provide('db', async () => {
        await up.promise
        return log.make('db')
      })
      .provide('mail', ({ db }) => ({ ...log.make('mail', 'sync'), db }))
    app.get('/', ({ services }) => typeof services.mail)
    await app.inject('/')
    const closed = app.close()
    await turn()
    up.resolve()
    await closed
    expect(log.take()).toEqual(['+mail', '-mail', '+db', '-db'])
  })

  test('dispose: a function in place of the symbols', async () => {
    const end = vi.fn()
    const pool = { end }
    const app = new App().provide('pool', async () => pool, { dispose: (made) => made.end('now') })
    app.get('/', async ({ services }) => typeof (await services.pool))
    await app.inject('/')
    await app.close()
    expect(end).toHaveBeenCalledExactlyOnceWith('now')
  })

  test('an error of giving back is reported, and the rest goes on', async () => {
    const log = new Log()
    const server = await serve((app) =>
      app
        .provide('db', () => log.make('db'))
        .provide('stuck', () => ({ [Symbol.dispose]: () => Promise.reject(new Error('stuck')) }))
        .get('/', ({ services }) => `${services.db.name}${typeof services.stuck}`),
    )
    await fetch(server.url)
    await server.close({ gracePeriod: 0 })
    expect(log.take()).toEqual(['+db', '-db'])
    expect(takeReports()).toMatchObject([{ message: 'stuck' }])
  })
})

describe('of a request', () => {
  test('one for each, in turn given back when it is over', async () => {
    const log = new Log()
    const app = new App()
      .provide('db', () => log.make('db'))
      .provide('transaction', ({ services }) => ({ ...log.make('tx'), db: services.db }), {
        scope: 'request',
      })
      .provide('user', (ctx) => ({ ...log.make('user'), id: ctx.query.get('id') }), {
        scope: 'request',
      })
    app.onResponse(() => void log.lines.push('response'))
    app.get('/', ({ services }) => {
      const { user, transaction } = services
      return [user === services.user, transaction.db.name, user.id]
    })
    expect((await app.inject('/?id=7')).json()).toEqual([true, 'db', '7'])
    await turn()
    expect(log.take()).toEqual(['+user', '+tx', '+db', 'response', '-tx', '-user'])
    expect((await app.inject('/?id=8')).json()).toEqual([true, 'db', '8'])
    await turn()
    expect(log.take()).toEqual(['+user', '+tx', 'response', '-tx', '-user'])
  })

  test.each<[string, (go: Promise<unknown>) => (ctx: { services: object }) => unknown]>([
    [
      'throws',
      () => (ctx) => {
        void ctx.services['tx' as never]
        throw new HttpError(409)
      },
    ],
    [
      'streams',
      () => (ctx) =>
        (async function* () {
          yield JSON.stringify(ctx.services['tx' as never])
          await turn()
          yield 'x'
        })(),
    ],
  ])('given back also where the handler %s', async (_, make) => {
    const log = new Log()
    const app = new App().provide('tx', () => log.make('tx'), { scope: 'request' })
    app.get('/', make(Promise.resolve()))
    await app.inject('/')
    await turn()
    expect(log.take()).toEqual(['+tx', '-tx'])
  })

  test('a handler whose client has gone keeps them until it returns', async () => {
    const log = new Log()
    const reached = deferred()
    const go = deferred()
    const app = new App().provide('tx', () => log.make('tx'), { scope: 'request' })
    app.get('/', async ({ services }) => {
      void services.tx
      reached.resolve()
      await go.promise
      log.lines.push(`still ${services.tx.name}`)
    })
    const controller = new AbortController()
    const reply = app.inject({ signal: controller.signal }).catch(() => {})
    await reached.promise
    controller.abort()
    await reply
    await turn()
    expect(log.take()).toEqual(['+tx'])
    go.resolve()
    await turn()
    expect(log.take()).toEqual(['still tx', '-tx'])
  })

  test.each(['identity', 'gzip'])(
    '%s: a generator keeps them until its finally has run',
    async (coding) => {
      const log = new Log()
      const app = new App().provide('tx', () => log.make('tx'), { scope: 'request' })
      app.use(compress()).get('/', (ctx) => {
        const { services, signal } = ctx
        async function* names(): AsyncGenerator<string> {
          try {
            yield services.tx.name
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
          } finally {
            await turn()
            log.lines.push(`finally ${services.tx.name}`)
          }
        }
        return ctx.type('text/plain').stream(names())
      })
      const response = await app.fetch('/', { headers: { 'accept-encoding': coding } })
      expect(response.headers.get('content-encoding') ?? 'identity').toBe(coding)
      await response.body!.cancel()
      await waitFor(() => expect(log.lines).toHaveLength(3))
      expect(log.take()).toEqual(['+tx', 'finally tx', '-tx'])
    },
  )

  test('too late for one that was not made before', async () => {
    const codes: unknown[] = []
    const app = new App().provide('tx', () => ({}), { scope: 'request' })
    app.get('/', ({ services }) => {
      setTimeout(() => {
        try {
          void services.tx
        } catch (error) {
          codes.push((error as { code: unknown }).code)
        }
      }, 1)
      return 'done'
    })
    await app.inject('/')
    await waitFor(() => expect(codes).toEqual(['LANNER_CONTEXT_EXPIRED']))
  })

  test('what a factory throws is an answer', async () => {
    const app = new App().provide(
      'user',
      (ctx) => {
        if (!ctx.headers.has('authorization')) throw new HttpError(401)
        return { name: 'Ada' }
      },
      { scope: 'request' },
    )
    app.get('/', ({ services }) => services.user.name)
    expect((await app.inject('/')).status).toBe(401)
    expect((await app.inject({ headers: { authorization: 'x' } })).text).toBe('Ada')
  })
})

describe('mistakes', () => {
  /** The error that a handler meets. */
  async function met(
    app: App<any, never, any>,
    touch: (services: any) => unknown,
  ): Promise<unknown> {
    let error: unknown
    app.get('/', (ctx: { services: any }) => {
      try {
        touch(ctx.services)
      } catch (failure) {
        error = failure
      }
      return 'done'
    })
    await app.inject('/')
    return error
  }

  test('a service that nobody provided', async () => {
    expect(await met(new App(), (services) => services.db)).toMatchObject({
      code: 'LANNER_SERVICE_MISSING',
      message: "There is no service db: app.provide('db', …) makes one.",
    })
  })

  test('a service of a request, wanted by one of the application', async () => {
    const app = new App()
      .provide('tx', () => 1, { scope: 'request' })
      .provide('db', (services) => services.tx)
    expect(await met(app as never, (services) => services.db)).toMatchObject({
      code: 'LANNER_SERVICE_MISSING',
      message: expect.stringContaining('it is one of requests'),
    })
  })

  test('services that need each other', async () => {
    const app = new App<any, never, any>()
      .provide('a', (services) => services.b)
      .provide('b', (services) => services.a)
    expect(await met(app as never, (services) => services.a)).toMatchObject({
      code: 'LANNER_SERVICE_CYCLE',
      message: 'A service needs itself: a → b → a.',
    })
  })

  test('a name that is taken; a test replaces it', async () => {
    const app = new App().provide('db', () => 'real')
    app.get('/', ({ services }) => services.db)
    const error = expect.objectContaining({ code: 'LANNER_SERVICE_NAME' })
    expect(() => app.provide('db', () => 'other')).toThrow(error)
    expect(() => app.provide('mail', () => 'other', { replace: true })).toThrow(error)
    expect((await app.inject('/')).text).toBe('real')
    app.provide('db', () => 'fake', { replace: true })
    expect((await app.inject('/')).text).toBe('fake')
  })

  test.each<[string, unknown, unknown, string]>([
    ['', () => 1, {}, 'name'],
    ['then', () => 1, {}, 'name'],
    ['db', 7, {}, 'factory of the service db'],
    ['db', () => 1, { scope: 'session' }, 'scope of the service db'],
    ['db', () => 1, { dispose: 1 }, 'dispose of the service db'],
    ['db', () => 1, { lazy: true }, 'lazy of the service db'],
  ])('provide(%j, %j, %j) is refused', (name, factory, options, where) => {
    expect(() => new App().provide(name, factory as never, options as never)).toThrow(
      expect.objectContaining({
        code: 'LANNER_OPTION_INVALID',
        message: expect.stringContaining(where),
      }),
    )
  })

  test('not after listen()', async () => {
    const app = new App()
    const server = await app.listen({ port: 0, host: '127.0.0.1' })
    expect(() => app.provide('db', () => 1)).toThrow(
      expect.objectContaining({ code: 'LANNER_APP_LISTENING' }),
    )
    await server.close({ gracePeriod: 0 })
  })
})
