// One server-sent event as text (HTML standard, section 9.2).
//
// Called by EventStream. Promises that nothing in a value can end an event or begin a field: data
// and comments are cut into lines, and names and ids with line breaks are refused.

import { LannerError } from '../errors.js'
import { toJson } from '../json.js'
import { duration } from '../option-values.js'

import type { Duration } from '../options.js'

/** An event for the client. A text alone is its data. */
export interface SseEvent<Data = unknown> {
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

const NAMES: ReadonlySet<string> = new Set(['data', 'event', 'id', 'retry', 'comment'])
const LINE_BREAK = /\r\n|\r|\n/

/** The text of an event. */
export function eventText(value: unknown): string {
  if (typeof value === 'string') return `${lines('data', value)}\n`
  if (typeof value !== 'object' || value === null) throw invalid(`a ${typeof value}`)
  for (const name in value) if (!NAMES.has(name)) throw invalid(`the member ${name}`)
  const { comment, event, id, retry, data } = value as SseEvent
  let text = comment === undefined ? '' : lines('', comment)
  if (event !== undefined) text += `event: ${oneLine('event', event)}\n`
  if (id !== undefined) text += `id: ${oneLine('id', String(id))}\n`
  if (retry !== undefined) text += retryText(retry)
  if (data !== undefined) text += lines('data', dataText(data))
  if (text === '') throw invalid('nothing')
  return `${text}\n`
}

/** The field that says how long clients wait before they come again. */
export function retryText(retry: Duration): string {
  return `retry: ${duration(retry, 'retry', 0)}\n`
}

function dataText(data: unknown): string {
  if (typeof data === 'string') return data
  const text = toJson(data)
  if (text === undefined) throw invalid('data without a JSON form')
  return text
}

function lines(name: string, text: string): string {
  return LINE_BREAK.test(text)
    ? text
        .split(LINE_BREAK)
        .map((line) => `${name}: ${line}\n`)
        .join('')
    : `${name}: ${text}\n`
}

/** A NUL in an id makes clients forget the id. */
function oneLine(name: string, text: string): string {
  // oxlint-disable-next-line no-control-regex
  if (typeof text === 'string' && !/[\r\n\0]/.test(text)) return text
  throw invalid(`${name} with a line break or a NUL`)
}

function invalid(what: string): LannerError {
  return new LannerError(
    'LANNER_EVENT_INVALID',
    'An event is a text, or an object with data, event, id, retry and comment: JSON goes into ' +
      `data. What was found is ${what}.`,
  )
}
