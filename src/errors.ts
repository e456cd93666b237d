// The errors that this package throws, and what users throw to answer with a status.
//
// Codes live in error-codes.ts. How an error becomes a reply is decided in problem.ts.

import { ERROR_CODES } from './error-codes.js'
import { shown } from './shown.js'
import { statusTitle } from './status.js'

import type { ErrorCode } from './error-codes.js'

/** A code of somebody else; the intersection keeps editors proposing ours. */
export type OwnCode = string & {}

/** An error of this package. `code` is stable, `message` is for people. */
export class LannerError extends Error {
  /** What happened, as a stable code; docs/errors.md lists those of this package. */
  readonly code: ErrorCode | OwnCode

  constructor(code: ErrorCode | OwnCode, message?: string, options?: { cause?: unknown }) {
    super(message ?? (code in ERROR_CODES ? ERROR_CODES[code as ErrorCode].text : code), options)
    this.code = code
  }

  /** 'LannerError'. */
  override get name(): string {
    return 'LannerError'
  }
}

/** What an HttpError may carry beside its status. */
export interface HttpErrorOptions {
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

/**
 * Throw it to answer with a status: `throw new HttpError(404, 'no such user')`. Its constructor
 * throws a RangeError for a status that is not 400 to 599.
 */
export class HttpError extends LannerError {
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

  constructor(status: number, message?: string, options: HttpErrorOptions = {}) {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`the status of an HttpError is 400 to 599, not ${shown(status)}`)
    }
    const cause = 'cause' in options ? { cause: options.cause } : undefined
    super(options.code ?? 'LANNER_HTTP', message ?? statusTitle(status), cause)
    this.status = status
    this.headers = options.headers
    this.type = options.type
    this.detail = options.detail ?? message
    this.expose = options.expose ?? status < 500
  }

  /** 'HttpError'. */
  override get name(): string {
    return 'HttpError'
  }
}

/** An HttpError whose status and text come from the table of codes. */
export function httpError(code: ErrorCode, cause?: unknown): HttpError {
  const { status, text } = ERROR_CODES[code]
  return new HttpError(status, text, cause === undefined ? { code } : { code, cause })
}

/** `instanceof` for what anybody may throw: a revoked proxy cannot be asked and is of no class. */
export function isA<T>(value: unknown, type: abstract new (...parts: never[]) => T): value is T {
  try {
    return value instanceof type
  } catch {
    return false
  }
}
