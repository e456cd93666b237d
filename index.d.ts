// The public surface of lanner. Source: src/index.ts. Written by "npm run gen".
// A change to this file is a change to what users can rely on.

/**
 * A web application. Its type knows the routes that were chained: `new App().get(…).add(…)`.
 * @example
 * ```ts run
 * import { App, HttpError } from 'lanner'
 *
 * const app = new App().get('/users/:id', (ctx) => {
 *   if (ctx.params.id !== '7') throw new HttpError(404, 'no such user')
 *   return { id: ctx.params.id, name: 'Ada' }
 * })
 * const server = await app.listen({ port: 0 })
 * const response = await fetch(`${server.url}/users/7`)
 * console.log(response.status, await response.json()) // 200 { id: '7', name: 'Ada' }
 * await server.close()
 * ```
 */
declare class App<
  State extends object = AnyState,
  Routes extends Endpoint = never,
  Provided extends object = Services,
> extends Router<State, '', Routes, 'app', Provided> {
  #private
  constructor(options?: AppOptions)
  /**
   * Answers when a handler failed, in place of the default problem document, with the status of the
   * error (500 where it has none) unless it says another. Several are asked in
   * the order of their registration, until one answers. Errors that come when the reply has left
   * (of a stream, of a handler that its middleware did not wait for) are told here too, to each of
   * them: then nothing can be sent any more, and what they return is dropped.
   */
  onError(handler: ErrorHandler<State, Provided>): this
  /**
   * Answers requests that match no route. Without it they get a 404 as a problem document, natively
   * unless middleware covers the path.
   */
  notFound(handler: Handler<AnyParams, State, RawInput, unknown, Provided>): this
  /**
   * Makes a service known: `ctx.services.db`, typed for the routes that are chained after it. The
   * factory runs when the service is touched first; what it returns is the service, a promise too.
   * A service of the application is given back when its last server has closed; one of a request,
   * whose factory gets its context, when the request is over.
   * @throws LANNER_SERVICE_NAME: the name is taken, or there is none to replace
   * @throws LANNER_APP_LISTENING: a server listens already
   */
  provide<Name extends string, Service>(
    name: Name,
    factory: (ctx: Context<AnyParams, State, RawInput, Provided>) => Service,
    options: ServiceOptions<Service> & {
      scope: 'request'
    },
  ): App<
    State,
    Routes,
    Provided & {
      readonly [K in Name]: ProvidedService<Service>
    }
  >
  provide<Name extends string, Service>(
    name: Name,
    factory: (services: Provided) => Service,
    options?: ServiceOptions<Service> & {
      scope?: 'app'
    },
  ): App<
    State,
    Routes,
    Provided & {
      readonly [K in Name]: ProvidedService<Service>
    }
  >
  /**
   * Called with every request before all middleware, also with those that no route takes. Several
   * run in the order of their registration. What one returns is the answer: nothing after it runs.
   * `ctx.route.options` and `ctx.limits` are those that handlers see.
   */
  onRequest(hook: RequestHook<State, Provided>): this
  /**
   * Called once for every exchange, when its reply was handed over to the network side or it ended
   * otherwise: the client has gone, the deadline passed. Read what is needed of `ctx` before the
   * first await. An error in it goes to `onError`, and keeps no other hook from running.
   */
  onResponse(hook: ResponseHook<State, Provided>): this
  /**
   * Called when a server of this application listens, with the services of the application;
   * `listen()` waits for it, requests do not. An error in it closes the server and is that of
   * `listen()`: `app.onListen(async (server, { db }) => (await db).migrate())`.
   */
  onListen(hook: ServerHook<Provided>): this
  /**
   * Called when a server has closed and no request runs any more, with the services of the
   * application, which are given back after it; `server.close()` and `server.closed` wait for it.
   * An error in it is reported and keeps no other hook from running.
   */
  onClose(hook: ServerHook<Provided>): this
  /**
   * Begins to serve. A number is a port. Options are checked, and everything is compiled, before an
   * address is opened.
   * @throws LANNER_OPTION_INVALID: an option is wrong
   * @throws LANNER_ROUTE_INVALID: the schemas of a route do not fit it
   * @throws LANNER_AUTH_UNGUARDED: a route asks for a scheme that no guard on its path is for
   * @throws LANNER_ADDRESS_IN_USE, LANNER_ADDRESS_UNAVAILABLE, LANNER_HOST_UNKNOWN,
   * LANNER_PERMISSION_DENIED, LANNER_LISTEN_FAILED: an address cannot be opened
   * @throws LANNER_DESCRIPTOR_INVALID, LANNER_SYSTEMD: a socket that was passed is none
   * @throws LANNER_ADDON_MISSING, LANNER_ADDON_BROKEN, LANNER_ADDON_VERSION: the native addon does
   * not fit
   */
  listen(options?: ListenOptions | number): Promise<Server>
  /**
   * Closes every server that listens for this application, and gives back its services: those that
   * `inject()` and `fetch()` made, too.
   */
  close(options?: CloseOptions): Promise<void>
  /**
   * Runs a request without a socket: a Request, a URL, or a path.
   * @throws the error that ended the exchange, where it had no reply
   */
  fetch(input: Request | URL | string, init?: RequestInit): Promise<Response>
  /**
   * Runs a request without a socket, for tests: plain options in, a plain result out.
   * @throws LANNER_OPTION_INVALID: an option is wrong, or there are a body and a form
   * @throws the error that ended the exchange, where it had no reply
   */
  inject(options: InjectOptions | string): Promise<InjectResponse>
}

/**
 * Throw it to answer with a status: `throw new HttpError(404, 'no such user')`. Its constructor
 * throws a RangeError for a status that is not 400 to 599.
 */
declare class HttpError extends LannerError {
  /** The status of the reply, 400 to 599. */
  readonly status: number
  /** Fields of the reply. */
  readonly headers: Readonly<Record<string, string>> | undefined
  /** The `type` of the problem document. */
  readonly type: string | undefined
  /** The `detail` of the problem document. */
  readonly detail: string | undefined
  /** Whether clients see message and detail. */
  readonly expose: boolean
  constructor(status: number, message?: string, options?: HttpErrorOptions)
  /** 'HttpError'. */
  get name(): string
}

/** An error of this package. `code` is stable, `message` is for people. */
declare class LannerError extends Error {
  /** What happened, as a stable code; docs/errors.md lists those of this package. */
  readonly code: ErrorCode | OwnCode
  constructor(
    code: ErrorCode | OwnCode,
    message?: string,
    options?: {
      cause?: unknown
    },
  )
  /** 'LannerError'. */
  get name(): string
}

/**
 * Serves a fetch handler, or an application that has one: `serve(new Hono().get('/', …), { port:
 * 3000 })`. What it returns can be used at once and awaited: then an address that is taken is an
 * error here.
 * @param handler - What answers: a function, or an object with one that is called `fetch`.
 * @param options - Those of `listen()` and some more, or a port.
 */
declare function serve(
  handler: FetchHandler | FetchObject,
  options?: ServeOptions | number,
): Serving

/** The same for a handler of WinterTC's draft Fetch Server API, which carries its marker. */
declare function serve(handler: FetchServerObject, options?: ServeOptions | number): Serving

/**
 * 200 with a file or a Blob. Return what it gives: the file is open until it was sent.
 * @param source - A path, a file: URL, or a Blob. It is not held to any folder: do not make it of
 * what clients say.
 * @throws an HttpError of status 404: there is no such file, or it may not be read
 */
declare function file(
  source: string | URL | Blob,
  options?: FileOptions,
): Promise<Result<200, Blob | StreamBody>>

/** Header fields that were checked, for `ctx.setHeaders()`. Replies with many fields cost less. */
declare class HeaderSet {
  /** Names and values in turn. */
  readonly list: readonly string[]
  constructor(fields: FieldInit)
}

/**
 * Options of routes as middleware: `app.use('/api', routeOptions({ timeout: '2s' }))` says them for
 * every route under the prefix. What a route or its group says wins.
 * @throws LANNER_OPTION_INVALID: an option is wrong
 */
declare function routeOptions(options: CommonOptions): Middleware

/**
 * 202, with the place where its state can be asked for and a body.
 * @param location - The field `location`.
 * @param body - What is sent: JSON data, text, bytes or a stream.
 */
declare function accepted(location?: string | URL): Result<202, undefined>

declare function accepted<Body>(
  location: string | URL | undefined,
  body: Body | Literally,
): Result<202, Body>

/**
 * 400 as a problem document.
 * @param detail - What happened, or members of the document.
 */
declare function badRequest(detail?: string | ProblemMembers): Result<400, ProblemDocument>

/**
 * 409 as a problem document.
 * @param detail - What happened, or members of the document.
 */
declare function conflict(detail?: string | ProblemMembers): Result<409, ProblemDocument>

/**
 * 201, with the place of what was made and a body: `created('/users/7', user)`.
 * @param location - The field `location`.
 * @param body - What is sent: JSON data, text, bytes or a stream.
 */
declare function created(location?: string | URL): Result<201, undefined>

declare function created<Body>(
  location: string | URL | undefined,
  body: Body | Literally,
): Result<201, Body>

/**
 * 403 as a problem document.
 * @param detail - What happened, or members of the document.
 */
declare function forbidden(detail?: string | ProblemMembers): Result<403, ProblemDocument>

/**
 * 200 with HTML.
 * @param body - The page.
 */
declare function html(body: string): Result<200, string>

/** 204 and no body. */
declare function noContent(): Result<204, undefined>

/**
 * 404 as a problem document.
 * @param detail - What happened, or members of the document.
 */
declare function notFound(detail?: string | ProblemMembers): Result<404, ProblemDocument>

/**
 * 200 with a body.
 * @param body - What is sent: JSON data, text, bytes or a stream.
 */
declare function ok(): Result<200, undefined>

declare function ok<Body>(body: Body | Literally): Result<200, Body>

/**
 * A problem document of any status from 400 to 599: `problem(404, 'no such user')`.
 * @param status - 400 to 599.
 * @param detail - What happened, or members of the document.
 */
declare function problem<Status extends number>(
  status: Status,
  detail?: string | ProblemMembers,
): Result<Status, ProblemDocument>

/**
 * A redirect: 302 when no status is given.
 * @param to - A URL, or a path of this server.
 * @param status - 301, 302, 303, 307 or 308.
 */
declare function redirect(to: string | URL): Result<302, undefined>

declare function redirect<Status extends 301 | 302 | 303 | 307 | 308>(
  to: string | URL,
  status: Status,
): Result<Status, undefined>

/** A reply as a value. The functions of this package make them: `ok()`, `problem()` and others. */
declare class Result<Status extends number = number, Body = unknown> {
  /** The status of the reply. */
  readonly status: Status
  /** What is sent: text, bytes, a stream, JSON data; undefined for no body. */
  readonly body: Body
  /** Fields of the reply, by their names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** Of a status that no function stands for: `new Result(206, part)`. */
  constructor(status: Status, body: Body, headers?: Result['headers'])
  /** The same with a field more, or with another value of it. */
  header(name: string, value: string | readonly string[]): Result<Status, Body>
  /** The same with a cookie more. */
  cookie(name: string, value: string, options?: CookieOptions): Result<Status, Body>
}

/**
 * 200 with a stream of strings and bytes, which is pulled only as fast as the client takes it.
 * @param body - Where it comes from: a web or Node stream, or anything iterable.
 * @param type - The content type. Default 'application/octet-stream'.
 */
declare function stream(body: StreamBody, type?: string): Result<200, StreamBody>

/**
 * 401 as a problem document; `challenge` says how to come in, for example 'Bearer'.
 * @param detail - What happened, or members of the document.
 * @param challenge - The field `www-authenticate`, for example 'Bearer'. Default none.
 */
declare function unauthorized(
  detail?: string | ProblemMembers,
  challenge?: string,
): Result<401, ProblemDocument>

/**
 * The schema of problem documents, for `responses`: `{ 200: User, 404: Problem }`. `problem()`,
 * `notFound()` and the like fit it.
 */
declare const Problem: DescribedSchema<ProblemDocument>

/** A request that does not fit the schemas of its route. Its problem document lists the issues. */
declare class ValidationError extends HttpError {
  /** What is wrong, at most as many as `validation.issues` allows. */
  readonly issues: readonly InputIssue[]
  constructor(issues: readonly InputIssue[], status?: 400 | 422, left?: number)
  /** 'ValidationError'. */
  get name(): string
}

/**
 * Endpoints and groups under a prefix, as a value for `app.add()`; groups may hold groups.
 * @param prefix - What stands before the patterns of its members, for example '/api'.
 * @param members - Its routes and groups.
 * @example
 * ```ts run
 * import { App, defineGroup, defineRoute } from 'lanner'
 *
 * const getNote = defineRoute('GET', '/notes/:id', (ctx) => ({ id: ctx.params.id }))
 * const api = defineGroup('/api', { timeout: '5s' }, [getNote])
 * const reply = await new App().add(api).inject('/api/notes/7')
 * console.log(reply.json()) // { id: '7' }
 * ```
 */
declare function defineGroup<Prefix extends string, const Members extends readonly Member[]>(
  prefix: Prefix,
  members: Members,
): Group<Prefix, Members>

declare function defineGroup<Prefix extends string, const Members extends readonly Member[]>(
  prefix: Prefix,
  options: GroupOptions,
  members: Members,
): Group<Prefix, Members>

/**
 * A route as a value, for `app.add()` and `defineGroup()`: what `app.route()` takes. Its types do
 * not depend on where it is added. Nothing is checked before that: `app.add()` throws
 * LANNER_ROUTE_INVALID and LANNER_OPTION_INVALID.
 */
declare const defineRoute: RouteVerb<AnyState, '', never, 'none'>

/**
 * The events that a route sends, for its `responses`: `{ 200: sseEvents({ price: Price }) }`. What
 * the source of `sse()` yields has to be one of them, with the data that its schema takes; the
 * client reads them with their types.
 * @param events - The schema of the data of each event, by its name; 'message' for no name.
 * @throws LANNER_OPTION_INVALID: there is no event, or something is no schema
 */
declare function sseEvents<const Schemas extends EventSchemas>(
  events: Schemas,
): EventStreamSchema<Schemas>

/**
 * Answers with server-sent events: `return sse(async function* ({ signal, lastEventId }) { yield {
 * event: 'price', data: { eur: 3 } } })`. Values are texts, or objects with data, event, id, retry
 * and comment. The generator's finally runs when the client has gone; give `signal` to what it
 * waits for, so that it need not wait for long.
 * @param source - A generator function, which gets `signal` and `lastEventId`, or anything
 * iterable.
 * @throws LANNER_OPTION_INVALID: an option is wrong
 * @example
 * ```ts run
 * import { App, sse } from 'lanner'
 *
 * const app = new App().get('/prices', () =>
 *   sse(function* () {
 *     yield { event: 'price', data: { eur: 3 } }
 *   }),
 * )
 * const reply = await app.inject('/prices')
 * console.log(reply.text) // event: price, then data: {"eur":3}
 * ```
 */
