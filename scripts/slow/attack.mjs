// Slow clients of every kind, many at once, in a process of their own.
//
// Started by slow.mjs: attack.mjs KIND PORT CONNECTIONS SECONDS. Opens the connections within a
// sixth of the time, keeps them as long as the server does, and says at the end how many it made,
// how many the server closed, and how many bytes came. The first four kinds are those of
// slowhttptest.

import { connect } from 'node:net'

const [kind, port, connections, seconds] = process.argv.slice(2)
const TICK_MS = 500
const RATE_BYTES = 10_000
const count = { opened: 0, closed: 0, received: 0, sent: 0 }
const part = Buffer.alloc((RATE_BYTES * TICK_MS) / 1000, 'x')

const ranges = `bytes=0-${Array.from({ length: 900 }, (_, i) => `,5-${i}`).join('')}`
const post = (path, length) =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n`

/** What is sent first, and what with every tick; whether replies are left unread. */
const KINDS = {
  headers: { first: 'GET / HTTP/1.1\r\nhost: a\r\n', tick: 'x-a: b\r\n' },
  body: { first: post('/', 4096), tick: 'ab' },
  read: { first: 'GET /large HTTP/1.1\r\nhost: a\r\n\r\n', isDeaf: true },
  range: { first: `GET / HTTP/1.1\r\nhost: a\r\nrange: ${ranges}\r\n\r\n`, isAgain: true },
  download: { first: 'GET /large HTTP/1.1\r\nhost: a\r\n\r\n', isDeaf: true, reads: part.length },
  upload: { first: post('/taken', 100_000_000), tick: part },
  unread: { first: post('/unread', 100_000_000), tick: Buffer.alloc(256 * 1024, 'x') },
}
const { first, tick, isDeaf, isAgain, reads } = KINDS[kind]

const sockets = new Set()
const started = performance.now()
const end = started + seconds * 1000
const opening = (seconds * 1000) / 6

const timer = setInterval(() => {
  const share = Math.min(1, (performance.now() - started) / opening)
  while (count.opened < share * connections) open()
}, 20)
const ticker = setInterval(() => {
  for (const socket of sockets) {
    if (socket.connecting) continue
    if (tick !== undefined && socket.writableLength === 0) write(socket, tick)
    if (reads !== undefined) count.received += socket.read(reads)?.length ?? 0
  }
}, TICK_MS)
setTimeout(finish, end - started)

function open() {
  count.opened++
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true })
  sockets.add(socket)
  socket.on('error', () => {})
  socket.on('close', () => {
    sockets.delete(socket)
    if (performance.now() < end) count.closed++
  })
  if (isDeaf) {
    // Read by hand: 'readable' makes the system's buffer the only other one.
    socket.on('readable', () => {})
  } else {
    socket.on('data', (data) => {
      count.received += data.length
      if (isAgain && data.subarray(-2).toString() === 'ok') write(socket, first)
    })
  }
  write(socket, first)
}

function write(socket, bytes) {
  count.sent += bytes.length
  socket.write(bytes)
}

function finish() {
  clearInterval(timer)
  clearInterval(ticker)
  console.log(JSON.stringify({ ...count, open: sockets.size }))
  for (const socket of sockets) socket.destroy()
}
