// Bodies of calls and replies: data as JSON, files as forms, and what came as what it says it is.
//
// What fetch() takes by itself goes as it is. Promises that a stream is never read to its end here:
// event streams come event by event, JSON lines line by line, other bytes are left to the caller.

import { readEvents } from './events.js'
import { readLines } from './lines.js'
import { toText } from './url.js'

/** A body as fetch() takes it. */
type FetchBody = NonNullable<RequestInit['body']>

/** A body for fetch(), and its type where fetch() does not say it. */
export interface SentBody {
  readonly body: FetchBody | undefined
  readonly type: string | undefined
  /** A stream is sent while the reply may come already. */
  readonly isStream: boolean
}

/** What is sent for a value. */
export function toBody(value: unknown): SentBody {
  if (value === undefined) return { body: undefined, type: undefined, isStream: false }
  if (isReady(value)) {
    return { body: value, type: undefined, isStream: value instanceof ReadableStream }
  }
  if (hasFile(value)) return { body: toForm(value), type: undefined, isStream: false }
  return { body: JSON.stringify(value), type: 'application/json', isStream: false }
}

function isReady(value: unknown): value is FetchBody {
  return (
    value instanceof FormData ||
    value instanceof URLSearchParams ||
    value instanceof Blob ||
    value instanceof ArrayBuffer ||
    ArrayBuffer.isView(value) ||
    value instanceof ReadableStream
  )
}

/** Whether an object has files, alone or in lists: then it is a form. */
function hasFile(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).some(
    (one) =>
      one instanceof Blob || (Array.isArray(one) && one.some((item) => item instanceof Blob)),
  )
}

function toForm(values: Record<string, unknown>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (one instanceof Blob) form.append(name, one)
      else if (one !== undefined) form.append(name, one === null ? '' : toText(one))
    }
  }
  return form
}

/** The body of a reply: data, text, events, the stream, or undefined for none. */
export async function readBody(response: Response, method: string): Promise<unknown> {
  const { status, body } = response
  if (method === 'HEAD' || status === 204 || status === 205 || status === 304) return undefined
  const type = response.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type === 'application/json' || type.endsWith('+json')) return await response.json()
  if (type === 'text/event-stream') return body === null ? undefined : readEvents(body)
  if (type === 'application/x-ndjson') return body === null ? undefined : readLines(body)
  if (type.startsWith('text/')) return await response.text()
  return body ?? undefined
}