declare function sse<Event extends SseEvent | string>(
  source: ValueSource<Event | Literally>,
  options?: SseOptions,
): Result<200, EventStream<Event>>

/**
 * Answers with one JSON value per line (`application/x-ndjson`), as they come: `return
 * jsonLines(db.rows())`. Takes what `sse()` takes: a generator function, or anything iterable.
 * @param source - A generator function, which gets `signal`, or anything iterable.
 */
declare function jsonLines<Value>(
  source: ValueSource<Value | Literally>,
): Result<200, JsonLines<Value>>

/**
 * The lines that a route sends, for its `responses`: `{ 200: jsonLinesOf(Row) }`. What the source
 * of `jsonLines()` yields has to fit; the client reads line by line.
 * @param line - The schema of one line.
 * @throws LANNER_OPTION_INVALID: it is no schema
 */
declare function jsonLinesOf<Line extends StandardSchema>(line: Line): JsonLinesSchema<Line>

/**
 * A reply of a media type, for `responses`: `{ 200: mediaOf('application/pdf') }` takes what
 * `file()` and `stream()` give, texts, bytes and Blobs. The type itself is set where the reply is
 * made. Events and JSON lines have schemas of their own: `sseEvents()` and `jsonLinesOf()`.
 * @param mediaType - For example 'application/pdf'.
 * @throws LANNER_OPTION_INVALID: it is no media type, or that of events or JSON lines
 */
declare function mediaOf<const Type extends string>(
  mediaType: Type & NoParts<Type>,
): MediaSchema<Type>

/** Options of an application. */
interface AppOptions {
  /**
   * How requests and replies are checked, where a route says nothing else. Default: what each of
   * its fields says.
   */
  validation?: ValidationOptions
}

/** The body of a request. It is read once, by one of these ways. */
declare class BodySource implements AsyncIterable<Uint8Array> {
  #private
  /** Whether the request has a body, if only an empty one. */
  get hasBody(): boolean
  /** Whether the body was read, or is being read. */
  get used(): boolean
  /** The length that the client declared, or undefined where it comes in chunks. */
  get length(): number | undefined
  /**
   * Trailer fields; undefined until the body has been read to its end, and where there are none.
   */
  get trailers(): HeaderView | undefined
  /**
   * The whole body.
   * @throws LANNER_BODY_USED: it was read before
   * @throws LANNER_BODY_TOO_LARGE (413): it is longer than `limits.bodyBytes`
   * @throws LANNER_BODY_TIMEOUT (408): it came too slowly
   * @throws LANNER_BODY_MALFORMED (400): it breaks the rules of HTTP
   * @throws LANNER_PEER_GONE, LANNER_DEADLINE, LANNER_SERVER_CLOSING: the exchange ended before it
   */
  bytes(): Promise<Uint8Array>
  /**
   * The whole body as UTF-8 text.
   * @throws what `bytes()` throws
   */
  text(): Promise<string>
  /**
   * The whole body as JSON.
   * @throws LANNER_JSON_INVALID (400): it is not
   * @throws what `bytes()` throws
   */
  json<T = unknown>(): Promise<T>
  /**
   * The whole body as a form of type application/x-www-form-urlencoded.
   * @param options - `parts` is how many fields it may have: 1 to 1000000, default 1024.
   * @throws LANNER_FORM_INVALID (415): it has another type
   * @throws LANNER_MULTIPART_LIMIT (413): it has more fields
   * @throws LANNER_OPTION_INVALID: an option is wrong
   * @throws what `bytes()` throws
   */
  form(options?: FormOptions): Promise<URLSearchParams>
  /**
   * The parts of a form of type multipart/form-data, as they come: `for await (const part of
   * ctx.body.multipart())`. Read a part before going on to the next one; what is left of it is
   * skipped.
   * @throws LANNER_FORM_INVALID (415): it has another type
   * @throws LANNER_MULTIPART_INVALID (400): the form is not valid
   * @throws LANNER_MULTIPART_LIMIT (413): it passes a limit
   * @throws LANNER_OPTION_INVALID: an option is wrong
   * @throws what `bytes()` throws
   */
  multipart(options?: MultipartOptions): AsyncGenerator<Part, undefined>
  /**
   * A whole form of either type. A file that is longer than `memoryBytes` lies in a temporary file,
   * which is deleted at the end of the exchange.
   * @throws LANNER_FORM_INVALID (415): it is of neither type
   * @throws what `multipart()` throws
   */
  formData(options?: MultipartOptions): Promise<FormData>
  /**
   * The values of a body with one JSON value per line, as they come.
   * @throws LANNER_JSON_INVALID (400): a line is not JSON
   * @throws LANNER_LINE_TOO_LONG (413): a line is longer than `lineBytes`
   * @throws what `bytes()` throws
   */
  jsonLines<T = unknown>(options?: JsonLinesOptions): AsyncGenerator<T, undefined>
  /** The chunks as they come. The client waits while they are worked on. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array>
  /**
   * Calls `receive` with each chunk as it comes, and settles at the end. A chunk is lent: its bytes
   * are valid until `receive` returns or its promise settles, and then they are used again. That
   * makes this the cheapest way to read a large body. The client waits while a promise is pending.
   */
  forEach(receive: Receive): Promise<void>
  /** The body as a stream of bytes. */
  get stream(): ReadableStream<Uint8Array>
}

/** Sources that a reply can be streamed from. */
type StreamBody =
  | ReadableStream<Uint8Array | string>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>

/** One request and its answer. */
declare class Context<
  Params = AnyParams,
  State extends object = AnyState,
  Input extends AnyInput = RawInput,
  Provided extends object = Services,
> {
  /** The method, for example 'GET'. A GET route also serves HEAD: then this says 'HEAD'. */
  get method(): string
  /** The path: percent-decoded (but for %2F) and without dot segments. */
  get path(): string
  /** The request target as it was sent. */
  get rawTarget(): string
  /**
   * The host that was asked for, with its port where it has one: of the Host field, or what a
   * trusted proxy says. Not checked: `lanner/middleware/host-filter` does that.
   */
  get host(): string
  /**
   * The path under which clients reach this server, where a trusted proxy says that it takes one
   * off: '/shop'. Empty otherwise. It belongs in front of paths in links and redirects; `path`,
   * `url` and the Request are without it, because routes are found by them.
   */
  get prefix(): string
  /** The URL that was asked for, made from the target and the host. */
  get url(): URL
  /** The parameters of the path, by their names in the pattern. */
  get params(): Params
  /** The route that the request matched, with its options. */
  get route(): RouteInfo
  /** Whether replies show developers what others are not to see: the option `development`. */
  get isDevelopment(): boolean
  /**
   * The route that the same request with another method would match, undefined where none does:
   * for middleware that answers OPTIONS in the name of a route.
   */
  routeFor(method: string): RouteInfo | undefined
  /**
   * The limits of this request, which begin as those of its route:
   * `ctx.limits.bodyBytes = '1GB'`, before the body is read.
   */
  get limits(): RequestLimits
  /** The query parameters; on a route with a schema for them what that made of them. */
  get query(): Input['query']
  /** The header fields. */
  get headers(): HeaderView
  /** The cookies of the request, and those that the reply sets. */
  get cookies(): Cookies
  /**
   * The body; on a route with a schema for it what that made of it. Otherwise read it once: `await
   * ctx.body.json()`, `for await (const chunk of ctx.body)`.
   */
  get body(): Input['body']
  /** Everything that the request brings, as the schemas of the route made it, by source. */
  get input(): InputView<Params, Input>
  /** A place for what middleware hands on to handlers. */
  get state(): State
  set state(value: State)
  /** What `app.provide()` made known; each service is made when it is touched first. */
  get services(): Provided
  /**
   * Aborts when the client has gone, the deadline passed or the server closes; never on a normal
   * end.
   */
  get signal(): AbortSignal
  /** The client's end of the connection, or what a trusted proxy says it is. */
  get remote(): PeerAddress
  /** The server's end of the connection. */
  get local(): PeerAddress
  /**
   * The other end of the connection itself: the proxy where one speaks for the client, otherwise
   * the same as `remote`.
   */
  get peer(): PeerAddress
  /** The protocol version. */
  get protocol(): 'HTTP/1.0' | 'HTTP/1.1'
  /** Whether the client's connection is encrypted, as far as this server or a proxy knows. */
  get isSecure(): boolean
  /** The connection. */
  get connection(): ConnectionInfo
  /**
   * Takes over what a trusted proxy says of the request: `remote`, `isSecure`, `host`, `url` and
   * `prefix` say that from then on. For middleware, before `ctx.request` is touched. What the
   * connection says stays in `peer`, `connection` and the Host field.
   */
  assume(origin: AssumedOrigin): this
  /** The Request of the fetch standard. Its body is this body: read one of them. */
  get request(): Request
  /** Whether a reply was decided: by a helper, or because it has left. */
  get sent(): boolean
  /**
   * Sets the status of the reply.
   * @throws LANNER_STATUS_INVALID: it is not an integer from 200 to 599
   * @throws LANNER_ALREADY_REPLIED: the reply has left
   */
  status(status: number): this
  /**
   * Sets a header field of the reply. Several values give several fields, `undefined` removes it.
   * @throws LANNER_HEADER_INVALID: name or value have characters that HTTP does not allow
   * @throws LANNER_HEADER_RESERVED: the field belongs to the server
   * @throws LANNER_ALREADY_REPLIED: the reply has left
   */
  header(name: string, value: string | readonly string[] | undefined): this
  /**
   * Adds a header field beside those of the same name.
   * @throws what `header()` throws
   */
  append(name: string, value: string): this
  /**
   * Sets the header fields of a set that was checked before, in place of those of their names.
   * @throws LANNER_HEADER_INVALID: it is not a HeaderSet
   */
  setHeaders(set: HeaderSet): this
  /** Sets the content type of the reply. */
  type(value: string): this
  /** Answers with text. */
  text(body: string, status?: number): Reply
  /**
   * Answers with JSON.
   * @throws LANNER_REPLY_VALUE: the value cannot be written as JSON
   * @throws LANNER_ALREADY_REPLIED: there is a reply
   */
  json(value: unknown, status?: number): Reply
  /** Answers with HTML. */
  html(body: string, status?: number): Reply
  /** Answers with bytes. They must not change until the reply has left. */
  bytes(body: Uint8Array | ArrayBuffer, status?: number): Reply
  /**
   * Answers with a stream of strings and bytes. It is pulled only as fast as the client takes it.
   */
  stream(body: StreamBody, status?: number): Reply
  /**
   * Answers with server-sent events. A generator's finally runs when the client has gone:
   * `ctx.sse(async function* ({ signal, lastEventId }) { yield { id: 1, data: { price: 3 } } })`.
   */
  sse(source: ValueSource<SseEvent | string>, options?: SseOptions): Reply
  /** Answers with one JSON value per line, as they come (`application/x-ndjson`). */
  jsonLines(source: ValueSource<unknown>): Reply
  /**
   * Answers with a redirect: 302 when no status is given.
   * @throws LANNER_STATUS_INVALID: the status is not 300 to 399
   * @throws LANNER_ALREADY_REPLIED: there is a reply
   */
  redirect(to: string | URL, status?: number): Reply
  /** Answers with 204 and no body. */
  noContent(): Reply
  /** Answers with 404 as a problem document. */
  notFound(detail?: string): Reply
  /** Sends 103 with fields that help the client to begin early, usually `link`. */
  earlyHints(fields: FieldInit): this
  /**
   * Sends an informational response: 102 or 103.
   * @throws LANNER_STATUS_INVALID: the status is another one
   */
  sendInformational(status: 102 | 103, fields?: FieldInit): this
  /** Fields that follow the body of the reply; it is then sent in chunks. */
  get trailers(): Trailers
  /**
   * Calls `hook` when the reply is decided and before it is sent, whoever made it: a handler, a
   * Response, an error. It may change status, fields and body. The last registered comes first.
   */
  onReply(hook: ReplyHook): this
  /**
   * Calls `hook` when the exchange is over: the reply was handed over, with all others of its turn,
   * or was given up. The request can still be read in it.
   */
  onEnd(hook: EndHook): this
  /** What loggers and JSON.stringify show: nothing of the memory that requests share. */
  toJSON(): object
}

/** What a trusted proxy says of the request that it hands on. */
interface AssumedOrigin {
  /** The client's end of its connection. */
  readonly remote?: PeerAddress | undefined
  /** Whether the client's connection is encrypted. */
  readonly isSecure?: boolean | undefined
  /** The host that the client asked for, with its port where it has one. */
  readonly host?: string | undefined
  /** The path under which clients reach this server, for example '/shop'. */
  readonly prefix?: string | undefined
}

/** The connection that a request came in on. */
interface ConnectionInfo {
  /** Number of the connection, unique in this process. */
  readonly id: number
  /** Whether the connection itself is encrypted, whatever a proxy says of the client's. */
  readonly isSecure: boolean
}

/** What the reply helpers of a Context return: return it from the handler. */
interface Reply {
  /** Marks the type; there is no such property. */
  readonly [replyMark]: true
}

/** The attributes of a cookie. */
interface CookieOptions {
  /** Hosts that get it, with those under them. Default: only the host that set it. */
  domain?: string
  /** Paths that get it. Default '/'. */
  path?: string
  /**
   * Seconds until it expires. 0 and less takes it away. Default: when the browser closes, unless
   * `expires` is given.
   */
  maxAge?: number
  /** When it expires. `maxAge` wins over it. Default none. */
  expires?: Date
  /** Hides it from scripts. Default false. */
  httpOnly?: boolean
  /** Sent over encrypted connections only. Default false. */
  secure?: boolean
  /** Whether requests from other sites carry it. Default: what the browser takes, mostly 'lax'. */
  sameSite?: 'strict' | 'lax' | 'none'
  /** A jar of its own for each top-level site (CHIPS). Needs `secure`. Default false. */
  partitioned?: boolean
  /** Which cookies go first when there are too many. Default: what the browser takes, 'medium'. */
  priority?: 'low' | 'medium' | 'high'
}

/** The cookies of an exchange. */
declare class Cookies implements Iterable<[string, string]> {
  #private
  /** The value of a cookie of the request. */
  get(name: string): string | undefined
  /** Whether the request has the cookie. */
  has(name: string): boolean
  /** The cookies of the request; the first of a name counts. */
  all(): ReadonlyMap<string, string>
  /** Names and values of the cookies of the request. */
  [Symbol.iterator](): IterableIterator<[string, string]>
  /** Sets a cookie in the reply. */
  set(name: string, value: string, options?: CookieOptions): void
  /** Tells the client to forget a cookie: path and domain must be those that it was set with. */
  delete(name: string, options?: Pick<CookieOptions, 'domain' | 'path' | 'secure'>): void
}

