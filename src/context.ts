// What a handler sees of one request, and how it answers.
//
// The lane makes one Context per request and nothing else: this class is the exchange on the
// JavaScript side. Everything about the request is decoded on first touch, straight from the batch.
// The reply helpers only note what is to be sent: the lane writes it when the chain has ended, so
// middleware can still add fields. The shape of this object is the hot path: all fields are
// assigned in the constructor in one order, `declare` keeps the compiler from assigning them twice,
// and helpers are functions, because private methods would cost each object a brand.

import { isAnyArrayBuffer } from 'node:util/types'

import { BodySource } from './body/source.js'
import { Cookies } from './cookies.js'
import { HeaderSet } from './header-set.js'
import { HeaderView } from './headers.js'
import { InputView } from './input.js'
import { LannerError } from './errors.js'
import { toJson } from './json.js'
import { readAddress } from './native/address.js'
import { readMethod, readParams, readPath, readQuery, readTarget } from './native/entry.js'
import {
  BODY_BYTES,
  BODY_NONE,
  BODY_STREAM,
  BODY_TEXT,
  CANCELLED,
  extrasOf,
  OPEN,
  TYPE_BYTES,
  TYPE_HTML,
  TYPE_JSON,
  TYPE_NONE,
  TYPE_TEXT,
} from './native/exchange.js'
import { RequestLimits } from './limits.js'
import { assumeOrigin, connectionOf, isEncrypted, peerOf } from './origin.js'
import { prepare, prepareValue, replyProblem, requireHead } from './prepare.js'
import { QueryView } from './query.js'
import { addEndHook, addReplyHook } from './reply-hooks.js'
import {
  addField,
  checkStatus,
  fieldsOf,
  replaceCookie,
  setField,
  setBlock,
} from './reply-fields.js'
import { shown } from './shown.js'
import { locationOf } from './results.js'
import { EventStream } from './streaming/events.js'
import { JsonLines } from './streaming/json-lines.js'
import { toFetchRequest } from './fetch/request.js'
import { authorityOf, urlOf } from './fetch/url.js'
import { servicesOf } from './services.js'
import { Trailers } from './trailers.js'

import type { BodySink, StreamBody } from './body/sink.js'
import type { Assumed } from './fetch/url.js'
import type { AnyInput, AnyParams, AnyState, RawInput } from './handler.js'
import type { Bytes } from './native/bytes.js'
import type { PeerAddress } from './native/address.js'
import type { Extras } from './native/exchange.js'
import type { FieldBlock } from './native/field-block.js'
import type { Lane } from './native/lane.js'
import type { FieldInit } from './reply-fields.js'
import type { AssumedOrigin, ConnectionInfo } from './origin.js'
import type { Reply } from './prepare.js'
import type { EndHook, ReplyHook } from './reply-hooks.js'
import type { RouteInfo } from './routing/options.js'
import type { CompiledRoute } from './routing/route.js'
import type { Services } from './services.js'
import type { SseEvent } from './streaming/event-text.js'
import type { SseOptions } from './streaming/events.js'
import type { ValueSource } from './streaming/source.js'

const inspectCustom = Symbol.for('nodejs.util.inspect.custom')

/** One request and its answer. */
export class Context<
  Params = AnyParams,
  State extends object = AnyState,
  Input extends AnyInput = RawInput,
  Provided extends object = Services,
