// JSON lines as they come, one value for each.
//
// Made by readBody() for application/x-ndjson. Promises that a last line without an end counts.
// What the loop itself promises is loop.ts.

import { LineSplitter, loopOver, PART_MAX } from './loop.js'

/**
 * The values of a stream of JSON lines; empty lines are skipped, one of more than `max` characters
 * is a StreamLimitError.
 */
export function readLines(
  stream: ReadableStream<Uint8Array>,
  max = PART_MAX,
): AsyncGenerator<unknown, undefined> {
  const lines = new LineSplitter(/\n/g, max)
  return loopOver(stream, function* (piece, isLast) {
    for (const line of lines.take(piece)) if (line.trim() !== '') yield JSON.parse(line) as unknown
    const rest = isLast ? lines.rest() : ''
    if (rest.trim() !== '') yield JSON.parse(rest) as unknown
  })
}
