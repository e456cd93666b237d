// The exchanges that outlived their dispatch, by slot.
//
// Used by the lane. A slot names an I/O thread in its high bits and a place in that thread's table
// in the low ones: one dense array per thread, because a sparse one would be a hash table.

import { SLOT_INDEX_BITS, SLOT_INDEX_MASK } from './generated/layout.js'

import type { Context } from '../context.js'

export class HeldTable {
  readonly #threads: (Context | undefined)[][] = []

  get(slot: number): Context | undefined {
    return this.#threads[slot >>> SLOT_INDEX_BITS]?.[slot & SLOT_INDEX_MASK]
  }

  set(ctx: Context): void {
    const thread = ctx.slot >>> SLOT_INDEX_BITS
    while (this.#threads.length <= thread) this.#threads.push([])
    const places = this.#threads[thread]!
    const place = ctx.slot & SLOT_INDEX_MASK
    while (places.length < place) places.push(undefined)
    places[place] = ctx
  }

  /** Forgets the exchange, unless its slot belongs to another one by now. */
  delete(ctx: Context): void {
    const places = this.#threads[ctx.slot >>> SLOT_INDEX_BITS]
    const place = ctx.slot & SLOT_INDEX_MASK
    if (places?.[place] === ctx) places[place] = undefined
  }

  all(): Context[] {
    return this.#threads.flat().filter((ctx) => ctx !== undefined)
  }
}
