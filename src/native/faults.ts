// What the core refused to send, told to whoever writes the application.
//
// The checks of context.ts catch most of it where it is written. What gets past them (a field that
// its status does not allow any more, a trailer that proxies would act on) is found when the core
// encodes: the client gets a 500 or an incomplete reply, and this says why.
//
// Called by the lane with each FAULT entry. Promises at most one report a second, with the number
// of those that were left out; the core counts them all (`invalid_replies`). The context is over
// by then, mostly, so that no error handler can be asked.

import { ERROR_CODES } from '../error-codes.js'
import { LannerError } from '../errors.js'
import {
  FAULT_INFORMATIONAL,
  FAULT_NAME_MAX,
  FAULT_TRAILERS,
  FAULT_WORDS,
} from './generated/layout.js'

import type { ErrorCode } from '../error-codes.js'
import type { CompiledRoute } from '../routing/route.js'
import type { Bytes } from './bytes.js'

/** Milliseconds between two reports. */
const REPORT_MS = 1000

/** Where faults go, and the routes that they name. */
interface FaultConfig {
  readonly routes: readonly CompiledRoute[]
  readonly report: (error: unknown) => void
}

export class Faults {
  readonly #config: FaultConfig
  #nextAt = -Infinity
  #leftOut = 0

  constructor(config: FaultConfig) {
    this.#config = config
  }

  /** Reports the fault whose entry begins at word `at`, if it is time; gives it as an error. */
  take(words: Int32Array, bytes: Bytes, at: number): LannerError {
    const now = performance.now()
    const leftOut = this.#leftOut
    if (now < this.#nextAt) {
      this.#leftOut++
      return this.#error(words, bytes, at, 0)
    }
    this.#nextAt = now + REPORT_MS
    this.#leftOut = 0
    const error = this.#error(words, bytes, at, leftOut)
    this.#config.report(error)
    return error
  }

  #error(words: Int32Array, bytes: Bytes, at: number, leftOut: number): LannerError {
    const info = this.#config.routes[words[at + 4]!]?.info
    const owner =
      info === undefined ? 'a request without a route' : `${info.method} ${info.pattern}`
    const codeAt = (at + FAULT_WORDS) * 4
    const nameAt = codeAt + words[at + 6]!
    const code = bytes.latin1Slice(codeAt, nameAt)
    const name = bytes.latin1Slice(nameAt, nameAt + words[at + 7]!)
    const parts = [
      `${outcome(words[at + 5]!, owner)} ${ERROR_CODES[code as ErrorCode]?.text ?? code}`,
    ]
    if (name !== '') {
      const more = name.length === FAULT_NAME_MAX ? '…' : ''
      parts.push(`The field is ${JSON.stringify(name)}${more}.`)
    }
    if (leftOut > 0) parts.push(`${leftOut} more were not told since the last that was.`)
    return new LannerError(code, parts.join(' '))
  }
}

function outcome(part: number, owner: string): string {
  if (part === FAULT_INFORMATIONAL) {
    return `An informational response of ${owner} cannot be sent and was left out.`
  }
  if (part === FAULT_TRAILERS) {
    return `The trailers of ${owner} cannot be sent, so the reply was cut.`
  }
  return `The reply of ${owner} cannot be sent, so the client got a 500.`
}
