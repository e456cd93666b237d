// The JavaScript end of a lane: walks batches, runs handlers, keeps the exchanges that are not
// settled, and hands replies over once per turn.
//
// The native side calls `dispatch` with each batch (app.inject does the same without a socket). A
// turn:
//
//   dispatch ── walk the entries ── flush          replies of synchronous handlers
//   microtasks ── handlers go on, replies are written
//   tick ── flush ── keep what still runs          replies of asynchronous ones
//
// The native side dispatches once per callback from the event loop, so that ticks run in between:
// whoever still needs its entry then gets a copy, and most handlers never do. Should a dispatch
// come earlier (an exception that somebody caught can delay ticks), the contexts say so instead of
// reading the bytes of others.
//
// Promises: nothing throws out of dispatch; one flush per turn unless the outbox is full; an entry
// for an exchange that is settled, or of an older generation, is ignored. What a reply consists of
// is reply.ts.

import { InlinePiece, LargePiece, Loan } from '../body/piece.js'
import { END_TOLD, noteEnd, WORK_OVER } from '../cleanups.js'
import { Context } from '../context.js'
import { nextAtEnd } from '../compose.js'
import { httpError, LannerError } from '../errors.js'
import { HeaderView } from '../headers.js'
import { fail, finish, silence, tell } from '../reply.js'
import { runEndHooks } from '../reply-hooks.js'
import { bytesOf } from './bytes.js'
import { CANCELLED, extrasOf, SETTLED } from './exchange.js'
import { Faults } from './faults.js'
import { HeldTable } from './held.js'
import { copyEntries, trailerBlock } from './keep.js'
import {
  ABSENT,
  BODY_LAST,
  BODY_WORDS,
  CANCEL_BODY_MALFORMED,
  CANCEL_BODY_TIMEOUT,
  CANCEL_BODY_TOO_LARGE,
  CANCEL_CLOSING,
  CANCEL_DEADLINE,
  CANCEL_HALF_CLOSED,
  ENTRY_BODY,
  ENTRY_BODY_END,
  ENTRY_BODY_LARGE,
  ENTRY_CANCEL,
  ENTRY_CREDIT,
  ENTRY_FAULT,
  ENTRY_REQUEST,
  FAULT_INFORMATIONAL,
  PREFIX_BYTES,
} from './generated/layout.js'
import { Outbox } from './outbox.js'
import { Settler } from './settler.js'

import type { ErrorHandler } from '../handler.js'
import type { CompiledRoute } from '../routing/route.js'
import type { ServiceTable } from '../services.js'
import type { NativeRules } from './binding.js'
import type { Bytes } from './bytes.js'
import type { Extras } from './exchange.js'
import type { Matcher } from './matcher.js'
import type { Fields, Port } from './outbox.js'

/** What a lane is made of. */
export interface LaneConfig {
  /** By route id. */
  readonly routes: readonly CompiledRoute[]
  /** For requests that match no route. */
  readonly fallback: CompiledRoute | undefined
  /** For requests with a method that no route of their path takes, OPTIONS among them. */
  readonly unrouted: CompiledRoute | undefined
  /** The values of Allow, by the number that such a request carries. */
  readonly allowValues: readonly string[]
  readonly match: Matcher
  readonly onError: ErrorHandler | undefined
  readonly services?: ServiceTable
  /**
   * Where errors go that no handler of the user takes, with the route where there was one. Throws
   * nothing.
   */
  readonly report: (error: unknown, place?: string) => void
  /** Whether replies show details of unknown errors. */
  readonly development: boolean
  readonly requestWindowBytes: number
  readonly replyWindowBytes: number
  readonly inboxBytes: number
  readonly outboxBytes: number
}

