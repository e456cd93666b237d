// What calls of a client take and give, in types, from the routes of an application.
//
// Types only. The routes are a union of endpoints with their schemas. A client makes tables of
// them once; a call looks up its own by method and path, and reads the schemas of that one.
// Nothing is read off the bodies of handlers.

import type { InputOf, OutputOf, ParamsOf, RoutesOf, StandardSchema } from 'lanner'
import type { ReceivedEvent } from './events.js'

/** A route as far as it can be looked up. */
export interface AnyRoute {
  /** Its method. */
  readonly method: string
  /** Its pattern. */
  readonly path: string
}

/** The routes of a method, and those of any. */
export type RoutesBy<Routes, Method extends string> = Routes extends {
  readonly method: Method | '*'
}
  ? Routes
  : never

/**
 * Routes by path. The compiler makes each table once, so that a call looks its own route up and
 * does not go through all of them: that keeps five hundred routes quick to check.
 */
export type TableOf<Routes extends AnyRoute> = {
  readonly [Route in Routes as Route['path']]: Route
}

/** What can be written into a path, a query or a header field. */
export type Text = string | number | bigint | boolean | Date

/** Header fields as fetch() takes them. */
export type HeaderFields = NonNullable<RequestInit['headers']>

/** What every call takes. */
export interface CommonCallOptions {
  /** Aborts the call. Default none. */
  signal?: AbortSignal
  /** What fetch() takes besides. Default none. */
  init?: Omit<RequestInit, 'method' | 'body' | 'headers' | 'signal'>
}

/** What a call of a route takes. */
export type CallOptions<Route> = Route extends {
  readonly path: infer Path extends string
  readonly options: infer Schemas
}
  ? CommonCallOptions &
      ParamsPart<Path, Of<Schemas, 'params'>> &
      Part<'query', Of<Schemas, 'query'>, Query> &
      Part<'headers', Of<Schemas, 'headers'>, HeaderFields> & {
        cookies?: SentOr<Of<Schemas, 'cookies'>, Readonly<Record<string, string>>>
      } & BodyPart<Of<Schemas, 'body'>>
  : never

/** The options of a call, which may be left out where none of them is needed. */
export type CallArguments<Route> =
  Nothing extends CallOptions<Route>
    ? [options?: CallOptions<Route>]
    : [options: CallOptions<Route>]

/** What a query may be where the route has no schema for it. */
export type Query = Readonly<Record<string, Text | null | undefined | readonly Text[]>>

/** A reply that came. */
export interface ClientReply<Status extends number = number, Body = unknown> {
  /** Its status, by which the type of the body is told. */
  readonly status: Status
  /** Whether the status is 200 to 299. */
  readonly ok: OkOf<Status>
  /**
   * Data for JSON, text for text, a loop over the events of an event stream or over JSON lines,
   * the stream of bytes for anything else; undefined for none.
   */
  readonly body: Body
  /** Its header fields. */
  readonly headers: Headers
  /** The Response itself; its body has been read where `body` is data or text. */
  readonly response: Response
}

/** The replies of a route: those that it lists, and whatever else may happen. */
export type ReplyOf<Route> = Route extends { readonly options: infer Schemas }
  ? RepliesOf<Of<Schemas, 'responses'>>
  : never

type RepliesOf<Responses> = [Responses] extends [undefined]
  ? ClientReply
  :
      | {
          [Status in keyof Responses & number]: ClientReply<Status, BodyOf<Responses[Status]>>
        }[keyof Responses & number]
      | ClientReply<Exclude<OtherStatus, keyof Responses>>

type BodyOf<Schema> = Schema extends { readonly mediaType: infer Type extends string }
  ? MediaOf<Type>
  : Schema extends StandardSchema
    ? Received<InputOf<Schema>>
    : undefined

/** What the body of a media type is read as; anything where the type is not known. */
type MediaOf<Type extends string> = string extends Type ? unknown : ReadAs<Lowercase<Type>>

type ReadAs<Type extends string> = Type extends `text/${string}`
  ? string
  : Type extends 'application/json' | `${string}+json`
    ? unknown
    : ReadableStream<Uint8Array>

/** The events of a stream, in a loop: `for await (const { event, data } of reply.body)`. */
export type ReceivedEvents<Event> = AsyncGenerator<ReceivedEventOf<Event>, undefined>

/** What comes of an event that is sent, by its name; notes do not come. */
export type ReceivedEventOf<Event> = Event extends { readonly data: infer Data }
  ? Omit<ReceivedEvent, 'event' | 'data' | 'text'> & {
      readonly event: Event extends { readonly event: infer Name extends string } ? Name : 'message'
      /** What its text says as JSON; look at `text` for what is sent as text. */
      readonly data: Data extends string ? unknown : Received<Data>
      /** Its data as it came. */
      readonly text: [Data] extends [string] ? Data : string
    }
  : never

/** What becomes of a value on its way through JSON. */
export type Received<Value> = Value extends string | number | boolean | null | undefined
  ? Value
  : Value extends { toJSON(): infer Data }
    ? Data
    : Value extends { readonly '~event': infer Event }
      ? ReceivedEvents<Event>
      : Value extends { readonly '~line': infer Line }
        ? AsyncGenerator<Received<Line>, undefined>
        : Value extends Blob | Uint8Array | AsyncIterable<unknown> | ReadableStream
          ? ReadableStream<Uint8Array>
          : Value extends object
            ? { [Key in keyof Value]: Received<Value[Key]> }
            : unknown

