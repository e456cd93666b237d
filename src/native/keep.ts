// Copies out of the inbox what must outlive it.
//
// Used by the lane before a batch is overwritten by the next one.

import { allocBytes, bytesOf } from './bytes.js'
import { END_WORDS, REQUEST_WORDS } from './generated/layout.js'
import { knownId } from '../headers.js'

import type { FieldEntry } from '../headers.js'
import type { Bytes } from './bytes.js'

/** What has an entry in the inbox. */
interface EntryOwner {
  entryWords: Int32Array
  entryBytes: Bytes
  entryAt: number
  readonly source: { readonly isInline: boolean } | undefined
}

/**
 * Bytes that share one buffer: making one costs more than a microsecond, so the entries of a batch
 * share, but only so many that one long exchange does not keep a whole batch alive.
 */
const GROUP_BYTES = 16 * 1024

/** Gives each owner a copy of its entry. The owners are in the order of their entries. */
export function copyEntries(words: Int32Array, bytes: Bytes, owners: readonly EntryOwner[]): void {
  let first = 0
  while (first < owners.length) {
    let size = keptBytes(words, owners[first]!)
    let end = first + 1
    while (end < owners.length) {
      const next = keptBytes(words, owners[end]!)
      if (size + next > GROUP_BYTES) break
      size += next
      end++
    }
    copyGroup(words, bytes, owners, first, end, size)
    first = end
  }
}

/** What is kept of an entry: an inline body that was read is not. */
function keptBytes(words: Int32Array, { entryAt, source }: EntryOwner): number {
  if (source === undefined || source.isInline) return words[entryAt]!
  return (words[entryAt + 11]! + 3) & ~3
}

function copyGroup(
  words: Int32Array,
  bytes: Bytes,
  owners: readonly EntryOwner[],
  first: number,
  end: number,
  size: number,
): void {
  const copy = allocBytes(size)
  const copyWords = new Int32Array(copy.buffer, 0, size >> 2)
  let at = 0
  // Entries that lie side by side are copied in one go.
  let runStart = owners[first]!.entryAt * 4
  let runEnd = runStart
  for (let i = first; i < end; i++) {
    const owner = owners[i]!
    const start = owner.entryAt * 4
    const kept = keptBytes(words, owner)
    if (start !== runEnd) {
      copy.set(bytes.subarray(runStart, runEnd), at - (runEnd - runStart))
      runStart = start
    }
    runEnd = start + kept
    owner.entryWords = copyWords
    owner.entryBytes = copy
    owner.entryAt = at >> 2
    at += kept
  }
  copy.set(bytes.subarray(runStart, runEnd), at - (runEnd - runStart))
}

/**
 * The trailer fields of a BODY_END entry as a request entry of their own, so that one view reads
 * both.
 */
export function trailerBlock(words: Int32Array, bytes: Bytes, at: number): FieldEntry | undefined {
  const count = words[at + 4]!
  if (count === 0) return undefined
  const base = at * 4 + words[at + 5]!
  const end = (at + (words[at]! >> 2)) * 4
  const idWords = (count + 3) >> 2
  const newBase = (REQUEST_WORDS + idWords + count * 2) * 4
  const copy = bytesOf(new ArrayBuffer((newBase + end - base + 3) & ~3))
  const copyWords = new Int32Array(copy.buffer)
  copyWords[6] = newBase
  copyWords[10] = count
  for (let i = 0; i < count; i++) {
    const name = words[at + END_WORDS + i * 2]!
    const start = base + (name & 0xffff)
    copyWords[REQUEST_WORDS + idWords + i * 2] = name
    copyWords[REQUEST_WORDS + idWords + i * 2 + 1] = words[at + END_WORDS + i * 2 + 1]!
    copy[REQUEST_WORDS * 4 + i] = knownId(
      bytes.latin1Slice(start, start + (name >>> 16)).toLowerCase(),
    )
  }
  copy.set(bytes.subarray(base, end), newBase)
  return { view: () => copyWords, entryBytes: copy, entryAt: 0 }
}
