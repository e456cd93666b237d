// Temporary files whose exchange is over before they are there.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test, vi } from 'vitest'

import { writeTemporary } from '../../src/multipart/spool.ts'

import type * as fs from 'node:fs/promises'

import type { Cleanup } from '../../src/cleanups.ts'

/** A disk that is slow to make a file: the deletion would be there first. */
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>()
  const open = async (...what: Parameters<typeof real.open>): ReturnType<typeof real.open> => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    return real.open(...what)
  }
  return { ...real, open }
})

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('hello')
}

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'lanner-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  return dir
}

test('a file that is being made at the end is deleted when it is there', async () => {
  const dir = directory()
  const cleanups: Cleanup[] = []
  const written = writeTemporary(pieces(), (cleanup) => cleanups.push(cleanup), dir)
  await cleanups[0]!()
  expect(readdirSync(dir)).toEqual([])
  await written
  expect(readdirSync(dir)).toEqual([])
})

test('one that could not be made is nothing to delete', async () => {
  const dir = join(directory(), 'nowhere')
  const cleanups: Cleanup[] = []
  const written = writeTemporary(pieces(), (cleanup) => cleanups.push(cleanup), dir)
  await Promise.all([cleanups[0]!(), expect(written).rejects.toMatchObject({ code: 'ENOENT' })])
})
