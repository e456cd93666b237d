// Waits for the promise of a handler.
//
// Used by the lane, which keeps those that wait for nothing. The two callbacks are made once per
// settler and not once per request: what is left for a promise is the reaction that the engine
// makes anyway.

import { unwind } from '../compose.js'
import { fail, finish } from '../reply.js'
import { isPromise } from '../thenable.js'

import type { Context } from '../context.js'
import type { Lane } from './lane.js'

// Of the intrinsic, so that each callback runs at most once, whatever the promise's own `then`
// would do.
// oxlint-disable-next-line unicorn/no-thenable, typescript/unbound-method
const { then } = Promise.prototype

export class Settler {
  #ctx: Context | undefined
  readonly #onValue: (value: unknown) => void
  readonly #onError: (error: unknown) => void

  constructor(lane: Lane) {
    this.#onValue = (value) => {
      const ctx = this.#ctx!
      if (value === undefined && ctx.downstream !== undefined) {
        // A middleware that returned nothing leaves what its next() gave: wait for that.
        const inner = unwind(ctx)
        if (isPromise(inner)) {
          void then.call(inner, this.#onValue, this.#onError)
          return
        }
        settle(lane, this.#release(lane), inner)
      } else {
        settle(lane, this.#release(lane), value)
      }
    }
    this.#onError = (error) => fail(lane, this.#release(lane), error)
  }

  /** Waits for a promise, or for anything with a `then`. */
  await(ctx: Context, promise: unknown): void {
    this.#ctx = ctx
    const native = promise instanceof Promise ? promise : Promise.resolve(promise)
    void then.call(native, this.#onValue, this.#onError)
  }

  #release(lane: Lane): Context {
    const ctx = this.#ctx!
    this.#ctx = undefined
    lane.recycle(this)
    return ctx
  }
}

function settle(lane: Lane, ctx: Context, value: unknown): void {
  try {
    finish(lane, ctx, value)
  } catch (error) {
    fail(lane, ctx, error)
  }
}
