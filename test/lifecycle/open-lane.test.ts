// A lane that cannot be opened leaves nothing behind: no memory, nothing that keeps the process.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { expect, test } from 'vitest'

import { binding } from '../../src/native/binding.ts'
import { parseOptions } from '../../src/options.ts'
import { INBOX_BYTES, OUTBOX_BYTES } from '../../src/server.ts'
import { waitFor } from '../support/patience.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const wrong: [string, (parts: unknown[]) => void, RegExp][] = [
  ['no outbox', (parts) => (parts[1] = 'text'), /ArrayBuffer is expected/],
  ['an empty outbox', (parts) => (parts[1] = new ArrayBuffer(0)), /ArrayBuffer is empty/],
  ['a small inbox', (parts) => (parts[0] = new ArrayBuffer(64)), /inbox is too small/],
  ['no function', (parts) => (parts[2] = {}), /function is expected/],
  ['no function for stalls', (parts) => (parts[3] = {}), /function is expected/],
]

test.each(wrong)('%s', async (_, spoil, message) => {
  const native = new (binding().Server)(parseOptions({ port: 0 }).native)
  const open = (): WeakRef<object>[] => {
    const parts: unknown[] = [
      new ArrayBuffer(INBOX_BYTES),
      new ArrayBuffer(OUTBOX_BYTES),
      () => expect.unreachable(),
      () => expect.unreachable(),
      new ArrayBuffer(4),
    ]
    spoil(parts)
    const [inbox, outbox, dispatch, onStall, mark] = parts as [
      ArrayBuffer,
      ArrayBuffer,
      () => void,
      () => void,
      ArrayBuffer,
    ]
    expect(() => native.openLane({ inbox, outbox, mark }, dispatch, onStall)).toThrow(message)
    return parts
      .filter((part) => typeof part !== 'string')
      .map((part) => new WeakRef(part as object))
  }
  const parts = open()
  await waitFor(() => {
    collect()
    expect(parts.filter((part) => part.deref() !== undefined)).toEqual([])
  })
  // The threads that it started end, although no isolate was joined to them.
  native.close(0, () => {})
})
