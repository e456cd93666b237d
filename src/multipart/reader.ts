// The parts of a form, one after the other, as the body comes.
//
// Made by ctx.body.multipart(). Joins the scanner, which knows bytes, with parts, which handlers
// see. Promises backpressure (the body is pulled only when a part is, or the next one), and a clear
// error for whoever reads a part when it is over.

import { LannerError } from '../errors.js'
import { tooMuch } from './limits.js'
import { boundaryOf, parseHead } from './part-head.js'
import { Part } from './part.js'
import { Scanner } from './scanner.js'

import type { Cleanup } from '../cleanups.js'
import type { MultipartLimits } from './limits.js'
import type { PartForm } from './part.js'

/** Reads a body of this content type. The last boundary ends it; what follows is dropped. */
export async function* readParts(
  body: AsyncIterable<Uint8Array>,
  type: string,
  limits: MultipartLimits,
  atEnd: (cleanup: Cleanup) => void,
): AsyncGenerator<Part, undefined> {
  const boundary = boundaryOf(type, limits)
  const source = body[Symbol.asyncIterator]()
  const scanner = new Scanner(source, boundary, limits)
  let current: Part | undefined
  const form: PartForm = {
    limits,
    atEnd,
    next: (part) => {
      if (part === current) return scanner.nextChunk()
      return Promise.reject(new LannerError('LANNER_PART_OVER'))
    },
  }
  try {
    for (let count = 1; ; count++) {
      const head = await scanner.nextHead()
      if (head === undefined) break
      if (count > limits.parts) throw tooMuch('The number of parts', 'parts', limits.parts)
      current = new Part(parseHead(head, limits), form)
      yield current
    }
    current = undefined
    await scanner.drain()
    return undefined
  } finally {
    current = undefined
    await source.return?.()
  }
}
