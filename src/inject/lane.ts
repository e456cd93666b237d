// Runs requests without a socket: the same lane, contexts, chains and records, with a port in
// JavaScript.
//
// Called by app.inject() and app.fetch(). Parsing and routing are the native ones; what the core
// does with records (framing, credit, answers of its own) is played here, as far as a test can see
// it.

import { LannerError } from '../errors.js'
import { binding } from '../native/binding.js'
import { bytesOf } from '../native/bytes.js'
import { Lane } from '../native/lane.js'
import { createNative } from '../server.js'
import { EntryQueue } from './entries.js'
import { InjectExchange } from './exchange.js'
import { readRecords } from './records.js'
import { toResponse } from './response.js'

import type { Bytes } from '../native/bytes.js'
import type { NativeServer } from '../native/binding.js'
import type { LaneConfig } from '../native/lane.js'
import type { Port } from '../native/outbox.js'
import type { ParsedOptions } from '../options.js'
import type { WireRequest } from './request.js'

/** Longest body that is given to the parser whole; longer ones come in pieces, as from a socket. */
const WHOLE_BODY_MAX = 16 * 1024

export class InjectLane implements Port {
  readonly #lane: Lane
  readonly #native: NativeServer
  readonly #outbox: Bytes
  readonly #entries: EntryQueue
  readonly #exchanges = new Map<number, InjectExchange>()
  readonly #freeSlots: number[] = []
  #attached: Uint8Array[] = []
  #generation = 0

  constructor(options: ParsedOptions, config: LaneConfig) {
    this.#native = createNative(options)
    this.#lane = new Lane(config, this)
    this.#outbox = bytesOf(this.#lane.outbox.buffer)
    this.#entries = new EntryQueue(this.#lane)
  }

  /** The Response of the fetch standard; the body is pulled as it is read. */
  async send(request: WireRequest): Promise<Response> {
    return toResponse(await this.exchange(request))
  }

  /** Begins an exchange; resolves when its head is there. */
  async exchange(request: WireRequest): Promise<InjectExchange> {
    // Not within somebody else's turn: a handler may call this too.
    await Promise.resolve()
    request.signal?.throwIfAborted()
    const { lane } = this.#entries
    const isWhole =
      !(request.body instanceof ReadableStream) && (request.body?.byteLength ?? 0) <= WHOLE_BODY_MAX
    const raw = Buffer.concat([
      Buffer.from(request.head, 'latin1'),
      ...(isWhole && request.body !== undefined ? [request.body] : []),
    ])
    const size = binding().encodeRequest(this.#native, raw, lane.bytes)
    if (size < 0) return InjectExchange.answered(request, binding().lastNative())
    const slot = this.#freeSlots.pop() ?? this.#exchanges.size
    const generation = (this.#generation = (this.#generation + 1) | 0)
    lane.words[2] = slot
    lane.words[3] = generation
    const exchange = new InjectExchange(request, this.#entries, slot, generation)
    exchange.onSettled = () => {
      this.#exchanges.delete(slot)
      this.#freeSlots.push(slot)
    }
    this.#exchanges.set(slot, exchange)
    lane.dispatch(size)
    if (!isWhole) exchange.sendBody(lane.requestWindowBytes)
    return exchange.head
  }

  // ---- the port

  flush(bytes: number): void {
    const attached = this.#attached
    this.#attached = []
    readRecords(this.#outbox, bytes, attached, (slot, generation) => {
      const exchange = this.#exchanges.get(slot)
      return exchange?.generation === generation ? exchange : undefined
    })
  }

  attach(bytes: Uint8Array): void {
    this.#attached.push(new Uint8Array(bytes))
  }

  chunk(): Uint8Array {
    throw new LannerError(
      'LANNER_BODY_MALFORMED',
      'Bodies of injected requests travel in the batch.',
    )
  }

  close(): void {}
}
