// The Request of the fetch standard, made of the request in the batch while somebody touches it.
//
// Handed out by ctx.request and by serve(). Promises: `instanceof Request`; nothing is made before
// it is touched; a body is read straight from the batch. What only a real Request can do (clone(),
// being the argument of `new Request()` or `fetch()`) makes one, once, and everything goes there
// from then on: the two share their body, their headers and their signal.

import { canAbort } from './abort.js'
import { LazyHeaders } from './headers.js'
import { canStandIn, inherit } from './inherit.js'
import { servedRequest, wholeBuffer } from './served-request.js'
import { hrefOf } from './url.js'

import type { BodySource } from '../body/source.js'
import type { HeaderView } from '../headers.js'
import type { ServedBy } from './served-request.js'
import type { UrlParts } from './url.js'

/** What is needed of a Context. */
export interface RequestParts extends UrlParts, ServedBy {
  readonly headers: HeaderView
  bodySource(): BodySource
}

/** The Request of an exchange: lazy where nothing can tell it from a real one. */
export function toFetchRequest(ctx: RequestParts, isLazy = hasWholeLazy()): Request {
  return isLazy ? toLazyRequest(ctx) : toRealRequest(ctx)
}

/** A Request that is made when it is touched. */
export function toLazyRequest(ctx: RequestParts): Request {
  if (!isPrepared) prepare()
  return new LazyRequest(ctx) as unknown as Request
}

/** Whether a lazy Request is whole: whether `new Request(lazy)` and `fetch(lazy)` work. */
export function hasWholeLazy(): boolean {
  if (!isPrepared) prepare()
  return isWhole
}

let isPrepared = false
let isWhole = false

function prepare(): void {
  const request = new Request('http://localhost/')
  isWhole = canStandIn(request, (double) => new Request(double))
  inherit(LazyRequest, Request, request, (self) => LazyRequest.realOf(self))
  inherit(LazyHeaders, Headers, request.headers, (self: LazyHeaders) => self.real())
  isPrepared = true
}

type RequestSetup = RequestInit & { duplex?: 'half' }

function toRealRequest(ctx: RequestParts): Request {
  const url = hrefOf(ctx)
  const source = hasBody(ctx) ? ctx.bodySource() : undefined
  served ??= canAbort() && servedRequest()
  if (served !== false && ctx.extras?.cancelReason === undefined) {
    return new served(ctx, url, source)
  }
  const { method, signal } = ctx
  const init: RequestSetup = { method, signal, headers: ctx.headers.toHeaders() }
  if (source !== undefined) {
    init.body = source.stream as NonNullable<RequestInit['body']>
    init.duplex = 'half'
  }
  return new Request(url, init)
}

/** The class of real ones; false where their signals cannot be aborted from here. */
let served: ReturnType<typeof servedRequest> | false | undefined

/** The standard knows no body of GET and HEAD. */
function hasBody(ctx: RequestParts): boolean {
  const { method } = ctx
  return method !== 'GET' && method !== 'HEAD' && ctx.bodySource().hasBody
}

class LazyRequest {
  readonly #ctx: RequestParts
  #real: Request | undefined = undefined
  #method: string | undefined = undefined
  #url: string | undefined = undefined
  #headers: LazyHeaders | undefined = undefined
  #stream: ReadableStream<Uint8Array> | undefined = undefined

  constructor(ctx: RequestParts) {
    this.#ctx = ctx
  }

  get method(): string {
    return (this.#method ??= this.#ctx.method)
  }

  get url(): string {
    return (this.#url ??= hrefOf(this.#ctx))
  }

  get headers(): LazyHeaders {
    return (this.#headers ??= new LazyHeaders(this.#ctx.headers))
  }

  get signal(): AbortSignal {
    return this.#ctx.signal
  }

  get body(): ReadableStream<Uint8Array> | null {
    if (this.#real !== undefined) return this.#real.body
    return hasBody(this.#ctx) ? (this.#stream ??= this.#ctx.bodySource().stream) : null
  }

  get bodyUsed(): boolean {
    if (this.#real !== undefined) return this.#real.bodyUsed
    return hasBody(this.#ctx) && this.#ctx.bodySource().used
  }

  get duplex(): string {
    return 'half'
  }

  text(): Promise<string> {
    if (this.#real !== undefined) return this.#real.text()
    return this.#read((source) => source.text(), '')
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async bytes(): Promise<Uint8Array> {
    if (this.#real !== undefined) return new Uint8Array(await this.#real.arrayBuffer())
    return this.#read((source) => source.bytes(), new Uint8Array())
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return wholeBuffer(await this.bytes())
  }

  async blob(): Promise<Blob> {
    return (await this.#typed()).blob()
  }

  async formData(): Promise<FormData> {
    return (await this.#typed()).formData()
  }

  clone(): Request {
    return LazyRequest.realOf(this).clone()
  }

  [Symbol.for('nodejs.util.inspect.custom')](): object {
    const { method, url, headers, bodyUsed } = this
    return { method, url, headers: Object.fromEntries(headers), bodyUsed }
  }

  /** The whole body, read from the batch. */
  #read<T>(read: (source: BodySource) => Promise<T>, empty: T): Promise<T> {
    if (!hasBody(this.#ctx)) return Promise.resolve(empty)
    const body = this.#ctx.bodySource()
    if (body.used || this.#stream?.locked === true) return Promise.reject(unusable())
    return read(body)
  }

  /** The whole body with its type. */
  async #typed(): Promise<Response> {
    const type = this.headers.get('content-type')
    const bytes = await this.bytes()
    const headers: Record<string, string> = type === null ? {} : { 'content-type': type }
    return new Response(bytes as Uint8Array<ArrayBuffer>, { headers })
  }

  /** The real Request, which has body, headers and signal from then on. */
  static realOf(self: LazyRequest): Request {
    return (self.#real ??= self.#materialise())
  }

  #materialise(): Request {
    const { headers, signal, method } = this
    const init: RequestSetup = { method, headers: headers.real(), signal }
    const isUsed = this.bodyUsed
    const { body } = this
    if (body !== null) {
      init.body = isUsed ? '' : (body as NonNullable<RequestInit['body']>)
      init.duplex = 'half'
    }
    const real = new Request(this.url, init)
    // Used here is used there.
    if (isUsed) void real.text()
    headers.adopt(real.headers)
    return real
  }
}

function unusable(): TypeError {
  return new TypeError('The body of the request is unusable: it was read before, or is locked.')
}