type OkOf<Status extends number> = number extends Status
  ? boolean
  : `${Status}` extends `2${string}`
    ? true
    : false

/** Statuses that come without a route listing them: of middleware, of the server, of proxies. */
export type OtherStatus =
  | (300 | 301 | 302 | 303 | 304 | 307 | 308)
  | (400 | 401 | 402 | 403 | 404 | 405 | 406 | 407 | 408 | 409 | 410 | 411 | 412 | 413 | 414 | 415)
  | (416 | 417 | 418 | 421 | 422 | 423 | 424 | 425 | 426 | 428 | 429 | 431 | 451 | 499)
  | (500 | 501 | 502 | 503 | 504 | 505 | 506 | 507 | 508 | 511)

type Of<Schemas, Name extends string> = Schemas extends { readonly [Key in Name]: infer Schema }
  ? Schema
  : undefined

/** An option by a schema, needed when something in it is; without a schema it never is. */
type Part<Name extends string, Schema, Otherwise> = [Schema] extends [StandardSchema]
  ? Needed<Name, Sent<InputOf<Schema>, OutputOf<Schema>>>
  : { [Key in Name]?: Otherwise }

type ParamsPart<Path extends string, Schema> = [Schema] extends [StandardSchema]
  ? Part<'params', Schema, never>
  : keyof ParamsOf<Path> extends never
    ? { params?: undefined }
    : Needed<'params', { [Name in keyof ParamsOf<Path>]: Parameter<ParamsOf<Path>[Name]> }>

type Parameter<Value> = Text | Extract<Value, undefined>

type BodyPart<Schema> = [Schema] extends [StandardSchema]
  ? { body: Sent<InputOf<Schema>, OutputOf<Schema>> | FormData | URLSearchParams }
  : { body?: unknown }

type Needed<Name extends string, Value> = Nothing extends Value
  ? { [Key in Name]?: Value }
  : { [Key in Name]: Value }

type SentOr<Schema, Otherwise> = [Schema] extends [StandardSchema]
  ? Sent<InputOf<Schema>, OutputOf<Schema>>
  : Otherwise

/** What a schema takes; what comes out of it where it takes anything, as z.coerce does. */
type Sent<Input, Output> = unknown extends Input
  ? Output
  : Input extends readonly unknown[] | Blob
    ? Input
    : Input extends object
      ? {
          [Key in keyof Input]: unknown extends Input[Key]
            ? Key extends keyof Output
              ? Output[Key]
              : Input[Key]
            : Input[Key]
        }
      : Input

/** The routes that a client of an application, a group or an endpoint calls. */
export type RoutesFor<Of> = Extract<RoutesOf<Of>, AnyRoute>

/**
 * A client of an application, a group or an endpoint: `Client<typeof app>`. In JavaScript:
 * `/** @type {import('lanner/client').Client<import('./server.js').Api>} *\/`.
 */
export interface Client<Of> {
  /** Calls a GET route: `api.get('/users/:id', { params: { id: 7 } })`. */
  readonly get: Call<TableOf<RoutesBy<RoutesFor<Of>, 'GET'>>>
  /** Calls a HEAD route. */
  readonly head: Call<TableOf<RoutesBy<RoutesFor<Of>, 'HEAD'>>>
  /** Calls a POST route. */
  readonly post: Call<TableOf<RoutesBy<RoutesFor<Of>, 'POST'>>>
  /** Calls a PUT route. */
  readonly put: Call<TableOf<RoutesBy<RoutesFor<Of>, 'PUT'>>>
  /** Calls a PATCH route. */
  readonly patch: Call<TableOf<RoutesBy<RoutesFor<Of>, 'PATCH'>>>
  /** Calls a DELETE route. */
  readonly delete: Call<TableOf<RoutesBy<RoutesFor<Of>, 'DELETE'>>>
  /** Calls an OPTIONS route. */
  readonly options: Call<TableOf<RoutesBy<RoutesFor<Of>, 'OPTIONS'>>>
  /** Calls a route of any method: `api.request('PURGE', '/cache')`. */
  request<
    Method extends RoutesFor<Of>['method'],
    Path extends RoutesBy<RoutesFor<Of>, Method>['path'],
  >(
    method: Method,
    path: Path,
    ...args: CallArguments<RouteAt<RoutesFor<Of>, Method, Path>>
  ): Promise<ReplyOf<RouteAt<RoutesFor<Of>, Method, Path>>>
  /** The same with the Response as it came, body unread: for downloads. */
  raw<Method extends RoutesFor<Of>['method'], Path extends RoutesBy<RoutesFor<Of>, Method>['path']>(
    method: Method,
    path: Path,
    ...args: CallArguments<RouteAt<RoutesFor<Of>, Method, Path>>
  ): Promise<Response>
}

/** Calls a route of one method. */
export type Call<Table> = <Path extends keyof Table>(
  path: Path,
  ...args: CallArguments<Table[Path]>
) => Promise<ReplyOf<Table[Path]>>

/** The route of a method and a path. */
export type RouteAt<Routes, Method extends string, Path extends string> = Routes extends {
  readonly method: Method | '*'
  readonly path: Path
}
  ? Routes
  : never

// oxlint-disable-next-line typescript/no-empty-object-type
type Nothing = {}
