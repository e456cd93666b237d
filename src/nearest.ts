// The name that was probably meant, for errors about names that do not exist.
//
// Called when an option or a command is unknown, never for a request. Promises a guess only where
// one is likely: another spelling of the same letters, or one or two letters away.

/** The name that was probably meant, or undefined. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const lower = word.toLowerCase()
  const near = names
    .map((name) => ({ name, away: distance(lower, name.toLowerCase()) }))
    .sort((a, b) => a.away - b.away)[0]
  // Of a short word every other one is near.
  return near !== undefined && near.away <= Math.min(2, (lower.length + 1) / 3)
    ? near.name
    : undefined
}

/** Letters that must be added, dropped or replaced; two that changed places count once. */
function distance(from: string, to: string): number {
  let before: number[] = []
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1]
      const steps = [row[j - 1]! + (isSame ? 0 : 1), row[j]! + 1, next[j - 1]! + 1]
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      if (isSwapped) steps.push(before[j - 2]! + 1)
      next.push(Math.min(...steps))
    }
    before = row
    row = next
  }
  return row[to.length]!
}
