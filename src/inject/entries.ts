// Entries that an injected exchange sends after its request: body pieces, credit, cancels.
//
// They may arise while a batch is being walked, so they wait for a tick of their own.

import {
  BODY_LAST,
  BODY_WORDS,
  ENTRY_BODY,
  ENTRY_CANCEL,
  ENTRY_CREDIT,
} from '../native/generated/layout.js'

import type { Lane } from '../native/lane.js'

export class EntryQueue {
  readonly lane: Lane
  #waiting: { write: () => number; after: (() => void) | undefined }[] = []

  constructor(lane: Lane) {
    this.lane = lane
  }

  body(slot: number, generation: number, piece: Uint8Array, isLast: boolean): void {
    this.#add(() => {
      const size = (BODY_WORDS * 4 + piece.byteLength + 3) & ~3
      const { words, bytes } = this.#prefix(size, ENTRY_BODY, slot, generation)
      words[4] = piece.byteLength
      words[5] = isLast ? BODY_LAST : 0
      bytes.set(piece, BODY_WORDS * 4)
      return size
    })
  }

  credit(slot: number, generation: number, bytes: number): void {
    this.#add(() => this.#word(ENTRY_CREDIT, slot, generation, bytes))
  }

  /** `after` is called when the handler has heard of it: until then the slot is taken. */
  cancel(slot: number, generation: number, reason: number, after: () => void): void {
    this.#add(() => this.#word(ENTRY_CANCEL, slot, generation, reason), after)
  }

  /** One batch each: there is nothing to gain from larger ones here. */
  #add(write: () => number, after?: () => void): void {
    this.#waiting.push({ write, after })
    if (this.#waiting.length > 1) return
    process.nextTick(() => {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        this.lane.dispatch(next.write())
        next.after?.()
        this.#waiting.shift()
      }
    })
  }

  #word(kind: number, slot: number, generation: number, value: number): number {
    const size = 20
    this.#prefix(size, kind, slot, generation).words[4] = value
    return size
  }

  #prefix(size: number, kind: number, slot: number, generation: number): Lane {
    const { lane } = this
    lane.keepPending()
    lane.words[0] = size
    lane.words[1] = kind
    lane.words[2] = slot
    lane.words[3] = generation
    return lane
  }
}
