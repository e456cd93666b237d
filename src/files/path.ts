// From the path of a request to the path of a file under a folder.
//
// Called by static files. Promises that the result lies under the folder as far as its text goes:
// no parent folders, no second separator of Windows, no devices and streams of Windows, no hidden
// files unless they are asked for. No file has an empty name: '//admin/x' would else be a way to
// '/admin/x' that middleware under '/admin' does not see. Where links lead is open.ts.

import { join } from 'node:path'

/** What becomes of names that begin with a dot. */
export type DotfilePolicy = 'ignore' | 'deny' | 'allow'

/** What a path means: the file, or why there is none. */
export type FilePath = { readonly path: string; readonly isFolder: boolean } | 'none' | 'denied'

/** The folder for what is published about a site (RFC 8615) is hidden from nobody. */
const WELL_KNOWN = '.well-known'

// oxlint-disable-next-line no-control-regex
const NEVER = /[\0\\]|%2f/i
/** Devices, drives, streams, and ends that Windows drops. */
const NEVER_ON_WINDOWS = /[:*?"<>|]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/** `path` is decoded and has no dot segments, as ctx.path is. */
export function filePath(
  root: string,
  path: string,
  dotfiles: DotfilePolicy,
  isWindows = process.platform === 'win32',
): FilePath {
  const isFolder = path.endsWith('/')
  const names = path.split('/')
  if (names[0] === '') names.shift()
  if (names.at(-1) === '') names.pop()
  for (const [at, name] of names.entries()) {
    if (name === '') return 'none'
    // A %2F is a slash that the client did not mean as one: no file has that in its name.
    if (name === '..' || name === '.' || NEVER.test(name)) return 'none'
    if (isWindows && NEVER_ON_WINDOWS.test(name)) return 'none'
    if (!name.startsWith('.') || (at === 0 && name === WELL_KNOWN)) continue
    if (dotfiles !== 'allow') return dotfiles === 'deny' ? 'denied' : 'none'
  }
  return { path: join(root, ...names), isFolder }
}
