// The pieces of a request body that does not lie in its entry.
//
// Filled by the lane, emptied by BodySource. Pieces that nobody has asked for wait here, at most
// one window of them; credit goes back for what was consumed, and without credit the network side
// stops reading the socket. Pieces are copied out of the batch here, into the collector where one
// is, so that the bytes of a body that is read whole are copied once.

import { httpError } from '../errors.js'
import { SETTLED } from '../native/exchange.js'
import { Collector } from './collector.js'
import { InlinePiece, ownCopy } from './piece.js'

import type { HeaderView } from '../headers.js'
import type { Bytes } from '../native/bytes.js'
import type { Loan, Piece } from './piece.js'

/** Bytes after which consumption is reported at the latest. */
const CREDIT_BYTES = 64 * 1024

/** Makes a result of bytes. `isOwn`: nobody else has them. */
export type Convert<T> = (bytes: Bytes, start: number, end: number, isOwn: boolean) => T

/** What is needed of a Context. */
export interface IncomingOwner {
  readonly lane: { readonly requestWindowBytes: number; readonly loan: Loan; read: ReadCredit }
  readonly slot: number
  readonly generation: number
  readonly phase: number
}

type ReadCredit = (slot: number, generation: number, bytes: number) => void

/** Takes a chunk that is lent to it. */
export type Receive = (chunk: Uint8Array) => unknown

/** A handler that takes chunks as they come. */
interface Receiver {
  readonly receive: Receive
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  /** Whether it still works on a chunk. */
  isBusy: boolean
}

interface Waiter {
  resolve: (chunk: Uint8Array | undefined) => void
  reject: (error: Error) => void
}

export class Incoming {
  readonly #owner: IncomingOwner
  readonly #length: number | undefined
  #isEnded = false
  #error: Error | undefined
  #queue: Uint8Array[] = []
  #collector: Collector | undefined
  #waiters: Waiter[] = []
  #receiver: Receiver | undefined
  /** Bytes taken by the handler for which no credit was given back. */
  #consumed = 0
  /** Bytes that came, and how many may come. */
  #received = 0
  #most = Infinity
  #trailers: HeaderView | undefined

  constructor(owner: IncomingOwner, length: number | undefined) {
    this.#owner = owner
    this.#length = length
  }

  /** Trailer fields, once everything was read. */
  get trailers(): HeaderView | undefined {
    return this.#queue.length === 0 ? this.#trailers : undefined
  }

  /** Whether more is expected. */
  get isOpen(): boolean {
    return !this.#isEnded && this.#error === undefined
  }

  // ---- from the lane

