// A file, or a Blob, as a reply: `return file('./report.pdf', { download: true })`.
//
// Beside the other results because it opens the file: what is missing is a 404 before anything is
// sent, and the length is known. Deliberately not here: ranges, conditions and folders, which the
// middleware staticFiles() has; and any thought about where a path leads: it is the application's.

import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

import { HttpError } from './errors.js'
import { FileBody } from './files/body.js'
import { openFile } from './files/open.js'
import { formatHttpDate } from './http/dates.js'
import { extensionOf, TYPES_OF_FILES } from './http/media-types.js'
import { Result } from './results.js'

import type { StreamBody } from './body/sink.js'

/** Options of `file()`. */
export interface FileOptions {
  /** The content type. Default: that of the Blob or of the file's extension. */
  type?: string
  /**
   * Has browsers save it under its own name, or under this one, instead of showing it. Default
   * false.
   */
  download?: boolean | string
}

/**
 * 200 with a file or a Blob. Return what it gives: the file is open until it was sent.
 * @param source - A path, a file: URL, or a Blob. It is not held to any folder: do not make it of
 * what clients say.
 * @throws an HttpError of status 404: there is no such file, or it may not be read
 */
export async function file(
  source: string | URL | Blob,
  options: FileOptions = {},
): Promise<Result<200, Blob | StreamBody>> {
  if (source instanceof Blob) {
    const name = 'name' in source && typeof source.name === 'string' ? source.name : 'download'
    return new Result(200, source, fieldsOf(name, source.type, options))
  }
  const path = typeof source === 'string' ? source : fileURLToPath(source)
  const opened = await openFile('', path, 'any')
  if (opened === undefined || opened === 'folder') throw new HttpError(404)
  const { handle, size, modified } = opened
  const body = new FileBody(handle, size === 0 ? [] : [{ first: 0, last: size - 1 }])
  const type = TYPES_OF_FILES[extensionOf(basename(path))] ?? 'application/octet-stream'
  return new Result<200, Blob | StreamBody>(200, body, {
    ...fieldsOf(basename(path), type, options),
    'content-length': String(size),
    'last-modified': formatHttpDate(modified),
  })
}

function fieldsOf(name: string, known: string, options: FileOptions): Record<string, string> {
  const { type = known, download = false } = options
  const fields: Record<string, string> = type === '' ? {} : { 'content-type': type }
  if (download !== false) {
    fields['content-disposition'] = disposition(download === true ? name : download)
  }
  return fields
}

/** RFC 6266 section 4.3: the name in ASCII for old clients, and as it is for others. */
function disposition(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  if (plain === name) return `attachment; filename="${plain}"`
  const encoded = encodeURIComponent(Buffer.from(name).toString()).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
