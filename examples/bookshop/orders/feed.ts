// Tells who listens of what happens to orders.

import { EventEmitter, on } from 'node:events'

import type { Order } from './store.ts'

export class OrderFeed {
  readonly #emitter = new EventEmitter().setMaxListeners(0)

  publish(order: Order): void {
    this.#emitter.emit('order', order)
  }

  /** The orders from now on, those too that come before the first is waited for. */
  async *listen(signal: AbortSignal): AsyncGenerator<Order> {
    for await (const [order] of on(this.#emitter, 'order', { signal })) yield order as Order
  }
}
