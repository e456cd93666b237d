// Byte ranges of requests (RFC 9110 section 14).
//
// Used for files. Promises ranges that lie inside, in the order of the request. Whatever is odd
// (another unit, bad syntax, too many, overlapping ones, more bytes than there are) is `undefined`:
// then the whole is sent, as section 14.2 allows, so that nobody can make us send more than that.

/** First and last byte. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

const SPEC = /^(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))$/

/** The ranges of a Range field that can be met; an empty list when none can (416). */
export function parseRanges(
  field: string,
  size: number,
  rangesMax: number,
): readonly ByteRange[] | undefined {
  if (!/^bytes=/i.test(field)) return undefined
  const specs = field
    .slice(6)
    .split(',')
    .map((spec) => spec.trim())
    .filter((spec) => spec !== '')
  if (specs.length === 0 || specs.length > rangesMax) return undefined
  const ranges: ByteRange[] = []
  for (const spec of specs) {
    const match = SPEC.exec(spec)
    if (match === null) return undefined
    const range = toRange(match, size)
    if (range === undefined) return undefined
    if (range !== null) ranges.push(range)
  }
  return isModest(ranges, size) ? ranges : undefined
}

/** Null for a range that begins behind the end, undefined for one that ends before it begins. */
function toRange(match: RegExpExecArray, size: number): ByteRange | null | undefined {
  const [, start, end, suffix] = match
  if (suffix !== undefined) {
    const bytes = Math.min(Number(suffix), size)
    return bytes === 0 ? null : { first: size - bytes, last: size - 1 }
  }
  const first = Number(start)
  const last = end === '' ? size - 1 : Number(end)
  if (end !== '' && last < first) return undefined
  return first >= size ? null : { first, last: Math.min(last, size - 1) }
}

/** Several ranges: none overlaps another, so all of them are no more than the whole. */
function isModest(ranges: readonly ByteRange[], size: number): boolean {
  if (ranges.length < 2) return true
  const sorted = [...ranges].sort((a, b) => a.first - b.first)
  const isApart = sorted.every((range, at) => at === 0 || range.first > sorted[at - 1]!.last)
  const bytes = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  return isApart && bytes < size
}
