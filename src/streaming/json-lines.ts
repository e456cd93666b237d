// JSON lines, one value per line: as a reply, and as a request body.
//
// jsonLines() makes the value that a handler returns, ctx.jsonLines() answers with it, and
// ctx.body.jsonLines() reads them. Both ways hold one line at a time. Promises that a line of a
// request is never longer than its limit, that an error names the line, and that many small values
// at hand travel together.

import { HttpError, LannerError } from '../errors.js'
import { toJson } from '../json.js'
import { limitOf } from '../limit-table.js'
import { refuseUnknown, requireObject } from '../option-values.js'
import { Result } from '../results.js'
import { isThenable } from '../thenable.js'
import { OpenedText } from './opened.js'
import { checkedSteps, checkSource, stepsOf } from './source.js'

import type { Context } from '../context.js'
import type { Size } from '../options.js'
import type { Literally } from '../routing/schemas.js'
import type { Steps, ValueSource } from './source.js'

/** Characters of a chunk that is gathered from values that are there already. */
const CHUNK_CHARACTERS = 16_384

/** The content type; it is not registered, and this is what most tools send and expect. */
export const JSON_LINES_TYPE = 'application/x-ndjson'

/** JSON lines as a reply. `jsonLines()` makes it. */
export class JsonLines<Value = unknown> {
  /** Types only, for `responses` and the client: there is no such property. */
  declare readonly '~line': Value
  readonly #source: ValueSource<Value>
  #check: ((value: unknown) => unknown) | undefined

  /** @internal */
  constructor(source: ValueSource<Value>) {
    checkSource(source, 'jsonLines()')
    this.#source = source
  }

  /** @internal The same, with a look at each value before it becomes text. */
  checked(check: (value: unknown) => unknown): JsonLines<Value> {
    const lines = new JsonLines(this.#source)
    lines.#check = check
    return lines
  }

  /** @internal The text for one client; nothing runs before it is pulled. */
  open(ctx: Context): OpenedText {
    const check = this.#check
    const text = textOf(() => {
      const steps = stepsOf(this.#source, ctx, 'jsonLines()')
      return check === undefined ? steps : checkedSteps(steps, check)
    })
    return new OpenedText(this, () => text[Symbol.asyncIterator]())
  }
}

/**
 * Answers with one JSON value per line (`application/x-ndjson`), as they come: `return
 * jsonLines(db.rows())`. Takes what `sse()` takes: a generator function, or anything iterable.
 * @param source - A generator function, which gets `signal`, or anything iterable.
 */
export function jsonLines<Value>(
  source: ValueSource<Value | Literally>,
): Result<200, JsonLines<Value>> {
  return new Result(200, new JsonLines(source as ValueSource<Value>))
}

async function* textOf(start: () => Steps<unknown>): AsyncGenerator<string, undefined> {
  const steps = start()
  let isOver = false
  try {
    while (true) {
      let text = ''
      while (text.length < CHUNK_CHARACTERS) {
        const step = steps.next()
        // What has to be waited for must not hold back what is there.
        const isLater = isThenable(step)
        const { value, done } = isLater ? await step : step
        isOver = done === true
        if (isOver) break
        text += `${lineOf(value)}\n`
        if (isLater) break
      }
      if (text !== '') yield text
      if (isOver) return undefined
    }
  } finally {
    if (!isOver) await steps.return?.()
  }
}

function lineOf(value: unknown): string {
  const text = toJson(value)
  if (text !== undefined) return text
  throw new LannerError(
    'LANNER_BODY_CHUNK',
    `A line of jsonLines() has no JSON form: a ${typeof value} was found.`,
  )
}

/** How `ctx.body.jsonLines()` reads. */
export interface JsonLinesOptions {
  /** The longest line, without its end; then 413. Default 1 MiB, as for one JSON document. */
  lineBytes?: Size
}

const LINE_FEED = 0x0a

/** The longest line that options allow. */
export function parseLineBytes(options: JsonLinesOptions): number {
  requireObject(options, 'options of jsonLines()')
  refuseUnknown(options, ['lineBytes'], '', ' of jsonLines()')
  return limitOf('lineBytes', options.lineBytes, 'lineBytes')
}

/** The values of a body; lines without anything are skipped. */
export async function* readJsonLines<Value>(
  body: AsyncIterable<Uint8Array>,
  lineBytes: number,
): AsyncGenerator<Value, undefined> {
  let begun: Uint8Array[] = []
  let length = 0
  let number = 1
  for await (const chunk of body) {
    let start = 0
    while (start < chunk.byteLength) {
      const end = chunk.indexOf(LINE_FEED, start)
      const piece = chunk.subarray(start, end < 0 ? chunk.byteLength : end)
      length += piece.byteLength
      if (length > lineBytes) throw tooLong(number, lineBytes)
      begun.push(piece)
      if (end < 0) break
      const text = textOfLine(begun)
      if (text !== '') yield parseLine(text, number) as Value
      begun = []
      length = 0
      number++
      start = end + 1
    }
  }
  const text = textOfLine(begun)
  if (text !== '') yield parseLine(text, number) as Value
  return undefined
}

function textOfLine(pieces: readonly Uint8Array[]): string {
  const bytes = Buffer.concat(pieces)
  return bytes.toString('utf8').trim()
}

function parseLine(text: string, number: number): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const message = `Line ${number} of the request body is not valid JSON.`
    throw new HttpError(400, message, { code: 'LANNER_JSON_INVALID', cause })
  }
}

function tooLong(number: number, lineBytes: number): HttpError {
  const message = `Line ${number} of the request body is longer than lineBytes (${lineBytes}).`
  return new HttpError(413, message, { code: 'LANNER_LINE_TOO_LONG' })
}
