// Which content codings a client takes (RFC 9110 section 12.5.3).
//
// Used by compression and by static files. Promises that what a client refuses is not chosen, and
// that among what it likes equally the server's favourite comes first.

/** Codings and their weights; what is not named has that of `*`. */
interface Accepted {
  readonly weights: ReadonlyMap<string, number>
  readonly rest: number
}

const MEMBER = /^\s*([!#$%&'*+\-.^_`|~\w]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?$/i

/** Reads Accept-Encoding; members that are none are skipped. */
function parse(field: string): Accepted {
  const weights = new Map<string, number>()
  let rest = 0
  for (const member of field.split(',')) {
    const match = MEMBER.exec(member)
    if (match === null) continue
    const weight = match[2] === undefined ? 1 : Math.min(Number(match[2]), 1)
    const name = match[1]!.toLowerCase()
    if (name === '*') rest = weight
    else weights.set(name === 'x-gzip' ? 'gzip' : name, weight)
  }
  return { weights, rest }
}

/**
 * The offered codings that the client likes at least as much as none, best first; among equal ones
 * in the order in which they are offered. Without a field there are none, because such a client may
 * understand none. Identity loses to any coding of the same weight.
 */
export function rankCodings(field: string | null, offered: readonly string[]): readonly string[] {
  if (field === null) return NONE
  const { weights, rest } = parse(field)
  const least = weights.get('identity') ?? 0
  return offered
    .map((coding) => ({ coding, weight: weights.get(coding) ?? rest }))
    .filter(({ weight }) => weight > 0 && weight >= least)
    .sort((a, b) => b.weight - a.weight)
    .map(({ coding }) => coding)
}

const NONE: readonly string[] = []

/** The same with a memory: clients send the same few fields again and again. */
export function codingRanker(
  offered: readonly string[],
): (field: string | null) => readonly string[] {
  const known = new Map<string, readonly string[]>()
  return (field) => {
    if (field === null) return NONE
    const found = known.get(field)
    if (found !== undefined) return found
    const ranked = rankCodings(field, offered)
    if (known.size < KNOWN_MAX) known.set(field, ranked)
    return ranked
  }
}

/** Clients that make up fields must not fill the memory. */
const KNOWN_MAX = 128
