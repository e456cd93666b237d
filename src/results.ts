// Replies as values: `return ok(user)`, `return problem(404, 'no such user')`.
//
// Handlers return them; unlike what ctx.* does they carry status and body in their type, so that
// the schemas of a route, OpenAPI and the client can rely on them. They say nothing of a request
// and never change, so one may be made once and returned many times. response.ts sends them.

import { serializeCookie } from './cookies.js'
import { LannerError } from './errors.js'
import { shown } from './shown.js'
import { statusTitle } from './status.js'

import type { StreamBody } from './body/sink.js'
import type { CookieOptions } from './cookies.js'
import type { Literally } from './routing/schemas.js'

/** A reply as a value. The functions of this package make them: `ok()`, `problem()` and others. */
export class Result<Status extends number = number, Body = unknown> {
  /** The status of the reply. */
  readonly status: Status
  /** What is sent: text, bytes, a stream, JSON data; undefined for no body. */
  readonly body: Body
  /** Fields of the reply, by their names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>

  /** Of a status that no function stands for: `new Result(206, part)`. */
  constructor(status: Status, body: Body, headers: Result['headers'] = NO_HEADERS) {
    this.status = status
    this.body = body
    this.headers = headers
  }

  /** The same with a field more, or with another value of it. */
  header(name: string, value: string | readonly string[]): Result<Status, Body> {
    return new Result(this.status, this.body, { ...this.headers, [name.toLowerCase()]: value })
  }

  /** The same with a cookie more. */
  cookie(name: string, value: string, options?: CookieOptions): Result<Status, Body> {
    const before = this.headers['set-cookie'] ?? []
    const lines = typeof before === 'string' ? [before] : before
    return this.header('set-cookie', [...lines, serializeCookie(name, value, options)])
  }
}

