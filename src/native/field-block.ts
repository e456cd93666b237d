// Header fields that are the same in many replies, encoded once and copied into each.
//
// Made by HeaderSet. A reply has at most one, in front of its other fields; reply-fields.ts looks
// into it, and takes it apart before one of its fields is changed; outbox.ts makes it known to the
// other side, so that it is named instead of written. Promises that the fields never change, and
// that blocks which meet again and again are joined once.

/** Fields with their encoding. */
export class FieldBlock {
  /** Names and values in turn. */
  readonly list: readonly string[]
  /** Number of fields. */
  readonly count: number
  /** The word of each field that says how long its name and its value are. */
  readonly lengths: readonly number[]
  /** Names and values as they are sent. */
  readonly bytes: Uint8Array
  /** Replies that it was in, until it was made known; the outbox keeps this and the next two. */
  uses = 0
  /** Stands for the outbox whose other side knows it. */
  knownAt: object | undefined = undefined
  /** Its number there, 0 for none. */
  number = 0
  /** Names in lower case. */
  readonly #names: ReadonlySet<string>
  /** A bit for each length that a name has, modulo 32. */
  readonly #nameLengths: number
  readonly #joined = new WeakMap<FieldBlock, FieldBlock>()
  /** The two that were joined last: most middleware meets the same block every time. */
  #lastUnder: FieldBlock | undefined = undefined
  #lastJoined: FieldBlock = this

  constructor(list: readonly string[]) {
    this.list = list
    this.count = list.length >> 1
    const names = list.filter((_text, at) => at % 2 === 0)
    this.#names = new Set(names.map((name) => name.toLowerCase()))
    this.#nameLengths = names.reduce((bits, { length }) => bits | (1 << (length & 31)), 0)
    this.lengths = names.map((name, at) => name.length | (list[at * 2 + 1]!.length << 16))
    this.bytes = Buffer.from(list.join(''), 'latin1')
  }

  /** Whether it has a field of this name in lower case; a name of another length costs nothing. */
  has(lower: string): boolean {
    return this.mayHave(lower) && this.#names.has(lower)
  }

  /** Whether it has a field whose name is as long as this one. */
  mayHave(name: string): boolean {
    return ((this.#nameLengths >>> (name.length & 31)) & 1) === 1
  }

  /** This block in place of what it names of another, and the rest of that. */
  over(under: FieldBlock): FieldBlock {
    if (under === this) return this
    if (under === this.#lastUnder) return this.#lastJoined
    const joined = this.#joined.get(under) ?? this.#join(under)
    this.#lastUnder = under
    this.#lastJoined = joined
    return joined
  }

  #join(under: FieldBlock): FieldBlock {
    const rest: string[] = []
    for (let i = 0; i < under.list.length; i += 2) {
      if (!this.has(under.list[i]!.toLowerCase())) rest.push(...under.list.slice(i, i + 2))
    }
    const joined = new FieldBlock([...rest, ...this.list])
    this.#joined.set(under, joined)
    return joined
  }
}
