// What the core says it could not send: who hears of it, how often, and what it ends.

import { describe, expect, onTestFinished, test, vi } from 'vitest'

import { harness } from '../support/lane.ts'
import { encodeFault } from '../support/wire.mjs'

import type { Harness } from '../support/lane.ts'

const REPLY = 1
const TRAILERS = 2
const INFORMATIONAL = 3
const code = 'LANNER_HEADER_RESERVED'
const reserved =
  'This field belongs to the server (framing and connection fields) and cannot be set.'

const plain = (): Harness => harness((r) => r.get('/users/:id', () => 'hello'))

function messages(lane: Harness): string[] {
  return lane.takeReports().map((error) => (error as Error).message)
}

test.each([
  [
    'a reply',
    { route: 0, part: REPLY, name: 'upgrade' },
    `The reply of GET /users/:id cannot be sent, so the client got a 500. ${reserved} ` +
      'The field is "upgrade".',
  ],
  [
    'trailers',
    { route: 0, part: TRAILERS, name: 'via' },
    `The trailers of GET /users/:id cannot be sent, so the reply was cut. ${reserved} ` +
      'The field is "via".',
  ],
  [
    'an informational response without a route',
    { route: -1, part: INFORMATIONAL, code: 'LANNER_STATUS_INVALID' },
    'An informational response of a request without a route cannot be sent and was left out. ' +
      'A status is an integer from 200 to 599; 1xx ones go through sendInformational().',
  ],
  [
    'a code of later versions, a name with control characters',
    { route: 0, part: REPLY, code: 'LANNER_NEW', name: 'a\r\n' },
    'The reply of GET /users/:id cannot be sent, so the client got a 500. LANNER_NEW ' +
      'The field is "a\\r\\n".',
  ],
  [
    'a name that was shortened',
    { route: 0, part: REPLY, code: 'LANNER_NEW', name: 'x'.repeat(64) },
    'The reply of GET /users/:id cannot be sent, so the client got a 500. LANNER_NEW ' +
      `The field is "${'x'.repeat(64)}"….`,
  ],
])('%s: code, route and field', (_, fault, message) => {
  const lane = plain()
  const [slot] = lane.send({ target: '/users/7' })
  lane.batch(encodeFault(slot, 1, { code, ...fault }))
  expect(lane.reports).toMatchObject([{ code: 'code' in fault ? fault.code : code }])
  expect(messages(lane)).toEqual([message])
  expect(lane.lane.stats.staleEntries).toBe(0)
})

test('at most one a second is told, with the number of those left out', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const lane = plain()
  const fault = encodeFault(0, 1, { route: 0, part: REPLY, code })
  lane.batch(fault, fault)
  vi.advanceTimersByTime(999)
  lane.batch(fault)
  const first = messages(lane)
  expect(first).toHaveLength(1)
  vi.advanceTimersByTime(1)
  lane.batch(fault)
  expect(messages(lane)).toEqual([`${first[0]} 2 more were not told since the last that was.`])
  vi.advanceTimersByTime(1000)
  lane.batch(fault)
  expect(messages(lane)).toEqual(first)
})

describe('a stream that is still being written', () => {
  function streaming(): { lane: Harness; ends: unknown[]; slot: number } {
    const ends: unknown[] = []
    const lane = harness((r) =>
      r.get('/', (ctx) => {
        ctx.signal.addEventListener('abort', () => ends.push(ctx.signal.reason))
        const source = { cancel: (reason: unknown) => void ends.push(reason) }
        return ctx.stream(new ReadableStream<Uint8Array>(source))
      }),
    )
    const [slot] = lane.send({})
    return { lane, ends, slot: slot! }
  }

  test.each([REPLY, TRAILERS])('ends, part %i', async (part) => {
    const { lane, ends, slot } = streaming()
    await lane.rest()
    lane.batch(encodeFault(slot, 1, { route: 0, part, code }))
    await lane.rest()
    expect(ends).toMatchObject([{ code }, { code }])
    expect(lane.lane.held).toBe(0)
    expect(messages(lane)).toHaveLength(1)
  })

  test.each([
    ['an informational response', INFORMATIONAL, 1],
    ['an exchange before it in the same slot', REPLY, 0],
  ])('goes on when the fault is that of %s', async (_, part, generation) => {
    const { lane, ends, slot } = streaming()
    await lane.rest()
    lane.batch(encodeFault(slot, generation, { route: 0, part, code }))
    await lane.rest()
    expect(ends).toEqual([])
    expect(lane.lane.held).toBe(1)
    expect(messages(lane)).toHaveLength(1)
  })
})
