// From an exchange to a fetch handler and back.
//
// Made by serve(), once for each handler, and run by the lane like any other handler. Promises that
// what is not a Response becomes a typed error, and that an error goes the way of every error.

import { HttpError, LannerError } from '../errors.js'
import { wrong } from '../option-values.js'
import { isResponse } from '../response.js'
import { FetchInfo } from './info.js'
import { hasWholeLazy, toFetchRequest } from './request.js'

import type { ErrorHandler, Handler } from '../handler.js'

/** Answers a Request with a Response. */
export type FetchHandler = (request: Request, info: FetchInfo) => Response | Promise<Response>

/** An object that answers: an application of Hono, h3, Elysia, or a module's default export. */
export interface FetchObject {
  fetch: FetchHandler
}

/** Answers when a fetch handler failed. Returning nothing gives the default problem document. */
export type FetchErrorHandler = (
  error: unknown,
  info: FetchInfo,
) => Response | undefined | void | Promise<Response | undefined | void>

/** Checks what was given to serve(). The method stays its object's, and is looked up each time. */
export function checkHandler(handler: unknown): FetchObject {
  if (typeof handler === 'function' && !('fetch' in handler)) {
    return { fetch: handler as FetchHandler }
  }
  const object = handler as Partial<FetchObject> | null | undefined
  if (typeof object?.fetch === 'function') return object as FetchObject
  throw wrong('handler', 'a function, or an object with a function named fetch', handler)
}

/** The handler of the one route. */
export function toHandler(target: FetchObject, isLazy = hasWholeLazy()): Handler {
  return function fetchHandler(ctx) {
    if (FORBIDDEN.test(ctx.method)) throw new HttpError(501, NO_REQUEST)
    const request = toFetchRequest(ctx, isLazy)
    const value: unknown = target.fetch(request, new FetchInfo(ctx, request))
    return value instanceof Promise ? value.then(checkResponse) : checkResponse(value)
  }
}

/** The same way for errors. */
export function toErrorHandler(onError: FetchErrorHandler, isLazy = hasWholeLazy()): ErrorHandler {
  return function fetchErrorHandler(error, ctx) {
    const info = new FetchInfo(ctx, toFetchRequest(ctx, isLazy))
    return onError(error, info)
  }
}

/** Methods for which the standard has no Request. */
const FORBIDDEN = /^(?:CONNECT|TRACE|TRACK)$/
const NO_REQUEST = 'The fetch standard has no Request with this method.'

/** Other thenables are waited for where promises are. */
function checkResponse(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    if (isResponse(value)) return value
    if ('then' in value && typeof value.then === 'function') {
      return Promise.resolve(value as PromiseLike<unknown>).then(checkResponse)
    }
  }
  throw new LannerError('LANNER_RESPONSE_MISSING', `${MISSING} It returned ${kindOf(value)}.`)
}

const MISSING = 'A fetch handler returns a Response, or a promise of one.'

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  return typeof value === 'object' ? 'another object' : `a ${typeof value}`
}