/** A problem document (RFC 9457). */
export interface ProblemDocument {
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
export interface ProblemMembers {
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

/**
 * 200 with a body.
 * @param body - What is sent: JSON data, text, bytes or a stream.
 */
export function ok(): Result<200, undefined>
export function ok<Body>(body: Body | Literally): Result<200, Body>
export function ok(body?: unknown): Result {
  return new Result(200, body)
}

/**
 * 201, with the place of what was made and a body: `created('/users/7', user)`.
 * @param location - The field `location`.
 * @param body - What is sent: JSON data, text, bytes or a stream.
 */
export function created(location?: string | URL): Result<201, undefined>
export function created<Body>(
  location: string | URL | undefined,
  body: Body | Literally,
): Result<201, Body>
export function created(location?: string | URL, body?: unknown): Result {
  return located(201, location, body)
}

/**
 * 202, with the place where its state can be asked for and a body.
 * @param location - The field `location`.
 * @param body - What is sent: JSON data, text, bytes or a stream.
 */
export function accepted(location?: string | URL): Result<202, undefined>
export function accepted<Body>(
  location: string | URL | undefined,
  body: Body | Literally,
): Result<202, Body>
export function accepted(location?: string | URL, body?: unknown): Result {
  return located(202, location, body)
}

/** 204 and no body. */
export function noContent(): Result<204, undefined> {
  return new Result(204, undefined)
}

/**
 * 400 as a problem document.
 * @param detail - What happened, or members of the document.
 */
export function badRequest(detail?: string | ProblemMembers): Result<400, ProblemDocument> {
  return problem(400, detail)
}

/**
 * 401 as a problem document; `challenge` says how to come in, for example 'Bearer'.
 * @param detail - What happened, or members of the document.
 * @param challenge - The field `www-authenticate`, for example 'Bearer'. Default none.
 */
export function unauthorized(
  detail?: string | ProblemMembers,
  challenge?: string,
): Result<401, ProblemDocument> {
  const result = problem(401, detail)
  return challenge === undefined ? result : result.header('www-authenticate', challenge)
}

/**
 * 403 as a problem document.
 * @param detail - What happened, or members of the document.
 */
export function forbidden(detail?: string | ProblemMembers): Result<403, ProblemDocument> {
  return problem(403, detail)
}

/**
 * 404 as a problem document.
 * @param detail - What happened, or members of the document.
 */
export function notFound(detail?: string | ProblemMembers): Result<404, ProblemDocument> {
  return problem(404, detail)
}

/**
 * 409 as a problem document.
 * @param detail - What happened, or members of the document.
 */
export function conflict(detail?: string | ProblemMembers): Result<409, ProblemDocument> {
  return problem(409, detail)
}

/**
 * A problem document of any status from 400 to 599: `problem(404, 'no such user')`.
 * @param status - 400 to 599.
 * @param detail - What happened, or members of the document.
 */
export function problem<Status extends number>(
  status: Status,
  detail?: string | ProblemMembers,
): Result<Status, ProblemDocument> {
  if (!Number.isInteger(status) || status < 400 || status > 599) {
    throw new LannerError('LANNER_STATUS_INVALID', `A problem has a status from 400 to 599.`)
  }
  const said = typeof detail === 'string' ? { detail } : detail
  const { type, title = statusTitle(status), ...rest } = said ?? {}
  const start = type === undefined ? { title, status } : { type, title, status }
  return new Result(status, { ...start, ...rest, status }, PROBLEM_HEADERS)
}

/**
 * A redirect: 302 when no status is given.
 * @param to - A URL, or a path of this server.
 * @param status - 301, 302, 303, 307 or 308.
 */
export function redirect(to: string | URL): Result<302, undefined>
export function redirect<Status extends 301 | 302 | 303 | 307 | 308>(
  to: string | URL,
  status: Status,
): Result<Status, undefined>
export function redirect(to: string | URL, status = 302): Result<number, undefined> {
  if (!REDIRECTS.includes(status)) {
    throw new LannerError('LANNER_STATUS_INVALID', `A redirect has one of ${REDIRECTS.join(', ')}.`)
  }
  return new Result(status, undefined, { location: locationOf(to) })
}

/**
 * 200 with HTML.
 * @param body - The page.
 */
export function html(body: string): Result<200, string> {
  return new Result(200, body, HTML_HEADERS)
}

/**
 * 200 with a stream of strings and bytes, which is pulled only as fast as the client takes it.
 * @param body - Where it comes from: a web or Node stream, or anything iterable.
 * @param type - The content type. Default 'application/octet-stream'.
 */
export function stream(
  body: StreamBody,
  type = 'application/octet-stream',
): Result<200, StreamBody> {
  // A list would be sent as JSON.
  const chunks: StreamBody = Array.isArray(body) ? (body as string[]).values() : body
  return new Result(200, chunks, { 'content-type': type })
}

/** @internal Those of a result that says nothing of fields. */
export const NO_HEADERS: Result['headers'] = Object.freeze({})
const PROBLEM_HEADERS = Object.freeze({ 'content-type': 'application/problem+json' })
const HTML_HEADERS = Object.freeze({ 'content-type': 'text/html; charset=utf-8' })
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

function located(status: number, location: string | URL | undefined, body: unknown): Result {
  if (location === undefined) return new Result(status, body)
  return new Result(status, body, { location: locationOf(location) })
}

/** Escapes what a Location field cannot carry; lone surrogates become U+FFFD. */
export function locationOf(to: string | URL): string {
  const text = typeof to === 'string' ? to : hrefOf(to)
  if (text === undefined) {
    throw new LannerError(
      'LANNER_HEADER_INVALID',
      `A location is a text or a URL, not ${shown(to)}.`,
    )
  }
  return text.replaceAll(/[^\x21-\x7e]/gu, (character) => {
    try {
      return encodeURIComponent(character)
    } catch {
      return '%EF%BF%BD'
    }
  })
}

/** A URL of this realm, of another, or of somebody who made one of their own. */
function hrefOf(to: unknown): string | undefined {
  if (typeof to !== 'object' || to === null || !('href' in to)) return undefined
  return typeof to.href === 'string' ? to.href : undefined
}
