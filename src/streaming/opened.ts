// The text of events or lines, as it is about to be sent.
//
// Made by EventStream and JsonLines for one client. Remembers what it is the text of, so that the
// check of replies can look at values that a helper of the context has opened already.

import type { EventStream } from './events.js'
import type { JsonLines } from './json-lines.js'

/** Text that is pulled, and its origin. */
export class OpenedText implements AsyncIterable<string> {
  /** What has been opened. */
  readonly of: EventStream | JsonLines
  readonly #start: () => AsyncIterator<string>

  constructor(of: EventStream | JsonLines, start: () => AsyncIterator<string>) {
    this.of = of
    this.#start = start
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return this.#start()
  }
}
