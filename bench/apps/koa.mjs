// The benchmark server on Koa: the work of lanner.mjs, with a small router, as Koa brings none.

import { Readable } from 'node:stream'

import Koa from 'koa'

import { AFTER, B1M, B64K, BEFORE, chunks, HELLO, HOST, PORT, ready, TARGET } from './common.mjs'
import { createMatcher } from './match.mjs'

const noop = async (ctx, next) => {
  await next()
}
const answer = (body) => (ctx) => {
  ctx.body = body
}

async function echo(ctx) {
  const parts = []
  for await (const chunk of ctx.req) parts.push(chunk)
  ctx.body = { name: JSON.parse(Buffer.concat(parts).toString()).name }
}

async function upload(ctx) {
  let bytes = 0
  for await (const chunk of ctx.req) bytes += chunk.length
  ctx.body = { bytes }
}

async function middlewares(ctx) {
  const run = (left) => (left === 0 ? answer(HELLO)(ctx) : noop(ctx, async () => run(left - 1)))
  await run(5)
}

function headers(ctx) {
  ctx.body = `${ctx.get('user-agent').length}:${ctx.get('accept-language').length}`
}

const match = createMatcher([
  ['GET', '/', answer(HELLO)],
  ['GET', '/json', (ctx) => answer({ message: HELLO })(ctx)],
  ...BEFORE.map((path) => ['GET', path, answer('other')]),
  ['GET', TARGET, (ctx, { id, postId }) => answer({ id, postId })(ctx)],
  ...AFTER.map((path) => ['GET', path, answer('other')]),
  ['POST', '/echo', echo],
  ['POST', '/upload', upload],
  ['GET', '/64k', answer(B64K)],
  ['GET', '/1m', answer(B1M)],
  ['GET', '/mw', middlewares],
  ['GET', '/headers', headers],
  ['GET', '/stream', (ctx) => answer(Readable.from(chunks()))(ctx)],
])

const app = new Koa()
// A client that leaves in the middle of a reply is nothing to report here.
app.silent = true
app.use((ctx) => {
  const found = match(ctx.method, ctx.path)
  return found?.handler(ctx, found.params)
})
const server = app.listen(PORT, HOST, () => ready(server.address().port))
