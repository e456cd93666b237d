// How a file that is served is opened and read: what static.test.ts cannot see from outside.

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, test, vi } from 'vitest'

import { CHUNK_BYTES, FileBody } from '../../src/files/body.ts'
import { openFile } from '../../src/files/open.ts'

import type * as promises from 'node:fs/promises'
import type { Part } from '../../src/files/body.ts'

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof promises>()
  return { ...real, realpath: vi.fn(real.realpath) }
})

describe('reading', () => {
  /** The lengths of the reads that the parts of a file of x take. */
  async function readsOf(parts: readonly Part[]): Promise<{ reads: number[]; text: string }> {
    const reads: number[] = []
    const handle = {
      read: (buffer: Uint8Array, at: number, length: number) => {
        reads.push(length)
        buffer.fill(0x78, at, at + length)
        return Promise.resolve({ bytesRead: length })
      },
      close: () => Promise.resolve(),
    }
    let text = ''
    for await (const chunk of new FileBody(handle as unknown as promises.FileHandle, parts)) {
      text += Buffer.from(chunk).toString()
    }
    return { reads, text }
  }

  test.each<[string, [first: number, last: number][], number[]]>([
    ['a short range', [[5, 9]], [5]],
    ['a long one', [[0, 2 * CHUNK_BYTES]], [CHUNK_BYTES, CHUNK_BYTES, 1]],
    [
      'a long one after a short one',
      [
        [0, 0],
        [2, CHUNK_BYTES + 2],
      ],
      [1, CHUNK_BYTES, 1],
    ],
    [
      'a middling one after a short one',
      [
        [0, 0],
        [2, 101],
        [200, 250],
      ],
      [1, 100, 51],
    ],
  ])('%s takes no more reads than its length needs', async (_, ranges, expected) => {
    const parts = ranges.flatMap(([first, last]) => ['head ', { first, last }])
    const { reads, text } = await readsOf(parts)
    expect(reads).toEqual(expected)
    expect(text).toBe(
      ranges.map(([first, last]) => `head ${'x'.repeat(last + 1 - first)}`).join(''),
    )
  })
})

describe('opening', () => {
  const base = mkdtempSync(join(tmpdir(), 'lanner-served-'))
  afterAll(() => rmSync(base, { recursive: true }))

  test.each(['inside', 'none'] as const)(
    'a file beside the folder whose path begins with that of the folder, links: %s',
    async (links) => {
      const beside = await realpath(base)
      writeFileSync(join(beside, 'public.gz'), 'secret')
      expect(await openFile(join(beside, 'public'), join(beside, 'public.gz'), links)).toBe(
        undefined,
      )
    },
  )

  // Windows lets nobody take the place of a file that is open.
  test.skipIf(process.platform === 'win32').each(['inside', 'none'] as const)(
    'a file that another one took the place of while it was opened, links: %s',
    async (links) => {
      const folder = await realpath(base)
      const path = join(folder, 'file.txt')
      const other = join(folder, 'other.txt')
      writeFileSync(path, 'first')
      writeFileSync(other, 'second')
      vi.mocked(realpath).mockImplementationOnce((asked) => {
        renameSync(other, path)
        return Promise.resolve(asked as string)
      })
      expect(await openFile(folder, path, links)).toBe(undefined)
      const opened = await openFile(folder, path, links)
      expect(opened).toMatchObject({ size: 'second'.length })
      await (opened as { handle: promises.FileHandle }).handle.close()
    },
  )
})
