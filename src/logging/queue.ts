// Keeps records until there is time to write them, and no more than it is allowed to.
//
// Used by the access log. Promises that records are formatted and written together when the event
// loop comes round, that nothing is formatted while the stream does not take more, and that a
// stream which closes in the meantime is not waited for: what was kept for it is lost, and told of.
// A record that cannot be formatted is told of too, and keeps no other from being written: an
// exception here would be nobody's, and end the process. It stays on this thread: handing records
// to a worker costs what formatting them costs (docs/middleware.md has the figures).

/** Where lines go. */
export interface LineStream {
  write(text: string): boolean
  once(event: 'drain', listener: () => void): unknown
  off?(event: 'drain', listener: () => void): unknown
  readonly destroyed?: boolean
  readonly writableEnded?: boolean
}

/** Takes a batch of records. Gives whether it takes more at once, and calls `ready` otherwise. */
export type BatchWriter<Item> = (items: readonly Item[], ready: () => void) => boolean

export class LogQueue<Item> {
  /** Records that were lost: the queue was full, they could not be formatted, or not written. */
  dropped = 0
  readonly #write: BatchWriter<Item>
  readonly #max: number
  readonly #isGone: () => boolean
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

  /** `isGone` says whether nobody will ever call `ready` any more. */
  constructor(write: BatchWriter<Item>, max: number, isGone: () => boolean = () => false) {
    this.#write = write
    this.#max = max
    this.#isGone = isGone
  }

  /** Whether there is room for one more. */
  hasRoom(): boolean {
    if (this.#isBlocked && this.#isGone()) this.#ready()
    return this.#items.length < this.#max
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

/** Why records were lost, for people, and what was thrown. */
export interface Loss {
  readonly why: string
  readonly cause?: unknown
}

/** Hears how many records were lost, and of the first of them why. */
export type OnLost = (count: number, loss: Loss) => void

/** Writes all lines of a batch at once; `onLost` hears how many were lost. */
export function lineWriter<Item>(
  stream: LineStream,
  format: (item: Item) => string,
  onLost: OnLost,
): BatchWriter<Item> {
  const wait = waiter(stream)
  return (items, ready) => {
    if (isClosed(stream)) {
      onLost(items.length, { why: 'the stream is closed' })
      return true
    }
    let text = ''
    const written = eachOf(
      items,
      (item) => {
        text += `${format(item)}\n`
      },
      (count, cause) => onLost(count, { why: 'a record could not be formatted', cause }),
    )
    if (text === '') return true
    try {
      const takesMore = stream.write(text)
      if (!takesMore) wait(ready)
      return takesMore
    } catch (cause) {
      onLost(written, { why: 'the stream threw', cause })
      return true
    }
  }
}

/** Whether a stream takes nothing any more; one that says nothing of it does. */
export function isClosed({ destroyed, writableEnded }: LineStream): boolean {
  return destroyed === true || writableEnded === true
}

/**
 * Waits until a stream takes more, or closes: then `drain` never comes. One whose listeners cannot
 * be removed is asked by isClosed() alone, because they would add up.
 */
function waiter(stream: LineStream): (ready: () => void) => void {
  let isWaiting = false
  return function wait(ready) {
    // flush() writes to a stream that is waited for already.
    if (isWaiting) return
    const over = (): void => {
      isWaiting = false
      if (stream.off !== undefined) for (const event of EVENTS) stream.off(event, over)
      ready()
    }
    stream.once('drain', over)
    isWaiting = true
    if (stream.off !== undefined) stream.once(CLOSE, over)
  }
}

/** Streams with off() are taken for event emitters: they have events of any name. */
const CLOSE = 'close' as 'drain'
const EVENTS = ['drain', CLOSE] as const

/**
 * Gives records one by one to something that may throw; gives how many it took. `onLost` hears of
 * the others, with the first error.
 */
export function eachOf<Item>(
  items: readonly Item[],
  take: (item: Item) => void,
  onLost: (count: number, first: unknown) => void,
): number {
  let lost = 0
  let first: unknown
  for (const item of items) {
    try {
      take(item)
    } catch (error) {
      if (lost++ === 0) first = error
    }
  }
  if (lost > 0) onLost(lost, first)
  return items.length - lost
}
