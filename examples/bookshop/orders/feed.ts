// Tells who listens of what happens to orders.

import { EventEmitter, on } from 'node:events'

import type { Order } from './store.ts'

export class OrderFeed {
  readonly #emitter = new EventEmitter().setMaxListeners(0)

  publish(order: Order): void {
    this.#emitter.emit('order', order)
  }

  /** The orders from now on: none is lost that comes before the first is waited for. */
  listen(signal: AbortSignal): AsyncIterable<[Order]> {
    return on(this.#emitter, 'order', { signal }) as AsyncIterable<[Order]>
  }
}
