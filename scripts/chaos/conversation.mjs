// One connection of the chaos test: what is sent, what comes back, and whether that was right.
//
// Used by clients.mjs. Promises that each reply is held against the request whose turn it is, that
// nothing more comes than was asked for, and that what stayed without a reply is explained or
// reported: by the client's own end, a reply that said `close`, a server that closed.

import { connect } from 'node:net'

import { RATES, TIMEOUTS } from './plan.mjs'
import { Replies } from './replies.mjs'

/** A client that waited this long for a reply waits in vain. */
const STUCK_MS = 30_000
/** The clocks of both sides may differ by this much. */
const CLOCKS_MS = 200
const now = () => performance.now()

export class Conversation {
  socket
  /** Requests that were begun and not answered, oldest first. */
  open = []
  /** Whole replies that came. */
  answered = 0
  /** Whether the client goes before its replies have come. */
  hasQuit = false
  /** Whether no further reply may come: one said so, or broke off. */
  isOver = false
  isClosed = false
  /** When our side was shut down. */
  finishedAt = Infinity
  received = 0
  #world
  #replies = new Replies()
  #began = now()
  #lastAt = now()
  #epoch
  #wakes = new Set()
  #error
  /** The reply before. */
  #last = 'nothing before'

  constructor(world) {
    this.#world = world
    this.#epoch = { ...world.epoch }
    const socket = connect(world.port, '127.0.0.1').setNoDelay(true)
    this.socket = socket
    socket.on('connect', () => this.#wake())
    socket.on('data', (bytes) => this.#onData(bytes))
    socket.on('error', (error) => {
      this.#error = error
    })
    socket.on('close', () => {
      this.isClosed = true
      this.#read()
      this.#wake()
    })
    socket.on('end', () => this.#wake())
  }

  /** Whether the connection was made. */
  async isConnected() {
    await this.until(() => this.socket.readyState !== 'opening' || this.isClosed)
    return !this.isClosed
  }

  /** Sends an exchange in the pieces that `cut` makes of it, as far as the server wants it. */
  async send(exchange, cut, end = exchange.bytes.length) {
    exchange.at = now()
    exchange.rested = this.open.length === 0 ? exchange.at - this.#lastAt : 0
    this.open.push(exchange)
    let at = 0
    while (at < end && !this.isOver && !this.isClosed && !this.hasQuit) {
      if (at === exchange.expects) {
        await this.until(() => exchange.isInvited || this.isOver || !this.open.includes(exchange))
        // An answer without an invitation: the body must not follow, and nothing can.
        if (!exchange.isInvited) return this.finish()
      }
      const stop = exchange.expects > at ? exchange.expects : end
      const piece = exchange.bytes.subarray(at, Math.min(stop, at + cut()))
      at += piece.length
      const isTaken = this.socket.write(piece)
      if (!isTaken) await this.until(() => this.socket.writableLength === 0)
      await this.#world.pause()
    }
  }

  finish() {
    this.finishedAt = now()
    this.socket.end()
  }

  /** Goes, with a reset or without. */
  quit(isReset) {
    this.hasQuit = true
    reset(this.socket, isReset)
  }

  /** Waits until everything was answered, or nothing more can come. */
  async replies() {
    await this.until(() => this.open.length === 0)
  }

  /** Waits until it holds, or the connection has ended, or nothing happens for too long. */
  async until(holds) {
    const started = now()
    while (!holds() && !this.isClosed) {
      if (now() - started > STUCK_MS) {
        const what = this.open[0] ? show(this.open[0]) : 'an end'
        this.#fault(`waited ${STUCK_MS} ms for ${what}`)
        return this.quit(true)
      }
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, 100)
        this.#wakes.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  /** Whether what was left without a reply is explained. */
  async judge() {
    this.#world.answered += this.answered
    if (this.hasQuit || this.isOver || this.open.length === 0) return
    // A restart that is under way decides how this is called.
    await this.#world.restarted()
    const seen = await this.#world.seen(this.open.map(({ n }) => n))
    for (const [i, exchange] of this.open.entries()) {
      const why = this.#explain(exchange, seen[i] > 0)
      if (why !== '') this.#world.excuse(why)
      else {
        const state = seen[i] > 0 ? 'handled and not answered' : 'neither handled nor answered'
        this.#fault(`${state}: ${show(exchange)}; ${this.#error ?? 'an end'}`)
      }
    }
  }

  #explain(exchange, wasSeen) {
    const { epoch } = this.#world
    const lasted = now() - exchange.at
    if (epoch.cuts !== this.#epoch.cuts) return 'closed without grace'
    if (epoch.restarts !== this.#epoch.restarts && !wasSeen) return 'closed before it was read'
    if (now() - this.finishedAt > TIMEOUTS.drain - CLOCKS_MS) return 'late after a half-close'
    if (this.received === 0 && !wasSeen && this.#world.isCrowded(this.#began)) return 'too many'
    if (exchange.rested > TIMEOUTS.keepAlive - CLOCKS_MS && !wasSeen) return 'after a long rest'
    if (lasted > TIMEOUTS.request - CLOCKS_MS) return 'cut at the deadline'
    if (this.isSlow && lasted > RATES.request.grace - CLOCKS_MS) return 'cut for its pace'
    return ''
  }

  #onData(bytes) {
    this.received += bytes.length
    this.#lastAt = now()
    this.#replies.push(bytes)
    this.#read()
    this.#wake()
  }

  #read() {
    try {
      while (this.#take());
      if (this.isClosed && this.#replies.isWithin && !this.hasQuit) this.#breaksOff()
    } catch (error) {
      this.#fault(`${error.message}, for ${this.open[0] ? show(this.open[0]) : 'nothing'}`)
      this.quit(true)
    }
  }

  #take() {
    const [exchange] = this.open
    const reply = this.#replies.next(exchange?.isHead, this.isClosed)
    if (reply === undefined) return false
    if (exchange === undefined) throw new Error(`status ${reply.status} that nobody asked for`)
    if (this.isOver) throw new Error(`status ${reply.status} behind the last reply`)
    if (reply.status < 200) {
      exchange.isInvited ||= reply.status === 100
      return true
    }
    const wrong = this.#shed(exchange, reply) ? '' : exchange.check(reply)
    if (wrong !== '') throw new Error(wrong)
    this.open.shift()
    this.answered++
    this.#last = `${show(exchange)} -> ${reply.status}`
    this.#world.count(reply.status)
    this.isOver = reply.headers.connection === 'close'
    return true
  }

  /** Whether the server refused it for a reason of its own, and had that reason. */
  #shed({ at, isOverdue, isBroken }, { status, headers }) {
    const lasted = now() - at
    if (status === 503) return true
    // Our end came before that of the request.
    if (status === 400 && headers.connection === 'close') return this.finishedAt < Infinity
    if (status === 504) return isOverdue !== true && lasted > TIMEOUTS.request - CLOCKS_MS
    return status === 408 && !isBroken && lasted > RATES.request.grace - CLOCKS_MS
  }

  /** The connection ended within a reply. */
  #breaksOff() {
    const [exchange] = this.open
    if (exchange?.mayTear) {
      this.isOver = true
      this.#world.count('torn')
    }
  }

  #wake() {
    for (const wake of this.#wakes) wake()
    this.#wakes.clear()
  }

  #fault(text) {
    const age = Math.round(now() - this.#began)
    const history = `${this.note}, after ${age} ms and ${this.answered} replies`
    this.#world.fault(`${text} [${history}; ${this.#last}]`)
  }
}

/** Ends a socket. Node never closes one that is reset while its end is under way. */
export function reset(socket, isReset) {
  if (isReset && socket.readyState === 'open') socket.resetAndDestroy()
  else socket.destroy()
}

function show({ n, bytes, at }) {
  const line = bytes.toString('latin1', 0, 60).split('\r\n')[0]
  return `request ${n} (${JSON.stringify(line)}, sent ${Math.round(now() - at)} ms ago)`
}
