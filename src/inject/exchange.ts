// One request without a socket, as its client sees it: a head, a body that comes in pieces, an end.
//
// Made by the inject lane, which hands it the records. Plays the client's and the core's part:
// gives credit for what was read, sends the request's body as far as it has credit, drops the body
// of a reply to HEAD.

import { LannerError } from '../errors.js'
import { CANCEL_BODY_TOO_LARGE, CANCEL_PEER_GONE } from '../native/generated/layout.js'

import type { NativeReply } from '../native/binding.js'
import type { EntryQueue } from './entries.js'
import type { FieldList, RecordHandler } from './records.js'
import type { WireRequest } from './request.js'

/** Longest piece of a request body. */
const PIECE_BYTES = 16 * 1024

const encoder = new TextEncoder()

export class InjectExchange implements RecordHandler {
  /** Resolves with this when the head is there. */
  readonly head: Promise<this>
  readonly generation: number
  status = 0
  fields: FieldList = []
  trailers: FieldList = []
  readonly informational: { status: number; fields: FieldList }[] = []
  /** The slot is free again. */
  onSettled: () => void = () => {}
  readonly #request: WireRequest
  readonly #entries: EntryQueue | undefined
  readonly #slot: number
  readonly #chunks: Uint8Array[] = []
  #isEnded = false
  #error: unknown
  #resolveHead: (self: this) => void = () => {}
  #rejectHead: (error: unknown) => void = () => {}
  #wakeReader: () => void = () => {}
  #wakeSender: () => void = () => {}
  #sendCredit = 0
  /** Longest body that may be sent. */
  #bodyLimit = Infinity
  #bodySent = 0
  #isBodySent = false

  constructor(
    request: WireRequest,
    entries: EntryQueue | undefined,
    slot: number,
    generation: number,
  ) {
    this.#request = request
    this.#entries = entries
    this.#slot = slot
    this.generation = generation
    this.head = new Promise((resolve, reject) => {
      this.#resolveHead = resolve
      this.#rejectHead = reject
    })
    request.signal?.addEventListener('abort', () => this.cancel(request.signal!.reason), {
      once: true,
    })
  }

  /** An exchange that the core answered by itself. */
  static answered(request: WireRequest, reply: NativeReply): InjectExchange {
    const exchange = new InjectExchange(request, undefined, 0, 0)
    const body = typeof reply.body === 'string' ? encoder.encode(reply.body) : reply.body
    exchange.onReply(reply.status, [...reply.headers], body)
    return exchange
  }

  /** The next piece of the reply's body, undefined at its end. Lets the handler go on. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0 && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve
      })
    }
    const chunk = this.#chunks.shift()
    if (chunk === undefined && this.#error !== undefined) throw this.#error
    if (chunk !== undefined && !this.#isEnded) {
      this.#entries?.credit(this.#slot, this.generation, chunk.byteLength)
    }
    return chunk
  }

  /** The client goes away. */
  cancel(reason: unknown): void {
    if (!this.#isEnded) this.#giveUp(CANCEL_PEER_GONE, reason)
  }

  /** Sends the request's body, as far as the other side has given credit. */
  sendBody(window: number): void {
    this.#sendCredit = window
    this.#sendPieces().catch((error: unknown) => this.cancel(error))
  }

  // ---- records

  onReply(status: number, fields: FieldList, body: Uint8Array | undefined): void {
    this.status = status
    this.fields = fields
    if (body !== undefined) {
      const hasLength = status >= 200 && status !== 204 && status !== 304
      if (hasLength) fields.push(['content-length', String(body.byteLength)])
      this.#keep(body)
      this.#end(undefined)
    }
    this.#resolveHead(this)
  }

  onWrite(chunk: Uint8Array): void {
    this.#keep(chunk)
    this.#wakeReader()
  }

  onEnd(trailers: FieldList): void {
    this.trailers = trailers
    this.#end(undefined)
  }

  onAbort(): void {
    this.#end(new LannerError('LANNER_PEER_GONE', 'The handler failed after its reply had begun.'))
  }

  onInform(status: number, fields: FieldList): void {
    this.informational.push({ status, fields })
  }

  onRead(bytes: number): void {
    this.#sendCredit += bytes
    this.#wakeSender()
  }

  onRules(bodyBytes: number): void {
    this.#bodyLimit = bodyBytes < 0 ? Infinity : bodyBytes
    // What was sent before counts; a body that has ended is past its limits.
    if (this.#bodySent > this.#bodyLimit && !this.#isBodySent) this.#refuseBody()
  }

  /** Whether nothing of it is waited for any more. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  #keep(chunk: Uint8Array): void {
    if (this.#request.method !== 'HEAD' && chunk.byteLength > 0) this.#chunks.push(chunk)
  }

  #end(error: unknown): void {
    if (this.#isEnded) return
    this.#finish(error)
    this.onSettled()
  }

  /** Ends it from this side: the slot is free when the handler has heard of it. */
  #giveUp(reason: number, error: unknown): void {
    this.#finish(error)
    this.#entries?.cancel(this.#slot, this.generation, reason, () => this.onSettled())
  }

  /** What the core does with a body that is too long: 413, or a reply that breaks off. */
  #refuseBody(): void {
    if (this.status === 0) {
      this.status = 413
      this.fields = [['content-length', '0']]
      this.#resolveHead(this)
      return this.#giveUp(CANCEL_BODY_TOO_LARGE, undefined)
    }
    this.#giveUp(CANCEL_BODY_TOO_LARGE, new LannerError('LANNER_BODY_TOO_LARGE'))
  }

  #finish(error: unknown): void {
    this.#isEnded = true
    this.#error = error
    if (error !== undefined) this.#rejectHead(error)
    this.#wakeReader()
    this.#wakeSender()
  }

  async #sendPieces(): Promise<void> {
    const { body } = this.#request
    if (body instanceof Uint8Array) {
      await this.#sendChunk(body)
    } else if (body !== undefined) {
      for await (const chunk of body) {
        await this.#sendChunk(chunk)
        if (this.#isEnded) return
      }
    }
    if (this.#isEnded) return
    this.#isBodySent = true
    this.#entries?.body(this.#slot, this.generation, new Uint8Array(0), true)
  }

  async #sendChunk(chunk: Uint8Array): Promise<void> {
    this.#bodySent += chunk.byteLength
    if (this.#bodySent > this.#bodyLimit) return this.#refuseBody()
    let at = 0
    while (at < chunk.byteLength && !this.#isEnded) {
      if (this.#sendCredit <= 0) {
        await new Promise<void>((resolve) => {
          this.#wakeSender = resolve
        })
        continue
      }
      const end = Math.min(chunk.byteLength, at + Math.min(PIECE_BYTES, this.#sendCredit))
      this.#sendCredit -= end - at
      this.#entries?.body(this.#slot, this.generation, chunk.subarray(at, end), false)
      at = end
    }
  }
}
