// Waits for the promise of a handler.
//
// Used by the lane, which keeps those that wait for nothing. The two callbacks are made once per settler and
// not once per request: what is left for a promise is the reaction that the engine makes anyway.

import { fail, finish } from '../reply.js'

import type { Context } from '../context.js'
import type { Lane } from './lane.js'

// Of the intrinsic, so that each callback runs at most once, whatever the promise's own `then` would do.
// oxlint-disable-next-line unicorn/no-thenable
const { then } = Promise.prototype

export class Settler {
  #ctx: Context | undefined
  readonly #onValue: (value: unknown) => void
  readonly #onError: (error: unknown) => void

  constructor(lane: Lane) {
    const release = (): Context => {
      const ctx = this.#ctx!
      this.#ctx = undefined
      lane.recycle(this)
      return ctx
    }
    this.#onValue = (value) => {
      const ctx = release()
      try {
        finish(lane, ctx, value)
      } catch (error) {
        fail(lane, ctx, error)
      }
    }
    this.#onError = (error) => fail(lane, release(), error)
  }

  await(ctx: Context, promise: unknown): void {
    this.#ctx = ctx
    const native = promise instanceof Promise ? promise : Promise.resolve(promise)
    void then.call(native, this.#onValue, this.#onError)
  }
}
