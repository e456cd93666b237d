// An open loop: each request is due at its time, whether or not earlier ones were answered.
//
// Used by load.mjs. A request that finds no free connection waits here, and its latency counts from
// when it was due, not from when it was sent: a server that stalls is charged for those whom it
// kept waiting. Promises to drop requests only past `waitingMax`, and to count them. Knows neither
// a clock nor sockets: both are given.

export class OpenLoop {
  #due
  #next
  #send
  #free
  #waiting = []
  #first = 0
  #waitingMax
  #window
  #latency
  /** Of the window: due; answered with 200, 503 or otherwise; dropped here. */
  counts = { offered: 0, served: 0, shed: 0, errors: 0, notSent: 0 }
  /** The same of all other times, which nobody reads. */
  #uncounted = { ...this.counts }

  /**
   * `due` iterates over due times; `send(connection, dueAt)` uses one of `connections`, which comes
   * back with answered(); `window` is [from, to) of the times that count, `latency` is told each
   * latency of a 200 in milliseconds.
   */
  constructor({ due, connections, send, window, waitingMax, latency }) {
    this.#due = due
    this.#next = due.next().value
    this.#free = [...connections]
    this.#send = send
    this.#window = window
    this.#waitingMax = waitingMax
    this.#latency = latency
  }

  /** Does what is due at `now`. */
  advance(now) {
    for (; this.#next <= now; this.#next = this.#due.next().value) {
      const counts = this.#counts(this.#next)
      if (this.#inWindow(this.#next)) counts.offered += 1
      if (this.#free.length > 0) this.#send(this.#free.pop(), this.#next)
      else if (this.waiting < this.#waitingMax) this.#waiting.push(this.#next)
      else counts.notSent += 1
    }
  }

  /** A connection has its answer to the request that was due at `dueAt`, and is free. */
  answered(connection, dueAt, status, now) {
    this.settle(dueAt, status, now)
    this.released(connection)
  }

  /** Counts an answer; `status` is 0 where the connection ended without one. */
  settle(dueAt, status, now) {
    const counts = this.#counts(now)
    if (status === 200) {
      counts.served += 1
      if (this.#inWindow(now)) this.#latency(now - dueAt)
    } else if (status === 503) counts.shed += 1
    else counts.errors += 1
  }

  /** A connection is free, or there is a new one. */
  released(connection) {
    if (this.waiting === 0) {
      this.#free.push(connection)
      return
    }
    const dueAt = this.#waiting[this.#first]
    this.#first += 1
    if (this.#first > 4096) {
      this.#waiting.splice(0, this.#first)
      this.#first = 0
    }
    this.#send(connection, dueAt)
  }

  /** Requests that are due and have no connection. */
  get waiting() {
    return this.#waiting.length - this.#first
  }

  /** When the next request is due. */
  get nextDue() {
    return this.#next
  }

  #inWindow(at) {
    return at >= this.#window[0] && at < this.#window[1]
  }

  /** Where what happens at `at` is counted; outside of the window nowhere. */
  #counts(at) {
    return this.#inWindow(at) ? this.counts : this.#uncounted
  }
}
