// The time that a closing server gives to what still runs.
//
// Set by close(), which may be called again to hurry; waited for by whatever ends after the last
// request. The network side has a clock of its own for the requests themselves.

/** A point in time that can only come nearer. */
export class Grace {
  #endsAt = Infinity
  #timer: NodeJS.Timeout | undefined
  #onOver: (() => void) | undefined

  /** It is over in `ms`, if that is sooner than what was said before. */
  shorten(ms: number): void {
    const endsAt = performance.now() + ms
    if (endsAt >= this.#endsAt) return
    this.#endsAt = endsAt
    if (this.#onOver !== undefined) this.#arm(this.#onOver)
  }

  /** Settles with the promise, or when the time is over. One at a time. */
  async race(promise: Promise<unknown>): Promise<void> {
    const over = new Promise<void>((resolve) => {
      this.#onOver = resolve
      this.#arm(resolve)
    })
    await Promise.race([promise, over])
    clearTimeout(this.#timer)
    this.#onOver = undefined
  }

  #arm(onOver: () => void): void {
    clearTimeout(this.#timer)
    const left = this.#endsAt - performance.now()
    if (left <= 0) onOver()
    else if (left !== Infinity) this.#timer = setTimeout(onOver, left)
  }
}
