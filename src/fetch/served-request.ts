// A real Request that knows where it comes from: made with as little as its class needs.
//
// Handed out by request.ts where a lazy one could be told from a real one. It is made by the class
// of Node, so that everything takes it; what the exchange knows already is said without asking that
// class: method, URL, the signal (made when it is touched) and a body that nobody has touched,
// which is read straight from the batch. What follows the Request without asking for its signal
// (new Request(request), fetch(request)) follows the one that Node keeps inside of it, which is
// aborted when the exchange is given up.

import { extrasOf } from '../native/exchange.js'
import { abortSignal } from './abort.js'

import type { BodySource } from '../body/source.js'
import type { HeaderView } from '../headers.js'
import type { CancelWatcher, Extras } from '../native/exchange.js'

/** What is needed of a Context. */
export interface ServedBy {
  readonly method: string
  readonly headers: HeaderView
  readonly signal: AbortSignal
  extras: Extras | undefined
}

/** With the body, where there is one. */
type ServedClass = new (owner: ServedBy, url: string, body?: BodySource) => Request

/** Makes the class, when the first Request is handed out: naming the global one loads it. */
export function servedRequest(): ServedClass {
  const { prototype } = Request
  /** What the class of Node says of a Request, whichever class puts itself in front of it. */
  const inner = <Name extends keyof Request>(name: Name, request: object): Request[Name] =>
    Reflect.get(prototype, name, request)

  class ServedRequest extends (Request as unknown as BareClass) implements CancelWatcher {
    readonly #owner: ServedBy
    readonly #method: string
    readonly #url: string
    readonly #headers: Headers
    /** The body, while nothing stands between it and the Request. */
    #source: BodySource | undefined
    #clones: Request[] | undefined = undefined

    constructor(owner: ServedBy, url: string, source?: BodySource) {
      const { method } = owner
      // Reading what is asked for besides costs more than asking for nothing.
      super(url, source === undefined && method === 'GET' ? undefined : initOf(method, source))
      this.#owner = owner
      this.#method = method
      this.#url = url
      this.#source = source
      this.#headers = inner('headers', this)
      owner.headers.appendTo(this.#headers)
      extrasOf(owner).watcher = this
    }

    get method(): string {
      return this.#method
    }

    get url(): string {
      return this.#url
    }

    get headers(): Headers {
      return this.#headers
    }

    get signal(): AbortSignal {
      return this.#owner.signal
    }

    get bodyUsed(): boolean {
      return this.#source?.used === true || inner('bodyUsed', this)
    }

    text(): Promise<string> {
      return this.#untouched()?.text() ?? Reflect.apply(inner('text', this), this, [])
    }

    async json(): Promise<unknown> {
      return JSON.parse(await this.text())
    }

    async arrayBuffer(): Promise<ArrayBuffer> {
      const bytes = await this.#untouched()?.bytes()
      if (bytes !== undefined) return wholeBuffer(bytes)
      return Reflect.apply(inner('arrayBuffer', this), this, [])
    }

    clone(): Request {
      const made = Reflect.apply(inner('clone', this), this, [])
      // Two read it from now on, by streams of their own.
      this.#source = undefined
      this.#clones ??= []
      this.#clones.push(made)
      return made
    }

    /** The exchange was given up. */
    cancelled(reason: Error): void {
      abortSignal(inner('signal', this), reason)
      for (const made of this.#clones ?? []) abortSignal(made.signal, reason)
    }

    /** The body, for its only reader, while nobody has looked at its stream. */
    #untouched(): BodySource | undefined {
      const source = this.#source
      if (source === undefined || source.used || source.stream.locked) return undefined
      // Read here is read for whatever the Request is given to.
      source.stream.getReader()
      return source
    }
  }
  // Nothing tells it from the class of Node.
  Reflect.deleteProperty(ServedRequest.prototype, 'constructor')
  return ServedRequest as unknown as ServedClass
}

/** The class of Node, without the members that are put in front of its own. */
type BareClass = new (url: string, init: RequestInit | undefined) => object

function initOf(method: string, source: BodySource | undefined): RequestInit {
  if (source === undefined) return { method }
  return { method, body: source.stream as NonNullable<RequestInit['body']>, duplex: 'half' }
}

/** The buffer of bytes that have it for themselves. */
export function wholeBuffer({ buffer, byteLength }: Uint8Array): ArrayBuffer {
  return (buffer.byteLength === byteLength ? buffer : buffer.slice(0, byteLength)) as ArrayBuffer
}
