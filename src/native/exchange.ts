// The states of an exchange on the JavaScript side.
//
// Read and written by Context (the one object of an exchange), the lane and the body streams. A
// file of its own because all of them need the numbers and none of them may import the others for
// it.
//
//   OPEN ──helper──▶ PREPARED ──emit──▶ SETTLED
//    │                  │
//    │                  └──emit a stream──▶ STREAMING ──end, abort──▶ SETTLED
//    └──value returned: prepared and emitted at once
//   any of the first three ──cancel entry──▶ CANCELLED
//
// Numbers instead of a string union: they are compared on every request.

import type { Cleanup } from '../cleanups.js'
import type { Cookies } from '../cookies.js'
import type { LannerError } from '../errors.js'
import type { Assumed } from '../fetch/url.js'
import type { BoundFields } from '../input.js'
import type { RequestLimits } from '../limits.js'
import type { Trailers } from '../trailers.js'
import type { EndHook, ReplyHook } from '../reply-hooks.js'
import type { PeerAddress } from './address.js'

/** Nothing has been said yet. */
export const OPEN = 0
/** A reply helper was used; the reply leaves when the chain ends. */
export const PREPARED = 1
/** A streamed reply has begun. */
export const STREAMING = 2
/** The reply is complete: the slot belongs to somebody else. */
export const SETTLED = 3
/** The network side gave the exchange up. */
export const CANCELLED = 4

/** No body was given. */
export const BODY_NONE = 0
/** The body is a string. */
export const BODY_TEXT = 1
/** The body is a Uint8Array. */
export const BODY_BYTES = 2
/** The body is a source that is pulled from. */
export const BODY_STREAM = 3

/** Content types that travel as a number; 0 is none. */
export const TYPE_NONE = 0
export const TYPE_TEXT = 1
export const TYPE_JSON = 2
export const TYPE_HTML = 3
export const TYPE_BYTES = 4
export const TYPE_PROBLEM = 5
export const TYPE_EVENTS = 6
export const TYPE_PLAIN = 7

/** The content types by number, for replies that never meet the native encoder. */
export const CONTENT_TYPES: readonly string[] = [
  '',
  'text/plain; charset=utf-8',
  'application/json',
  'text/html; charset=utf-8',
  'application/octet-stream',
  'application/problem+json',
  'text/event-stream',
  'text/plain',
]

/** The methods by number; 0 is any other. */
export const METHODS: readonly string[] = [
  '',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
]
export const METHOD_GET = 1
export const METHOD_HEAD = 2

/** The rare parts of an exchange, made when the first of them is touched. */
export class Extras {
  cookies: Cookies | undefined = undefined
  url: URL | undefined = undefined
  request: Request | undefined = undefined
  controller: AbortController | undefined = undefined
  /** Who wants to hear that the exchange was given up, beside the signal. */
  watcher: CancelWatcher | undefined = undefined
  trailers: Trailers | undefined = undefined
  limits: RequestLimits | undefined = undefined
  remote: PeerAddress | undefined = undefined
  local: PeerAddress | undefined = undefined
  assumed: Assumed | undefined = undefined
  /** The content-length that the handler set, or -1. */
  length = -1
  /** Whether the connection closes after the reply. */
  close = false
  /** Why the exchange was given up. */
  cancelReason: LannerError | undefined = undefined
  /** The error that is being answered. */
  failure: { readonly error: unknown } | undefined = undefined
  /** Whether the error was shown to a developer: once, whatever fails then. */
  isShown = false
  /** Who wants to see the reply before it is sent. */
  replyHooks: ReplyHook[] | undefined = undefined
  /** Whether they have seen the one that is being sent. */
  isReplySeen = false
  /** Who wants to hear of the end. */
  endHooks: EndHook[] | undefined = undefined
  /** What ctx.services shows. */
  services: object | undefined = undefined
  /** What gives back what was made for the exchange. */
  cleanups: Cleanup[] | undefined = undefined
  /** Which parts of the end have come: see cleanups.ts. */
  ended = 0
  /** The status that was sent, 0 before. */
  sentStatus = 0
  /** Bytes of the body that were handed over. */
  sentBytes = 0
  /** What schemas made of header fields and cookies. */
  bound: BoundFields | undefined = undefined
}

/** Hears that an exchange was given up. */
export interface CancelWatcher {
  cancelled(reason: LannerError): void
}

export function extrasOf(owner: { extras: Extras | undefined }): Extras {
  return (owner.extras ??= new Extras())
}
