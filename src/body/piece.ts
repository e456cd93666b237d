// A piece of a request body where the network side has put it: in the batch, or beside it.
//
// Made once per lane and filled anew for each piece, so that nothing is allocated for one. Valid
// during the call that hands it on; whoever wants the bytes copies them to where they shall stay,
// which is the only copy.

import { allocBytes } from '../native/bytes.js'

import type { Bytes } from '../native/bytes.js'
import type { Port } from '../native/outbox.js'

/** Bytes that are valid during one call. */
export interface Piece {
  readonly length: number
  /** Copies all of it to `target`, from `at` on. */
  copyTo(target: Uint8Array, at: number): void
}

/** A piece that lies in the inbox. */
export class InlinePiece implements Piece {
  bytes: Uint8Array
  start = 0
  length = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  copyTo(target: Uint8Array, at: number): void {
    target.set(this.bytes.subarray(this.start, this.start + this.length), at)
  }
}

/** A piece that travelled beside the batch. */
export class LargePiece implements Piece {
  port: Port
  index = 0
  length = 0

  constructor(port: Port) {
    this.port = port
  }

  copyTo(target: Uint8Array, at: number): void {
    const isWhole = at === 0 && target.byteLength === this.length
    this.port.read(this.index, isWhole ? target : target.subarray(at, at + this.length))
  }
}

/** An own copy, in a buffer of its own: a pooled one would share memory with others. */
export function ownCopy(piece: Piece): Uint8Array {
  const copy = allocBytes(piece.length)
  piece.copyTo(copy, 0)
  return new Uint8Array(copy.buffer, 0, piece.length)
}

/** Memory whose bytes are lent to a handler for the time of one call. */
export class Loan {
  #memory: Bytes | undefined
  /** What was lent last: pieces of a long body have one length. */
  #view: Uint8Array | undefined

  /** The piece's bytes, until the next call. */
  lend(piece: Piece): Uint8Array {
    let memory = this.#memory
    if (memory === undefined || memory.byteLength < piece.length) {
      this.#memory = memory = allocBytes(Math.max(LOAN_BYTES, piece.length))
      this.#view = undefined
    }
    if (this.#view?.byteLength !== piece.length) {
      this.#view = new Uint8Array(memory.buffer, 0, piece.length)
    }
    piece.copyTo(this.#view, 0)
    return this.#view
  }

  /** The borrower needs the bytes for longer: the next one gets other memory. */
  giveUp(): void {
    this.#memory = undefined
    this.#view = undefined
  }
}

/** What a piece beside the batch has at most. */
const LOAN_BYTES = 256 * 1024
