// Entity tags and the conditions of requests (RFC 9110 sections 8.8 and 13).
//
// Used by the middleware for entity tags and for static files. Promises the order of section
// 13.2.2. Ranges are ranges.ts; what is answered is the caller's.

import { parseHttpDate } from './dates.js'

/** Where the fields of a request are read from. */
export interface FieldReader {
  get(name: string): string | null
}

/** What a representation can be told by. */
export interface Validators {
  /** Its entity tag with its quotes: '"abc"', or 'W/"abc"' for a weak one. */
  readonly etag?: string | undefined
  /** When it was changed, in milliseconds; fractions of a second do not count. */
  readonly lastModified?: number | undefined
}

/** What becomes of a request under its conditions. */
export type Verdict = 'proceed' | 'not-modified' | 'failed'

const TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/
const TAGS = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g

/** Whether a text is an entity tag. */
export function isEntityTag(text: string): boolean {
  return TAG.test(text)
}

/** The tags of If-Match or If-None-Match; what is no tag is skipped. */
function tagsOf(field: string): readonly string[] {
  return field.match(TAGS) ?? []
}

/** The tag as a weak one is compared: without its mark. */
function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag
}

/** Both are strong and the same. */
function isSameStrong(a: string, b: string): boolean {
  return a === b && !a.startsWith('W/')
}

/** Whether a request has conditions at all. */
export function hasConditions(headers: FieldReader): boolean {
  return (
    headers.get('if-none-match') !== null ||
    headers.get('if-modified-since') !== null ||
    headers.get('if-match') !== null ||
    headers.get('if-unmodified-since') !== null
  )
}

/** Whether the request may go on, given what it would meet; `isRead` for GET and HEAD. */
export function evaluate(headers: FieldReader, isRead: boolean, current: Validators): Verdict {
  const { etag, lastModified } = current
  const match = headers.get('if-match')
  if (match !== null) {
    const holds =
      match.trim() === '*' ||
      (etag !== undefined && tagsOf(match).some((tag) => isSameStrong(tag, etag)))
    if (!holds) return 'failed'
  } else if (isChangedSince(headers.get('if-unmodified-since'), lastModified)) {
    return 'failed'
  }
  const noneMatch = headers.get('if-none-match')
  if (noneMatch !== null) {
    const isThere =
      noneMatch.trim() === '*' ||
      (etag !== undefined && tagsOf(noneMatch).some((tag) => opaque(tag) === opaque(etag)))
    if (!isThere) return 'proceed'
    return isRead ? 'not-modified' : 'failed'
  }
  if (!isRead || lastModified === undefined) return 'proceed'
  const since = parseHttpDate(headers.get('if-modified-since'))
  return since !== undefined && seconds(lastModified) <= since ? 'not-modified' : 'proceed'
}

function isChangedSince(field: string | null, lastModified: number | undefined): boolean {
  const since = parseHttpDate(field)
  return since !== undefined && lastModified !== undefined && seconds(lastModified) > since
}

/** Whether the ranges of a request hold for what is there now (RFC 9110 section 13.1.5). */
export function isRangeCurrent(field: string | null, { etag, lastModified }: Validators): boolean {
  if (field === null) return true
  const text = field.trim()
  if (isEntityTag(text)) return etag !== undefined && isSameStrong(text, etag)
  const date = parseHttpDate(text)
  return date !== undefined && lastModified !== undefined && seconds(lastModified) === date
}

function seconds(time: number): number {
  return Math.floor(time / 1000) * 1000
}
