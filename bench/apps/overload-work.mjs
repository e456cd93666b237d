// What the servers of the overload benchmark share: a handler's worth of work, and the address.
//
// Imported by the overload-* servers in this folder. The work is an amount and not a time: a server
// that is kept from the CPU meanwhile has to do all of it, as a real handler would.

import { HOST, PORT, ready } from './common.mjs'

export { HOST, PORT, ready }

const STEPS = Number(process.env.WORK_STEPS ?? 100_000)

/** Steps of a 32-bit xorshift, small integers throughout: quick in the same way in each process. */
export function work(steps = STEPS) {
  let x = 123456789
  for (let i = 0; i < steps; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
  }
  return `${x}\n`
}
