// From an exchange to a fetch handler and back.
//
// Made by serve(), once for each handler, and run by the lane like any other handler. Promises that
// what is not a Response becomes a typed error, and that an error goes the way of every error.
// Knows two conventions: (request, info), and the one of WinterTC's draft Fetch Server API for a
// handler that carries its marker: (context), with an error() of its own.

import { HttpError, LannerError } from '../errors.js'
import { wrong } from '../option-values.js'
import { isResponse } from '../response.js'
import { isThenable } from '../thenable.js'
import { FetchInfo } from './info.js'
import { toFetchRequest } from './request.js'

import type { ErrorHandler, Handler } from '../handler.js'
import type { Background } from './background.js'

/** Answers a Request with a Response. */
export type FetchHandler = (request: Request, info: FetchInfo) => Response | Promise<Response>

/** An object that answers: an application of Hono, h3, Elysia, or a module's default export. */
export interface FetchObject {
  /** Answers a Request with a Response. */
  fetch: FetchHandler
}

/**
 * A handler of WinterTC's draft Fetch Server API, which carries the marker
 * `[Symbol.for('wintertc.server.protocol')]: 1`. It returns nothing when it called `deny()`.
 */
export interface FetchServerObject {
  /** Answers a request, which `context.request` is. */
  fetch: (context: FetchInfo) => FetchServerResult
  /** Answers when `fetch` failed. Returning nothing gives the default problem document. */
  error?: (context: FetchInfo, error: unknown) => FetchServerResult
}

/** What a handler of the draft returns. */
export type FetchServerResult = Response | undefined | void | Promise<Response | undefined | void>

/** Answers when a fetch handler failed. Returning nothing gives the default problem document. */
export type FetchErrorHandler = (
  error: unknown,
  info: FetchInfo,
) => Response | undefined | void | Promise<Response | undefined | void>

/** Modules for workers, and Hono, take what has waitUntil() as a third argument. */
interface WorkerObject {
  fetch: (request: Request, info: FetchInfo, context: FetchInfo) => unknown
}

/** A checked handler, and how it is called. */
export interface FetchTarget {
  /** The object itself: its methods stay its own, and are looked up each time. */
  readonly object: WorkerObject & FetchServerObject
  readonly isDraft: boolean
}

/** What every call needs. */
export interface FetchDoor {
  readonly target: FetchTarget
  readonly background: Background
  readonly isLazy: boolean
}

/** The marker of the draft, and the version of it that is known. */
const MARKER = Symbol.for('wintertc.server.protocol')
const MARKER_VERSION = 1

/** Checks what was given to serve(). */
export function checkHandler(handler: unknown): FetchTarget {
  const version: unknown = (handler as Record<symbol, unknown> | null | undefined)?.[MARKER]
  const isDraft = version !== undefined
  if (isDraft && version !== MARKER_VERSION) {
    throw wrong('handler[Symbol.for("wintertc.server.protocol")]', `${MARKER_VERSION}`, version)
  }
  if (typeof handler === 'function' && !('fetch' in handler)) {
    return { object: { fetch: handler as FetchHandler & FetchServerObject['fetch'] }, isDraft }
  }
  const object = handler as (FetchObject & FetchServerObject) | null | undefined
  if (typeof object?.fetch !== 'function') {
    throw wrong('handler', 'a function, or an object with a function named fetch', handler)
  }
  if (isDraft && object.error !== undefined && typeof object.error !== 'function') {
    throw wrong('handler.error', 'a function', object.error)
  }
  return { object, isDraft }
}

/** The handler of the one route. */
export function toHandler({ target, background, isLazy }: FetchDoor): Handler {
  const { object, isDraft } = target
  return function fetchHandler(ctx) {
    if (FORBIDDEN.test(ctx.method)) throw new HttpError(501, NO_REQUEST)
    const request = toFetchRequest(ctx, isLazy)
    const info = new FetchInfo(ctx, request, background)
    const value: unknown = isDraft ? object.fetch(info) : object.fetch(request, info, info)
    return isThenable(value)
      ? Promise.resolve(value).then((later: unknown) => checkResponse(later, info))
      : checkResponse(value, info)
  }
}

/** The same way for errors: `onError` of serve(), or else the draft's error(). */
export function toErrorHandler(
  { target, background, isLazy }: FetchDoor,
  onError: FetchErrorHandler | undefined,
): ErrorHandler | undefined {
  const { object, isDraft } = target
  if (onError === undefined && (!isDraft || object.error === undefined)) return undefined
  return function fetchErrorHandler(error, ctx) {
    if (onError === undefined && ctx.sent) {
      // error() is asked for replies only.
      return ctx.lane.config.report(error)
    }
    const info = new FetchInfo(ctx, toFetchRequest(ctx, isLazy), background)
    return onError === undefined ? object.error!(info, error) : onError(error, info)
  }
}

/** Methods for which the standard has no Request. */
const FORBIDDEN = /^(?:CONNECT|TRACE|TRACK)$/
const NO_REQUEST = 'The fetch standard has no Request with this method.'

/** Other thenables are waited for where promises are. */
function checkResponse(value: unknown, info: FetchInfo): unknown {
  if (typeof value === 'object' && value !== null) {
    if (isResponse(value)) return value
    if ('then' in value && typeof value.then === 'function') {
      return Promise.resolve(value as PromiseLike<unknown>).then((later) =>
        checkResponse(later, info),
      )
    }
  }
  if (value === undefined && info.isDenied) return undefined
  throw new LannerError('LANNER_RESPONSE_MISSING', `${MISSING} It returned ${kindOf(value)}.`)
}

const MISSING = 'A fetch handler returns a Response, or a promise of one.'

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value === 'object' && 'inject' in value && 'listen' in value) {
    return 'an App: serve the application itself, not a function that makes it'
  }
  return typeof value === 'object' ? 'another object' : `a ${typeof value}`
}
