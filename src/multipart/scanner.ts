// Cuts a body at its boundary: heads and contents of parts, as they come.
//
// Pulled by the reader, pulls the body: nothing is read ahead. Promises that it never holds more
// than one piece of the body and a head, that contents are handed on without a copy, and that the
// outcome does not depend on where the body was cut into pieces.
//
//   PREAMBLE ──delimiter──▶ HEAD ──empty line──▶ CONTENT ──delimiter──▶ HEAD …
//                            └──"--"──▶ CLOSED

import { malformed, tooMuch } from './limits.js'

import type { MultipartLimits } from './limits.js'

const LINE = Buffer.from('\r\n')
const HEAD_END = Buffer.from('\r\n\r\n')
/** What may stand between a boundary and the end of its line (RFC 2046 section 5.1.1). */
const PADDING_MAX = 64

export class Scanner {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #limits: MultipartLimits
  /** A boundary stands at the beginning of a line, whose end before it belongs to it. */
  readonly #delimiter: Buffer
  /** What was read and not taken. Begins with the line end that the first boundary lacks. */
  #rest: Buffer = LINE
  #isInContent = true

  constructor(source: AsyncIterator<Uint8Array>, boundary: string, limits: MultipartLimits) {
    this.#source = source
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
    this.#limits = limits
  }

  /** Skips to the next part and gives its head; undefined when there are no more. */
  async nextHead(): Promise<string | undefined> {
    while (this.#isInContent) await this.nextChunk()
    if (await this.#isClosed()) return undefined
    const { headerBytes } = this.#limits
    const end = await this.#find(HEAD_END, headerBytes, () =>
      tooMuch('The head of a part', 'headerBytes', headerBytes),
    )
    const head = this.#take(end)
    this.#take(HEAD_END.byteLength)
    this.#isInContent = true
    return head.toString('utf8')
  }

  /** The next piece of the part's content, undefined at its end. */
  async nextChunk(): Promise<Uint8Array | undefined> {
    while (this.#isInContent) {
      const at = this.#rest.indexOf(this.#delimiter)
      if (at === 0) {
        this.#take(this.#delimiter.byteLength)
        this.#isInContent = false
      } else {
        const length = at > 0 ? at : this.#rest.byteLength - this.#begun()
        if (length > 0) return this.#take(length)
        await this.#more()
      }
    }
    return undefined
  }

  /** Reads what follows the last boundary, which means nothing, to its end. */
  async drain(): Promise<void> {
    this.#rest = LINE
    for (
      let step = await this.#source.next();
      step.done !== true;
      step = await this.#source.next()
    );
  }

  /** Behind a boundary: whether it was the last one. Otherwise the head of a part begins. */
  async #isClosed(): Promise<boolean> {
    while (this.#rest.byteLength < 2) await this.#more()
    if (this.#rest[0] === DASH && this.#rest[1] === DASH) return true
    const end = await this.#find(LINE, PADDING_MAX, () => malformed('a boundary has no line end'))
    const padding = this.#take(end)
    if (padding.some((byte) => byte !== SPACE && byte !== TAB)) {
      throw malformed('a line begins with the boundary and goes on')
    }
    this.#take(LINE.byteLength)
    return false
  }

  /** Where `text` begins, after at most `most` bytes. */
  async #find(text: Buffer, most: number, error: () => Error): Promise<number> {
    while (true) {
      const at = this.#rest.indexOf(text)
      if (at >= 0 && at <= most) return at
      if (at > most || this.#rest.byteLength > most + text.byteLength) throw error()
      await this.#more()
    }
  }

  /** How many bytes at the end may be the beginning of a boundary. */
  #begun(): number {
    const rest = this.#rest
    const delimiter = this.#delimiter
    let at = Math.max(0, rest.byteLength - delimiter.byteLength + 1)
    for (at = rest.indexOf(CR, at); at >= 0; at = rest.indexOf(CR, at + 1)) {
      const length = rest.byteLength - at
      if (rest.compare(delimiter, 0, length, at) === 0) return length
    }
    return 0
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }

  async #more(): Promise<void> {
    const { value, done } = await this.#source.next()
    if (done === true) throw malformed('it ends before its last boundary')
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    this.#rest = this.#rest.byteLength === 0 ? bytes : Buffer.concat([this.#rest, bytes])
  }
}

const CR = 0x0d
const DASH = 0x2d
const SPACE = 0x20
const TAB = 0x09
