// Runs programs that make applications: those of the documentation.
//
// Called by test/docs/snippets.test.ts. Promises that a program listens at a free port, that every
// application that it makes is known here, and that all are closed when it is over.

import { App } from 'lanner'

import type { Server } from 'lanner'

interface Made {
  readonly app: App
  readonly listens: Server | undefined
}

interface Answer {
  readonly request: string
  readonly status: number
}

/** What the application itself knows and the types do not tell. */
interface Inside {
  registry: { routes: readonly { method: string; pattern: string }[] }
}

type Register = (this: unknown, ...args: unknown[]) => unknown

interface Patched {
  start(options: object): Server
}

const REGISTERING = ['get', 'post', 'put', 'patch', 'delete', 'all', 'route', 'use', 'add', 'group']
const ANSWERING = ['notFound', 'onError', 'provide']
/** For the head of an answer. */
const PATIENCE_MS = 5000

/** Notes each application from its first registration on. */
export function recordApps(): { made: Made[]; close(): Promise<void> } {
  const made: Made[] = []
  const prototype = App.prototype as unknown as Patched & Record<string, Register>
  const note = (app: unknown, server?: Server): void => {
    const at = made.findIndex((one) => one.app === app)
    if (at < 0) made.push({ app: app as App, listens: server })
    else if (server !== undefined) made[at] = { app: app as App, listens: server }
  }
  for (const name of [...REGISTERING, ...ANSWERING]) {
    const original = prototype[name]!
    Object.defineProperty(prototype, name, {
      value(this: unknown, ...args: unknown[]) {
        if (this instanceof App) note(this)
        return original.apply(this, args)
      },
    })
  }
  const { start } = prototype
  prototype.start = function startAtFreePort(this: App, options: object): Server {
    const { host: _, ...rest } = options as { host?: string }
    const server = start.call(this, { ...rest, host: '127.0.0.1', port: 0 })
    note(this, server)
    return server
  }
  const signals = process.listeners('SIGTERM')
  return {
    made,
    async close() {
      for (const listener of process.listeners('SIGTERM')) {
        if (!signals.includes(listener)) process.off('SIGTERM', listener)
      }
      for (const { app } of made.splice(0)) await app.close({ gracePeriodMs: 0 })
    },
  }
}

/** What each route answers, and the server if there is one. */
export async function answersOf(app: App, server: Server | undefined): Promise<Answer[]> {
  const { routes } = (app as unknown as Inside).registry
  const asked = routes.map(({ method, pattern }) => ({
    method: method === '*' ? 'GET' : method,
    path: pattern.replace(/:\w+\??/g, '7').replace(/\*\w+/g, 'x'),
  }))
  // What middleware does where there is no route is not to fail either.
  if (asked.length === 0) await app.inject('/nowhere')
  // One route that takes everything stands for an application of its own.
  if (asked[0]?.path === '/x') asked.push({ method: 'GET', path: '/' })
  const answers: Answer[] = []
  for (const request of asked) answers.push(await answer(app, request))
  if (server !== undefined) {
    const path = asked[0]?.path ?? '/'
    const response = await fetch(server.url + path, { signal: AbortSignal.timeout(PATIENCE_MS) })
    await response.body?.cancel()
    answers.push({ request: `${server.url}${path}`, status: response.status })
  }
  return answers
}

interface Asked {
  readonly method: string
  readonly path: string
}

async function answer(app: App, { method, path }: Asked): Promise<Answer> {
  const headers = { 'content-type': 'application/json', cookie: 'session=x' }
  const body = /^(POST|PUT|PATCH)$/.test(method) ? { body: '{}' } : {}
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const response = await app.fetch(path, { method, headers, signal, ...body })
  // Some stream for as long as somebody listens.
  await response.body?.cancel()
  return { request: `${method} ${path}`, status: response.status }
}
