// What the JavaScript side costs per request, without a socket: node bench/micro/dispatch.mjs
// [name…]
//
// Feeds a lane with batches of 30 encoded requests and throws the records away. Each case runs
// until its time is up, many short rounds; the median and the best round are printed as nanoseconds
// per request. Needs dist/ (npm run build). DIST names another folder, ROUND_MS and ROUNDS change
// the time.

import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { z } from 'zod'

import { encodeRequest } from '../../test/support/wire.mjs'

const dist = process.env.DIST ?? fileURLToPath(new URL('../../dist', import.meta.url))
const load = (file) => import(pathToFileURL(join(dist, file)).href)
const [{ Lane }, { compileRoutes, createRoute }, { KNOWN_NAMES }, { parseOptions }, rules] =
  await Promise.all([
    load('native/lane.js'),
    load('routing/route.js'),
    load('native/generated/known-names.js'),
    load('options.js'),
    load('rules.js'),
  ])
const [{ ok }, { requestId }, { securityHeaders }, { cors }] = await Promise.all([
  load('results.js'),
  load('middleware/request-id.js'),
  load('middleware/security-headers.js'),
  load('middleware/cors.js'),
])
const server = rules.rulesOfServer(parseOptions({}).native)

const BATCH = 30
const ROUND_MS = Number(process.env.ROUND_MS ?? 8)
const ROUNDS = Number(process.env.ROUNDS ?? 120)
const BOX = 256 * 1024

const HEADERS = [
  ['Host', 'localhost:3000'],
  ['Connection', 'keep-alive'],
]
const BROWSER = [
  ['Host', 'localhost:3000'],
  ['Connection', 'keep-alive'],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)'],
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
  ['Accept-Language', 'en-GB,en;q=0.9,de;q=0.8'],
  ['Accept-Encoding', 'gzip, deflate, br'],
  ['Cache-Control', 'no-cache'],
  ['Referer', 'http://localhost:3000/start'],
  ['Cookie', 'sid=0123456789abcdef; theme=dark'],
  ['Sec-Fetch-Site', 'same-origin'],
  ['Sec-Fetch-Mode', 'navigate'],
  ['X-Request-Id', '7c9e6679-7425-40de-944b-e07fc1f90ae7'],
]
const ECHO = JSON.stringify({ name: 'Ada', text: 'x'.repeat(960), list: [1, 2, 3] })
const pass = async (ctx, next) => {
  await next()
}
const hello = (ctx) => ctx.text('Hello, World!')

