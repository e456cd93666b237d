// One way to pull chunks from the sources that replies are made of.
//
// Used by BodySink. A ReadableStream has its reader, everything else its iterator; a Node Readable
// is destroyed as well, because its iterator only listens between two chunks.

import { isAnyArrayBuffer } from 'node:util/types'

import { LannerError } from '../errors.js'
import { isThenable, once } from '../thenable.js'

interface Step {
  readonly value?: unknown
  readonly done?: boolean | undefined
}

/** Gives chunks on demand. */
export interface Puller {
  next(): Step | Promise<Step>
  /**
   * Tells the source that nobody wants more. Never throws. Gives a promise where the source takes
   * its time to end.
   */
  cancel(reason: unknown): void | Promise<void>
}

const encoder = new TextEncoder()

/** Throws when the value is no source, or is read by somebody else. */
export function toPuller(body: unknown): Puller {
  if (typeof body === 'object' && body !== null) {
    if ('getReader' in body && typeof body.getReader === 'function') {
      return fromReader(body as ReadableStream<unknown>)
    }
    if (Symbol.asyncIterator in body) {
      return fromIterator((body as AsyncIterable<unknown>)[Symbol.asyncIterator](), body)
    }
    if (Symbol.iterator in body) {
      return fromIterator((body as Iterable<unknown>)[Symbol.iterator](), body)
    }
  }
  throw new LannerError(
    'LANNER_REPLY_VALUE',
    'ctx.stream() takes a ReadableStream, a Node Readable or an (async) iterable of strings and ' +
      'bytes.',
  )
}

function fromReader(stream: ReadableStream<unknown>): Puller {
  const reader = stream.getReader()
  return {
    next: () => reader.read(),
    cancel: (reason) => ignore(reader.cancel(reason)),
  }
}

function fromIterator(iterator: AsyncIterator<unknown> | Iterator<unknown>, body: object): Puller {
  return {
    next: () => promised(iterator.next()),
    cancel: () => {
      try {
        if ('destroy' in body && typeof body.destroy === 'function') body.destroy()
        return ignore(iterator.return?.())
      } catch {
        // The source was told: what its clean-up throws is of no use to anybody here.
        return undefined
      }
    },
  }
}

/** A step that comes later is a Promise for whoever pulls, whatever the source makes of it. */
function promised(step: Step | PromiseLike<Step>): Step | Promise<Step> {
  return once(step) as Step | Promise<Step>
}

function ignore(promise: unknown): void | Promise<void> {
  return isThenable(promise) ? Promise.resolve(promise).then(nothing, nothing) : undefined
}

const nothing = (): void => {}

/** A chunk as bytes. */
export function toBytes(chunk: unknown): Uint8Array {
  if (typeof chunk === 'string') return encoder.encode(chunk)
  if (chunk instanceof Uint8Array) return chunk
  if (isAnyArrayBuffer(chunk)) return new Uint8Array(chunk)
  if (ArrayBuffer.isView(chunk)) {
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  }
  const what =
    chunk === null ? 'null' : Array.isArray(chunk) ? 'an array' : `a value of type ${typeof chunk}`
  throw new LannerError(
    'LANNER_BODY_CHUNK',
    `A streamed reply is made of strings and bytes; ${what} was found in it.`,
  )
}
