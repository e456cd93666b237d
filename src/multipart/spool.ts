// Temporary files: parts that are too long for the memory, or that somebody wants as a file.
//
// Called by Part and by formData(). Promises that the name of a file is nobody's but its own (a new
// one, never the client's), that only this user can read it, and that it is deleted at the end of
// the exchange, also when writing failed or nobody waited for it, unless it was renamed.

import { randomUUID } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { FileHandle } from 'node:fs/promises'

import type { Cleanup } from '../cleanups.js'
import type { Part } from './part.js'

/** A part in a file of its own, until the exchange is over. */
export interface SpooledFile {
  /** Where it lies. */
  readonly path: string
  /** Its length in bytes. */
  readonly size: number
  /** The name of the field. */
  readonly name: string
  /** What the client calls the file. */
  readonly filename: string | undefined
  /** Its content type. */
  readonly type: string
}

/** Writes a part to a file. */
export async function spool(
  part: Part,
  atEnd: (cleanup: Cleanup) => void,
  dir?: string,
): Promise<SpooledFile> {
  const { path, size } = await writeTemporary(part, atEnd, dir)
  const { name, filename, type } = part
  return { path, size, name, filename, type }
}

/** Writes pieces to a new file, as fast as it takes them. */
export async function writeTemporary(
  chunks: AsyncIterable<Uint8Array>,
  atEnd: (cleanup: Cleanup) => void,
  dir: string = tmpdir(),
): Promise<{ path: string; size: number }> {
  const path = join(dir, `lanner-${randomUUID()}`)
  let opening: Promise<unknown> = Promise.resolve()
  // First, because it fails when the exchange is over: then there must be no file.
  atEnd(async () => {
    // The end may come while it is being made: then there is nothing to delete yet.
    await opening.catch(() => {})
    await rm(path, { force: true })
  })
  const opened = open(path, 'wx', 0o600)
  opening = opened
  const file = await opened
  try {
    let size = 0
    for await (const chunk of chunks) {
      await writeAll(file, chunk)
      size += chunk.byteLength
    }
    return { path, size }
  } finally {
    await file.close()
  }
}

/** A write may take less than it was given. */
async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let at = 0
  while (at < chunk.byteLength) at += (await file.write(chunk, at)).bytesWritten
}
