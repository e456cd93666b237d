// Where errors go that nobody took: to standard error, with what led to them.
//
// Used by the application, and by middleware for what concerns no single reply. Promises that a
// mistake which shows with every request is told of at its first, and then only so often; and that
// nothing is thrown, whatever the error and the console do: reports are made where replies are.

/** Tells of an error that nobody took, and where it happened, if that is known. */
export function report(error: unknown, place?: string): void {
  const where = place === undefined ? [] : [`(in ${place})`]
  // A text in front of the place would be a format, which takes the place for what it formats.
  const told = typeof error === 'string' && where.length > 0 ? ['%s', error] : [error]
  try {
    // oxlint-disable-next-line no-console
    console.error(...told, ...where)
  } catch {
    // What is thrown may have a stack that throws.
    tellOfUnshown(where)
  }
}

function tellOfUnshown(where: readonly string[]): void {
  try {
    // oxlint-disable-next-line no-console
    console.error('An error that cannot be shown.', ...where)
  } catch {
    // The console itself is broken, or somebody has put another one in its place that is.
  }
}

/** Tells of failures: of the first of each kind, and then of one per interval. */
export class Complaints {
  readonly #intervalMs: number
  readonly #now: () => number
  /** When each kind was told of last. */
  readonly #told = new Map<string, number>()

  /** `now` is the clock, in milliseconds. */
  constructor(intervalMs: number, now: () => number = () => performance.now()) {
    this.#intervalMs = intervalMs
    this.#now = now
  }

  /** Tells of a failure, unless it is too early for another one of its kind. */
  tell(kind: string, make: () => unknown): void {
    const now = this.#now()
    const before = this.#told.get(kind)
    if (before !== undefined && now - before < this.#intervalMs) return
    this.#told.set(kind, now)
    report(make())
  }
}
