// One part of a form: a field or a file, read as it comes.
//
// Made by the reader, one at a time. A part is read once, by one of its ways, and before the next
// one is asked for: what was left of it is skipped then. Promises to give no more than its limit.

import { LannerError } from '../errors.js'
import { tooMuch } from './limits.js'
import { spool } from './spool.js'

import type { Cleanup } from '../cleanups.js'
import type { MultipartLimits } from './limits.js'
import type { PartHead } from './part-head.js'
import type { SpooledFile } from './spool.js'

/** What a part needs of its form. */
export interface PartForm {
  readonly limits: MultipartLimits
  /** Has something given back at the end of the exchange. */
  readonly atEnd: (cleanup: Cleanup) => void
  /** The next piece of this part, undefined at its end. */
  next(part: Part): Promise<Uint8Array | undefined>
}

/** A part of a form: `for await (const part of ctx.body.multipart())`. */
export class Part implements AsyncIterable<Uint8Array> {
  /** The name of the field. */
  readonly name: string
  /**
   * What the client calls the file, without directories; undefined for a field that is no file. It
   * is the client's text: never use it as a path.
   */
  readonly filename: string | undefined
  /** The content type; 'text/plain' where none is said, 'application/octet-stream' for a file. */
  readonly type: string
  /** Header fields of the part, by their names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly #form: PartForm
  #isUsed = false

  /** @internal */
  constructor({ name, filename, type, headers }: PartHead, form: PartForm) {
    this.name = name
    this.filename = filename
    this.type = type
    this.headers = headers
    this.#form = form
  }

  /** Whether it has a filename, if only an empty one. */
  get isFile(): boolean {
    return this.filename !== undefined
  }

  /** The pieces as they come. The client waits while they are worked on. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    if (this.#isUsed) throw new LannerError('LANNER_BODY_USED', USED)
    this.#isUsed = true
    const limit = this.isFile ? 'fileBytes' : 'valueBytes'
    const most = this.#form.limits[limit]
    let length = 0
    for (;;) {
      const chunk = await this.#form.next(this)
      if (chunk === undefined) return undefined
      length += chunk.byteLength
      if (length > most) throw tooMuch(`The part ${JSON.stringify(this.name)}`, limit, most)
      yield chunk
    }
  }

  /** All of it, in memory. */
  bytes(): Promise<Uint8Array> {
    return silenced(this.#bytes())
  }

  /** All of it as UTF-8 text. */
  text(): Promise<string> {
    return silenced(this.#bytes().then((bytes) => Buffer.from(bytes.buffer).toString('utf8')))
  }

  /**
   * Writes it to a new file in a folder, that of the system for temporary files by default. The
   * file is deleted at the end of the exchange: rename it to keep it.
   */
  spool(dir?: string): Promise<SpooledFile> {
    return silenced(spool(this, this.#form.atEnd, dir))
  }

  async #bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of this) {
      chunks.push(chunk)
      length += chunk.byteLength
    }
    const bytes = new Uint8Array(length)
    let at = 0
    for (const chunk of chunks) {
      bytes.set(chunk, at)
      at += chunk.byteLength
    }
    return bytes
  }
}

/** Clients cause its errors: one that nobody looks at must not end the process. */
function silenced<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

const USED = 'The part was read before: keep the first result.'
