// Requests of every kind, and what each must be answered with.
//
// Used by clients.mjs. An exchange is { n, bytes, isHead, check }: `check` takes the whole reply
// and says what is wrong with it. Marks: `mayTear` (the handler breaks its reply off), `expects`
// (where the body begins that waits for 100), `isOverdue` (only the deadline answers).

import { pattern } from './plan.mjs'

const SIZES = [0, 1, 100, 5000, 17_000, 70_000, 200_000]

let last = 0

/** The number of the last request that was made. */
export const made = () => last

/** A request that keeps the rules. `mayBlock` when it may stop the event loop. */
export function valid(below, mayBlock) {
  const n = ++last
  const make = below(10) < 6 ? GETS[below(GETS.length)] : below(10) < 8 ? upload : NATIVE[below(4)]
  if (mayBlock) return get(n, `/block/${n}?ms=${10 + below(290)}`, `block ${n}`)
  return make(n, below)
}

const GETS = [
  (n) => get(n, `/text/${n}`, `text ${n}`),
  (n) => get(n, `/text/${n}`, `text ${n}`),
  (n) => ({ ...get(n, `/text/${n}`, ''), bytes: head('HEAD', `/text/${n}`), isHead: true }),
  (n, below) => get(n, `/later/${n}?ms=${below(40)}`, `later ${n}`),
  (n, below) => sized(n, below, 'bytes'),
  (n, below) => sized(n, below, 'stream', `&ms=${below(3)}`),
  (n, below) => sized(n, below, 'trailers'),
  (n) => get(n, `/hints/${n}`, `hints ${n}`),
  (n) => get(n, `/twice/${n}`, `twice ${n}`),
  (n, below) => (below(4) > 0 ? get(n, `/text/${n}`, `text ${n}`) : closing(n)),
  (n) => status(n, head('GET', `/throw/${n}`), 500),
  (n, below) => status(n, head('GET', `/reject/${n}?ms=${below(10)}`), 500),
  (n, below) => torn(n, `/torn/${n}?size=${SIZES[below(SIZES.length)]}`),
  (n, below) => torn(n, `/short/${n}?size=${SIZES[below(SIZES.length)]}`),
  (n, below) => {
    if (below(6) > 0) return get(n, `/text/${n}`, `text ${n}`)
    const path = below(2) === 0 ? 'never' : 'overdue'
    const one = status(n, head('GET', `/${path}/${n}`), 504)
    const check = (reply) => (reply.body.toString() === `never ${n}` ? '' : one.check(reply))
    return { ...one, check, isOverdue: true }
  },
]

/** Answered without JavaScript. */
const NATIVE = [
  (n) => status(n, head('GET', `/nothing/${n}`), 404),
  (n) => status(n, head('GET', `/echo/${n}`), 405),
  (n) => status(n, head('OPTIONS', `/text/${n}`), 204),
  (n, below) => {
    const path = ['/livez', '/readyz', '/metrics'][below(3)]
    const check = ({ status: got }) =>
      got === 200 || (path === '/readyz' && got === 503) ? '' : `status ${got} from ${path}`
    return { n, bytes: head('GET', path), check }
  },
]

function head(method, target, fields = '') {
  return Buffer.from(`${method} ${target} HTTP/1.1\r\nhost: a\r\n${fields}\r\n`, 'latin1')
}

function get(n, target, text) {
  return answered(n, head('GET', target), Buffer.from(text))
}

function sized(n, below, kind, query = '') {
  const size = SIZES[below(SIZES.length)]
  return answered(n, head('GET', `/${kind}/${n}?size=${size}${query}`), pattern(n, size))
}

function closing(n) {
  const one = get(n, `/last/${n}`, `last ${n}`)
  const check = (reply) =>
    one.check(reply) || (reply.headers.connection === 'close' ? '' : 'a last reply that goes on')
  return { ...one, check }
}

function answered(n, bytes, body) {
  const check = (reply) => {
    if (reply.status !== 200) return `status ${reply.status} instead of 200`
    if (reply.body.equals(body)) return ''
    const [got, wanted] = [reply.body, body].map((b) => b.toString('latin1', 0, 40))
    return `a body of ${reply.body.length} (${got}) instead of ${body.length} (${wanted})`
  }
  return { n, bytes, check }
}

function status(n, bytes, wanted) {
  const check = ({ status: got }) => (got === wanted ? '' : `status ${got} instead of ${wanted}`)
  return { n, bytes, check }
}

/** Broken off by its handler: replaced by 500 where nothing of it was sent yet. */
function torn(n, target) {
  return { ...status(n, head('GET', target), 500), mayTear: true }
}