/** What other origins may do. Routes and groups have one of their own as the option `cors`. */
interface CorsPolicy {
  /**
   * Who may read replies: '*' for anybody, an origin, a list of them ('https://*.example.com' is
   * every host under it), or a function. Default '*'.
   */
  origin?: string | readonly string[] | OriginTest
  /** Methods of requests; '*' for any. Default GET, HEAD, POST, PUT, PATCH, DELETE. */
  allowMethods?: '*' | readonly string[]
  /** Fields that requests may have; '*' for those that are asked for. Default '*'. */
  allowHeaders?: '*' | readonly string[]
  /** Fields of replies that scripts may read. Default none. */
  exposeHeaders?: readonly string[]
  /** Whether cookies and the like may come along. Needs origins that are named. Default false. */
  credentials?: boolean
  /**
   * For how many seconds clients remember a preflight. Default: nothing is said, which is 5 s for
   * browsers.
   */
  maxAge?: number
}

/** Says whether an origin may read replies, for example 'https://app.example'. */
type OriginTest = (origin: string, ctx: Context) => boolean | PromiseLike<boolean>

/** One place to listen at: a TCP port, a Unix socket, or a socket that listens already. */
interface EndpointOptions {
  /**
   * Host name or IP address. Default 'localhost', which is 127.0.0.1 and ::1. '*' is every address.
   */
  host?: string
  /** TCP port; 0 takes a free one. Default 3000. */
  port?: number
  /**
   * Absolute path of a Unix socket, in place of host and port, of at most 107 bytes (103 but on
   * Linux). Not on Windows. Default none.
   */
  path?: string
  /**
   * Permissions of the Unix socket, for example 0o660. Default: what the process's umask leaves.
   */
  mode?: number
  /**
   * A descriptor of this process that listens already, in place of host and port: a TCP or Unix
   * stream socket that was inherited. It is copied and stays yours, so that connections go on to
   * queue there when the server has closed. Not on Windows. Default none.
   */
  fd?: number
  /**
   * The sockets that systemd passes by socket activation (LISTEN_FDS), in place of host and port:
   * all of them, or those of a FileDescriptorName. Default false.
   */
  systemd?: boolean | string
  /**
   * Length of the queue of connections that the system has accepted and we have not, 1 to 65535;
   * the system has a maximum of its own. Default 1024.
   */
  backlog?: number
  /** For '::': whether IPv4 is left out. Default false. */
  ipv6Only?: boolean
  /** Lets several processes listen at the same port (Linux). Default false. */
  reusePort?: boolean
  /** Whether small writes leave at once (TCP_NODELAY). Default true. */
  noDelay?: boolean
  /** Whether the system probes silent connections (SO_KEEPALIVE). Default false. */
  tcpKeepAlive?: boolean | TcpKeepAliveOptions
  /**
   * The system's receive buffer of a connection, at least 4096 bytes. Default: what the system
   * chooses.
   */
  receiveBufferBytes?: Size
  /**
   * The system's send buffer of a connection, at least 4096 bytes. Default: what the system
   * chooses.
   */
  sendBufferBytes?: Size
  /**
   * Speaks the PROXY protocol, versions 1 and 2. True believes loopback and private addresses, and
   * requires a header of every connection. Default false.
   */
  proxyProtocol?: boolean | ProxyProtocolOptions
}

/** When the system asks a silent client whether it is still there; its own choice by default. */
interface TcpKeepAliveOptions {
  /**
   * Silence before the first probe, in whole seconds. Default: what the system does, on Linux 2 h.
   */
  idle?: Duration
  /** Between probes, in whole seconds. Default: what the system does, on Linux 75 s. */
  interval?: Duration
  /**
   * Probes without an answer before the connection is given up, 1 to 127. Default: what the system
   * does, on Linux 9.
   */
  probes?: number
}

/** A stable code of an error of this package. */
type ErrorCode =
  | 'LANNER_HTTP'
  | 'LANNER_OPTION_INVALID'
  | 'LANNER_ROUTE_INVALID'
  | 'LANNER_APP_LISTENING'
  | 'LANNER_NEXT_TWICE'
  | 'LANNER_NEXT_MISSING'
  | 'LANNER_ALREADY_REPLIED'
  | 'LANNER_CONTEXT_EXPIRED'
  | 'LANNER_HEADER_INVALID'
  | 'LANNER_HEADER_RESERVED'
  | 'LANNER_STATUS_INVALID'
  | 'LANNER_CONTENT_LENGTH'
  | 'LANNER_BODY_NOT_ALLOWED'
  | 'LANNER_REPLY_VALUE'
  | 'LANNER_RESPONSE_MISSING'
  | 'LANNER_BODY_CHUNK'
  | 'LANNER_SERVICE_NAME'
  | 'LANNER_SERVICE_MISSING'
  | 'LANNER_SERVICE_CYCLE'
  | 'LANNER_EVENT_INVALID'
  | 'LANNER_BODY_USED'
  | 'LANNER_BODY_CLOSED'
  | 'LANNER_LIMIT_LATE'
  | 'LANNER_JSON_INVALID'
  | 'LANNER_LINE_TOO_LONG'
  | 'LANNER_FORM_INVALID'
  | 'LANNER_MULTIPART_INVALID'
  | 'LANNER_MULTIPART_LIMIT'
  | 'LANNER_PART_OVER'
  | 'LANNER_CONTENT_TYPE'
  | 'LANNER_VALIDATION'
  | 'LANNER_RESPONSE_INVALID'
  | 'LANNER_URL_INVALID'
  | 'LANNER_HOST_REFUSED'
  | 'LANNER_AUTH_MISSING'
  | 'LANNER_AUTH_MALFORMED'
  | 'LANNER_AUTH_INVALID'
  | 'LANNER_AUTH_ROLE'
  | 'LANNER_AUTH_UNGUARDED'
  | 'LANNER_AUTH_ROLES_MISSING'
  | 'LANNER_LOG_FAILED'
  | 'LANNER_CSRF'
  | 'LANNER_PRECONDITION'
  | 'LANNER_PEER_GONE'
  | 'LANNER_DEADLINE'
  | 'LANNER_SERVER_CLOSING'
  | 'LANNER_BODY_MALFORMED'
  | 'LANNER_BODY_TOO_LARGE'
  | 'LANNER_BODY_TIMEOUT'
  | 'LANNER_ADDRESS_IN_USE'
  | 'LANNER_ADDRESS_UNAVAILABLE'
  | 'LANNER_PERMISSION_DENIED'
  | 'LANNER_HOST_UNKNOWN'
  | 'LANNER_LISTEN_FAILED'
  | 'LANNER_DESCRIPTOR_INVALID'
  | 'LANNER_SYSTEMD'
  | 'LANNER_RESOURCES'
  | 'LANNER_SERVER_CLOSED'
  | 'LANNER_ADDON_MISSING'
  | 'LANNER_ADDON_BROKEN'
  | 'LANNER_ADDON_VERSION'

/** Answers when a fetch handler failed. Returning nothing gives the default problem document. */
type FetchErrorHandler = (
  error: unknown,
  info: FetchInfo,
) => Response | undefined | void | Promise<Response | undefined | void>

/** Answers a Request with a Response. */
type FetchHandler = (request: Request, info: FetchInfo) => Response | Promise<Response>

/** An object that answers: an application of Hono, h3, Elysia, or a module's default export. */
interface FetchObject {
  /** Answers a Request with a Response. */
  fetch: FetchHandler
}

/**
 * A handler of WinterTC's draft Fetch Server API, which carries the marker
 * `[Symbol.for('wintertc.server.protocol')]: 1`. It returns nothing when it called `deny()`.
 */
interface FetchServerObject {
  /** Answers a request, which `context.request` is. */
  fetch: (context: FetchInfo) => FetchServerResult
  /** Answers when `fetch` failed. Returning nothing gives the default problem document. */
  error?: (context: FetchInfo, error: unknown) => FetchServerResult
}

/** What a handler of the draft returns. */
type FetchServerResult = Response | undefined | void | Promise<Response | undefined | void>

/** What is known of an exchange beside its Request. */
declare class FetchInfo {
  #private
  /** The Request of this exchange. */
  readonly request: Request
  /** A priority for the server's own scheduling, which HTTP/1.1 has not: kept and not used. */
  serverPriority: RequestPriority | null
  /** Is never called: HTTP/1.1 has no change of priority. */
  onpriority: ((priority: RequestPriority) => void) | null
  /** The client's end of the connection; what a trusted proxy says it is (`proxyProtocol`). */
  get remoteAddress(): PeerAddress
  /** The server's end of the connection. */
  get localAddress(): PeerAddress
  /** The same as `remoteAddress`, as Deno writes it. */
  get remoteAddr(): NetworkAddress
  /** The same as `localAddress`, as Deno writes it. */
  get localAddr(): NetworkAddress
  /** The protocol by its ALPN name: 'http/1.1' or 'http/1.0'. */
  get alpnProtocol(): string
  /** Whether the connection is encrypted. */
  get encrypted(): boolean
  /** The host name of the TLS handshake; null where there was none. */
  get serverName(): string | null
  /** The priority that the client asks for by the field `priority` (RFC 9218). */
  get clientPriority(): RequestPriority
  /** Whether `100 Continue` is sent when the body is read: it is. */
  get autoContinue(): boolean
  /** Null: nobody tracks when the reply has been handed over. */
  get completed(): Promise<undefined> | null
  /** Sends an informational response, 102 or 103, before the Response. */
  sendInformational(status: 102 | 103, headers?: FieldInit | Headers): void
  /**
   * Declines the request, which was not worked on: the client gets 503 on a connection that closes.
   * The handler returns nothing then.
   */
  deny(_error?: unknown): void
  /**
   * Takes work that goes on after the reply: an error in it goes to `onError`, and the head of the
   * Request stays readable. A server that closes waits for it until its grace period is over.
   */
  waitUntil(promise: PromiseLike<unknown>): void
}

/** One end of a connection, as Deno writes it. */
type NetworkAddress =
  | {
      readonly transport: 'tcp'
      readonly hostname: string
      readonly port: number
    }
  | {
      readonly transport: 'unix'
      readonly path: string
    }

/** How a client wants a reply to be scheduled (RFC 9218). */
interface RequestPriority {
  /** 0 to 7, most urgent first. Default 3. */
  urgency: number
  /** Whether parts of the reply are of use. Default false. */
  incremental: boolean
}

/** Options of `file()`. */
interface FileOptions {
  /** The content type. Default: that of the Blob or of the file's extension. */
  type?: string
  /**
   * Has browsers save it under its own name, or under this one, instead of showing it. Default
   * false.
   */
  download?: boolean | string
}

/** The options of `serve()`: those of `app.listen()`, and what a fetch handler needs beside. */
interface ServeOptions extends ListenOptions {
  /** Called when the server listens. Default none. */
  onListen?: (server: Server) => void
  /**
   * Answers when the handler failed, in place of the default problem document; also told of errors
   * that come when the reply has left. Default: the problem document.
   */
  onError?: FetchErrorHandler
  /**
   * Whether the Request is made piece by piece as it is touched. On Node 24 and newer it then costs
   * less than a real Request and cannot be the argument of `new Request()` or `fetch()`; `new
   * Request(request.url, request)` can. Default: true where nothing can tell it from another
   * Request (Node 20 and 22).
   */
  lazy?: boolean
}

