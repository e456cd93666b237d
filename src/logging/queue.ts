// Keeps records until there is time to write them, and no more than it is allowed to.
//
// Used by the access log. Promises that records are formatted and written together when the event
// loop comes round, that nothing is formatted while the stream does not take more, and that what
// finds the queue full is counted. It stays on this thread: handing records to a worker costs what
// formatting them costs (docs/middleware.md has the figures).

/** Where lines go. */
export interface LineStream {
  write(text: string): boolean
  once(event: 'drain', listener: () => void): unknown
  readonly destroyed?: boolean
  readonly writableEnded?: boolean
}

/** Takes a batch of records. Gives whether it takes more at once, and calls `ready` otherwise. */
export type BatchWriter<Item> = (items: readonly Item[], ready: () => void) => boolean

export class LogQueue<Item> {
  /** Records that were lost because the queue was full, or nothing could be written any more. */
  dropped = 0
  readonly #write: BatchWriter<Item>
  readonly #max: number
  #items: Item[] = []
  #isScheduled = false
  #isBlocked = false
  readonly #turn = (): void => {
    this.#isScheduled = false
    if (!this.#isBlocked) this.flush()
  }
  readonly #ready = (): void => {
    this.#isBlocked = false
    if (this.#items.length > 0) this.#schedule()
  }

  constructor(write: BatchWriter<Item>, max: number) {
    this.#write = write
    this.#max = max
  }

  /** Whether there is room; what finds none is counted. */
  hasRoom(): boolean {
    if (this.#items.length < this.#max) return true
    this.dropped++
    return false
  }

  add(item: Item): void {
    this.#items.push(item)
    if (!this.#isBlocked) this.#schedule()
  }

  /** Writes what waits, whether the stream wants it or not. */
  flush(): void {
    const items = this.#items
    if (items.length === 0) return
    this.#items = []
    this.#isBlocked = !this.#write(items, this.#ready)
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#turn)
  }
}

/** Writes all lines of a batch at once; `onLost` hears how many a closed stream did not take. */
export function lineWriter<Item>(
  stream: LineStream,
  format: (item: Item) => string,
  onLost: (count: number) => void,
): BatchWriter<Item> {
  return (items, ready) => {
    if (stream.destroyed === true || stream.writableEnded === true) {
      onLost(items.length)
      return true
    }
    let text = ''
    for (const item of items) text += `${format(item)}\n`
    const takesMore = stream.write(text)
    if (!takesMore) stream.once('drain', ready)
    return takesMore
  }
}