> {
  /** @internal */
  declare readonly lane: Lane
  /** @internal */
  declare compiled: CompiledRoute
  /** @internal The batch, or an own copy of the entry once the batch is gone. */
  declare entryWords: Int32Array
  /** @internal */
  declare entryBytes: Bytes
  /** @internal Word index of the entry. */
  declare entryAt: number
  /** @internal */
  declare readonly slot: number
  /** @internal */
  declare readonly generation: number
  /** @internal The lane's turn that brought the entry. */
  declare readonly turn: number
  /** @internal One of the states in native/exchange.ts. */
  declare phase: number
  /** @internal Whether the lane knows the exchange by its slot. */
  declare isHeld: boolean
  /** @internal 0 until it is set. */
  declare statusCode: number
  /** @internal What replyBody is. */
  declare bodyKind: number
  /** @internal A content type by number. */
  declare replyType: number
  /** @internal */
  declare replyBody: unknown
  /** @internal Fields that were put together before; they are sent in front of the others. */
  declare replyBlock: FieldBlock | undefined
  /** @internal Names and values in turn. */
  declare replyFields: string[] | undefined
  /** @internal What middleware got from next(), by level. */
  declare downstream: unknown[] | undefined
  /** @internal The level whose value is looked at next. */
  declare level: number
  /** @internal */
  declare source: BodySource | undefined
  /** @internal */
  declare sink: BodySink | undefined
  /** @internal */
  declare extras: Extras | undefined
  /** @internal */
  declare pathText: string | undefined
  /** @internal */
  declare paramsView: Params | undefined
  /** @internal */
  declare queryView: unknown
  /** @internal */
  declare headerView: HeaderView | undefined
  /** @internal */
  declare stateBag: State | undefined

  static {
    // Fields of the same names are how others set status and type. Here that would hide the method,
    // and do nothing else, so it throws.
    for (const name of ['status', 'type', 'header']) {
      Object.defineProperty(Context.prototype, name, { writable: false })
    }
  }

  /** @internal */
  constructor(lane: Lane, route: CompiledRoute, words: Int32Array, bytes: Bytes, at: number) {
    this.lane = lane
    this.compiled = route
    this.entryWords = words
    this.entryBytes = bytes
    this.entryAt = at
    this.slot = words[at + 2]!
    this.generation = words[at + 3]!
    this.turn = lane.turn
    this.phase = OPEN
    this.isHeld = false
    this.statusCode = 0
    this.bodyKind = BODY_NONE
    this.replyType = TYPE_NONE
    this.replyBody = undefined
    this.replyBlock = undefined
    this.replyFields = undefined
    this.downstream = undefined
    this.level = 0
    this.source = undefined
    this.sink = undefined
    this.extras = undefined
    this.pathText = undefined
    this.paramsView = undefined
    this.queryView = undefined
    this.headerView = undefined
    this.stateBag = undefined
  }

  // ---- the request

  /** The method, for example 'GET'. A GET route also serves HEAD: then this says 'HEAD'. */
  get method(): string {
    return readMethod(this.view(), this.entryBytes, this.entryAt)
  }

  /** The path: percent-decoded (but for %2F) and without dot segments. */
  get path(): string {
    return (this.pathText ??= readPath(this.view(), this.entryBytes, this.entryAt))
  }

  /** The request target as it was sent. */
  get rawTarget(): string {
    return readTarget(this.view(), this.entryBytes, this.entryAt)
  }

  /**
   * The host that was asked for, with its port where it has one: of the Host field, or what a
   * trusted proxy says. Not checked: `lanner/middleware/host-filter` does that.
   */
  get host(): string {
    return authorityOf(this)
  }

  /**
   * The path under which clients reach this server, where a trusted proxy says that it takes one
   * off: '/shop'. Empty otherwise. It belongs in front of paths in links and redirects; `path`,
   * `url` and the Request are without it, because routes are found by them.
   */
  get prefix(): string {
    return this.extras?.assumed?.prefix ?? ''
  }

  /** The URL that was asked for, made from the target and the host. */
  get url(): URL {
    return (extrasOf(this).url ??= urlOf(this))
  }

  /** The parameters of the path, by their names in the pattern. */
  get params(): Params {
    if (this.paramsView !== undefined) return this.paramsView
    const params = readParams(this.view(), this.entryBytes, this.entryAt, this.compiled)
    return (this.paramsView = params as Params)
  }

  /** The route that the request matched, with its options. */
  get route(): RouteInfo {
    return this.compiled.info
  }

  /** Whether replies show developers what others are not to see: the option `development`. */
  get isDevelopment(): boolean {
    return this.lane.config.development
  }

  /**
   * The route that the same request with another method would match, undefined where none does:
   * for middleware that answers OPTIONS in the name of a route.
   */
  routeFor(method: string): RouteInfo | undefined {
    const { config } = this.lane
    return config.routes[config.match(method, this.rawTarget)]?.info
  }

  /**
   * The limits of this request, which begin as those of its route:
   * `ctx.limits.bodyBytes = '1GB'`, before the body is read.
   */
  get limits(): RequestLimits {
    const extras = extrasOf(this)
    return (extras.limits ??= new RequestLimits(this, this.compiled.rules))
  }

  /** The query parameters; on a route with a schema for them what that made of them. */
  get query(): Input['query'] {
    return (this.queryView ??= new QueryView(this.queryText()))
  }

  /** The header fields. */
  get headers(): HeaderView {
    return (this.headerView ??= new HeaderView(this))
  }

  /** The cookies of the request, and those that the reply sets. */
  get cookies(): Cookies {
    const extras = extrasOf(this)
    return (extras.cookies ??= new Cookies(this.headers.get('cookie'), (line, isSame) => {
      requireHead(this)
      replaceCookie(this, line, isSame)
    }))
  }

  /**
   * The body; on a route with a schema for it what that made of it. Otherwise read it once: `await
   * ctx.body.json()`, `for await (const chunk of ctx.body)`.
   */
  get body(): Input['body'] {
    const source = this.bodySource()
    return source.isBound ? source.value : source
  }

  /** Everything that the request brings, as the schemas of the route made it, by source. */
  get input(): InputView<Params, Input> {
    return new InputView(this)
  }

  /** A place for what middleware hands on to handlers. */
  get state(): State {
    return (this.stateBag ??= {} as State)
  }

  set state(value: State) {
    this.stateBag = value
  }

  /** What `app.provide()` made known; each service is made when it is touched first. */
  get services(): Provided {
    const extras = extrasOf(this)
    extras.services ??= servicesOf(this as unknown as Context)
    return extras.services as Provided
  }

  /**
   * Aborts when the client has gone, the deadline passed or the server closes; never on a normal
   * end.
   */
  get signal(): AbortSignal {
    const extras = extrasOf(this)
    if (extras.controller === undefined) {
      extras.controller = new AbortController()
      if (extras.cancelReason !== undefined) extras.controller.abort(extras.cancelReason)
    }
    return extras.controller.signal
  }

  /** The client's end of the connection, or what a trusted proxy says it is. */
  get remote(): PeerAddress {
    return (extrasOf(this).remote ??= readAddress(this.view(), this.entryBytes, this.entryAt + 16))
  }

  /** The server's end of the connection. */
  get local(): PeerAddress {
    return (extrasOf(this).local ??= readAddress(this.view(), this.entryBytes, this.entryAt + 21))
  }

  /**
   * The other end of the connection itself: the proxy where one speaks for the client, otherwise
   * the same as `remote`.
   */
  get peer(): PeerAddress {
    return peerOf(this)
  }

  /** The protocol version. */
  get protocol(): 'HTTP/1.0' | 'HTTP/1.1' {
    const version = (this.view()[this.entryAt + 5]! >>> 8) & 0xff
    return version === 10 ? 'HTTP/1.0' : 'HTTP/1.1'
  }

  /** Whether the client's connection is encrypted, as far as this server or a proxy knows. */
  get isSecure(): boolean {
    return this.extras?.assumed?.isSecure ?? isEncrypted(this)
  }

  /** The connection. */
  get connection(): ConnectionInfo {
    return connectionOf(this)
  }

  /**
   * Takes over what a trusted proxy says of the request: `remote`, `isSecure`, `host`, `url` and
   * `prefix` say that from then on. For middleware, before `ctx.request` is touched. What the
   * connection says stays in `peer`, `connection` and the Host field.
   */
  assume(origin: AssumedOrigin): this {
    assumeOrigin(extrasOf(this), origin)
    return this
  }

  /** @internal What `assume` took over. */
  get assumed(): Assumed | undefined {
    return this.extras?.assumed
  }

  /** The Request of the fetch standard. Its body is this body: read one of them. */
  get request(): Request {
    return (extrasOf(this).request ??= toFetchRequest(this))
  }

  // ---- the reply

  /** Whether a reply was decided: by a helper, or because it has left. */
  get sent(): boolean {
    return this.phase !== OPEN
  }

  /**
   * Sets the status of the reply.
   * @throws LANNER_STATUS_INVALID: it is not an integer from 200 to 599
   * @throws LANNER_ALREADY_REPLIED: the reply has left
   */
  status(status: number): this {
    requireHead(this)
    this.statusCode = checkStatus(status)
    return this
  }

  /**
   * Sets a header field of the reply. Several values give several fields, `undefined` removes it.
   * @throws LANNER_HEADER_INVALID: name or value have characters that HTTP does not allow
   * @throws LANNER_HEADER_RESERVED: the field belongs to the server
   * @throws LANNER_ALREADY_REPLIED: the reply has left
   */
  header(name: string, value: string | readonly string[] | undefined): this {
    requireHead(this)
    setField(this, name, value)
    return this
  }

  /**
   * Adds a header field beside those of the same name.
   * @throws what `header()` throws
   */
  append(name: string, value: string): this {
    requireHead(this)
    addField(this, name, value)
    return this
  }

  /**
   * Sets the header fields of a set that was checked before, in place of those of their names.
   * @throws LANNER_HEADER_INVALID: it is not a HeaderSet
   */
  setHeaders(set: HeaderSet): this {
    requireHead(this)
    if (!(set instanceof HeaderSet)) throw new LannerError('LANNER_HEADER_INVALID', NO_SET)
    setBlock(this, set.block)
    return this
  }

  /** Sets the content type of the reply. */
  type(value: string): this {
    return this.header('content-type', value)
  }

  /** Answers with text. */
  text(body: string, status?: number): Reply {
    const text = typeof body === 'string' ? body : textOf('text', body)
    return prepare(this, BODY_TEXT, TYPE_TEXT, text, status)
  }

  /**
   * Answers with JSON.
   * @throws LANNER_REPLY_VALUE: the value cannot be written as JSON
   * @throws LANNER_ALREADY_REPLIED: there is a reply
   */
  json(value: unknown, status?: number): Reply {
    const text = toJson(value)
    if (text === undefined) throw new LannerError('LANNER_REPLY_VALUE', NOT_JSON)
    return prepare(this, BODY_TEXT, TYPE_JSON, text, status)
  }

  /** Answers with HTML. */
  html(body: string, status?: number): Reply {
    const text = typeof body === 'string' ? body : textOf('html', body)
    return prepare(this, BODY_TEXT, TYPE_HTML, text, status)
  }

  /** Answers with bytes. They must not change until the reply has left. */
  bytes(body: Uint8Array | ArrayBuffer, status?: number): Reply {
    const view = body instanceof Uint8Array ? body : viewOf(body)
    return prepare(this, BODY_BYTES, TYPE_BYTES, view, status)
  }

  /**
   * Answers with a stream of strings and bytes. It is pulled only as fast as the client takes it.
   */
  stream(body: StreamBody, status?: number): Reply {
    return prepare(this, BODY_STREAM, TYPE_NONE, body, status)
  }

  /**
   * Answers with server-sent events. A generator's finally runs when the client has gone:
   * `ctx.sse(async function* ({ signal, lastEventId }) { yield { id: 1, data: { price: 3 } } })`.
   */
  sse(source: ValueSource<SseEvent | string>, options?: SseOptions): Reply {
    return prepareValue(this, new EventStream(source, options))
  }

  /** Answers with one JSON value per line, as they come (`application/x-ndjson`). */
  jsonLines(source: ValueSource<unknown>): Reply {
    return prepareValue(this, new JsonLines(source))
  }

  /**
   * Answers with a redirect: 302 when no status is given.
   * @throws LANNER_STATUS_INVALID: the status is not 300 to 399
   * @throws LANNER_ALREADY_REPLIED: there is a reply
   */
  redirect(to: string | URL, status = 302): Reply {
    if (status < 300 || status > 399) throw new LannerError('LANNER_STATUS_INVALID', NO_REDIRECT)
    this.header('location', locationOf(to))
    return prepare(this, BODY_NONE, TYPE_NONE, undefined, status)
  }

  /** Answers with 204 and no body. */
  noContent(): Reply {
    return prepare(this, BODY_NONE, TYPE_NONE, undefined, 204)
  }

  /** Answers with 404 as a problem document. */
  notFound(detail?: string): Reply {
    return replyProblem(this, 404, detail)
  }

  /** Sends 103 with fields that help the client to begin early, usually `link`. */
  earlyHints(fields: FieldInit): this {
    return this.sendInformational(103, fields)
  }

  /**
   * Sends an informational response: 102 or 103.
   * @throws LANNER_STATUS_INVALID: the status is another one
   */
  sendInformational(status: 102 | 103, fields: FieldInit = {}): this {
    if (status !== 102 && status !== 103) throw new LannerError('LANNER_STATUS_INVALID', NO_INFORM)
    requireHead(this)
    if (this.phase !== CANCELLED)
      this.lane.inform(this as unknown as Context, status, fieldsOf(fields))
    return this
  }

  /** Fields that follow the body of the reply; it is then sent in chunks. */
  get trailers(): Trailers {
    return (extrasOf(this).trailers ??= new Trailers())
  }

  /**
   * Calls `hook` when the reply is decided and before it is sent, whoever made it: a handler, a
   * Response, an error. It may change status, fields and body. The last registered comes first.
   */
  onReply(hook: ReplyHook): this {
    requireHead(this)
    addReplyHook(this as unknown as Context, hook)
    return this
  }

  /**
   * Calls `hook` when the exchange is over: the reply was handed over, with all others of its turn,
   * or was given up. The request can still be read in it.
   */
  onEnd(hook: EndHook): this {
    addEndHook(this as unknown as Context, hook)
    return this
  }

  // ---- internals

  /** @internal The query as sent, without the question mark. */
  queryText(): string {
    return readQuery(this.view(), this.entryBytes, this.entryAt)
  }

  /** @internal The body as it comes, whatever handlers find in its place. */
  bodySource(): BodySource {
    return (this.source ??= new BodySource(this))
  }

  /** @internal The words of the entry, as long as they are there. */
  view(): Int32Array {
    if (this.entryWords === this.lane.words && this.turn !== this.lane.turn) {
      throw new LannerError('LANNER_CONTEXT_EXPIRED')
    }
    return this.entryWords
  }

  /** @internal What console.log shows. */
  [inspectCustom](): object {
    return this.toJSON()
  }

  /** What loggers and JSON.stringify show: nothing of the memory that requests share. */
  toJSON(): object {
    return { method: this.method, path: this.path, params: this.params, sent: this.sent }
  }
}

/** The text of what is no text: undefined is a mistake, and so is an object. */
function textOf(name: string, body: unknown): string {
  if (typeof body === 'number' || typeof body === 'boolean' || typeof body === 'bigint') {
    return String(body)
  }
  throw new LannerError('LANNER_REPLY_VALUE', `ctx.${name}() takes a text, not ${shown(body)}.`)
}

/** The bytes of what is no Uint8Array. */
function viewOf(body: unknown): Uint8Array {
  if (isAnyArrayBuffer(body)) return new Uint8Array(body)
  if (ArrayBuffer.isView(body)) {
    return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  }
  const given = typeof body === 'string' ? 'a text' : shown(body)
  const message = `ctx.bytes() takes a Uint8Array or an ArrayBuffer, not ${given}.`
  throw new LannerError('LANNER_REPLY_VALUE', message)
}

const NOT_JSON = 'ctx.json() got a value that has no JSON form (undefined, a function or a symbol).'
const NO_SET = 'ctx.setHeaders() takes a HeaderSet; ctx.header() takes a name and a value.'
const NO_REDIRECT = 'The status of a redirect is 300 to 399.'
const NO_INFORM = 'sendInformational() takes 102 and 103; other statuses are replies.'