function upload(n, below) {
  const size = SIZES[below(SIZES.length)]
  const body = pattern(n, size)
  const kinds = [
    ['echo', body],
    ['pass', body],
    ['unread', `unread ${n}`],
    ['first', `first ${n}`],
    ['count', `count ${n} ${size}`],
    ['lent', `lent ${n} ${size}`],
  ]
  const [kind, text] = kinds[below(kinds.length)]
  const target = `/${kind}/${n}${kind === 'count' ? `?ms=${below(3)}` : ''}`
  const expects = below(5) === 0 && size > 0
  const framed = framing(below, body)
  const fields = `${framed.fields}${expects ? 'expect: 100-continue\r\n' : ''}`
  const start = head('POST', target, fields)
  const one = answered(n, Buffer.concat([start, framed.body]), Buffer.from(text))
  return expects ? { ...one, expects: start.length } : one
}

/** By its length, or in chunks with and without extensions and trailers. */
function framing(below, body) {
  if (below(2) === 0) return { fields: `content-length: ${body.length}\r\n`, body }
  const parts = []
  for (let at = 0; at < body.length;) {
    const chunk = body.subarray(at, at + 1 + below(20_000))
    const extension = below(20) === 0 ? ';a=b' : ''
    parts.push(Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`), chunk, CRLF)
    at += chunk.length
  }
  parts.push(Buffer.from(`0\r\n${below(3) === 0 ? 'x-trailer: 1\r\n' : ''}\r\n`))
  return { fields: 'transfer-encoding: chunked\r\n', body: Buffer.concat(parts) }
}

const CRLF = Buffer.from('\r\n')

/** A request for a long reply. */
export function large() {
  const n = ++last
  return answered(n, head('GET', `/bytes/${n}?size=1000000`), pattern(n, 1_000_000))
}

/** A request that breaks the rules: one refusal, and the end of the connection. */
export function broken(below) {
  const n = ++last
  const [text, wanted] = BROKEN[below(BROKEN.length)](n)
  const one = status(n, Buffer.from(text, 'latin1'), wanted)
  const check = (reply) =>
    one.check(reply) || (reply.headers.connection === 'close' ? '' : 'a refusal that goes on')
  return { ...one, check, isBroken: true }
}

const post = (n, fields, body) => `POST /echo/${n} HTTP/1.1\r\nhost: a\r\n${fields}\r\n\r\n${body}`
const chunked = (n, body) => post(n, 'transfer-encoding: chunked', body)

const BROKEN = [
  (n) => [`GET /text/${n}\r\nhost: a\r\n\r\n`, 400],
  (n) => [`G(T /text/${n} HTTP/1.1\r\nhost: a\r\n\r\n`, 400],
  (n) => [`GET /text/${n} HTTP/1.1\r\n\r\n`, 400],
  (n) => [`GET /text/${n} HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n`, 400],
  (n) => [`GET /text/${n} HTTP/3.7\r\nhost: a\r\n\r\n`, 505],
  (n) => [`GET /text/${n} HTTP/1.1\r\nhost: a\r\nx : y\r\n\r\n`, 400],
  (n) => [`GET /text/${n} HTTP/1.1\r\nhost: a\r\nx: \0\r\n\r\n`, 400],
  (n) => [`GET /text/${n} HTTP/1.1\nhost: a\n\n`, 400],
  (n) => [`GET /text/${n} HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(5000)}\r\n\r\n`, 431],
  (n) => [`GET /${'x'.repeat(9000)}/${n} HTTP/1.1\r\nhost: a\r\n\r\n`, 414],
  (n) => [`CONNECT a:${(n % 60_000) + 1} HTTP/1.1\r\nhost: a:${(n % 60_000) + 1}\r\n\r\n`, 501],
  () => ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  () => ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
  (n) => [post(n, 'content-length: 4\r\ncontent-length: 5', 'abcd'), 400],
  (n) => [post(n, 'content-length: 4\r\ntransfer-encoding: chunked', '0\r\n\r\n'), 400],
  (n) => [post(n, 'transfer-encoding: gzip', 'abcd'), 400],
  (n) => [post(n, 'content-length: 400001', 'abcd'), 413],
  (n) => [chunked(n, 'xyz\r\n'), 400],
  (n) => [chunked(n, '3\r\nabcd\r\n'), 400],
  (n) => [chunked(n, `5\r\nabcde\r\n0\r\ncontent-length: 5\r\n\r\n`), 400],
  (n) => [chunked(n, `1388\r\n${'x'.repeat(5000)}\r\nff;${'y'.repeat(300)}\r\n`), 400],
  (n) => [chunked(n, `61a81\r\n${'x'.repeat(70_000)}`), 413],
]

/** A request that stops before its end, and the statuses that end it. */
export function stopping(below) {
  const n = ++last
  const size = SIZES[below(SIZES.length)] + 10
  const body = pattern(n, size)
  const kinds = [
    head('GET', `/text/${n}`).subarray(0, 5 + below(20)),
    Buffer.concat([
      head('POST', `/echo/${n}`, `content-length: ${size}\r\n`),
      body.subarray(0, below(size)),
    ]),
    Buffer.from(chunked(n, `${size.toString(16)}\r\n${body.subarray(0, below(size))}`), 'latin1'),
  ]
  const check = ({ status: got }) =>
    [408, 504].includes(got) ? '' : `status ${got} for a request that stopped`
  return { n, bytes: kinds[below(kinds.length)], check, isBroken: true }
}
