// Clients that keep a server busy, and count: what was sent, what came back whole, what was cut.
//
// Used by the tests here. Each connection has one request (or `pipelined` of them) on its way until
// it is told to stop, or until the server says `connection: close` or closes. Promises that every
// byte that arrives is accounted for: a reply is whole, or `cut` counts the connection.

import { connect } from 'node:net'
import type { Socket } from 'node:net'

import { onTestFinished } from 'vitest'

export interface LoadOptions {
  connections: number
  /** Bytes of one request. */
  request?: string
  /** Requests on their way at a time on each connection. */
  pipelined?: number
}

export const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'

/** A request for a path. */
export const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`

export class Load {
  /** Requests written. */
  sent = 0
  /** Replies that came whole. */
  replies = 0
  /** Replies that said `connection: close`. */
  goodbyes = 0
  /** Connections that ended within a reply. */
  cut = 0
  /** Requests on connections that ended before anything of their reply came. */
  unanswered = 0
  /** Replies with another status than 200. */
  failed = 0
  /** Resolves when every connection has ended. */
  readonly ended: Promise<void>
  readonly #sockets: Socket[] = []
  #isStopping = false

  constructor(url: string | URL, options: LoadOptions) {
    const { hostname, port } = new URL(url)
    const ends: Promise<void>[] = []
    for (let i = 0; i < options.connections; i++) {
      const socket = connect(Number(port), hostname)
      this.#sockets.push(socket)
      ends.push(this.#drive(socket, options))
    }
    this.ended = Promise.all(ends).then(() => {})
    onTestFinished(() => this.destroy())
  }

  /** No further requests; connections are closed once their replies are there. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.ended
  }

  /** Cuts everything. */
  destroy(): void {
    this.#isStopping = true
    for (const socket of this.#sockets) socket.destroy()
  }

  #drive(socket: Socket, options: LoadOptions): Promise<void> {
    const { request = GET, pipelined = 1 } = options
    let open = 0
    let text = ''
    let isLast = false
    socket.setNoDelay(true).setEncoding('latin1')
    const ask = (n: number): void => {
      open += n
      this.sent += n
      socket.write(request.repeat(n))
    }
    socket.on('connect', () => ask(pipelined))
    socket.on('data', (data: string) => {
      text += data
      let answered = 0
      for (let size = this.#whole(text); size > 0; size = this.#whole(text)) {
        const reply = text.slice(0, size)
        text = text.slice(size)
        answered++
        if (!reply.startsWith('HTTP/1.1 200 ')) this.failed++
        if (!/\r\nconnection: close\r\n/i.test(reply)) continue
        this.goodbyes++
        isLast = true
      }
      open -= answered
      this.replies += answered
      if (isLast) return
      if (!this.#isStopping && answered > 0) ask(answered)
      else if (open === 0) socket.end()
    })
    // What a broken connection means is said by the counts.
    socket.on('error', () => {})
    return new Promise((resolve) => {
      socket.on('close', () => {
        if (text !== '') this.cut++
        this.unanswered += open
        resolve()
      })
    })
  }

  /** Size of the whole reply that the text begins with, or 0. */
  #whole(text: string): number {
    const head = text.indexOf('\r\n\r\n')
    if (head < 0) return 0
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text.slice(0, head + 2))
    const size = head + 4 + Number(length?.[1] ?? 0)
    return text.length >= size ? size : 0
  }
}

/** One request on a connection of its own: its body. */
export async function ask(url: string | URL, path = '/'): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname).setEncoding('latin1')
  socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
  let text = ''
  for await (const data of socket) text += data as string
  const [head, body] = text.split('\r\n\r\n')
  if (!head?.startsWith('HTTP/1.1 200 ')) throw new Error(`${path}: ${JSON.stringify(text)}`)
  return body ?? ''
}
