// Requests whose framings disagree, over real sockets: a sample of the mutations that
// crates/core/tests/corpora holds in full.
//
// Each hides a request in what one reading takes for a body. Promises that no handler ever sees it:
// the server refuses and closes, or reads by the one framing that there is.

import { expect, test } from 'vitest'

import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

const FIRST = 'POST /first HTTP/1.1\r\nhost: a\r\n'
const HIDDEN = 'GET /hidden HTTP/1.1\r\nhost: a\r\n\r\n'
const LAST = 'GET /last HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'

/** Bytes on each side of the name, the colon and the value. */
const BYTES = ['\x01', '\t', '\n', '\x0b', '\r', '\x1f', '\x7f', '\x80', '\xa0', '\xff']

const REFUSED = [
  ...BYTES.flatMap((byte) => [
    `Transfer-Encoding:${byte}chunked`,
    `Transfer-Encoding${byte}: chunked`,
    `${byte}Transfer-Encoding: chunked`,
    `Transfer-Encoding: chunked${byte}`,
  ]),
  'Transfer Encoding: chunked',
  'Transfer_Encoding: chunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: chunked, cow',
  'Transfer-Encoding: cow, chunked',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding: chunk',
  'TrAnSFer-EnCODinG: cHuNkeD',
  'Transfer-Encoding: cow\r\nTransfer-Encoding: chunked',
  'X: X\rTransfer-Encoding: chunked',
  'X: X\nTransfer-Encoding: chunked',
]

/** A request with this line, whose length covers a last chunk and the hidden request. */
const lastChunkFirst = (line: string): string => {
  const body = `0\r\n\r\n${HIDDEN}`
  return `${FIRST}${line}\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

/** One whose chunk is the hidden request, and whose length ends before it. */
const lengthFirst = (line: string): string => {
  const size = HIDDEN.length.toString(16)
  const head = `${FIRST}content-length: ${size.length + 2}\r\n${line}\r\n\r\n`
  return `${head}${size}\r\n${HIDDEN}\r\n0\r\n\r\n`
}

async function converse(bytes: string): Promise<{ seen: string[]; answer: string }> {
  const seen: string[] = []
  const server = await serve((app) =>
    app.all('/*rest', async (ctx) => {
      const body = await ctx.body.bytes()
      seen.push(`${ctx.method} ${ctx.path} ${body.byteLength}`)
      return ''
    }),
  )
  const client = await RawClient.open(server.url)
  await client.send(bytes)
  const answer = await client.rest()
  return { seen, answer }
}

test.each(REFUSED.map((line) => [JSON.stringify(line), line]))('%s is refused', async (_, line) => {
  for (const shape of [lastChunkFirst, lengthFirst]) {
    const { seen, answer } = await converse(shape(line) + LAST)
    expect(seen).toEqual([])
    expect(answer).toMatch(/^HTTP\/1\.1 (400|501) /)
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  }
})

test('a line that frames nothing leaves the length alone', async () => {
  const { seen, answer } = await converse(lastChunkFirst('Content-Encoding: chunked') + LAST)
  expect(seen).toEqual([`POST /first ${HIDDEN.length + 5}`, 'GET /last 0'])
  expect(answer.match(/HTTP\/1\.1 200 /g)).toHaveLength(2)
})
