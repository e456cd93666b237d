// A connection whose requests follow each other, and how long each answer took.
//
// Used by stuck.mjs. An answer of a connection that ended has status 0.

import { Connection } from '../overload/connection.mjs'

export class Client {
  #connection
  #settle

  static async open(at) {
    const client = new Client()
    client.#connection = await Connection.open(at, (_, began, status) => {
      client.#settle({ status, ms: performance.now() - began })
    })
    return client
  }

  /** Asks on a connection of its own. */
  static async askOnce(at, bytes) {
    const client = await Client.open(at)
    const answer = await client.ask(bytes)
    client.end()
    return answer
  }

  ask(bytes) {
    return new Promise((resolve) => {
      this.#settle = resolve
      this.#connection.send(bytes, performance.now())
    })
  }

  end() {
    this.#connection.end()
  }
}
