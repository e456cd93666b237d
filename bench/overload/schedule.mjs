// When requests are due: a Poisson process from a seed, so that every server meets the same one.
//
// Used by load.mjs. Pure: the times are numbers of milliseconds from 0, ascending, without end.

/** The due times of `perSecond` requests a second on average. */
export function* poisson(perSecond, seed) {
  const random = generator(seed)
  const mean = 1000 / perSecond
  for (let at = 0; ;) {
    at -= Math.log(1 - random()) * mean
    yield at
  }
}

/** mulberry32: numbers in [0, 1). */
function generator(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
