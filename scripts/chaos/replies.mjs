// Replies as they come: a reader that takes pieces and gives whole messages, and nothing else.
//
// Used by conversation.mjs. Strict: whatever is not a reply of HTTP/1.1 with one framing throws.
// What a reply should have been is not known here.

const EMPTY = Buffer.alloc(0)

export class Replies {
  #bytes = EMPTY
  /** The reply whose head was read and whose body was not. */
  #open
  /** Pieces of a chunked body. */
  #pieces = []

  /** Adds what arrived. */
  push(bytes) {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
  }

  /** Whether something of a reply has come, and not its end. */
  get isWithin() {
    return this.#open !== undefined || this.#bytes.length > 0
  }

  /** Status of the reply that has begun. */
  get begun() {
    return this.#open?.status
  }

  /** The next whole reply; `isHead` when it answers HEAD. `hasEnded` when nothing more comes. */
  next(isHead, hasEnded) {
    this.#open ??= this.#head()
    const reply = this.#open
    if (reply === undefined) return undefined
    const body = this.#body(reply, isHead, hasEnded)
    if (body === undefined) return undefined
    this.#open = undefined
    return Object.assign(reply, { body })
  }

  #head() {
    const end = this.#bytes.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const [first, ...lines] = this.#take(end + 4)
      .toString('latin1')
      .slice(0, -4)
      .split('\r\n')
    const match = /^HTTP\/1\.1 (\d{3}) [^\r\n]*$/.exec(first)
    if (match === null) throw new Error(`no status line: ${JSON.stringify(first.slice(0, 200))}`)
    const headers = {}
    for (const line of lines) {
      const field = /^([^:\s]+): ?(.*)$/.exec(line)
      if (field === null) throw new Error(`no field line: ${JSON.stringify(line.slice(0, 200))}`)
      const name = field[1].toLowerCase()
      if (name in headers && /^(content-length|transfer-encoding|date)$/.test(name)) {
        throw new Error(`${name} twice`)
      }
      headers[name] = field[2]
    }
    return { status: Number(match[1]), headers }
  }

  #body({ status, headers }, isHead, hasEnded) {
    if (isHead || status < 200 || status === 204 || status === 304) return EMPTY
    if (headers['transfer-encoding'] === 'chunked') return this.#chunked()
    const length = headers['content-length']
    if (length !== undefined) return this.#take(Number(length))
    return hasEnded ? this.#take(this.#bytes.length) : undefined
  }

  #chunked() {
    while (true) {
      const end = this.#bytes.indexOf('\r\n')
      if (end < 0) return undefined
      const line = this.#bytes.toString('latin1', 0, end)
      if (!/^[0-9a-f]+$/i.test(line)) throw new Error(`no chunk size: ${JSON.stringify(line)}`)
      const size = Number.parseInt(line, 16)
      if (size === 0) return this.#lastChunk(end + 2)
      const data = end + 2
      if (this.#bytes.length < data + size + 2) return undefined
      const piece = this.#take(data + size + 2)
      if (piece.toString('latin1', data + size) !== '\r\n') throw new Error('a chunk without end')
      this.#pieces.push(piece.subarray(data, data + size))
    }
  }

  /** Trailers, up to the empty line. */
  #lastChunk(from) {
    const isBare = this.#bytes.toString('latin1', from, from + 2) === '\r\n'
    const end = isBare ? from : this.#bytes.indexOf('\r\n\r\n', from) + 2
    if (end < from || this.#bytes.length < end + 2) return undefined
    this.#take(end + 2)
    const body = Buffer.concat(this.#pieces)
    this.#pieces = []
    return body
  }

  #take(n) {
    if (this.#bytes.length < n) return undefined
    const taken = this.#bytes.subarray(0, n)
    this.#bytes = this.#bytes.subarray(n)
    return taken
  }
}
