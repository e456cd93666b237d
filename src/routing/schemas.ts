// The schemas of a route, in types: what handlers get from them, and what they may answer.
//
// Types only. Each step is one lookup or one shallow condition per route, and nothing is read off
// the bodies of handlers: that keeps five hundred routes cheap to check. What schemas do at run
// time is schema/binder.ts.

import type { AnyInput, RawInput } from '../handler.js'
import type { Reply } from '../prepare.js'
import type { Result } from '../results.js'
import type { InputOf, OutputOf, StandardSchema } from '../schema/standard.js'

/** A schema, or nothing where the route has none. */
export type MaybeSchema = StandardSchema | undefined

/** What a route may answer: a schema of the body by status; null for no body. */
export interface ResponseSchemas {
  readonly [status: number]: StandardSchema | null
}

/** The responses of a route, or nothing where it does not list them. */
export type MaybeResponses = ResponseSchemas | undefined

/** The schemas of a route; undefined where it has none. */
export interface Schemas<
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

/** A route without schemas. */
export interface NoSchemas extends Schemas<
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  undefined
> {}

/** What comes out of a schema, or what there is without one. */
export type OutputOr<Schema extends MaybeSchema, Raw> = Schema extends StandardSchema
  ? OutputOf<Schema>
  : Raw

/** What the schemas of a route make of a request. */
export interface TypedInput<
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

/** What a handler may return, or promise, where the route lists its responses. */
export type AllowedReplies<Responses extends MaybeResponses> =
  // First as tuples: what is not known yet is never, and has to be anything here.
  [Responses] extends [undefined]
    ? unknown
    : Responses extends ResponseSchemas
      ? AllowedReply<Responses>
      : unknown

/**
 * Makes TypeScript read what a handler returns as literally as schemas may want it: 'robot' and not
 * string. It has to be said apart, because the schemas are not known yet when that is read. Nothing
 * fits it.
 */
export type Literally = LiteralReply | (Promise<LiteralReply> & NoReply)

interface LiteralReply extends NoReply {
  readonly [name: string]: Literal
}

type Literal = '' | 0 | false | readonly Literal[] | { readonly [name: string]: Literal }

interface NoReply {
  readonly [noReply]: never
}

declare const noReply: unique symbol

type AllowedReply<Responses extends ResponseSchemas> =
  | Reply
  | Response
  | { [Status in keyof Responses]: ReplyOf<Status, Responses[Status]> }[keyof Responses]

type ReplyOf<Status, Schema> = Schema extends StandardSchema
  ? Result<Status & number, InputOf<Schema>> | (Status extends 200 ? InputOf<Schema> : never)
  : // oxlint-disable-next-line typescript/no-invalid-void-type
    Result<Status & number, undefined> | (Status extends 204 ? undefined | void : never)
