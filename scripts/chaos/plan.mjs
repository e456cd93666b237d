// What the server of the chaos test and its clients must agree on.
//
// Limits are small, so that a run of two minutes passes each of them often.

/** What a failure that a handler makes on purpose says. */
export const PURPOSE = 'on purpose'

export const LIMITS = {
  pipelined: 12,
  connections: 200,
  bodyBytes: 400_000,
  headerBytes: 4096,
  requestWindowBytes: 65_536,
  replyWindowBytes: 16_384,
  drainBytes: 200_000,
  requestsPerConnection: 60,
}

export const OVERLOAD = { inFlight: 100 }

/** Milliseconds. */
export const TIMEOUTS = {
  headers: 3000,
  keepAlive: 3000,
  drain: 2000,
  request: 2500,
  connectionAge: 20_000,
}

export const RATES = {
  request: { bytesPerSecond: 240, grace: 1500 },
  // High: what the system takes at once for a client that reads nothing must not buy minutes.
  response: { bytesPerSecond: 1_000_000, grace: 1500 },
}

/** Bytes that only the request of this number has. */
export function pattern(n, size) {
  return Buffer.alloc(size, `${n}.`, 'latin1')
}
