// Opens a file that may be served.
//
// Called by static files. Promises that what is open is a regular file that lies under the folder
// also when links are followed, that a pipe never blocks, and that a handle which is not given out
// is closed.

import { constants } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { sep } from 'node:path'

import type { FileHandle } from 'node:fs/promises'

/** Which links are followed: those that stay inside, any, or none. */
export type LinkPolicy = 'inside' | 'any' | 'none'

/** A file to read from. Whoever gets it closes the handle. */
export interface OpenFile {
  readonly handle: FileHandle
  readonly size: number
  /** When it was changed, in milliseconds, with fractions. */
  readonly modified: number
}

/** What is missing, may not be read or is something else does not exist for clients. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ENAMETOOLONG', 'ELOOP', 'EISDIR'])
/** A socket cannot be opened, a pipe only without a wait. */
const NO_FILE = new Set(['ENXIO', 'ENODEV', 'EOPNOTSUPP'])
// Not on Windows, where there are no pipes under a folder.
const FLAGS = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0)

/** The file, 'folder', or undefined. `root` is a real path. */
export async function openFile(
  root: string,
  path: string,
  links: LinkPolicy,
): Promise<OpenFile | 'folder' | undefined> {
  let handle: FileHandle
  try {
    handle = await open(path, FLAGS)
  } catch (error) {
    return absent(error, path)
  }
  try {
    const stats = await handle.stat()
    const isServed = stats.isFile() || stats.isDirectory()
    if (!isServed || (links !== 'any' && !(await isInside(root, path, links, stats)))) {
      await handle.close()
      return undefined
    }
    if (stats.isFile()) return { handle, size: stats.size, modified: stats.mtimeMs }
    await handle.close()
    return 'folder'
  } catch (error) {
    await handle.close()
    return absent(error, path)
  }
}

/** Windows does not open folders. */
async function absent(error: unknown, path: string): Promise<'folder' | undefined> {
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined || !(ABSENT.has(code) || NO_FILE.has(code))) throw error
  if (process.platform !== 'win32' || (code !== 'EISDIR' && code !== 'EPERM')) return undefined
  const stats = await stat(path).catch(() => undefined)
  return stats?.isDirectory() === true ? 'folder' : undefined
}

interface Identity {
  readonly ino: number
  readonly dev: number
}

/** Where the path really leads; what is open must be what lies there. */
async function isInside(
  root: string,
  path: string,
  links: LinkPolicy,
  opened: Identity,
): Promise<boolean> {
  const real = await realpath(path)
  // Without links as well: an extension put behind the root itself names a neighbour of it.
  if (real !== root && !real.startsWith(withEnd(root))) return false
  if (links === 'none' && real !== path) return false
  const { ino, dev } = await stat(real)
  return ino === opened.ino && dev === opened.dev
}

function withEnd(root: string): string {
  return root.endsWith(sep) ? root : root + sep
}