  /** A piece has arrived; it is valid during this call. */
  push(piece: Piece, isLast: boolean): void {
    this.#received += piece.length
    if (this.#received > this.#most) return this.#refuse()
    if (isLast) this.#isEnded = true
    if (this.#collector !== undefined) {
      this.#collector.add(piece)
      this.#consume(piece.length)
    } else if (piece.length > 0 && this.#error === undefined) {
      if (this.#receiver?.isBusy === false) this.#lend(this.#receiver, piece)
      else this.#offer(ownCopy(piece))
    }
    if (isLast) this.#finish()
  }

  /** The end has arrived, with trailer fields or without. */
  end(trailers: HeaderView | undefined): void {
    this.#trailers = trailers
    this.#isEnded = true
    this.#finish()
  }

  /** Nothing more will come; what has come can still be read. */
  fail(error: Error): void {
    if (this.#error !== undefined || this.#isEnded) return
    this.#error = error
    this.#collector?.fail(error)
    this.#collector = undefined
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
    this.#receiver?.reject(error)
    this.#receiver = undefined
  }

  /** Sets how many bytes may come, before any was read. What has come already counts. */
  limit(most: number): void {
    this.#most = most
    if (this.#received > most) this.#refuse()
  }

  /** Too much has come: who reads hears of it, though the end may be here. */
  #refuse(): void {
    this.#queue.length = 0
    this.#isEnded = false
    this.fail(httpError('LANNER_BODY_TOO_LARGE'))
  }

  // ---- to the handler

  /** Lets a client that waits for `100 Continue` begin. */
  ask(): void {
    if (!this.#isEnded) this.#credit(0)
  }

  /** Everything, converted when it is there. */
  collect<T>(convert: Convert<T>): Promise<T> {
    if (this.#error !== undefined) return Promise.reject(this.#error)
    return new Promise((resolve, reject) => {
      const done = (bytes: Bytes, length: number): void => {
        try {
          resolve(convert(bytes, 0, length, true))
        } catch (failure) {
          reject(failure)
        }
      }
      const collector = new Collector(this.#length, done, reject)
      for (const chunk of this.#queue.splice(0)) {
        collector.add(pieceOf(chunk))
        this.#consume(chunk.byteLength)
      }
      this.#collector = collector
      if (this.#isEnded) this.#finish()
    })
  }

  /** Lends every chunk to `receive`, until the end. */
  forEach(receive: Receive): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error)
    return new Promise((resolve, reject) => {
      this.#receiver = { receive, resolve, reject, isBusy: false }
      this.#serve(this.#receiver)
    })
  }

  /** The next piece, undefined at the end. */
  next(): Promise<Uint8Array | undefined> {
    const chunk = this.#queue.shift()
    if (chunk !== undefined) {
      this.#consume(chunk.byteLength)
      return Promise.resolve(chunk)
    }
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#isEnded) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject })
    })
  }

  /**
   * The handler wants no more of it. What still comes is dropped, and no credit is given for it.
   */
  discard(): void {
    this.#queue.length = 0
    this.#isEnded = true
    this.#finish()
  }

  /** Hands a piece to who waits for it, or keeps it. */
  #offer(chunk: Uint8Array): void {
    const waiter = this.#waiters.shift()
    if (waiter === undefined) {
      this.#queue.push(chunk)
      return
    }
    this.#consume(chunk.byteLength)
    waiter.resolve(chunk)
  }

  /** Hands over what has waited while the receiver was busy. */
  #serve(receiver: Receiver): void {
    while (this.#receiver === receiver && !receiver.isBusy) {
      const chunk = this.#queue.shift()
      if (chunk === undefined) break
      this.#hand(receiver, chunk, false)
    }
    if (this.#isEnded) this.#finish()
  }

  /** Lends a piece for the time of the call; a receiver that works on keeps the memory. */
  #lend(receiver: Receiver, piece: Piece): void {
    this.#hand(receiver, this.#owner.lane.loan.lend(piece), true)
  }

  #hand(receiver: Receiver, chunk: Uint8Array, isLent: boolean): void {
    const length = chunk.byteLength
    let result: unknown
    try {
      result = receiver.receive(chunk)
    } catch (error) {
      this.#stop(receiver, error)
      return
    }
    // Handlers return what they like (a hash, a count); only a promise is waited for.
    if (typeof (result as PromiseLike<void> | undefined)?.then !== 'function') {
      return this.#consume(length)
    }
    if (isLent) this.#owner.lane.loan.giveUp()
    receiver.isBusy = true
    ;(result as PromiseLike<void>).then(
      () => {
        receiver.isBusy = false
        this.#consume(length)
        this.#serve(receiver)
      },
      (error: unknown) => this.#stop(receiver, error),
    )
  }

  /** The receiver failed: it gets nothing more. */
  #stop(receiver: Receiver, error: unknown): void {
    if (this.#receiver !== receiver) return
    this.#receiver = undefined
    this.discard()
    receiver.reject(error)
  }

  #finish(): void {
    const receiver = this.#receiver
    if (receiver !== undefined && !receiver.isBusy && this.#queue.length === 0) {
      this.#receiver = undefined
      receiver.resolve()
    }
    const collector = this.#collector
    this.#collector = undefined
    collector?.finish()
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(undefined)
  }

  /**
   * Gives credit back once half the window was consumed: the network side then still has the other
   * half, so it never stands still for want of it. And at least every 64 KiB, so that where memory
   * is short (BODY_FLOOR in conn/input.rs) a body that is read goes on.
   */
  #consume(bytes: number): void {
    if (this.#isEnded) return
    this.#consumed += bytes
    const half = this.#owner.lane.requestWindowBytes / 2
    if (this.#consumed < Math.min(half, CREDIT_BYTES)) return
    const credit = this.#consumed
    this.#consumed = 0
    this.#credit(credit)
  }

  #credit(bytes: number): void {
    const { lane, slot, generation, phase } = this.#owner
    if (phase < SETTLED) lane.read(slot, generation, bytes)
  }
}

/** A chunk that has waited, as a piece again. */
function pieceOf(chunk: Uint8Array): Piece {
  const piece = new InlinePiece(chunk)
  piece.length = chunk.byteLength
  return piece
}
