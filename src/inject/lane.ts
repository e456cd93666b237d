// Runs requests without a socket: the same lane, contexts, chains and records, with a port in
// JavaScript.
//
// Called by app.inject() and app.fetch(). Parsing and routing are the native ones; what the core
// does with records (framing, credit, answers of its own) is played here, as far as a test can see
// it.

import { LannerError } from '../errors.js'
import { binding } from '../native/binding.js'
import { bytesOf } from '../native/bytes.js'
import {
  INLINE_BODY_MAX,
  REQUEST_BODY_COMPLETE,
  REQUEST_HAS_BODY,
} from '../native/generated/layout.js'
import { Lane } from '../native/lane.js'
import { matcherOf } from '../native/matcher.js'
import { createNative } from '../server.js'
import { NO_LIMIT } from '../rules.js'
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

export class InjectLane implements Port {
  readonly #lane: Lane
  readonly #native: NativeServer
  readonly #outbox: Bytes
  readonly #entries: EntryQueue
  readonly #exchanges = new Map<number, InjectExchange>()
  readonly #freeSlots: number[] = []
  #attached: Uint8Array[] = []
  #generation = 0
  /** How many there are, free ones too. */
  #slots = 0

  constructor(options: ParsedOptions, config: LaneConfig) {
    this.#native = createNative(options)
    const native = this.#native
    const ofRoutes = { allowValues: native.allowValues(), match: matcherOf(native) }
    this.#lane = new Lane({ ...config, ...ofRoutes }, this)
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
    const lane = this.#lane
    lane.keepPending()
    const head = Buffer.from(request.head, 'latin1')
    let size = binding().encodeRequest(this.#native, head, lane.bytes)
    if (size < 0) return InjectExchange.answered(request, binding().lastNative())
    const { body } = request
    const isInline = body instanceof Uint8Array && body.byteLength <= INLINE_BODY_MAX
    if (isInline) size = putBody(lane, body)
    const slot = this.#freeSlots.pop() ?? this.#slots++
    const id = lane.words[4]!
    const route = id >= 0 ? lane.config.routes[id] : lane.config.fallback
    const generation = (this.#generation = (this.#generation + 1) | 0)
    lane.words[2] = slot
    lane.words[3] = generation
    const exchange = new InjectExchange(request, this.#entries, slot, generation)
    exchange.onSettled = () => {
      this.#exchanges.delete(slot)
      this.#freeSlots.push(slot)
    }
    exchange.onRules(route?.rules.bodyBytes ?? NO_LIMIT)
    this.#exchanges.set(slot, exchange)
    lane.dispatch(size)
    if (body !== undefined && !isInline) exchange.sendBody(lane.requestWindowBytes)
    return exchange.head
  }

  // ---- the port

  flush(bytes: number): void {
    const attached = this.#attached
    this.#attached = []
    readRecords(this.#outbox, bytes, attached, (slot, generation) => {
      const exchange = this.#exchanges.get(slot)
      return exchange?.generation === generation && !exchange.isEnded ? exchange : undefined
    })
  }

  attach(bytes: Uint8Array): void {
    this.#attached.push(new Uint8Array(bytes))
  }

  read(): number {
    throw new LannerError(
      'LANNER_BODY_MALFORMED',
      'Bodies of injected requests travel in the batch.',
    )
  }
}

/**
 * Puts a small body where the core puts it: into the request's entry. Gives the entry's new size.
 */
function putBody(lane: Lane, body: Uint8Array): number {
  const { words, bytes } = lane
  const flags = words[5]! >>> 16
  if ((flags & REQUEST_HAS_BODY) === 0) return words[0]!
  const start = words[11]!
  bytes.set(body, start)
  words[5] = words[5]! | (REQUEST_BODY_COMPLETE << 16)
  words[12] = body.byteLength
  const size = (start + body.byteLength + 3) & ~3
  words[0] = size
  return size
}
