// The loop over a stream of text: what it holds comes one by one, line by line.
//
// events.ts and lines.ts make their loops here. Promises that the stream is cancelled when the loop
// is left, also one that never began or that waits for its next value; that text is looked at once,
// however it comes in pieces; and that no more than PART_MAX of it is kept.

/** Characters that a line or event may have: 16 Mi, far above what is sent, within any memory. */
export const PART_MAX = 16_777_216

/** What a loop over events or lines throws when one of them is longer than it keeps. */
export class StreamLimitError extends Error {
  /** The characters that it may have. */
  readonly limit: number

  constructor(limit: number) {
    super(`A line or event of the stream has more than ${limit} characters.`)
    this.limit = limit
  }

  /** 'StreamLimitError'. */
  override get name(): string {
    return 'StreamLimitError'
  }
}

/** Takes lines out of a text that comes in pieces. */
export class LineSplitter {
  readonly #end: RegExp
  readonly #max: number
  /** What came of the line that has no end yet. */
  #pieces: string[] = []
  #length = 0
  #isAfterCr = false

  /** `end` is global; one that takes a CR takes the LF after it as well. */
  constructor(end: RegExp, max: number) {
    this.#end = end
    this.#max = max
  }

  /** The lines that end in the next piece. */
  *take(piece: string): Generator<string, undefined> {
    if (piece === '') return
    // A CR at the end of the last piece has ended its line; an LF here may belong to it.
    let from = this.#isAfterCr && piece.startsWith('\n') ? 1 : 0
    this.#isAfterCr = false
    const end = this.#end
    end.lastIndex = from
    for (let found = end.exec(piece); found !== null; found = end.exec(piece)) {
      this.#keep(piece.slice(from, found.index))
      from = end.lastIndex
      this.#isAfterCr = from === piece.length && found[0] === '\r'
      yield this.rest()
    }
    if (from < piece.length) this.#keep(piece.slice(from))
  }

  /** What has no end yet; from then on it is gone. */
  rest(): string {
    const line = this.#pieces.length === 1 ? this.#pieces[0]! : this.#pieces.join('')
    this.#pieces = []
    this.#length = 0
    return line
  }

  #keep(piece: string): void {
    this.#length += piece.length
    if (this.#length > this.#max) throw new StreamLimitError(this.#max)
    this.#pieces.push(piece)
  }
}

/** What a piece of text brings; the last one is empty or ends a character. */
export type TakePiece<Value> = (piece: string, isLast: boolean) => Iterable<Value>

/** A loop over what `take` finds in the text of a stream. */
export function loopOver<Value>(
  stream: ReadableStream<Uint8Array>,
  take: TakePiece<Value>,
): AsyncGenerator<Value, undefined> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  let isOver = false
  const cancel = async (reason?: unknown): Promise<void> => {
    if (isOver) return
    isOver = true
    if (reader !== undefined) await reader.cancel(reason)
    // Whoever else reads it, by the Response, ends it as well.
    else if (!stream.locked) await stream.cancel(reason)
  }
  async function* read(): AsyncGenerator<Value, undefined> {
    reader = stream.getReader()
    const decoder = new TextDecoder()
    try {
      for (let isLast = false; !isLast;) {
        const { value, done } = await reader.read()
        // A loop that was left while it waited: what came is half of something.
        if (isOver) return undefined
        isLast = done
        yield* take(decoder.decode(value, { stream: !done }), done)
      }
      isOver = true
      return undefined
    } catch (error) {
      // That the stream cannot be cancelled says less than what went wrong before.
      await cancel(error).catch(() => undefined)
      throw error
    }
  }
  const steps = read()
  const loop = {
    next: () => steps.next(),
    async return() {
      await cancel()
      return steps.return(undefined)
    },
    async throw(error: unknown) {
      await cancel(error)
      return steps.throw(error)
    },
    [Symbol.asyncIterator]: () => loop,
  } as unknown as AsyncGenerator<Value, undefined>
  // Engines that do not know `await using` have no such symbol.
  if (typeof Symbol.asyncDispose === 'symbol') {
    loop[Symbol.asyncDispose] = async () => {
      await loop.return(undefined)
    }
  }
  return loop
}
