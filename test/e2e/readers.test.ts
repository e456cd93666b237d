// Many clients read streams at the same time: credits have their turns, and none is forgotten.

import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { serve } from '../support/server.ts'

const CLIENTS = 150
const PIECES = 200
const piece = new Uint8Array(1500).fill(120)

function* atOnce(): Generator<Uint8Array> {
  for (let i = 0; i < PIECES; i++) yield piece
}

async function* inTime(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < PIECES; i++) {
    if (i % 20 === 0) await turn()
    yield piece
  }
}

/** Bytes of what came until the server closed. */
function download(url: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.on('data', (data) => (bytes += data.length)).on('error', reject)
    socket.on('close', () => resolve(bytes))
    socket.write(`GET ${path} HTTP/1.0\r\nhost: a\r\n\r\n`)
  })
}

test.each([
  ['that give everything at once', '/at-once'],
  ['that take their time', '/in-time'],
])('each of many readers gets all of its reply, from sources %s', async (_, path) => {
  const server = await serve(
    (app) => {
      app.get('/at-once', (ctx) => ctx.stream(atOnce()))
      app.get('/in-time', (ctx) => ctx.stream(inTime()))
    },
    { limits: { replyWindowBytes: 4096 } },
  )
  const lengths = await Promise.all(
    Array.from({ length: CLIENTS }, () => download(server.url, path)),
  )
  const head = lengths[0]! - PIECES * piece.length
  expect(head).toBeGreaterThan(0)
  expect(head).toBeLessThan(300)
  expect(new Set(lengths).size).toBe(1)
})
