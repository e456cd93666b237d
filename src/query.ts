// The query of a request as handlers see it.
//
// Made by Context on touch; parses once. Decodes as URLSearchParams does ("+" is a space, broken
// percent signs stay). Deliberately not here: types, which schemas give.

/** Query parameters, decoded when they are asked for. */
export class QueryView implements Iterable<[string, string]> {
  /** The query as sent, without the question mark. */
  readonly raw: string
  #pairs: string[] | undefined

  /** @internal */
  constructor(raw: string) {
    this.raw = raw
  }

  /** The first value of a parameter, or undefined. */
  get(name: string): string | undefined {
    const pairs = (this.#pairs ??= parsePairs(this.raw))
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return pairs[i + 1]
    return undefined
  }

  /** All values of a parameter. */
  all(name: string): string[] {
    const pairs = (this.#pairs ??= parsePairs(this.raw))
    const values: string[] = []
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) values.push(pairs[i + 1]!)
    return values
  }

  /** Whether the parameter is there. */
  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  /** Names and values in the order of the query. */
  *entries(): IterableIterator<[string, string]> {
    const pairs = (this.#pairs ??= parsePairs(this.raw))
    for (let i = 0; i < pairs.length; i += 2) yield [pairs[i]!, pairs[i + 1]!]
  }

  /** The same as `entries()`. */
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }

  /** The same as URLSearchParams. */
  toURLSearchParams(): URLSearchParams {
    return new URLSearchParams(this.raw)
  }

  /** The query as it was sent, without the question mark. */
  toString(): string {
    return this.raw
  }

  /** What loggers and JSON.stringify show: values by name, a list where a name is repeated. */
  toJSON(): Record<string, string | string[]> {
    const values = new Map<string, string | string[]>()
    for (const [name, value] of this.entries()) {
      const before = values.get(name)
      if (before === undefined) values.set(name, value)
      else if (typeof before === 'string') values.set(name, [before, value])
      else before.push(value)
    }
    return Object.fromEntries(values)
  }
}

/** Whether a content type is that of forms without parts. */
export function isUrlencoded(type: string): boolean {
  return /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)
}

/**
 * Names and values in turn, of text in the form application/x-www-form-urlencoded. Looks at each
 * character once, however many pairs there are and whatever is missing from them.
 * @param most - Pairs that are read; nothing is looked at behind one more than that.
 */
export function parsePairs(text: string, most = Infinity): string[] {
  const pairs: string[] = []
  let start = 0
  let equals = -1
  while (start <= text.length && pairs.length <= most * 2) {
    let end = text.indexOf('&', start)
    if (end < 0) end = text.length
    if (end > start) {
      if (equals < start) {
        equals = text.indexOf('=', start)
        if (equals < 0) equals = text.length
      }
      const split = equals > end ? end : equals
      pairs.push(decode(text.slice(start, split)), decode(text.slice(split + 1, end)))
    }
    start = end + 1
  }
  return pairs
}

/**
 * Whether such a text has more pairs than `most`. Decodes nothing, and looks at nothing in texts
 * that are too short for that: a pair and what ends it have two characters.
 */
export function hasMorePairs(text: string, most: number): boolean {
  if (text.length <= most * 2) return false
  let count = 0
  for (let start = 0; start < text.length && count <= most;) {
    let end = text.indexOf('&', start)
    if (end < 0) end = text.length
    if (end > start) count++
    start = end + 1
  }
  return count > most
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    // Broken percent signs or UTF-8: as the URL standard does it, slower.
    return new URLSearchParams(`x=${text}`).get('x') ?? ''
  }
}
