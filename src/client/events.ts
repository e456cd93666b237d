// Server-sent events as they come: what an EventSource hears, from any reply of fetch().
//
// Made by readBody() for event streams. Promises the events of the HTML standard (section 9.2.6):
// lines end as they like, fields may come in pieces, what is not finished is no event. The stream
// is cancelled when the loop over it is left. It does not come again by itself: the one who calls
// knows with which id to ask for the rest.

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

/** The events of a stream. */
export async function* readEvents(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<ReceivedEvent, undefined> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  const parser = new EventParser()
  let rest = ''
  let isOver = false
  try {
    while (!isOver) {
      const { value, done } = await reader.read()
      isOver = done
      rest += decoder.decode(value, { stream: !done })
      // A CR at the end may be the first half of a CR LF.
      const lines = rest.split(done ? /\r\n|\n|\r/ : /\r\n|\n|\r(?!$)/)
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const event = parser.take(line)
        if (event !== undefined) yield event
      }
    }
    return undefined
  } finally {
    if (!isOver) await reader.cancel()
  }
}

class EventParser {
  #event = ''
  #id = ''
  #data: string[] = []

  /** Takes a line; gives the event that it ends. */
  take(line: string): ReceivedEvent | undefined {
    if (line === '') return this.#end()
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#event = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    return undefined
  }

  #end(): ReceivedEvent | undefined {
    const event = this.#event === '' ? 'message' : this.#event
    const lines = this.#data
    this.#event = ''
    this.#data = []
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
