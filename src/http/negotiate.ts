// Which content coding a client wants most (RFC 9110 section 12.5.3).
//
// Used by compression and by static files. Promises the coding with the highest weight, among equal
// ones the server's favourite, and `identity` where the client names nothing that is offered.

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
 * The coding to use among those that are offered, in the order in which the server likes them.
 * Without a field nothing is coded, because such a client may understand none.
 */
export function chooseCoding(field: string | null, offered: readonly string[]): string {
  if (field === null) return 'identity'
  const { weights, rest } = parse(field)
  let best = 'identity'
  // Identity loses to any coding of the same weight, and may be refused only by name or by `*`.
  let bestWeight = weights.get('identity') ?? 0
  for (const coding of offered) {
    const weight = weights.get(coding) ?? rest
    if (weight === 0) continue
    if (weight > bestWeight || (best === 'identity' && weight === bestWeight)) {
      best = coding
      bestWeight = weight
    }
  }
  return best
}

/** The choices that were made: clients send the same few fields again and again. */
export function cachedChoice(offered: readonly string[]): (field: string | null) => string {
  const known = new Map<string, string>()
  return (field) => {
    if (field === null) return 'identity'
    const found = known.get(field)
    if (found !== undefined) return found
    const chosen = chooseCoding(field, offered)
    if (known.size < CHOICES_MAX) known.set(field, chosen)
    return chosen
  }
}

/** Clients that make up fields must not fill the memory. */
const CHOICES_MAX = 128
