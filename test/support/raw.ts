// A client that speaks literal bytes, so that a test says exactly what is on the wire.
//
// Used by the tests over real sockets. Text is latin1: one character is one byte. Promises that a
// wait which cannot end any more (the server closed, or said nothing for WAIT_MS) fails with what
// had arrived. Nothing is corrected or completed here: framing errors of the server are failures.

import { connect } from 'node:net'
import type { NetConnectOpts, Socket } from 'node:net'

import { onTestFinished } from 'vitest'

/** A wait that lasts this long is a hang: the test fails with what had arrived. */
const WAIT_MS = 10_000

/** A response, read by its own framing. */
export interface RawResponse {
  /** Status line and fields, with their line ends, without the empty line. */
  head: string
  status: number
  /** By name in lower case; several values joined by ", ". */
  headers: Record<string, string>
  /** The body, decoded from its chunks. */
  body: string
  /** Trailer fields in the order of the message. */
  trailers: [name: string, value: string][]
}

/** Where to connect: a port, or what net.connect takes. */
export type RawTarget = number | string | URL | NetConnectOpts

export class RawClient {
  readonly socket: Socket
  /** What arrived and was not taken: pieces, and their length together. */
  #pieces: Buffer[] = []
  #length = 0
  #hasEnded = false
  #error: Error | undefined
  #wake: (() => void) | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => {
      this.#pieces.push(chunk)
      this.#length += chunk.length
      this.#wake?.()
    })
    const end = (error?: Error | boolean): void => {
      if (error instanceof Error) this.#error ??= error
      this.#hasEnded = true
      this.#wake?.()
    }
    socket.on('end', end)
    socket.on('error', end)
    socket.on('close', end)
  }

  /** Connects; the connection is cut when the test ends. */
  static async open(target: RawTarget): Promise<RawClient> {
    const socket = connect(toOptions(target))
    onTestFinished(() => {
      socket.destroy()
    })
    const client = new RawClient(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return client
  }

  /** Sends bytes; resolves when the system has taken them. */
  send(...parts: (string | Uint8Array)[]): Promise<void> {
    const bytes = Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)),
    )
    return new Promise((resolve) => {
      this.socket.write(bytes, () => resolve())
    })
  }

  /** Says that nothing more will be sent. */
  finish(): void {
    this.socket.end()
  }

  /** Cuts the connection, with a reset. */
  cut(): void {
    this.socket.resetAndDestroy()
  }

  /** Stops or goes on reading from the system. */
  pause(isPaused = true): void {
    if (isPaused) this.socket.pause()
    else this.socket.resume()
  }

  /** Exactly n bytes. */
  async take(n: number): Promise<string> {
    while (this.#length < n) await this.#more(`${n} bytes`)
    return this.#cut(n)
  }

  /** Everything up to and including the text. */
  async until(text: string): Promise<string> {
    const mark = Buffer.from(text, 'latin1')
    while (true) {
      const at = this.#joined().indexOf(mark)
      if (at >= 0) return this.#cut(at + mark.length)
      await this.#more(JSON.stringify(text))
    }
  }

  /** Everything until the server closes. */
  async rest(): Promise<string> {
    while (!this.#hasEnded) await this.#more('the end', true)
    return this.#cut(this.#length)
  }

  /** Whether the server has closed, once it has. Fails when something else arrives first. */
  async closed(): Promise<void> {
    const rest = await this.rest()
    if (rest !== '') throw new Error(`the server sent more before it closed: ${show(rest)}`)
  }

  /** One response; `isHead` when the request was HEAD. */
  async response({ isHead = false } = {}): Promise<RawResponse> {
    const head = (await this.until('\r\n\r\n')).slice(0, -2)
    const match = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n/.exec(head)
    if (match === null) throw new Error(`no status line in ${show(head)}`)
    const status = Number(match[1])
    const headers: Record<string, string> = {}
    for (const line of head.slice(match[0].length).split('\r\n').slice(0, -1)) {
      const [name, value] = splitField(line)
      headers[name] = name in headers ? `${headers[name]}, ${value}` : value
    }
    const response: RawResponse = { head, status, headers, body: '', trailers: [] }
    if (isHead || status < 200 || status === 204 || status === 304) return response
    if (headers['transfer-encoding'] === 'chunked') await this.#chunked(response)
    else if (headers['content-length'] !== undefined) {
      response.body = await this.take(Number(headers['content-length']))
    } else response.body = await this.rest()
    return response
  }

  async #chunked(response: RawResponse): Promise<void> {
    while (true) {
      const line = await this.until('\r\n')
      if (!/^[0-9a-f]+\r\n$/i.test(line)) throw new Error(`no chunk size: ${show(line)}`)
      const size = Number.parseInt(line, 16)
      if (size === 0) break
      response.body += await this.take(size)
      if ((await this.take(2)) !== '\r\n') throw new Error('a chunk does not end with CRLF')
    }
    for (let line = await this.until('\r\n'); line !== '\r\n'; line = await this.until('\r\n')) {
      response.trailers.push(splitField(line.slice(0, -2)))
    }
  }

  #cut(n: number): string {
    const bytes = this.#joined()
    const rest = bytes.subarray(n)
    this.#pieces = [rest]
    this.#length = rest.length
    return bytes.toString('latin1', 0, n)
  }

  /** Joined only when somebody looks: a long body comes in thousands of pieces. */
  #joined(): Buffer {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)]
    return this.#pieces[0] ?? Buffer.alloc(0)
  }

  async #more(what: string, orEnd = false): Promise<void> {
    if (this.#hasEnded && !orEnd) throw this.#lost(what, 'the connection has ended')
    let timer: NodeJS.Timeout | undefined
    const woken = await new Promise<boolean>((resolve) => {
      this.#wake = () => resolve(true)
      timer = setTimeout(() => resolve(false), WAIT_MS)
    })
    clearTimeout(timer)
    this.#wake = undefined
    if (!woken) throw this.#lost(what, `nothing came for ${WAIT_MS} ms`)
  }

  #lost(what: string, why: string): Error {
    const had = show(this.#joined().toString('latin1'))
    return new Error(`waiting for ${what}: ${why}, after ${had}`, { cause: this.#error })
  }
}

/** Connects, sends, and reads until the server closes. */
export async function exchange(target: RawTarget, bytes: string): Promise<string> {
  const client = await RawClient.open(target)
  await client.send(bytes)
  return client.rest()
}

function toOptions(target: RawTarget): NetConnectOpts {
  if (typeof target === 'number') return { port: target, host: '127.0.0.1' }
  if (typeof target === 'string' || target instanceof URL) {
    const { hostname, port } = new URL(target)
    return { host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port) }
  }
  return target
}

function splitField(line: string): [name: string, value: string] {
  const colon = line.indexOf(':')
  if (colon <= 0) throw new Error(`no field line: ${show(line)}`)
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

function show(text: string): string {
  const shown = JSON.stringify(text.slice(0, 300))
  return text.length > 300 ? `${shown}… (${text.length} bytes)` : shown
}
