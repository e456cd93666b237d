// Header fields that are the same in many replies, encoded once and copied into each.
//
// Made by HeaderSet. A list of fields (names and values in turn) may begin with one: then its first
// name is empty, which no field's is, and in place of the value stands the block. Whoever only
// looks for names passes it over; reply-fields.ts looks into it, and takes it apart before one of
// its fields is changed. Promises that a block never changes, and that blocks which meet again and
// again are joined once.

/** Stands for a name where a block stands for a value. */
const MARK = ''

/** Fields with their encoding. */
export class FieldBlock {
  /** Names and values in turn. */
  readonly list: readonly string[]
  /** Number of fields. */
  readonly count: number
  /** Names in lower case. */
  readonly names: ReadonlySet<string>
  /** The word of each field that says how long its name and its value are. */
  readonly lengths: readonly number[]
  /** Names and values as they are sent. */
  readonly bytes: Uint8Array
  readonly #joined = new WeakMap<FieldBlock, FieldBlock>()

  constructor(list: readonly string[]) {
    this.list = list
    this.count = list.length >> 1
    const names = list.filter((_text, at) => at % 2 === 0)
    this.names = new Set(names.map((name) => name.toLowerCase()))
    this.lengths = names.map((name, at) => name.length | (list[at * 2 + 1]!.length << 16))
    this.bytes = Buffer.from(list.join(''), 'latin1')
  }

  /** This block in place of what it names of another, and the rest of that. */
  over(under: FieldBlock): FieldBlock {
    if (under === this) return this
    const known = this.#joined.get(under)
    if (known !== undefined) return known
    const rest: string[] = []
    for (let i = 0; i < under.list.length; i += 2) {
      if (!this.names.has(under.list[i]!.toLowerCase())) rest.push(...under.list.slice(i, i + 2))
    }
    const joined = new FieldBlock([...rest, ...this.list])
    this.#joined.set(under, joined)
    return joined
  }
}

/** A list that begins with a block. */
export function withBlock(block: FieldBlock, rest: readonly string[] = []): string[] {
  const first = block as unknown as string
  return rest.length === 0 ? [MARK, first] : [MARK, first, ...rest]
}

/** Puts another block in place of the one that a list begins with. */
export function replaceBlock(fields: string[], block: FieldBlock): void {
  fields[1] = block as unknown as string
}

/** The block that a list begins with. */
export function blockOf(fields: readonly string[] | undefined): FieldBlock | undefined {
  return fields !== undefined && fields[0] === MARK
    ? (fields[1] as unknown as FieldBlock)
    : undefined
}
