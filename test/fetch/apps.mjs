// The applications of other frameworks that apps.test.ts serves, written as their users write them.

import { Elysia, t } from 'elysia'
import { H3, getRouterParam, readBody } from 'h3'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { setCookie } from 'hono/cookie'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { methodOverride } from 'hono/method-override'
import { secureHeaders } from 'hono/secure-headers'
import { stream, streamSSE } from 'hono/streaming'

const broken = () => {
  throw new Error('broken')
}

/** The same small application, three times. */
export const small = {
  hono: () =>
    new Hono()
      .get('/', (c) => c.text('home'))
      .get('/users/:id', (c) => c.json({ id: c.req.param('id'), q: c.req.query('q') }))
      .post('/echo', async (c) => c.json(await c.req.json()))
      .get('/broken', broken)
      .onError((error, c) => c.text(error.message, 500)),
  h3: () =>
    new H3({ silent: true })
      .get('/', () => 'home')
      .get('/users/:id', (event) => ({
        id: getRouterParam(event, 'id'),
        q: event.url.searchParams.get('q'),
      }))
      .post('/echo', (event) => readBody(event))
      .get('/broken', broken),
  elysia: () =>
    new Elysia()
      .onError(({ error, code }) => {
        return code === 'UNKNOWN' ? new Response(error.message, { status: 500 }) : undefined
      })
      .get('/', () => 'home')
      .get('/users/:id', ({ params, query }) => ({ id: params.id, q: query.q }), {
        query: t.Object({ q: t.Optional(t.String()) }),
      })
      .post('/echo', ({ body }) => body)
      .get('/broken', broken),
}

export function honoWithMiddleware() {
  const app = new Hono()
  app.use(cors({ origin: 'http://b' }), secureHeaders(), etag())
  app.use('/small', bodyLimit({ maxSize: 10 }))
  app.post('/small', async (c) => c.text(await c.req.text()))
  app.use('/over', methodOverride({ app }))
  app.delete('/over', (c) => c.text('deleted'))
  app.get('/cookies', (c) => {
    setCookie(c, 'a', '1')
    setCookie(c, 'b', '2')
    return c.body(null, 204)
  })
  app.get('/peer', (c) => c.json(c.env.remoteAddr))
  return app
}

/** Resolves `aborted` when the client of its events has gone. */
export function honoStreams(aborted) {
  const app = new Hono()
  app.get('/stream', (c) =>
    stream(c, async (out) => {
      for (let n = 0; n < 100; n++) await out.write('x'.repeat(10_000))
    }),
  )
  app.get('/events', (c) =>
    streamSSE(c, async (out) => {
      out.onAbort(() => aborted.resolve())
      await out.writeSSE({ event: 'tick', data: '1' })
      await aborted.promise
    }),
  )
  return app
}

export function h3Streams() {
  return new H3()
    .get('/stream', () => new Blob(['s'.repeat(100_000)]).stream())
    .get('/own', () => new Response('own', { status: 418, headers: { 'x-a': '1' } }))
}

export function elysiaStreams() {
  return new Elysia()
    .get('/stream', function* letters() {
      yield 'a'
      yield 'b'
    })
    .post('/checked', ({ body }) => body.name, { body: t.Object({ name: t.String() }) })
}
