// The options of refusals: what the replies to malformed requests say.
//
// Read by parseOptions. The network side refuses such requests by itself, also while JavaScript is
// stuck, so the texts are asked for once, when the server starts. Status and framing stay its own.

import { LannerError } from './errors.js'
import { REJECT_STATUS } from './native/generated/reject-reasons.js'
import { fieldValue, refuseUnknown, requireObject, wrong } from './option-values.js'
import { statusTitle } from './status.js'

import type { NativeConfig } from './native/binding.js'

/** Why a request was refused before any handler saw it. docs/errors.md says what each means. */
export type RejectReason = keyof typeof REJECT_STATUS

/** What the reply to refused requests of one reason will be. */
export interface RejectedRequest {
  /** Why it is refused. */
  readonly reason: RejectReason
  /** The status of the reply. */
  readonly status: number
  /** The text of the status, for example 'Bad Request'. */
  readonly title: string
}

/** A body with its content type. */
export interface RejectPage {
  /** Value of the content-type field. */
  type: string
  /** At most 4096 bytes of UTF-8. */
  body: string
}

/** What the replies to malformed requests say. */
export interface RejectOptions {
  /**
   * The body of the refusals for a reason: text, or text with a content type; nothing for none. It
   * is called once for each reason when the server starts, because refusals are written without
   * JavaScript. At most 4096 bytes. Default: no body.
   */
  body?: (refused: RejectedRequest) => string | RejectPage | undefined
}

const BODY_BYTES_MAX = 4096
const OVERLOADED = 503
/** Closed without a reply. */
const CLOSED = 0
const TEXT = 'text/plain; charset=utf-8'

/** Asks for the body of each reason. */
export function parseRejects(rejects: RejectOptions = {}): NativeConfig['rejectPages'] {
  requireObject(rejects, 'rejects')
  refuseUnknown(rejects, ['body'], 'rejects.')
  const { body } = rejects
  if (body === undefined) return []
  if (typeof body !== 'function') throw wrong('rejects.body', 'a function', body)
  const pages: NativeConfig['rejectPages'] = []
  for (const [label, status] of Object.entries(REJECT_STATUS)) {
    if (status === OVERLOADED || status === CLOSED) continue
    const reason = label as RejectReason
    const page = body({ reason, status, title: statusTitle(status) })
    if (page !== undefined) pages.push({ reason, ...parsePage(page, reason) })
  }
  return pages
}

function parsePage(
  page: string | RejectPage,
  reason: RejectReason,
): { contentType: string; body: string } {
  const at = `rejects.body (for ${reason})`
  const { type, body } = typeof page === 'string' ? { type: TEXT, body: page } : (page ?? {})
  if (typeof body !== 'string') throw wrong(at, 'a function that gives text', body)
  const bytes = Buffer.byteLength(body)
  if (bytes > BODY_BYTES_MAX) {
    throw new LannerError(
      'LANNER_OPTION_INVALID',
      `The option ${at} gives at most ${BODY_BYTES_MAX} bytes, not ${bytes}.`,
    )
  }
  return { contentType: fieldValue(type, `${at}, type`), body }
}
