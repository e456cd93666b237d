// JSON lines as they come, one value for each.
//
// Made by readBody() for application/x-ndjson. Promises that the stream is cancelled when the loop
// over it is left, and that a last line without an end counts.

/** The values of a stream of JSON lines; empty lines are skipped. */
export async function* readLines(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<unknown, undefined> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let isOver = false
  try {
    while (!isOver) {
      const { value, done } = await reader.read()
      isOver = done
      rest += decoder.decode(value, { stream: !done })
      const lines = rest.split('\n')
      rest = done ? '' : (lines.pop() ?? '')
      for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as unknown
    }
    return undefined
  } finally {
    if (!isOver) await reader.cancel()
  }
}