/** A server that was started by `serve()`. Await it for the `Server`. */
declare class Serving implements PromiseLike<Server> {
  #private
  /** Settles when the server has closed, however that came; at once if it never listened. */
  readonly closed: Promise<void>
  /** The URL of the first address, for example 'http://localhost:3000'. */
  get url(): string
  /** Every address that it listens at. */
  get addresses(): readonly ServerAddress[]
  /** Stops accepting, lets running requests finish, then aborts what is left. */
  close(options?: CloseOptions): Promise<void>
  /**
   * Settles when the server listens, with the `Server`, or with the error that kept it from that.
   */
  then<Value = Server, Failure = never>(
    onListening?: ((server: Server) => Value | PromiseLike<Value>) | null,
    onFailed?: ((error: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Value | Failure>
  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** What an HttpError may carry beside its status. */
interface HttpErrorOptions {
  /** What led to it; never sent. Default none. */
  cause?: unknown
  /** Fields of the reply, for example `{ 'retry-after': '5' }`. Default none. */
  headers?: Readonly<Record<string, string>>
  /**
   * The `type` member of the problem document, a URI. Default: it is left out, which stands for
   * 'about:blank'.
   */
  type?: string
  /** The `detail` member. Default: the message. */
  detail?: string
  /** Whether message and detail are sent. Default: where the status is below 500. */
  expose?: boolean
  /** A code of your own; clients see it where they see the message. Default 'LANNER_HTTP'. */
  code?: string
}

/** What a request brings beside the parameters of its path, by source. */
interface AnyInput {
  /** The query parameters. */
  readonly query: unknown
  /** The header fields. */
  readonly headers: unknown
  /** The cookies. */
  readonly cookies: unknown
  /** The body. */
  readonly body: unknown
}

/** Parameters whose names are not known. */
type AnyParams = Readonly<Record<string, string | undefined>>

/**
 * State whose shape is not declared. Fields that handlers in other modules are to know are declared
 * by merging: `declare module 'lanner' { interface AnyState { user?: User } }`.
 */
interface AnyState {
  [name: string]: unknown
}

/** Answers when a handler failed. Returning nothing gives the default problem document. */
type ErrorHandler<State extends object = AnyState, Provided extends object = Services> = (
  error: unknown,
  ctx: Context<AnyParams, State, RawInput, Provided>,
) => unknown

/**
 * Runs around the handlers of a route, when what the request brings has been checked: `ctx.params`,
 * `ctx.query`, `ctx.body` and `ctx.input` are what the route's schemas made of it. Otherwise it is
 * like middleware.
 */
type Filter<
  Params = unknown,
  State extends object = AnyState,
  Input extends AnyInput = AnyInput,
  Provided extends object = Services,
> = Handler<Params, State, Input, unknown, Provided>

/**
 * Answers a request: returns a string, bytes, JSON data, a Response, a stream or iterable of
 * chunks, a result of `ctx.*`, nothing (204), or a promise of any of these. As a middleware it may
 * call `next`.
 */
type Handler<
  Params = AnyParams,
  State extends object = AnyState,
  Input extends AnyInput = RawInput,
  Replies = unknown,
  Provided extends object = Services,
> = (ctx: Context<Params, State, Input, Provided>, next: Next) => Replies

/**
 * Wraps handlers: answers itself, calls `next`, adds to `ctx.state`, or changes what comes back by
 * returning something else. Returning nothing leaves what `next` gave.
 */
type Middleware<State extends object = AnyState, Provided extends object = Services> = Handler<
  AnyParams,
  State,
  RawInput,
  unknown,
  Provided
>

/**
 * Goes on to the next middleware or the handler. Gives what that returned (await it: it may be a
 * promise). At most once per middleware. Errors that come when the middleware is over go to
 * `onError`; until then its promise is the middleware's to look at.
 */
type Next = () => unknown

/** What a request brings where the route has no schemas. */
interface RawInput extends AnyInput {
  /** The query parameters, as they were sent. */
  readonly query: QueryView
  /** The header fields, as they were sent. */
  readonly headers: HeaderView
  /** The cookies of the request, and those that the reply sets. */
  readonly cookies: Cookies
  /** The body, not read yet. */
  readonly body: BodySource
}

/**
 * Header fields: case-insensitive, in the order of the message, decoded when they are asked for.
 */
declare class HeaderView implements Iterable<[string, string]> {
  #private
  /** The value of a field, or null. Several are joined by ", " (cookies by "; "). */
  get(name: string): string | null
  /** Whether the field is there. */
  has(name: string): boolean
  /** All values of a field, one per field line. */
  getAll(name: string): string[]
  /** Names in lower case with their values, each name once. */
  entries(): IterableIterator<[string, string]>
  /** Names in lower case, each once. */
  keys(): IterableIterator<string>
  /** Values, in the order of `keys()`. */
  values(): IterableIterator<string>
  /** Calls `fn` for each name. */
  forEach(fn: (value: string, name: string) => void): void
  /** The same as `entries()`. */
  [Symbol.iterator](): IterableIterator<[string, string]>
  /** The field lines as they were sent: names in their own spelling, duplicates apart. */
  raw(): [name: string, value: string][]
  /** Number of field lines. */
  get length(): number
  /** A Headers object of the fetch standard. */
  toHeaders(): Headers
  /** What loggers and JSON.stringify show: values by names in lower case. */
  toJSON(): Record<string, string>
}

/** Sees every request before middleware does. What it returns is the answer, nothing goes on. */
type RequestHook<State extends object = AnyState, Provided extends object = Services> = (
  ctx: Context<AnyParams, State, RawInput, Provided>,
) => unknown

/** Hears how an exchange ended. */
type ResponseHook<State extends object = AnyState, Provided extends object = Services> = (
  ctx: Context<AnyParams, State, RawInput, Provided>,
  info: ResponseInfo,
) => unknown

/** How an exchange ended, for `app.onResponse()`. */
interface ResponseInfo {
  /**
   * The status that was sent. Where the exchange was given up before that: the one of the error,
   * 499 when the client has gone.
   */
  readonly status: number
  /** Milliseconds from the beginning of the pipeline to the end of the exchange. */
  readonly durationMs: number
  /** Bytes of the body that were handed over, before any framing. */
  readonly bodyBytes: number
  /** What a handler threw, or why the exchange was given up; undefined if all went well. */
  readonly error: unknown
}

/**
 * Is called with a server that began to listen, or that has closed, and with the services of the
 * application.
 */
type ServerHook<Provided extends object = Services> = (
  server: Server,
  services: Provided,
) => unknown

/** A cookie that a reply sets. */
interface InjectCookie {
  /** Its value, decoded. */
  readonly value: string
  /** Seconds until it expires; 0 or less takes it away. */
  readonly maxAge?: number
  /** When it expires. */
  readonly expires?: Date
  /** Hosts that get it. */
  readonly domain?: string
  /** Paths that get it. */
  readonly path?: string
  /** Whether scripts cannot see it. */
  readonly httpOnly?: boolean
  /** Whether only encrypted connections carry it. */
  readonly secure?: boolean
  /** 'strict', 'lax' or 'none'. */
  readonly sameSite?: string
  /** Whether each top-level site has a jar of its own for it. */
  readonly partitioned?: boolean
}

/** Names with a value each, or several. */
type InjectFields = Readonly<Record<string, InjectValue | readonly InjectValue[] | undefined>>

/** A request without a socket. */
interface InjectOptions {
  /** Its method. Default 'GET', or 'POST' when there is a body. */
  method?: string
  /** Path and query. Default '/'. */
  path?: string
  /**
   * Added to the query of the path; a list repeats its name, undefined leaves it out. Default none.
   */
  query?: InjectFields | URLSearchParams
  /**
   * Its header fields; a list gives several of the name. Default: a host, and a content type and
   * length where there is a body.
   */
  headers?: Readonly<Record<string, string | readonly string[]>>
  /** The cookies of the request, by their names. Default none. */
  cookies?: Readonly<Record<string, string>>
  /**
   * Text, bytes, URLSearchParams, FormData and a Blob are sent as they are, anything else as JSON.
   * Default none.
   */
  body?: unknown
  /**
   * In place of a body: the fields of a form of type application/x-www-form-urlencoded. Default
   * none.
   */
  form?: InjectFields
  /**
   * Gives the request up when it aborts, as a client that closes the connection does. Default none.
   */
  signal?: AbortSignal
}

/** What is sent as text. */
type InjectValue = string | number | boolean

/** The result of `app.inject()`: the whole reply. */
interface InjectResponse {
  /** The status. */
  readonly status: number
  /** Whether the status is 200 to 299. */
  readonly ok: boolean
  /** The header fields. */
  readonly headers: Headers
  /** The cookies that it sets, by their names. */
  readonly cookies: ReadonlyMap<string, InjectCookie>
  /** The body's bytes. */
  readonly body: Uint8Array
  /** The body as text. */
  readonly text: string
  /** The body as JSON; throws when it is not. */
  json<T = unknown>(): T
  /** Fields that followed the body. */
  readonly trailers: Headers
  /** Informational responses that came before. */
  readonly informational: readonly {
    readonly status: number
    readonly headers: Headers
  }[]
}

/** The limit of a body of type application/x-www-form-urlencoded, beside `limits.bodyBytes`. */
interface FormOptions {
  /** Fields of the form. Default 1024 (Kestrel). Past it: 413. */
  parts?: number
}

/** The limits of a body of type multipart/form-data, beside `limits.bodyBytes`. Past them: 413. */
interface MultipartOptions {
  /** Parts, fields and files together; also fields of urlencoded forms. Default 1024 (Kestrel). */
  parts?: number
  /** Length of a part's name. Default 2 KiB (Kestrel). */
  nameBytes?: Size
  /** Length of a field, which is a part without a filename. Default 4 MiB (Kestrel). */
  valueBytes?: Size
  /** Length of a file; null for no limit. Default 128 MiB (Kestrel). */
  fileBytes?: Size | null
  /** Number of header fields of a part. Default 16 (Kestrel). */
  headers?: number
  /** All header fields of a part together. Default 16 KiB (Kestrel). */
  headerBytes?: Size
  /** Length of the boundary. Default 70 (RFC 2046 section 5.1.1). */
  boundaryBytes?: number
  /**
   * Length up to which `formData()` keeps a file in memory; a longer one goes to a temporary file.
   * Default 64 KiB (Kestrel).
   */
  memoryBytes?: Size
}

/** A part of a form: `for await (const part of ctx.body.multipart())`. */
declare class Part implements AsyncIterable<Uint8Array> {
  #private
  /** The name of the field. */
  readonly name: string
  /**
   * What the client calls the file, without directories; undefined for a field that is no file. It
   * is the client's text: never use it as a path.
   */
  readonly filename: string | undefined
  /** The content type; 'text/plain' where none is said, 'application/octet-stream' for a file. */
  readonly type: string
  /** Header fields of the part, by their names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** Whether it has a filename, if only an empty one. */
  get isFile(): boolean
  /** The pieces as they come. The client waits while they are worked on. */
  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined>
  /** All of it, in memory. */
  bytes(): Promise<Uint8Array>
  /** All of it as UTF-8 text. */
  text(): Promise<string>
  /**
   * Writes it to a new file in a folder, that of the system for temporary files by default. The
   * file is deleted at the end of the exchange: rename it to keep it.
   */
  spool(dir?: string): Promise<SpooledFile>
}

/** A part in a file of its own, until the exchange is over. */
interface SpooledFile {
  /** Where it lies. */
  readonly path: string
  /** Its length in bytes. */
  readonly size: number
  /** The name of the field. */
  readonly name: string
  /** What the client calls the file. */
  readonly filename: string | undefined
  /** Its content type. */
  readonly type: string
}

/** One end of a connection. */
interface PeerAddress {
  /** The IP address; empty for a Unix socket. */
  readonly address: string
  /** The port; 0 for a Unix socket. */
  readonly port: number
  /** The kind of address. */
  readonly family: 'IPv4' | 'IPv6' | 'unix'
}

/** A length of time: milliseconds, or a number with `ms`, `s`, `min` or `h`. */
type Duration = number | `${number}${'ms' | 's' | 'min' | 'h'}`

/**
 * Caps on what a client can make the server hold or count. docs/limits.md has them all. Where there
 * can be no limit, null or Infinity says so; undefined is the default.
 */
interface LimitOptions {
  /** Longest request line; with `headerBytes` at most 65 533 bytes. Default 8192 bytes. */
  requestLineBytes?: Size
  /**
   * All header fields of a request together; with `requestLineBytes` at most 65 533 bytes. Default
   * 32 KiB.
   */
  headerBytes?: Size
  /** Number of header fields of a request. Default 100. */
  headers?: number
  /** Longest request body; null for no limit. Default 30 MB. */
  bodyBytes?: Size | null
  /** Bytes of a request body that wait for the handler. Default 1 MiB. */
  requestWindowBytes?: Size
  /** Bytes of a reply that wait for the client. Default 64 KiB. */
  replyWindowBytes?: Size
  /** Requests of one connection that are read and not answered. Default 32. */
  pipelined?: number
  /** Connections open at once; more are closed without a reply. Default none. */
  connections?: number | null
  /** Requests of one connection; the last reply says `connection: close`. Default none. */
  requestsPerConnection?: number | null
  /**
   * Bytes of a body nobody reads that are dropped to keep the connection; null for as many as come
   * in `timeouts.drain`. Default 1 MiB.
   */
  drainBytes?: Size | null
  /**
   * Bytes of requests and replies that all connections together may make the server hold, beside
   * what JavaScript holds; past that no body is read and new requests are answered with 503. Null
   * for no limit. Default 1 GiB.
   */
  bodyMemoryBytes?: Size | null
}

/** The options of `app.listen()`. */
interface ListenOptions extends EndpointOptions {
  /** Several places to listen at, in place of one. Default: the one that host and port say. */
  endpoints?: readonly EndpointOptions[]
  /** Caps of sizes and counts. Default: what each of its fields says. */
  limits?: LimitOptions
  /** Lengths of time after which something is given up. Default: what each of its fields says. */
  timeouts?: TimeoutOptions
  /** How slow a client may be. Default: what each of its fields says. */
  rates?: RateOptions
  /** What is too much at once, and gets 503. Default: what each of its fields says. */
  overload?: OverloadOptions
  /** What the replies to malformed requests say. Default: nothing, they have no body. */
  rejects?: RejectOptions
  /** Paths of probes. Default none. */
  health?: HealthOptions
  /** Path of the counters. Default none. */
  metrics?: MetricsOptions
  /** Reports of a blocked event loop; false for none. Default: what each of its fields says. */
  stall?: StallOptions | false
  /** Threads that do the network's work. Default 'auto'. */
  ioThreads?: number | 'auto'
  /** Value of the `server` field of replies. Default none. */
  serverHeader?: string
  /** Accepts a line feed alone as the end of a header line. Default false. */
  allowBareLf?: boolean
  /** Whether error replies show details. Default: whether NODE_ENV is 'development'. */
  development?: boolean
  /** Closes the server when it aborts. Default none. */
  signal?: AbortSignal
}

/**
 * A number of bytes, or a number with a unit: `kB`, `MB`, `GB` are powers of 1000, `KiB`, `MiB`,
 * `GiB` of 1024.
 */
type Size = number | `${number}${'B' | 'kB' | 'KB' | 'MB' | 'GB' | 'KiB' | 'MiB' | 'GiB'}`

/** Lengths of time after which something is given up; null for never. */
interface TimeoutOptions {
  /** From the first byte of a request's head to its end. Default 30 s. */
  headers?: Duration | null
  /** Between two requests of a connection. Default 130 s. */
  keepAlive?: Duration | null
  /** For the rest of a request body that nobody reads; 0 for no time at all. Default 5 s. */
  drain?: Duration
  /**
   * For the reply to a client that closed its sending side, from the last byte that moved. Holds
   * also where that end waits behind a full request window: what was sent before it is delivered
   * to a handler that reads in time. While a reply waits for the client, its minimum rate counts
   * instead. Default 5 s.
   */
  halfClosed?: Duration | null
  /**
   * From a request's head to the end of its reply: then 504, or the reply is cut, and `ctx.signal`
   * aborts. Default none.
   */
  request?: Duration | null
  /** Age at which a connection ends with its next reply. Default none. */
  connectionAge?: Duration | null
}

/** The limits of one request. They begin as those of its route; a handler can change them. */
declare class RequestLimits {
  #private
  /**
   * Longest request body, null for no limit. Set it before the body is read
   * (LANNER_LIMIT_LATE). Fails with status 413 when the client announced more. A limit above the
   * one of the route helps bodies of unknown length only: announced ones were refused before.
   */
  get bodyBytes(): number | null
  set bodyBytes(value: Size | null)
  /** Bytes of a body nobody reads that are dropped to keep the connection, null for any number. */
  get drainBytes(): number | null
  set drainBytes(value: Size | null)
  /** Milliseconds for the rest of a body that nobody reads. */
  get drain(): number
  set drain(value: Duration)
  /** Milliseconds from the head of the request to the end of its reply, null for no deadline. */
  get timeout(): number | null
  set timeout(value: Duration | null)
  /** The slowest pace of the request body, null for none. What is not said of it stays. */
  get requestRate(): Required<Rate> | null
  set requestRate(value: Rate | null)
  /** The slowest pace at which the client may take the reply, null for none. */
  get responseRate(): Required<Rate> | null
  set responseRate(value: Rate | null)
}

/** When requests are refused with 503 although they are well. */
interface OverloadOptions {
  /**
   * Requests that handlers work on at the same time, in the whole server; one whose reply only
   * waits for its client does not count. Default 10 000.
   */
  inFlight?: number
  /**
   * How long requests may wait for the event loop: when all of them waited longer for a second, or
   * do and one more would wait five times as long, only as many are admitted as wait for this time
   * and the others are shed, until a second went by without that. Null for no bound. Default
   * 100 ms.
   */
  queueDelay?: Duration | null
  /**
   * What `retry-after` of the 503 says, in whole seconds rounded up; null leaves the field out.
   * Default 1 s.
   */
  retryAfter?: Duration | null
}

/**
 * Paths that are answered without JavaScript, as JSON: state, loop delay, stalls, requests that
 * wait for an event loop (`queued`) and that are in flight, uptime.
 */
interface HealthOptions {
  /** Answers 200 as long as the network side works, for example '/livez'. Default none. */
  live?: string
  /**
   * Answers 503 while the server starts, closes, is busy or its event loop is stuck, and 200
   * otherwise, for example '/readyz'. Default none.
   */
  ready?: string
  /** Delay of the event loop past which the server is not ready; null for any. Default 1 s. */
  maxLoopDelay?: Duration | null
}

/** Counters, answered without JavaScript. */
interface MetricsOptions {
  /** Where they are, in the text format of Prometheus, for example '/metrics'. Default none. */
  path?: string
}

/** How errors are answered. Routes and groups have their own as the option `problems`. */
interface ProblemOptions {
  /**
   * Sees each problem document before it is sent, with the error that led to it, if any. Gives
   * another one in its place, or nothing to leave it; its status is that of the reply. Default
   * none.
   */
  customize?: (problem: ProblemDocument, ctx: Context, error: unknown) => ProblemDocument | void
  /**
   * Makes answers of errors that are none: a status or an HttpError for one of a database, say.
   * `onError` gets what it gives, and nothing is reported. Nothing leaves the error unknown.
   * Default none.
   */
  translate?: (error: unknown, ctx: Context) => HttpError | number | undefined
  /** Whether replies from 400 on without a body get a problem document. Default false. */
  statusPages?: boolean
}

/**
 * The PROXY protocol, versions 1 and 2: a proxy in front says whose connection it forwards, and
 * `ctx.remote` and `ctx.local` are the client's. `ctx.peer` stays the proxy.
 */
interface ProxyProtocolOptions {
  /**
   * Whose headers are believed: networks such as '10.0.0.0/8', addresses, 'loopback', 'private' or
   * 'any'. Peers on a Unix socket always are. Default: 'loopback' and 'private'.
   */
  trusted?: readonly string[]
  /**
   * Whether every connection has to begin with a header, and comes from a trusted source. If not,
   * a trusted source may do without, and others are served as what they are. Default true.
   */
  required?: boolean
  /**
   * For the header, from the beginning of the connection; null for any time. Default 5 s. Who need
   * not send one and sends nothing by then is served without.
   */
  timeout?: Duration | null
}

/** Query parameters, decoded when they are asked for. */
declare class QueryView implements Iterable<[string, string]> {
  #private
  /** The query as sent, without the question mark. */
  readonly raw: string
  /** The first value of a parameter, or undefined. */
  get(name: string): string | undefined
  /** All values of a parameter. */
  all(name: string): string[]
  /** Whether the parameter is there. */
  has(name: string): boolean
  /** Names and values in the order of the query. */
  entries(): IterableIterator<[string, string]>
  /** The same as `entries()`. */
  [Symbol.iterator](): IterableIterator<[string, string]>
  /** The same as URLSearchParams. */
  toURLSearchParams(): URLSearchParams
  /** The query as it was sent, without the question mark. */
  toString(): string
  /** What loggers and JSON.stringify show: values by name, a list where a name is repeated. */
  toJSON(): Record<string, string | string[]>
}

/**
 * A minimum rate: slower transfers are cut, because they hold memory for nothing. Bytes that moved
 * early count later, so that a client may read in bursts, for five minutes at most: one that stops
 * is cut after `grace` or these five minutes, however much it took before.
 */
interface Rate {
  /** On average, over the time in which the client was the one who was waited for. Default 240. */
  bytesPerSecond?: Size
  /** Time before the first verdict. Default 5 s. */
  grace?: Duration
}

/** Minimum rates in both directions; null for none. */
interface RateOptions {
  /**
   * Of request bodies: slower ones are answered with 408. Default: 240 bytes per second after 5 s.
   */
  request?: Rate | null
  /** Of replies: the connection is reset. Default: 240 bytes per second after 5 s. */
  response?: Rate | null
}

/** What the reply to refused requests of one reason will be. */
interface RejectedRequest {
  /** Why it is refused. */
  readonly reason: RejectReason
  /** The status of the reply. */
  readonly status: number
  /** The text of the status, for example 'Bad Request'. */
  readonly title: string
}

/** What the replies to malformed requests say. */
interface RejectOptions {
  /**
   * The body of the refusals for a reason: text, or text with a content type; nothing for none. It
   * is called once for each reason when the server starts, because refusals are written without
   * JavaScript. At most 4096 bytes. Default: no body.
   */
  body?: (refused: RejectedRequest) => string | RejectPage | undefined
}

/** A body with its content type. */
interface RejectPage {
  /** Value of the content-type field. */
  type: string
  /** At most 4096 bytes of UTF-8. */
  body: string
}

/** Why a request was refused before any handler saw it. docs/errors.md says what each means. */
type RejectReason = keyof typeof REJECT_STATUS

/** Field names with a value each, or several. */
type FieldInit = Readonly<Record<string, string | readonly string[]>>

/**
 * Hears that an exchange is over. What it throws, or promises and does not keep, is reported and
 * changes nothing. Read what is needed of `ctx` before the first await.
 */
type EndHook = (end: ExchangeEnd, ctx: Context) => unknown

/** How an exchange ended. */
declare class ExchangeEnd {
  #private
  /** The status of the reply, or 0 when the exchange was given up before there was one. */
  get status(): number
  /** Bytes of the body that were handed over, before any framing. */
  get bodyBytes(): number
  /** Whether the exchange was given up: the client has gone, or its time was over. */
  get isAborted(): boolean
  /** Why it was given up, or the error that was answered. */
  get error(): unknown
  /** The value of a header field of the reply that the application set. */
  get(name: string): string | undefined
}

/** A reply that is decided and not sent: what it is made of, and the way to change it. */
declare class PreparedReply {
  #private
  /** The status. */
  get status(): number
  set status(status: number)
  /** The content type, set or implied by the body; undefined without either. */
  get type(): string | undefined
  /** The length of the body in bytes, or undefined for a stream that did not say it. */
  get length(): number | undefined
  /** Whether the body is a stream, whose bytes nobody knows yet. */
  get isStream(): boolean
  /** The body. */
  get body(): string | Uint8Array | StreamBody | undefined
  /**
   * Another body. A content-length that was set is forgotten; the content type stays. Without a
   * body (`undefined`) a stream is cancelled; whoever puts something else in its place reads it.
   */
  set body(body: string | Uint8Array | StreamBody | undefined)
  /** The value of a header field that was set, or undefined. Several are joined by ", ". */
  get(name: string): string | undefined
  /** The values of a header field that was set, one for each field line. */
  getAll(name: string): string[]
  /** Whether a header field was set. */
  has(name: string): boolean
  /** Sets a header field; several values give several fields, `undefined` removes it. */
  header(name: string, value: string | readonly string[] | undefined): this
  /** Adds a header field beside those of the same name. */
  append(name: string, value: string): this
  /** Adds the name of a request field to `vary`, once. */
  vary(name: string): this
}

/**
 * Sees a reply before it is sent and may change it. A promise makes the reply wait. What it throws
 * is answered as the error of a handler is.
 */
type ReplyHook = (reply: PreparedReply, ctx: Context) => unknown

/** A problem document (RFC 9457). */
interface ProblemDocument {
  /** What kind of problem it is, as a URI; 'about:blank' where the status says it all. */
  readonly type?: string
  /** The kind of problem in words. */
  readonly title: string
  /** The status of the reply. */
  readonly status: number
  /** What happened this time. */
  readonly detail?: string
  /** A URI of this very occurrence. */
  readonly instance?: string
  /** Whatever else helps the client. */
  readonly [member: string]: unknown
}

/** Members of a problem document; title and status need not be said. */
interface ProblemMembers {
  /** What kind of problem it is, as a URI. */
  readonly type?: string
  /** The kind of problem in words; that of the status where nothing is said. */
  readonly title?: string
  /** What happened this time. */
  readonly detail?: string
  /** A URI of this very occurrence. */
  readonly instance?: string
  readonly [member: string]: unknown
}

/** A route that is not registered yet: a method, a path, schemas and handlers. */
interface Endpoint<
  Method extends string = string,
  Path extends string = string,
  Options extends Schemas = Schemas,
> {
  /** The method; '*' for any. */
  readonly method: Method
  /** The pattern, for example '/users/:id'. */
  readonly path: Path
  /** Its options, with its schemas. */
  readonly options: RouteMetadata & Options
  /** Its functions, in their order. */
  readonly handlers: readonly Handler[]
}

/** Endpoints under a prefix, with options in common. */
interface Group<
  Prefix extends string = string,
  Members extends readonly Member[] = readonly Member[],
> {
  /** What stands before the patterns of its members. */
  readonly prefix: Prefix
  /** What its members have in common. */
  readonly options: GroupOptions
  /** Its routes and groups. */
  readonly members: Members
}

/** What groups and applications are made of. */
type Member = Endpoint | Group

/** The endpoints of an application, a group or an endpoint, as a union. */
type RoutesOf<Of> = Of extends {
  readonly '~routes': (routes: infer Routes) => void
}
  ? Routes
  : EndpointsOf<'', Of>

/** Who may use a route, for middleware that asks: false for anybody, true for whoever is known. */
type AuthOption = boolean | AuthOptions

/** How a client says who it is, and what it has to be. */
interface AuthOptions {
  /**
   * The scheme of the authorization field, for example 'bearer'. Default: any that the middleware
   * knows.
   */
  scheme?: string
  /** It has to have one of these roles. Default: none is needed. */
  roles?: readonly string[]
}

/**
 * What routes and groups say of themselves. The network side holds to limits, rates, times and
 * priority before a handler is asked; middleware and OpenAPI read the rest in `ctx.route.options`.
 */
interface CommonOptions {
  /**
   * Which requests are shed first under overload. 'low': as soon as the queue is longer than
   * `overload.queueDelay`, or half of `overload.inFlight` is used. 'high': only when no request can
   * be taken at all; while there is such a route, a tenth of `overload.inFlight` is kept for it.
   * Default 'normal'.
   */
  priority?: Priority
  /**
   * In place of `timeouts.request`: then 504, and `ctx.signal` aborts; null for never. Default:
   * that of the server.
   */
  timeout?: Duration | null
  /**
   * In place of `timeouts.drain`: for the rest of a request body that nobody reads. Default: that
   * of the server.
   */
  drain?: Duration
  /** Limits in place of those of the server. Default: those of the server. */
  limits?: RouteLimitOptions
  /**
   * Minimum rates in place of those of the server; what is not said stays. Default: those of the
   * server.
   */
  rates?: RateOptions
  /** What the route is for, in one line. Default none. */
  summary?: string
  /** What there is to know about it; Markdown in OpenAPI. Default none. */
  description?: string
  /** What it belongs to; those of a route come behind those of its groups. Default none. */
  tags?: readonly string[]
  /** Whether it should not be used any more. Default false. */
  deprecated?: boolean
  /** Whether it is left out of the OpenAPI document. Default false. */
  hidden?: boolean
  /**
   * Who may use it; for the middleware that checks it. Default: what the middleware does where
   * nothing is said.
   */
  auth?: AuthOption
  /**
   * What other origins may do with it, false for nothing; for the middleware cors(). Default: what
   * cors() says.
   */
  cors?: false | CorsPolicy
  /**
   * How its errors are answered; what is not said here is the application's. Default: what the
   * application says.
   */
  problems?: ProblemOptions
  /**
   * Media types of request bodies that a schema for them takes, others get 415. Default:
   * application/json (and +json), application/x-www-form-urlencoded and multipart/form-data.
   */
  consumes?: readonly string[]
  /**
   * How what a request brings is checked; what is not said here is the application's. Default: what
   * the application says.
   */
  validation?: ValidationOptions
  /** Whatever middleware wants to know of it, for example `{ role: 'admin' }`. Default none. */
  meta?: RouteMeta
}

/** Options of a group: they hold for every route in it that says nothing else. */
interface GroupOptions extends CommonOptions {
  /** Middleware for every path under the prefix, as `use()` registers it. Default none. */
  use?: readonly Middleware<never>[]
  /**
   * Run around the handlers, when what the request brings has been checked; outer groups first.
   * Default none.
   */
  filters?: readonly Filter[]
}

/** Which requests are shed first when there are too many. */
type Priority = (typeof PRIORITIES)[number]

/** The route that a request matched. */
interface RouteInfo {
  /** Its method, '*' for any. */
  readonly method: string
  /** Its pattern, for example '/users/:id'; empty where no route matched. */
  readonly pattern: string
  /** Its options, those of its groups among them. */
  readonly options: Readonly<RouteOptions>
}

/** Limits of a route, in place of those of the server. */
interface RouteLimitOptions {
  /** Longest request body; null for no limit. Default: that of the server. */
  bodyBytes?: Size | null
  /**
   * Bytes of a body nobody reads that are dropped to keep the connection; null for any number.
   * Default: that of the server.
   */
  drainBytes?: Size | null
}

/** What an application notes about its routes. Declare fields of your own by merging with it. */
interface RouteMeta {
  [name: string]: unknown
}

/** What a route says of itself beside its schemas. */
interface RouteMetadata extends CommonOptions {
  /**
   * A name that no other route has: the operation in OpenAPI. Default: made of method and path,
   * where OpenAPI needs one.
   */
  name?: string
  /**
   * Middleware of this route alone: runs before what the request brings is checked. Default none.
   */
  use?: readonly Middleware<never>[]
}

/** Options of a route. `ctx.route.options` has them, joined with those of its groups. */
interface RouteOptions extends RouteMetadata, Partial<Schemas> {
  /** Run around the handlers, when what the request brings has been checked. Default none. */
  filters?: readonly Filter[]
}

/** How requests and replies are checked against the schemas of their route. */
interface ValidationOptions {
  /** The status of the problem document when a request does not fit. Default 400. */
  status?: 400 | 422
  /** Issues that the problem document lists, 1 to 10000; others are counted. Default 100. */
  issues?: number
  /**
   * What becomes of replies that do not fit: 'error' answers 500 in their place
   * (LANNER_RESPONSE_INVALID), 'count' sends them and counts them
   * (`server.stats().response_mismatches`), 'off' does not look. Default 'error' in development and
   * 'count' otherwise.
   */
  responses?: 'error' | 'count' | 'off'
}

/** Registers routes and middleware under a prefix. Its type knows the routes that were chained. */
declare class Router<
  State extends object = AnyState,
  Prefix extends string = '',
  Routes extends Endpoint = never,
  Kind extends RouterKind = 'group',
  Provided extends object = Services,
> {
  /** Types only, for `RoutesOf` and the client: there is no such property. */
  readonly '~routes': (routes: Routes) => void
  /** A route for GET, which also serves HEAD. */
  readonly get: Verb<'GET', State, Prefix, Routes, Kind, Provided>
  /** A route for POST. */
  readonly post: Verb<'POST', State, Prefix, Routes, Kind, Provided>
  /** A route for PUT. */
  readonly put: Verb<'PUT', State, Prefix, Routes, Kind, Provided>
  /** A route for PATCH. */
  readonly patch: Verb<'PATCH', State, Prefix, Routes, Kind, Provided>
  /** A route for DELETE. */
  readonly delete: Verb<'DELETE', State, Prefix, Routes, Kind, Provided>
  /** A route for HEAD, where it must differ from the one for GET. */
  readonly head: Verb<'HEAD', State, Prefix, Routes, Kind, Provided>
  /** A route for OPTIONS, in place of the automatic answer. */
  readonly options: Verb<'OPTIONS', State, Prefix, Routes, Kind, Provided>
  /** A route for every method. */
  readonly all: Verb<'*', State, Prefix, Routes, Kind, Provided>
  /**
   * A route of one method, any method for '*'. Options may stand before its handlers:
   * `app.post('/files', { limits: { bodyBytes: '1GB' } }, upload)`.
   */
  readonly route: RouteVerb<State, Prefix, Routes, Kind, Provided>
  /**
   * Runs middleware for every request, or for those under a path prefix: also for those that no
   * route takes. Their 404, 405 or automatic answer to OPTIONS is what next() gives then.
   */
  use<Adds extends object = object>(
    prefix: string,
    ...middleware: readonly Middleware<State & Adds, Provided>[]
  ): RouterKinds<State & Adds, Prefix, Routes, Provided>[Kind]
  use<Adds extends object = object>(
    ...middleware: readonly Middleware<State & Adds, Provided>[]
  ): RouterKinds<State & Adds, Prefix, Routes, Provided>[Kind]
  /**
   * Routes and groups that `defineRoute()` and `defineGroup()` made: `app.add(getUser, admin)`.
   */
  add<const Members extends readonly Member[]>(
    ...members: Members
  ): RouterKinds<State, Prefix, Routes | EndpointsOf<Prefix, Members[number]>, Provided>[Kind]
  /**
   * Registers under a prefix: `app.group('/admin', (admin) => { admin.use(…); admin.get('/', …)
   * })`. Options before the function hold for every route in it, as far as that says nothing else.
   * A function that returns the group it was given, as chained calls do, makes its routes known to
   * the type.
   */
  group<Path extends string, Made>(
    prefix: Path,
    register: (group: Router<State, JoinPath<Prefix, Path>, never, 'group', Provided>) => Made,
  ): RouterKinds<State, Prefix, Routes | MadeRoutes<Made>, Provided>[Kind]
  group<Path extends string, Made>(
    prefix: Path,
    options: GroupOptions,
    register: (group: Router<State, JoinPath<Prefix, Path>, never, 'group', Provided>) => Made,
  ): RouterKinds<State, Prefix, Routes | MadeRoutes<Made>, Provided>[Kind]
}

/** The responses of a route, or nothing where it does not list them. */
type MaybeResponses = ResponseSchemas | undefined

/** A schema, or nothing where the route has none. */
type MaybeSchema = StandardSchema | undefined

/** A route without schemas. */
interface NoSchemas extends Schemas<
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  undefined
> {}

/** What comes out of a schema, or what there is without one. */
type OutputOr<Schema extends MaybeSchema, Raw> = Schema extends StandardSchema
  ? OutputOf<Schema>
  : Raw

/** What a route may answer: a schema of the body by status; null for no body. */
interface ResponseSchemas {
  readonly [status: number]: StandardSchema | null
}

/** The schemas of a route; undefined where it has none. */
interface Schemas<
  Params extends MaybeSchema = MaybeSchema,
  Query extends MaybeSchema = MaybeSchema,
  Headers extends MaybeSchema = MaybeSchema,
  Cookies extends MaybeSchema = MaybeSchema,
  Body extends MaybeSchema = MaybeSchema,
  Responses extends MaybeResponses = MaybeResponses,
> {
  /** Of the parameters of the path. */
  readonly params: Params
  /** Of the query parameters. */
  readonly query: Query
  /** Of the header fields, by their names in lower case. */
  readonly headers: Headers
  /** Of the cookies. */
  readonly cookies: Cookies
  /** Of the body. */
  readonly body: Body
  /** Of the bodies of replies, by status. */
  readonly responses: Responses
}

/** One thing that is wrong with a request. */
interface InputIssue {
  /** What it is found in. */
  readonly in: InputSource
  /** Where in there, as a JSON Pointer (RFC 6901): '/limit', '/items/0/name', '' for all of it. */
  readonly path: string
  /** What is wrong, for people. */
  readonly message: string
}

/** Where a part of a request comes from. */
type InputSource = 'params' | 'query' | 'headers' | 'cookies' | 'body'

/** A prefix and a pattern, as `group` joins them. */
type JoinPath<Prefix extends string, Path extends string> = Path extends '/'
  ? Prefix extends ''
    ? '/'
    : Prefix
  : Prefix extends '/'
    ? Path
    : `${Prefix}${Path}`

/** The parameters of a path pattern: `:name`, `:name?` and `*rest`. */
type ParamsOf<Pattern extends string> = string extends Pattern
  ? Record<string, string | undefined>
  : Flat<SegmentParams<Pattern>>

/**
 * A route of any method, '*' for all of them: `route('GET', '/users/:id', (ctx) => …)`. Options
 * may stand before the functions; by their schemas `ctx.params`, `ctx.query` and `ctx.body` are
 * checked and typed.
 */
interface RouteVerb<
  State extends object,
  Prefix extends string,
  Routes extends Endpoint,
  Kind extends RouterKind,
  Provided extends object = Services,
> {
  <Method extends string, Path extends string>(
    method: Method,
    path: Path,
    handler: Handler<ParamsOf<JoinPath<Prefix, Path>>, State, RawInput, unknown, Provided>,
  ): RouterKinds<
    State,
    Prefix,
    Routes | Endpoint<Uppercase<Method>, JoinPath<Prefix, Path>, NoSchemas>,
    Provided
  >[Kind]
  <
    Method extends string,
    Path extends string,
    Params extends MaybeSchema = undefined,
    Query extends MaybeSchema = undefined,
    Headers extends MaybeSchema = undefined,
    Cookies extends MaybeSchema = undefined,
    Body extends MaybeSchema = undefined,
    Responses extends MaybeResponses = undefined,
  >(
    method: Method,
    path: Path,
    options: OptionsOrFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    handler: TypedHandler<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
  ): RouterKinds<
    State,
    Prefix,
    | Routes
    | Endpoint<
        Uppercase<Method>,
        JoinPath<Prefix, Path>,
        Schemas<Params, Query, Headers, Cookies, Body, Responses>
      >,
    Provided
  >[Kind]
  <
    Method extends string,
    Path extends string,
    Params extends MaybeSchema = undefined,
    Query extends MaybeSchema = undefined,
    Headers extends MaybeSchema = undefined,
    Cookies extends MaybeSchema = undefined,
    Body extends MaybeSchema = undefined,
    Responses extends MaybeResponses = undefined,
  >(
    method: Method,
    path: Path,
    options: OptionsOrFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    filter: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    handler: TypedHandler<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
  ): RouterKinds<
    State,
    Prefix,
    | Routes
    | Endpoint<
        Uppercase<Method>,
        JoinPath<Prefix, Path>,
        Schemas<Params, Query, Headers, Cookies, Body, Responses>
      >,
    Provided
  >[Kind]
  <
    Method extends string,
    Path extends string,
    Params extends MaybeSchema = undefined,
    Query extends MaybeSchema = undefined,
    Headers extends MaybeSchema = undefined,
    Cookies extends MaybeSchema = undefined,
    Body extends MaybeSchema = undefined,
    Responses extends MaybeResponses = undefined,
  >(
    method: Method,
    path: Path,
    options: OptionsOrFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    filter: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    second: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    third: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    ...more: readonly TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >[]
  ): RouterKinds<
    State,
    Prefix,
    | Routes
    | Endpoint<
        Uppercase<Method>,
        JoinPath<Prefix, Path>,
        Schemas<Params, Query, Headers, Cookies, Body, Responses>
      >,
    Provided
  >[Kind]
}

/**
 * Registers a route of one method: `app.get('/users/:id', (ctx) => …)`. Options may stand before
 * the functions; by their schemas `ctx.params`, `ctx.query` and `ctx.body` are checked and typed.
 */
interface Verb<
  Method extends string,
  State extends object,
  Prefix extends string,
  Routes extends Endpoint,
  Kind extends RouterKind,
  Provided extends object = Services,
> {
  <Path extends string>(
    path: Path,
    handler: Handler<ParamsOf<JoinPath<Prefix, Path>>, State, RawInput, unknown, Provided>,
  ): RouterKinds<
    State,
    Prefix,
    Routes | Endpoint<Method, JoinPath<Prefix, Path>, NoSchemas>,
    Provided
  >[Kind]
  <
    Path extends string,
    Params extends MaybeSchema = undefined,
    Query extends MaybeSchema = undefined,
    Headers extends MaybeSchema = undefined,
    Cookies extends MaybeSchema = undefined,
    Body extends MaybeSchema = undefined,
    Responses extends MaybeResponses = undefined,
  >(
    path: Path,
    options: OptionsOrFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    handler: TypedHandler<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
  ): RouterKinds<
    State,
    Prefix,
    | Routes
    | Endpoint<
        Method,
        JoinPath<Prefix, Path>,
        Schemas<Params, Query, Headers, Cookies, Body, Responses>
      >,
    Provided
  >[Kind]
  <
    Path extends string,
    Params extends MaybeSchema = undefined,
    Query extends MaybeSchema = undefined,
    Headers extends MaybeSchema = undefined,
    Cookies extends MaybeSchema = undefined,
    Body extends MaybeSchema = undefined,
    Responses extends MaybeResponses = undefined,
  >(
    path: Path,
    options: OptionsOrFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    filter: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    handler: TypedHandler<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
  ): RouterKinds<
    State,
    Prefix,
    | Routes
    | Endpoint<
        Method,
        JoinPath<Prefix, Path>,
        Schemas<Params, Query, Headers, Cookies, Body, Responses>
      >,
    Provided
  >[Kind]
  <
    Path extends string,
    Params extends MaybeSchema = undefined,
    Query extends MaybeSchema = undefined,
    Headers extends MaybeSchema = undefined,
    Cookies extends MaybeSchema = undefined,
    Body extends MaybeSchema = undefined,
    Responses extends MaybeResponses = undefined,
  >(
    path: Path,
    options: OptionsOrFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      Responses,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    filter: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    second: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    third: TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >,
    ...more: readonly TypedFilter<
      Params,
      Query,
      Headers,
      Cookies,
      Body,
      JoinPath<Prefix, Path>,
      State,
      Provided
    >[]
  ): RouterKinds<
    State,
    Prefix,
    | Routes
    | Endpoint<
        Method,
        JoinPath<Prefix, Path>,
        Schemas<Params, Query, Headers, Cookies, Body, Responses>
      >,
    Provided
  >[Kind]
}

/** A schema that can describe itself as JSON Schema. */
interface DescribedSchema<Input = unknown, Output = Input> {
  /** What the library offers under the name that all of them share. */
  readonly '~standard': StandardProps<Input, Output> & {
    readonly jsonSchema: JsonSchemaMaker
  }
}

/** The type that a schema takes. */
type InputOf<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['input']

/** The type that comes out of a schema. */
type OutputOf<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output']

/** One thing that is wrong with a value. */
interface StandardIssue {
  /** What is wrong, for people. */
  readonly message: string
  /** Where, as keys from the outside in. */
  readonly path?:
    | readonly (
        | PropertyKey
        | {
            readonly key: PropertyKey
          }
      )[]
    | undefined
}

/** A schema of any library: what it takes is Input, what comes out of it is Output. */
interface StandardSchema<Input = unknown, Output = Input> {
  /** What the library offers under the name that all of them share. */
  readonly '~standard': StandardProps<Input, Output>
}

/** How to close. */
interface CloseOptions {
  /** How long running requests may take to finish. Default 30 s. */
  gracePeriod?: Duration
  /** The same in milliseconds, of which `gracePeriod` says the default. */
  gracePeriodMs?: number
}

/** A server that listens. */
declare class Server {
  #private
  /** Every address that it listens at. */
  readonly addresses: readonly ServerAddress[]
  /** Settles when the server has closed, however that came. */
  readonly closed: Promise<void>
  /** The first address that it listens at. */
  get address(): ServerAddress
  /** The URL of the first address, for example 'http://localhost:3000'. */
  get url(): string
  /**
   * Stops accepting, lets running requests finish, then aborts what is left. Call it again to
   * hurry.
   */
  close(options?: CloseOptions): Promise<void>
  /**
   * Sheds requests that need a handler with 503, as long as it is true, except those of routes of
   * high priority: set it when the application knows of an overload that the server cannot see.
   */
  get busy(): boolean
  set busy(busy: boolean)
  /**
   * Calls `listener` for each event of this name. What is watched is seen on the network side, also
   * while JavaScript is stuck: up to 100 refusals and limits a second, of which 256 wait; `dropped`
   * of the next one says how many were left out. None of them is collected while nobody listens.
   * Stalls come at most once per `stall.interval`.
   */
  on<Name extends keyof ServerEvents>(
    name: Name,
    listener: (event: ServerEvents[Name]) => void,
  ): this
  /** Calls `listener` no more. */
  off<Name extends keyof ServerEvents>(
    name: Name,
    listener: (event: ServerEvents[Name]) => void,
  ): this
  /** What the server has counted since it started; docs/metrics.md has the same for Prometheus. */
  stats(): ServerStats
  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Where a server listens. */
interface ServerAddress {
  /** 'tcp4', 'tcp6' or 'unix'. */
  readonly family: 'tcp4' | 'tcp6' | 'unix'
  /** The IP address, or the path of the Unix socket. */
  readonly address: string
  /** The port; 0 for a Unix socket. */
  readonly port: number
}

/** What `ctx.services` has of what a factory gave: a query, for example, has become a Promise. */
type ProvidedService<Service> =
  Service extends Promise<unknown>
    ? Service
    : Service extends PromiseLike<infer Value>
      ? Promise<Value>
      : Service

/** How `app.provide()` treats a service. */
interface ServiceOptions<Service = unknown> {
  /**
   * How long it lives: 'app' is one for the application, 'request' one for each request that wants
   * it. Default 'app'.
   */
  scope?: ServiceScope
  /**
   * Gives it back: `(db) => db.end()`. Default: its `Symbol.asyncDispose` or `Symbol.dispose`,
   * where it has one.
   */
  dispose?: (service: Awaited<Service>) => unknown
  /** Takes the place of the service that has this name, for tests. Default false. */
  replace?: boolean
}

/**
 * Services that handlers in other files may count on. Declare your own by merging with it: `declare
 * module 'lanner' { interface Services { db: Database } }`.
 */
interface Services {}

/** How long a service lives: as long as the application listens, or as long as a request runs. */
type ServiceScope = 'app' | 'request'

/** A limit that was hit. */
interface LimitEvent {
  /** Which; docs/limits.md says what each is, `server.stats()` counts them. */
  readonly limit: LimitLabel
  /** The client's end of the connection. */
  readonly remote: PeerAddress
  /** The server's end of the connection. */
  readonly local: PeerAddress
  /** Number of the connection; undefined where there is none yet. */
  readonly connection: number | undefined
  /** When, in milliseconds since 1970. */
  readonly time: number
  /** How many events were left out since the one before. */
  readonly dropped: number
}

/** The limits that end something without refusing a request; each is also counted by its name. */
type LimitLabel =
  | 'keep_alive_timeouts'
  | 'half_closed_timeouts'
  | 'connections_used_up'
  | 'connections_aged_out'
  | 'deadlines_passed'
  | 'slow_replies_cut'
  | 'drains_given_up'
  | 'connections_refused'
  | 'accept_pauses'

/** A request that was refused before any handler saw it. */
interface RejectEvent {
  /** Why; docs/errors.md says what each reason means, `server.stats()` counts them. */
  readonly reason: RejectReason
  /** The status of the reply; 0 where the connection was closed without one. */
  readonly status: number
  /** The client's end of the connection. */
  readonly remote: PeerAddress
  /** The server's end of the connection. */
  readonly local: PeerAddress
  /** Number of the connection, as `ctx.connection.id`. */
  readonly connection: number | undefined
  /**
   * The first bytes of what was refused, at most 128, often the whole head: printable ASCII, the
   * rest as `\r`, `\n`, `\t` or `\x00`. It is the client's text, secrets included.
   */
  readonly bytes: string
  /** When, in milliseconds since 1970. */
  readonly time: number
  /** How many events were left out since the one before. */
  readonly dropped: number
}

/** The events of a server, by name. */
interface ServerEvents {
  /** A request was refused before any handler saw it. */
  reject: RejectEvent
  /** A limit ended something: a timeout, a rate, the number of connections. */
  limit: LimitEvent
  /**
   * The event loop was blocked for longer than `stall.threshold`; told when it runs again.
   * Counters, the readiness probe and the line on standard error do not wait for that.
   */
  stall: Stall
}

/** A blocked event loop, reported when it runs again. */
interface Stall {
  /** For how long it was blocked, in milliseconds. */
  readonly ms: number
  /**
   * The request whose handler blocked before its first `await`, for example 'GET /users/:id';
   * undefined where something else blocked.
   */
  readonly route: string | undefined
  /** The age of that request in milliseconds, its wait for the event loop included. */
  readonly ageMs: number | undefined
  /**
   * The stack of the blocking code, innermost first, for example 'work (file:///app/work.js:10:3)'.
   * At most 16 frames; none where the platform does not tell (Windows, Bun, Deno).
   */
  readonly frames: readonly string[]
  /** Stalls before this one that were not reported, because of `stall.interval`. */
  readonly suppressed: number
}

/** When a blocked event loop is reported. */
interface StallOptions {
  /** How long something may block before it is a stall, at least 10 ms. Default 1 s. */
  threshold?: Duration
  /**
   * Least time between two reports (log lines and events); stalls in between are only counted, and
   * one that lasts is logged again after it. Default 10 s.
   */
  interval?: Duration
  /**
   * Whether a line is written to standard error while the event loop is still blocked. Default
   * true.
   */
  log?: boolean
}

/** How long something took, in milliseconds. Percentiles are within 5 % of the true ones. */
interface Distribution {
  /** How often it was measured. */
  readonly count: number
  /** The mean. */
  readonly mean: number
  /** Half of all were not longer. */
  readonly p50: number
  /** 90 % of all were not longer. */
  readonly p90: number
  /** 99 % of all were not longer. */
  readonly p99: number
  /** 99.9 % of all were not longer. */
  readonly p999: number
  /** The longest. */
  readonly max: number
}

/** What one isolate (a JavaScript thread with its event loop) was given and did. */
interface IsolateStats {
  /** Requests that it was given. */
  readonly dispatched: number
  /** Requests that it was given and has not taken, now. */
  readonly queued: number
  /** Requests that it was given and that are not settled, now. */
  readonly in_flight: number
  /** Wake-ups in which it took requests. */
  readonly turns: number
  /** Milliseconds that it spent in them. */
  readonly busy: number
  /** Milliseconds for which its event loop has not come back to us, now; 0 at rest. */
  readonly loop_delay: number
  /** The longest such time of the last ten seconds, in milliseconds. */
  readonly loop_delay_max: number
  /**
   * Share of the last second (0 to 1) in which its event loop did not sleep; undefined in the first
   * one, and where the platform does not tell (Bun, Deno).
   */
  readonly loop_utilization: number | undefined
  /** As of the server, for this isolate. */
  readonly queue_wait: Distribution
  /** As of the server, for this isolate. */
  readonly handler_duration: Distribution
}

/** What a server has counted since it started. */
interface ServerStats extends NativeStats {
  /** Calls of the JavaScript side by the native side. */
  readonly dispatches: number
  /** Requests that JavaScript took. */
  readonly handled: number
  /** Replies of handlers whose exchange was given up before. */
  readonly late_replies: number
  /** Pieces of exchanges that were settled before. */
  readonly stale_entries: number
  /** Replies that did not fit the responses of their route (`validation.responses`). */
  readonly response_mismatches: number
  /** Exchanges that JavaScript holds, now. */
  readonly held: number
}

/** An event for the client. A text alone is its data. */
interface SseEvent<Data = unknown> {
  /** What it says: text as it is, several lines too; anything else as JSON. */
  readonly data?: Data
  /** Its type; clients hear of it as 'message' where there is none. */
  readonly event?: string
  /** What the client sends as `last-event-id` when it has to come again; '' forgets it. */
  readonly id?: string | number
  /** How long the client waits before it comes again. */
  readonly retry?: Duration
  /** A note that clients skip. */
  readonly comment?: string
}

/** What every event may say beside its name and its data. */
interface EventExtras {
  /** What the client sends as `last-event-id` when it has to come again; '' forgets it. */
  readonly id?: string | number | undefined
  /** How long the client waits before it comes again. */
  readonly retry?: Duration | undefined
  /** A note that clients skip. */
  readonly comment?: string | undefined
}

/** What is no event for clients: a note, a new waiting time. */
interface EventNote extends EventExtras {
  /** None: only its other fields are sent. */
  readonly event?: undefined
  /** None. */
  readonly data?: undefined
}

/** The schemas of the data of events, by the names of these; 'message' is that of no name. */
interface EventSchemas {
  readonly [event: string]: StandardSchema
}

/** What a source may yield for these schemas. */
type EventsOf<Schemas extends EventSchemas> =
  | EventNote
  | {
      [Name in keyof Schemas & string]: Name extends 'message'
        ? UnnamedEvent<InputOf<Schemas[Name]>> | Extract<InputOf<Schemas[Name]>, string>
        : NamedEvent<Name, InputOf<Schemas[Name]>>
    }[keyof Schemas & string]

/** The schema of a stream of events. `sseEvents()` makes it. */
declare class EventStreamSchema<Schemas extends EventSchemas = EventSchemas> {
  /** The schemas of the data of events, by name. */
  readonly events: Schemas
  /** What makes it a schema. */
  readonly '~standard': StandardProps<EventStream<EventsOf<Schemas>>> & {
    readonly jsonSchema: JsonSchemaMaker
  }
}

/** An event without one, which is called 'message'. */
interface UnnamedEvent<Data> extends EventExtras {
  /** 'message', or nothing, which means the same. */
  readonly event?: 'message' | undefined
  /** What the schema of 'message' takes; sent as JSON, a string as it is. */
  readonly data: Data
}

/** An event with a name. */
interface NamedEvent<Name extends string, Data> extends EventExtras {
  /** The name that listeners ask for. */
  readonly event: Name
  /** What the schema of this name takes; sent as JSON, a string as it is. */
  readonly data: Data
}

/** Events as a reply. `sse()` makes it. */
declare class EventStream<Event = SseEvent | string> {
  #private
  /** Types only, for `responses` and the client: there is no such property. */
  readonly '~event': Event
}

/** The options of `sse()`. */
interface SseOptions {
  /**
   * The longest silence: then a comment is sent that clients skip. Null for none. Default 15 s,
   * which the HTML standard recommends against proxies that close idle connections.
   */
  heartbeat?: Duration | null
  /**
   * How long clients wait before they come again; said once, at the beginning. Default: nothing is
   * said, which is some seconds for browsers.
   */
  retry?: Duration
  /** Where the heartbeat's timers come from, for tests. Default: those of the process. */
  clock?: TimerClock
}

/** The timers that heartbeats need; `globalThis` has them. */
interface TimerClock {
  /** Calls back after so many milliseconds; what it gives stands for the timer. */
  setTimeout(callback: () => void, ms: number): unknown
  /** Takes a timer back. */
  clearTimeout(timer: never): void
}

/** JSON lines as a reply. `jsonLines()` makes it. */
declare class JsonLines<Value = unknown> {
  #private
  /** Types only, for `responses` and the client: there is no such property. */
  readonly '~line': Value
}

/** How `ctx.body.jsonLines()` reads. */
interface JsonLinesOptions {
  /** The longest line, without its end; then 413. Default 1 MiB, as for one JSON document. */
  lineBytes?: Size
}

/** The schema of JSON lines. `jsonLinesOf()` makes it. */
declare class JsonLinesSchema<Line extends StandardSchema = StandardSchema> {
  /** The schema of one line. */
  readonly line: Line
  /** What makes it a schema. */
  readonly '~standard': Described<JsonLines<InputOf<Line>>>
}

/** What a reply of a media type is made of. */
type MediaBody = string | Uint8Array | Blob | StreamBody

/** The schema of a reply of a media type. `mediaOf()` makes it. */
declare class MediaSchema<Type extends string = string> {
  /** The media type. */
  readonly mediaType: Type
  /** What makes it a schema. */
  readonly '~standard': Described<MediaBody>
}

/** What the types of events and JSON lines lack: clients read those part by part. */
type NoParts<Type extends string> =
  Lowercase<Type> extends 'text/event-stream'
    ? {
        readonly 'use sseEvents() for events': never
      }
    : Lowercase<Type> extends 'application/x-ndjson'
      ? {
          readonly 'use jsonLinesOf() for JSON lines': never
        }
      : unknown

/** What a source of values knows of the request. */
interface StreamRequest {
  /** Aborts when the client has gone, the deadline passed or the server closes. */
  readonly signal: AbortSignal
  /**
   * The id of the last event that the client has got, when it comes again after a connection that
   * broke: the field `last-event-id`. Undefined the first time.
   */
  readonly lastEventId: string | undefined
}

/** Values one after the other. */
type Values<Value> = AsyncIterable<Value> | Iterable<Value>

/** A generator function that is told about the request, or anything iterable. */
type ValueSource<Value> = Values<Value> | ((request: StreamRequest) => Values<Value>)

/** The trailer fields of a reply. */
declare class Trailers {
  #private
  /** Sets a trailer field. */
  set(name: string, value: string): void
  /** The value of a trailer field that was set. */
  get(name: string): string | undefined
  /** Removes a trailer field. */
  delete(name: string): void
}

/** A code of somebody else; the intersection keeps editors proposing ours. */
type OwnCode = string & {}

/**
 * Makes TypeScript read what a handler returns as literally as schemas may want it: 'robot' and not
 * string. It has to be said apart, because the schemas are not known yet when that is read. Nothing
 * fits it.
 */
type Literally = LiteralReply | (Promise<LiteralReply> & NoReply)

/** Takes a chunk that is lent to it. */
type Receive = (chunk: Uint8Array) => unknown

/** What a request brings, by source: checked where the route has a schema for it. */
declare class InputView<Params, Input extends AnyInput> {
  #private
  /** The parameters of the path. */
  get params(): Params
  /** The query parameters. */
  get query(): Input['query']
  /** The header fields. */
  get headers(): Input['headers']
  /** The cookies. */
  get cookies(): Input['cookies']
  /** The body. */
  get body(): Input['body']
}

declare const replyMark: unique symbol

declare const REJECT_STATUS: {
  readonly tls_over_http: 400
  readonly http2_preface: 505
  readonly too_many_empty_lines: 400
  readonly bare_line_feed: 400
  readonly bare_carriage_return: 400
  readonly invalid_request_line: 400
  readonly invalid_method: 400
  readonly request_line_too_long: 414
  readonly invalid_request_target: 400
  readonly fragment_in_target: 400
  readonly nul_in_path: 400
  readonly line_break_in_path: 400
  readonly asterisk_not_allowed: 400
  readonly authority_not_allowed: 400
  readonly unsupported_version: 505
  readonly headers_too_large: 431
  readonly too_many_headers: 431
  readonly obsolete_line_folding: 400
  readonly missing_colon: 400
  readonly empty_header_name: 400
  readonly whitespace_before_colon: 400
  readonly invalid_header_name: 400
  readonly invalid_header_value: 400
  readonly missing_host: 400
  readonly multiple_hosts: 400
  readonly invalid_host: 400
  readonly host_mismatch: 400
  readonly invalid_content_length: 400
  readonly multiple_content_lengths: 400
  readonly multiple_content_types: 400
  readonly transfer_encoding_with_content_length: 400
  readonly transfer_encoding_http10: 400
  readonly invalid_transfer_encoding: 400
  readonly chunked_not_final: 400
  readonly unsupported_transfer_coding: 501
  readonly length_required_http10: 400
  readonly content_too_large: 413
  readonly invalid_chunk_size: 400
  readonly invalid_chunk_extension: 400
  readonly chunk_extension_too_long: 400
  readonly invalid_chunk_line_end: 400
  readonly invalid_chunk_end: 400
  readonly forbidden_trailer: 400
  readonly unexpected_end: 400
  readonly headers_timeout: 408
  readonly body_timeout: 408
  readonly unknown_expectation: 417
  readonly unsupported_websocket_version: 400
  readonly unsupported_connect: 501
  readonly proxy_header_missing: 0
  readonly invalid_proxy_header: 0
  readonly proxy_header_too_long: 0
  readonly proxy_checksum_mismatch: 0
  readonly proxy_header_timeout: 0
  readonly untrusted_proxy: 0
  readonly overloaded: 503
}

/** The endpoints of a member under a prefix, with their whole paths. */
type EndpointsOf<Prefix extends string, Of> =
  Of extends Endpoint<infer Method, infer Path, infer Options>
    ? Endpoint<Method, JoinPath<Prefix, Path>, Options>
    : Of extends Group<infer Inner, infer Members>
      ? string extends Inner
        ? Endpoint
        : EndpointsOf<JoinPath<Prefix, Inner>, Members[number]>
      : never

/** Priorities by their number. */
declare const PRIORITIES: readonly ['low', 'normal', 'high']

/** The names of the kinds; 'none' is a route that is not registered yet. */
type RouterKind = keyof RouterKinds<object, string, Endpoint>

/** What a route is registered on, with one route more, by the name of its kind. */
interface RouterKinds<
  State extends object,
  Prefix extends string,
  Routes extends Endpoint,
  Provided extends object = Services,
> {
  /** An application. */
  readonly app: App<State, Routes, Provided>
  /** What `group()` gives to its function. */
  readonly group: Router<State, Prefix, Routes, 'group', Provided>
  /** A route that is not registered yet. */
  readonly none: Routes
}

/** The routes of the group that a function returned, of nothing else. */
type MadeRoutes<Made> = Made extends {
  readonly '~routes': (routes: infer Routes extends Endpoint) => void
}
  ? Routes
  : never

/** Joins an intersection into one object type. */
type Flat<T> = {
  [K in keyof T]: T[K]
}

type SegmentParams<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? ParamOf<Segment> & SegmentParams<Rest>
  : ParamOf<Path>

/** What stands before the handler of a route: options, or a function that may call `next`. */
type OptionsOrFilter<
  Params extends MaybeSchema,
  Query extends MaybeSchema,
  Headers extends MaybeSchema,
  Cookies extends MaybeSchema,
  Body extends MaybeSchema,
  Responses extends MaybeResponses,
  Path extends string,
  State extends object = AnyState,
  Provided extends object = Services,
> =
  | Handler<ParamsOf<Path>, State, RawInput, unknown, Provided>
  | (TypedRouteOptions<Params, Query, Headers, Cookies, Body, Responses, Path, State, Provided> &
      NoFunction)

/** The handler of a route that has schemas. */
type TypedHandler<
  Params extends MaybeSchema,
  Query extends MaybeSchema,
  Headers extends MaybeSchema,
  Cookies extends MaybeSchema,
  Body extends MaybeSchema,
  Responses extends MaybeResponses,
  Path extends string,
  State extends object = AnyState,
  Provided extends object = Services,
> = (
  ctx: TypedContext<Params, Query, Headers, Cookies, Body, Path, State, Provided>,
  next: Next,
) => AllowedReplies<Responses> | Promise<AllowedReplies<Responses>> | Literally

/** A filter of a route that has schemas. */
type TypedFilter<
  Params extends MaybeSchema,
  Query extends MaybeSchema,
  Headers extends MaybeSchema,
  Cookies extends MaybeSchema,
  Body extends MaybeSchema,
  Path extends string,
  State extends object = AnyState,
  Provided extends object = Services,
> = (
  ctx: TypedContext<Params, Query, Headers, Cookies, Body, Path, State, Provided>,
  next: Next,
) => unknown

/** What a schema offers to others. */
interface StandardProps<Input = unknown, Output = Input> {
  /** The version of the standard. */
  readonly version: 1
  /** The name of the library. */
  readonly vendor: string
  /** Checks a value and gives what the schema makes of it, or what is wrong with it. */
  readonly validate: (
    value: unknown,
    options?: StandardOptions,
  ) => StandardResult<Output> | Promise<StandardResult<Output>>
  /** Types only: nothing at run time. */
  readonly types?: StandardTypes<Input, Output> | undefined
}

/** Gives the JSON Schema of both sides of a schema; throws when it cannot. */
interface JsonSchemaMaker {
  /** Of what the schema takes. */
  readonly input: (options: JsonSchemaTarget) => Record<string, unknown>
  /** Of what comes out of it. */
  readonly output: (options: JsonSchemaTarget) => Record<string, unknown>
}

/** What the native side counts. */
interface NativeStats extends Counters {
  /** From the head of a request to the last byte of its reply. */
  readonly request_duration: Distribution
  /** From the parsing of a request to the turn of the isolate that took it. */
  readonly queue_wait: Distribution
  /** From the turn that took a request to the head of its reply. */
  readonly handler_duration: Distribution
  /** From the begin of a connection to its end. */
  readonly connection_duration: Distribution
  /** Requests that the isolates were given and have not taken, now. */
  readonly queued: number
  /** Event loops that were blocked for longer than `stall.threshold`. */
  readonly stalls: number
  /** As of an isolate, for the one where it is worst. */
  readonly loop_delay: number
  /** As of an isolate, for the one where it is worst. */
  readonly loop_delay_max: number
  /** As of an isolate, for the one where it is highest. */
  readonly loop_utilization: number | undefined
  /** The isolates that serve now. */
  readonly isolates: readonly IsolateStats[]
  /** Requests refused, by reason; docs/errors.md has the labels. Absent while there were none. */
  readonly [reject: `reject_${string}`]: number
  /** Connections that ended, by cause; docs/metrics.md has the causes. */
  readonly [closed: `closed_${string}`]: number
}

type Described<Value> = StandardProps<Value> & {
  readonly jsonSchema: JsonSchemaMaker
}

interface LiteralReply extends NoReply {
  readonly [name: string]: Literal
}

interface NoReply {
  readonly [noReply]: never
}

type ParamOf<Segment extends string> = Segment extends `:${infer Name}?`
  ? {
      [K in Name]?: string | undefined
    }
  : Segment extends `:${infer Name}`
    ? {
        [K in Name]: string
      }
    : Segment extends `*${infer Name}`
      ? Name extends ''
        ? NoParams
        : {
            [K in Name]: string
          }
      : NoParams

/** What a route says of itself, with schemas by which its handlers are typed. */
interface TypedRouteOptions<
  Params extends MaybeSchema,
  Query extends MaybeSchema,
  Headers extends MaybeSchema,
  Cookies extends MaybeSchema,
  Body extends MaybeSchema,
  Responses extends MaybeResponses,
  Path extends string,
  State extends object = AnyState,
  Provided extends object = Services,
> extends RouteMetadata {
  /** Of the parameters of the path, which are texts: `ctx.params` is what comes out. */
  params?: Params
  /** Of the query: texts, and lists of texts where a name is repeated. `ctx.query` comes out. */
  query?: Query
  /** Of the header fields, by their names in lower case. `ctx.input.headers` comes out. */
  headers?: Headers
  /** Of the cookies. `ctx.input.cookies` comes out. */
  cookies?: Cookies
  /** Of the body, which is read by its content type. `ctx.body` comes out. */
  body?: Body
  /** Of the bodies of replies, by status; null where there is none. Others are refused. */
  responses?: Responses
  /** Run around the handler, when what the request brings has been checked. */
  filters?: readonly TypedFilter<Params, Query, Headers, Cookies, Body, Path, State, Provided>[]
}

/** Functions have a name too, so without this any of them would do for options. */
interface NoFunction {
  /** Options are no function. */
  readonly bind?: never
}

/** The context of a handler whose route has schemas. */
type TypedContext<
  Params extends MaybeSchema,
  Query extends MaybeSchema,
  Headers extends MaybeSchema,
  Cookies extends MaybeSchema,
  Body extends MaybeSchema,
  Path extends string,
  State extends object = AnyState,
  Provided extends object = Services,
> = Context<
  OutputOr<Params, ParamsOf<Path>>,
  State,
  TypedInput<Query, Headers, Cookies, Body>,
  Provided
>

/** What a handler may return, or promise, where the route lists its responses. */
type AllowedReplies<Responses extends MaybeResponses> = [Responses] extends [undefined]
  ? unknown
  : Responses extends ResponseSchemas
    ? AllowedReply<Responses>
    : unknown

/** Options of `validate`. */
interface StandardOptions {
  /** What only one library knows; the others ignore it. */
  readonly libraryOptions?: Record<string, unknown> | undefined
}

/** What a check gives: a value, or issues. */
type StandardResult<Output> =
  | {
      readonly value: Output
      readonly issues?: undefined
    }
  | {
      readonly issues: readonly StandardIssue[]
    }

/** Types that travel with a schema. */
interface StandardTypes<Input = unknown, Output = Input> {
  /** What the schema takes. */
  readonly input: Input
  /** What comes out of it. */
  readonly output: Output
}

/** Which JSON Schema is wanted. */
interface JsonSchemaTarget {
  /** For example 'draft-2020-12'. */
  readonly target: string
  /** What only one library knows; the others ignore it. */
  readonly libraryOptions?: Record<string, unknown> | undefined
}

/** Sums over the I/O threads. */
interface Counters {
  /** Connections accepted. */
  readonly accepted: number
  /** Connections open now. */
  readonly connections: number
  /** Times that accepting paused because the system had no descriptor left. */
  readonly accept_pauses: number
  /** Request heads parsed. */
  readonly requests: number
  /** Requests with a line feed alone as a line end, where `allowBareLf` lets them in. */
  readonly bare_line_feed_requests: number
  /** Requests handed to an isolate. */
  readonly dispatched: number
  /** Replies begun, by isolates and by the core. */
  readonly replies: number
  /** Replies of the core itself (404, 405, OPTIONS, 503). */
  readonly native_replies: number
  /** Exchanges settled. */
  readonly settled: number
  /** Exchanges given up before their reply was complete, or before its turn to be sent came. */
  readonly cancelled: number
  /** Requests refused by their heads alone; every other request is settled or cancelled. */
  readonly refused: number
  /** Requests refused because of overload. */
  readonly shed: number
  /** Those of routes of low priority among them. */
  readonly shed_low: number
  /** Those of routes of high priority among them. */
  readonly shed_high: number
  /** Records for exchanges that were settled already. */
  readonly stale_records: number
  /** Replies after a reply. */
  readonly double_replies: number
  /** Replies with invalid fields, replaced by a 500. */
  readonly invalid_replies: number
  /** Replies cut after they began. */
  readonly replies_cut: number
  /** Unread bodies that were too long, or too slow, to drain. */
  readonly drains_given_up: number
  /** Connections closed by the keep-alive timeout. */
  readonly keep_alive_timeouts: number
  /** Connections closed because no reply came in time after the peer closed its sending side. */
  readonly half_closed_timeouts: number
  /** Connections that ended because of `limits.requestsPerConnection`. */
  readonly connections_used_up: number
  /** Connections that ended because of `timeouts.connectionAge`. */
  readonly connections_aged_out: number
  /** Requests whose handler did not reply in time. */
  readonly deadlines_passed: number
  /** Connections reset because the peer took a reply too slowly. */
  readonly slow_replies_cut: number
  /** Connections closed at once because too many were open. */
  readonly connections_refused: number
  /** Bytes received. */
  readonly bytes_in: number
  /** Bytes sent. */
  readonly bytes_out: number
  /** Receive system calls. */
  readonly receives: number
  /** Send system calls. */
  readonly sends: number
  /** Batches taken from isolates. */
  readonly batches_in: number
  /** Turns of the loop. */
  readonly turns: number
  /** Turns that an isolate took over while the thread slept. */
  readonly helped: number
  /** Batches that did not follow the layout. */
  readonly malformed_batches: number
  /** Exchanges that are not settled, now. */
  readonly in_flight: number
  /** Requests shed because `limits.bodyMemoryBytes` was reached; they are in `shed` as well. */
  readonly shed_for_memory: number
  /** Bytes of requests and replies that are held, now. */
  readonly body_bytes: number
  /** Bytes of buffers that were allocated. */
  readonly pool_allocated_bytes: number
  /** Bytes of buffers that were taken from the pool, again and again. */
  readonly pool_rented_bytes: number
  /** Bytes of idle buffers that were freed, because there were too many or nobody needed them. */
  readonly pool_evicted_bytes: number
  /** Bytes of idle buffers, now. */
  readonly pool_idle_bytes: number
}

type Literal =
  | ''
  | 0
  | false
  | readonly Literal[]
  | {
      readonly [name: string]: Literal
    }

declare const noReply: unique symbol

type NoParams = {}

/** What the schemas of a route make of a request. */
interface TypedInput<
  Query extends MaybeSchema,
  Headers extends MaybeSchema,
  Cookies extends MaybeSchema,
  Body extends MaybeSchema,
> extends AnyInput {
  /** The query parameters, as their schema made them. */
  readonly query: OutputOr<Query, RawInput['query']>
  /** The header fields, as their schema made them. */
  readonly headers: OutputOr<Headers, RawInput['headers']>
  /** The cookies, as their schema made them. */
  readonly cookies: OutputOr<Cookies, RawInput['cookies']>
  /** The body, as its schema made it. */
  readonly body: OutputOr<Body, RawInput['body']>
}

type AllowedReply<Responses extends ResponseSchemas> =
  | Reply
  | Response
  | {
      [Status in keyof Responses]: ReplyOf<Status, Responses[Status]>
    }[keyof Responses]

type ReplyOf<Status, Schema> = Schema extends StandardSchema
  ? Result<Status & number, InputOf<Schema>> | (Status extends 200 ? InputOf<Schema> : never) // oxlint-disable-next-line typescript/no-invalid-void-type
  : Result<Status & number, undefined> | (Status extends 204 ? undefined | void : never)

export {
  App,
  HttpError,
  LannerError,
  serve,
  file,
  HeaderSet,
  routeOptions,
  accepted,
  badRequest,
  conflict,
  created,
  forbidden,
  html,
  noContent,
  notFound,
  ok,
  problem,
  redirect,
  Result,
  stream,
  unauthorized,
  Problem,
  ValidationError,
  defineGroup,
  defineRoute,
  defineRoute as route,
  sseEvents,
  sse,
  jsonLines,
  jsonLinesOf,
  mediaOf,
  type AppOptions,
  type BodySource,
  type StreamBody,
  type Context,
  type AssumedOrigin,
  type ConnectionInfo,
  type Reply,
  type CookieOptions,
  type Cookies,
  type CorsPolicy,
  type OriginTest,
  type EndpointOptions,
  type TcpKeepAliveOptions,
  type ErrorCode,
  type FetchErrorHandler,
  type FetchHandler,
  type FetchObject,
  type FetchServerObject,
  type FetchServerResult,
  type FetchInfo,
  type NetworkAddress,
  type RequestPriority,
  type FileOptions,
  type ServeOptions,
  type Serving,
  type HttpErrorOptions,
  type AnyInput,
  type AnyParams,
  type AnyState,
  type ErrorHandler,
  type Filter,
  type Handler,
  type Middleware,
  type Next,
  type RawInput,
  type HeaderView,
  type RequestHook,
  type ResponseHook,
  type ResponseInfo,
  type ServerHook,
  type InjectCookie,
  type InjectFields,
  type InjectOptions,
  type InjectValue,
  type InjectResponse,
  type FormOptions,
  type MultipartOptions,
  type Part,
  type SpooledFile,
  type PeerAddress,
  type Duration,
  type LimitOptions,
  type ListenOptions,
  type Size,
  type TimeoutOptions,
  type RequestLimits,
  type OverloadOptions,
  type HealthOptions,
  type MetricsOptions,
  type ProblemOptions,
  type ProxyProtocolOptions,
  type QueryView,
  type Rate,
  type RateOptions,
  type RejectedRequest,
  type RejectOptions,
  type RejectPage,
  type RejectReason,
  type FieldInit,
  type EndHook,
  type ExchangeEnd,
  type PreparedReply,
  type ReplyHook,
  type ProblemDocument,
  type ProblemMembers,
  type Endpoint,
  type Group,
  type Member,
  type RoutesOf,
  type AuthOption,
  type AuthOptions,
  type CommonOptions,
  type GroupOptions,
  type Priority,
  type RouteInfo,
  type RouteLimitOptions,
  type RouteMeta,
  type RouteMetadata,
  type RouteOptions,
  type ValidationOptions,
  type Router,
  type MaybeResponses,
  type MaybeSchema,
  type NoSchemas,
  type OutputOr,
  type ResponseSchemas,
  type Schemas,
  type InputIssue,
  type InputSource,
  type JoinPath,
  type ParamsOf,
  type RouteVerb,
  type Verb,
  type DescribedSchema,
  type InputOf,
  type OutputOf,
  type StandardIssue,
  type StandardSchema,
  type CloseOptions,
  type Server,
  type ServerAddress,
  type ProvidedService,
  type ServiceOptions,
  type Services,
  type ServiceScope,
  type LimitEvent,
  type LimitLabel,
  type RejectEvent,
  type ServerEvents,
  type Stall,
  type StallOptions,
  type Distribution,
  type IsolateStats,
  type ServerStats,
  type SseEvent,
  type EventExtras,
  type EventNote,
  type EventSchemas,
  type EventsOf,
  type EventStreamSchema,
  type UnnamedEvent,
  type NamedEvent,
  type EventStream,
  type SseOptions,
  type TimerClock,
  type JsonLines,
  type JsonLinesOptions,
  type JsonLinesSchema,
  type MediaBody,
  type MediaSchema,
  type NoParts,
  type StreamRequest,
  type Values,
  type ValueSource,
  type Trailers,
}
