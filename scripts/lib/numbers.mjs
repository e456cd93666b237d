// Random numbers that come again with their seed, for tests that generate what they do.
//
// Used by the scripts that play clients. Not for secrets.

/** Numbers below n, the same for the same seed (mulberry32). */
export function numbers(seed) {
  let state = seed | 0
  return (n) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
}
