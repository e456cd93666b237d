// A keep-alive connection of the load: one request at a time, and the status of its answer.
//
// Used by load.mjs. Reads just as much HTTP as the servers here speak: a head and content-length.
// A connection that ends answers what it owes with status 0; whoever uses it opens another.

import { connect } from 'node:net'

const HEAD_END = '\r\n\r\n'

export class Connection {
  #socket
  #text = ''
  #dueAt
  #answered
  isOpen = true

  /** Resolves when it is connected. `answered(connection, dueAt, status)` is told each answer. */
  static open({ host, port }, answered) {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new Connection(socket, answered))
      })
    })
  }

  constructor(socket, answered) {
    this.#socket = socket
    this.#answered = answered
    socket.setEncoding('latin1')
    socket.on('data', (text) => this.#read(text))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isOpen = false
      if (this.#dueAt !== undefined) this.#settle(0)
    })
  }

  send(request, dueAt) {
    this.#dueAt = dueAt
    if (this.isOpen) this.#socket.write(request, 'latin1')
    else setImmediate(() => this.#settle(0))
  }

  end() {
    this.#dueAt = undefined
    this.#socket.destroy()
  }

  #read(text) {
    this.#text = this.#text === '' ? text : this.#text + text
    const head = this.#text.indexOf(HEAD_END)
    if (head < 0 || this.#dueAt === undefined) return
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#text)?.[1] ?? 0)
    if (this.#text.length < head + HEAD_END.length + length) return
    const status = Number(this.#text.slice(9, 12))
    if (/\r\nconnection: *close/i.test(this.#text)) this.isOpen = false
    this.#text = ''
    this.#settle(status)
  }

  #settle(status) {
    const dueAt = this.#dueAt
    this.#dueAt = undefined
    this.#answered(this, dueAt, status)
  }
}