/** Counters of a lane. */
export interface LaneStats {
  /** Batches taken. */
  turns: number
  /** Requests run. */
  requests: number
  /** Replies that came after the exchange had been given up. */
  lateReplies: number
  /** Entries for exchanges that were settled already. */
  staleEntries: number
  /** Replies that did not fit the responses of their route, where that is counted. */
  responseMismatches: number
}

/** No handler runs. */
const NOBODY = -1

export class Lane {
  readonly config: LaneConfig
  readonly inbox: ArrayBuffer
  readonly words: Int32Array
  readonly bytes: Bytes
  /** Where the request is whose handler runs, or -1: read by the watchdog when it does not end. */
  readonly mark = new Int32Array([NOBODY])
  readonly outbox: Outbox
  readonly requestWindowBytes: number
  /** Number of the batch whose entries lie in the inbox. */
  turn = 0
  readonly stats: LaneStats = {
    turns: 0,
    requests: 0,
    lateReplies: 0,
    staleEntries: 0,
    responseMismatches: 0,
  }
  /** Ends streams that would go on for ever, when the server begins to close. */
  readonly streams = new Set<(reason: unknown) => void>()
  /** Memory that is lent to handlers. */
  readonly loan = new Loan()
  readonly #inlinePiece: InlinePiece
  readonly #largePiece: LargePiece
  readonly #routes: readonly CompiledRoute[]
  readonly #held = new HeldTable()
  readonly #faults: Faults
  /** Those whose entries lie in the inbox. */
  #inInbox: Context[] = []
  /** Those whose end somebody wants to hear of, when the replies have left. */
  #ended: Context[] = []
  readonly #settlers: Settler[] = []
  #isInTurn = false
  #isTickDue = false
  readonly #tick = (): void => {
    this.#isTickDue = false
    this.#flush()
    this.keepPending()
  }
  /** From a microtask, so that the tick comes when all microtasks have run. */
  readonly #tickSoon = (): void => this.touch()

  constructor(config: LaneConfig, port: Port) {
    this.config = config
    this.#routes = config.routes
    this.#faults = new Faults(config)
    this.requestWindowBytes = config.requestWindowBytes
    this.inbox = new ArrayBuffer(config.inboxBytes)
    this.words = new Int32Array(this.inbox)
    this.bytes = bytesOf(this.inbox)
    this.#inlinePiece = new InlinePiece(this.bytes)
    this.#largePiece = new LargePiece(port)
    this.outbox = new Outbox(port, config.outboxBytes)
  }

  /** Takes the batch of `length` bytes that lies in the inbox. */
  dispatch(length: number): void {
    this.turn = (this.turn + 1) | 0
    this.stats.turns++
    this.#isInTurn = true
    const { words, mark } = this
    let at = 0
    const end = length >> 2
    try {
      while (at < end) {
        const size = words[at]! >> 2
        if (size <= 0) break
        mark[0] = at
        if (words[at + 1] === ENTRY_REQUEST) this.#request(at)
        else this.#other(words[at + 1]!, at)
        at += size
      }
    } finally {
      // Whatever came of it: the replies that are written leave, and the next turn is one.
      mark[0] = NOBODY
      this.#isInTurn = false
      this.#flush()
      if (this.#inInbox.length > 0 || this.#ended.length > 0) queueMicrotask(this.#tickSoon)
    }
  }

  /** Something was written to the outbox: it leaves at the end of the turn. */
  touch(): void {
    if (this.#isInTurn || this.#isTickDue) return
    this.#isTickDue = true
    process.nextTick(this.#tick)
  }

  /** Credit for a request body. */
  read(slot: number, generation: number, bytes: number): void {
    this.outbox.read(slot, generation, bytes)
    this.touch()
  }

  /** What a request is held to from now on. */
  rules(slot: number, generation: number, rules: NativeRules): void {
    this.outbox.rules(slot, generation, rules)
    this.touch()
  }

  /** An informational response. */
  inform(ctx: Context, status: number, fields: Fields): void {
    this.outbox.inform(ctx, status, fields)
    this.touch()
  }

  /** Goes on with an exchange when a promise has settled. */
  await(ctx: Context, promise: unknown): void {
    const settler = this.#settlers.pop() ?? new Settler(this)
    settler.await(ctx, promise)
  }

  /** @internal A settler has nothing to wait for any more. */
  recycle(settler: Settler): void {
    this.#settlers.push(settler)
  }

  /** The exchange is over on this side. */
  settle(ctx: Context): void {
    ctx.phase = SETTLED
    ctx.source?.close()
    if (ctx.isHeld) this.#release(ctx)
    if (ctx.extras !== undefined && hasEnd(ctx.extras)) this.#ended.push(ctx)
  }

  /** Number of exchanges that are not settled. */
  get held(): number {
    return this.#held.all().length
  }

  /** The server begins to close. */
  leave(): void {
    for (const end of [...this.streams]) end(new LannerError('LANNER_SERVER_CLOSING', LEAVING))
  }

  /** Gives up every exchange, when the native side is gone. */
  close(): void {
    for (const ctx of this.#held.all()) this.#cancel(ctx, CANCEL_CLOSING)
    if (this.#ended.length > 0) this.#tellEnds()
    this.outbox.used = 0
  }

  #request(at: number): void {
    const { words } = this
    this.stats.requests++
    const id = words[at + 4]!
    const route = id >= 0 ? this.#routes[id] : this.#unrouted(id)
    if (route === undefined) return
    const ctx = new Context(this, route, words, this.bytes, at)
    const { run } = route
    try {
      finish(this, ctx, run(ctx, nextAtEnd), true)
    } catch (error) {
      fail(this, ctx, error, true)
    }
    if (ctx.phase < SETTLED) this.#hold(ctx)
  }

  #unrouted(id: number): CompiledRoute | undefined {
    return id === ABSENT ? this.config.fallback : this.config.unrouted
  }

  #other(kind: number, at: number): void {
    const { words } = this
    const ctx = this.#held.get(words[at + 2]!)
    const isLive = ctx !== undefined && ctx.generation === words[at + 3]
    try {
      // Most faults come when the exchange is over here.
      if (kind === ENTRY_FAULT) this.#fault(isLive ? ctx : undefined, at)
      else if (isLive) this.#entry(ctx, kind, at)
      else this.stats.staleEntries++
    } catch (error) {
      this.config.report(error)
    }
  }

  #entry(ctx: Context, kind: number, at: number): void {
    const { words, bytes } = this
    if (kind === ENTRY_BODY) {
      const piece = this.#inlinePiece
      piece.start = (at + BODY_WORDS) * 4
      piece.length = words[at + 4]!
      ctx.bodySource().incoming?.push(piece, (words[at + 5]! & BODY_LAST) !== 0)
    } else if (kind === ENTRY_BODY_LARGE) {
      const piece = this.#largePiece
      piece.port = this.outbox.port
      piece.index = words[at + 6]!
      piece.length = words[at + 4]!
      ctx.bodySource().incoming?.push(piece, (words[at + 5]! & BODY_LAST) !== 0)
    } else if (kind === ENTRY_BODY_END) {
      const block = trailerBlock(words, bytes, at)
      ctx.bodySource().incoming?.end(block === undefined ? undefined : new HeaderView(block))
    } else if (kind === ENTRY_CREDIT) {
      ctx.sink?.addCredit(words[at + PREFIX_BYTES / 4]!)
    } else if (kind === ENTRY_CANCEL) {
      this.#cancel(ctx, words[at + PREFIX_BYTES / 4]!)
    }
  }

  /** Something could not be sent. A stream that goes on has nobody to read it any more. */
  #fault(ctx: Context | undefined, at: number): void {
    const error = this.#faults.take(this.words, this.bytes, at)
    if (ctx !== undefined && this.words[at + 5] !== FAULT_INFORMATIONAL) this.#end(ctx, error)
  }

  /** The network side has given the exchange up, or half of it. */
  #cancel(ctx: Context, reason: number): void {
    this.#end(ctx, cancelError(reason), reason === CANCEL_HALF_CLOSED)
  }

  #end(ctx: Context, error: LannerError, isHalf = false): void {
    const extras = extrasOf(ctx)
    extras.cancelReason ??= error
    // A client that only closed its sending side may still read the reply: nothing is cut, but
    // whoever watches the signal hears of it, because most clients that do this have gone.
    if (!isHalf) {
      ctx.phase = CANCELLED
      this.#release(ctx)
      const rest = ctx.sink?.cancel(error)
      if (hasEnd(extras)) this.#ended.push(ctx)
      else extras.ended |= END_TOLD
      if (ctx.sink !== undefined) overAfter(ctx, extras, rest)
    }
    ctx.source?.fail(error)
    extras.controller?.abort(error)
    extras.watcher?.cancelled(error)
  }

  /** Keeps an exchange that outlives its dispatch. */
  #hold(ctx: Context): void {
    ctx.isHeld = true
    this.#held.set(ctx)
    this.#inInbox.push(ctx)
  }

  #release(ctx: Context): void {
    ctx.isHeld = false
    this.#held.delete(ctx)
  }

  /**
   * The inbox may be overwritten now: ends are told while their entries are there, and whoever
   * still needs one gets a copy.
   */
  keepPending(): void {
    if (this.#ended.length > 0) this.#tellEnds()
    const { words } = this
    const pending = this.#inInbox
    if (pending.length === 0) return
    this.#inInbox = []
    // Those that an early dispatch has overtaken keep nothing: see Context.view.
    const kept = pending.filter((ctx) => ctx.phase < SETTLED && ctx.turn === this.turn)
    // A middleware that has called next() and works on has nobody who looks at what that gave.
    for (const ctx of pending) if (ctx.downstream !== undefined) silence(ctx.downstream)
    copyEntries(words, this.bytes, kept)
  }

  /** The replies have left: what comes now delays none of them. */
  #tellEnds(): void {
    const ended = this.#ended
    this.#ended = []
    for (const ctx of ended) {
      const extras = ctx.extras!
      if (extras.endHooks !== undefined) runEndHooks(ctx, this.config.report)
      const part = ctx.phase === SETTLED ? END_TOLD | WORK_OVER : END_TOLD
      noteEnd(extras, part, (error) => tell(this, ctx, error))
    }
  }

  #flush(): void {
    try {
      this.outbox.flush()
    } catch (error) {
      this.config.report(error)
    }
  }
}

/** Whether somebody waits for the end of the exchange. */
function hasEnd({ endHooks, cleanups }: Extras): boolean {
  return endHooks !== undefined || cleanups !== undefined
}

/** The source of a reply works for it until it has ended; a handler is seen to in late(). */
function overAfter(ctx: Context, extras: Extras, rest: void | Promise<void>): void {
  const over = (): void => noteEnd(extras, WORK_OVER, (error) => tell(ctx.lane, ctx, error))
  if (rest instanceof Promise) void rest.then(over)
  else over()
}

const LEAVING = 'The server is closing: its streams end.'

function cancelError(reason: number): LannerError {
  switch (reason) {
    case CANCEL_DEADLINE:
      return new LannerError('LANNER_DEADLINE')
    case CANCEL_CLOSING:
      return new LannerError('LANNER_SERVER_CLOSING')
    case CANCEL_BODY_MALFORMED:
      return httpError('LANNER_BODY_MALFORMED')
    case CANCEL_BODY_TOO_LARGE:
      return httpError('LANNER_BODY_TOO_LARGE')
    case CANCEL_BODY_TIMEOUT:
      return httpError('LANNER_BODY_TIMEOUT')
    default:
      return new LannerError('LANNER_PEER_GONE')
  }
}