const twoParams = {
  pattern: '/users/:id/posts/:postId',
  target: '/users/4711/posts/81234',
  params: ['4711', '81234'],
}
const TwoParams = z.object({ id: z.coerce.number(), postId: z.coerce.number() })
const Message = z.object({ message: z.string() })
/** The typed route of apps/typed-lanner.mjs. */
const typed = {
  ...twoParams,
  options: { params: z.object({ id: z.coerce.number().int(), postId: z.coerce.number().int() }) },
  handlers: [({ params: { id, postId } }) => ok({ id: String(id), postId: String(postId) })],
}
/** What the schema itself costs, called by hand. */
const alone = (ctx) => {
  const { value } = TwoParams['~standard'].validate(ctx.params)
  return ctx.json({ id: value.id, postId: value.postId })
}
/** A schema that takes anything: what is left is the binder. */
const taking = { '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value }) } }

/** Name → handlers of its route, its options, and the request. */
const cases = {
  text: { handlers: [() => 'Hello, World!'] },
  'ctx.text': { handlers: [hello] },
  json: { handlers: [(ctx) => ctx.json({ message: 'Hello, World!' })] },
  object: { handlers: [() => ({ message: 'Hello, World!' })] },
  async: { handlers: [async () => 'Hello, World!'] },
  path: { handlers: [(ctx) => ctx.text(ctx.path)] },
  params: {
    pattern: '/users/:id/posts/:postId',
    target: '/users/4711/posts/81234',
    params: ['4711', '81234'],
    handlers: [(ctx) => ctx.json({ id: ctx.params.id, postId: ctx.params.postId })],
  },
  'params text': {
    pattern: '/users/:id/posts/:postId',
    target: '/users/4711/posts/81234',
    params: ['4711', '81234'],
    handlers: [(ctx) => ctx.text(ctx.params.id + ctx.params.postId)],
  },
  'headers 12/2': {
    headers: BROWSER,
    handlers: [
      (ctx) => {
        const agent = ctx.headers.get('user-agent')
        const language = ctx.headers.get('accept-language')
        return `${agent.length}:${language.length}`
      },
    ],
  },
  'reply headers': {
    handlers: [(ctx) => ctx.header('x-a', 'one').header('etag', '"x"').text('Hi')],
  },
  'five middlewares': { handlers: [pass, pass, pass, pass, pass, hello] },
  'five, value': { handlers: [pass, pass, pass, pass, pass, () => 'Hello, World!'] },
  'five, return next()': {
    handlers: [...Array.from({ length: 5 }, () => async (_, next) => next()), hello],
  },
  'echo 1 KB': {
    method: 'POST',
    body: ECHO,
    headers: [...HEADERS, ['Content-Type', 'application/json']],
    handlers: [async (ctx) => ({ name: (await ctx.body.json()).name })],
  },
  '1 KB reply': { handlers: [() => ECHO] },
  'zod 2 params': {
    ...twoParams,
    options: { params: z.object({ id: z.coerce.number(), postId: z.coerce.number() }) },
    handlers: [(ctx) => ctx.json({ id: ctx.params.id, postId: ctx.params.postId })],
  },
  'zod 2 params, alone': { ...twoParams, handlers: [alone] },
  'nothing 2 params': {
    ...twoParams,
    options: { params: taking },
    handlers: [(ctx) => ctx.json({ id: ctx.params.id, postId: ctx.params.postId })],
  },
  typed,
  'typed, three around it': { ...typed, use: [requestId(), securityHeaders(), cors()] },
  'zod param and query': {
    ...twoParams,
    target: '/users/4711/posts/81234?page=7',
    options: {
      params: z.object({ id: z.coerce.number(), postId: z.string() }),
      query: z.object({ page: z.coerce.number() }),
    },
    handlers: [(ctx) => ctx.json({ id: ctx.params.id, page: ctx.query.page })],
  },
  'zod body 1 KB': {
    method: 'POST',
    body: ECHO,
    headers: [...HEADERS, ['Content-Type', 'application/json']],
    options: {
      body: z.object({ name: z.string(), text: z.string(), list: z.array(z.number()) }),
    },
    handlers: [(ctx) => ({ name: ctx.body.name })],
  },
  'value, replies checked': {
    options: { responses: { 200: Message }, validation: { responses: 'count' } },
    handlers: [() => ({ message: 'Hello, World!' })],
  },
}

function laneOf(specs) {
  const own = specs.map(({ pattern = '/', handlers, method = 'GET', options, use }) =>
    createRoute(method, pattern, handlers, options, use),
  )
  const others = Array.from({ length: 49 }, (_, i) => createRoute('GET', `/other${i}/:id`, [hello]))
  const routes = compileRoutes([...own, ...others], [], server)
  let sets = 0
  const fieldSet = () => ++sets
  const port = { flush: () => {}, attach: () => {}, read: () => 0, close: () => {}, fieldSet }
  return new Lane(
    {
      routes,
      fallback: undefined,
      onError: undefined,
      report: (error) => {
        throw error
      },
      development: false,
      requestWindowBytes: 1 << 20,
      replyWindowBytes: 65_536,
      inboxBytes: BOX,
      outboxBytes: BOX,
    },
    port,
  )
}

function batchOf(specs) {
  const entries = Array.from({ length: BATCH }, (_, slot) => {
    const route = slot % specs.length
    const { method, target, params, headers = HEADERS, body } = specs[route]
    const parts = { slot, route, method, target, params, headers, body }
    return encodeRequest({ ...parts, knownNames: KNOWN_NAMES })
  })
  return Buffer.concat(entries)
}

async function measure(name, specs) {
  const lane = laneOf(specs)
  const batch = batchOf(specs)
  let replies = 0
  lane.outbox.port.flush = (bytes) => {
    replies += bytes
  }
  const rounds = []
  for (let round = 0; round < ROUNDS; round++) {
    const end = performance.now() + ROUND_MS
    const start = process.hrtime.bigint()
    let count = 0
    while (performance.now() < end) {
      for (let i = 0; i < 10; i++) {
        lane.bytes.set(batch)
        lane.dispatch(batch.length)
        await tick()
      }
      count += 10 * BATCH
    }
    rounds.push(Number(process.hrtime.bigint() - start) / count)
    await new Promise(setImmediate)
  }
  if (replies === 0 || lane.held > 0) throw new Error(`${name}: requests without a reply`)
  rounds.sort((a, b) => a - b)
  const per = rounds.map((ns) => ns - overhead)
  console.log(
    `${name.padEnd(22)} ${per[ROUNDS >> 1].toFixed(0).padStart(6)} ${per[0].toFixed(0).padStart(6)}`,
  )
}

/**
 * Lets microtasks and then the flush of the turn run, as the end of a callback from the loop does.
 */
function tick() {
  return new Promise((resolve) => {
    queueMicrotask(() => process.nextTick(resolve))
  })
}

/** What the benchmark itself costs per request: copying the batch in, waiting for the tick. */
let overhead = 0
async function measureOverhead() {
  const batch = batchOf([{}])
  const target = Buffer.alloc(BOX)
  const rounds = []
  for (let round = 0; round < 15; round++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < 2000; i++) {
      target.set(batch)
      await tick()
    }
    rounds.push(Number(process.hrtime.bigint() - start) / 2000 / BATCH)
  }
  overhead = Math.min(...rounds)
}

await measureOverhead()
console.log(
  `node ${process.version}; ${BATCH} per batch; ns per request (the benchmark's own ${overhead.toFixed(0)} taken off)`,
)
console.log(`${''.padEnd(22)} median   best`)
const wanted = process.argv.slice(2)
const chosen = (name) => wanted.length === 0 || wanted.includes(name)
// First, while each call site has seen one route only; afterwards all of them have been everywhere.
for (const [name, spec] of Object.entries(cases)) if (chosen(name)) await measure(name, [spec])
const names = ['text', 'ctx.text', 'json', 'path', 'params text', 'headers 12/2']
if (chosen('mixed')) {
  await measure(
    'mixed',
    names.map((name) => cases[name]),
  )
}
