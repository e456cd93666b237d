// Work that goes on after its reply: what waitUntil() got and what has not settled yet.
//
// One for each serve(). Promises that a server which closes waits for it, no longer than its grace
// period; nothing is kept of work that has settled.

import type { Server } from '../server.js'

export class Background {
  /** Whether an error goes past the error handler, to the report. */
  readonly isReported: boolean
  #running = 0
  #onIdle: (() => void) | undefined

  constructor(isReported: boolean) {
    this.isReported = isReported
  }

  /** Counts a promise until it settles; it must not reject. */
  add(promise: Promise<unknown>): void {
    this.#running++
    void promise.then(() => {
      this.#running--
      if (this.#running === 0) this.#onIdle?.()
    })
  }

  /** Waits until all has settled, or until the grace period of the server is over. */
  async settled(server: Server): Promise<void> {
    if (this.#running === 0) return
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    await server.grace.race(idle)
  }
}
