// Server-sent events as they come: what an EventSource hears, from any reply of fetch().
//
// Made by readBody() for event streams. Promises the events of the HTML standard (section 9.2.6):
// lines end as they like, fields may come in pieces, what is not finished is no event. What
// the loop itself promises is loop.ts. It does not come again by itself: the one who calls knows
// with which id to ask for the rest.

import { LineSplitter, loopOver, PART_MAX, StreamLimitError } from './loop.js'

/** An event that came. */
export interface ReceivedEvent {
  /** Its name; 'message' where it has none. */
  readonly event: string
  /** What its text says as JSON; the text itself where it is no JSON. */
  readonly data: unknown
  /** Its data as it came. */
  readonly text: string
  /** The id of the last event that had one: what to ask with for those after it. */
  readonly id: string
}

/** The events of a stream; one of more than `max` characters is a StreamLimitError. */
export function readEvents(
  stream: ReadableStream<Uint8Array>,
  max = PART_MAX,
): AsyncGenerator<ReceivedEvent, undefined> {
  const lines = new LineSplitter(/\r\n|\n|\r/g, max)
  const parser = new EventParser(max)
  return loopOver(stream, function* (piece) {
    for (const line of lines.take(piece)) {
      const event = parser.take(line)
      if (event !== undefined) yield event
    }
  })
}

class EventParser {
  #event = ''
  #id = ''
  #data: string[] = []
  #length = 0
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  /** Takes a line; gives the event that it ends. */
  take(line: string): ReceivedEvent | undefined {
    if (line === '') return this.#end()
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') this.#add(value)
    else if (field === 'event') this.#event = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    return undefined
  }

  #add(value: string): void {
    // With the end of its line: empty ones count as well.
    this.#length += value.length + 1
    if (this.#length > this.#max + 1) throw new StreamLimitError(this.#max)
    this.#data.push(value)
  }

  #end(): ReceivedEvent | undefined {
    const event = this.#event === '' ? 'message' : this.#event
    const lines = this.#data
    this.#event = ''
    this.#data = []
    this.#length = 0
    if (lines.length === 0) return undefined
    const text = lines.join('\n')
    return { event, data: dataOf(text), text, id: this.#id }
  }
}

function dataOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
