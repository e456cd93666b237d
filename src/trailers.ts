// Fields that follow the body of a reply (RFC 9110 section 6.5).
//
// Made by Context on touch, read by the lane when the body has ended.

import { LannerError } from './errors.js'
import { checkField } from './headers.js'
import { FORBIDDEN_TRAILERS } from './native/generated/forbidden-trailers.js'

/** The trailer fields of a reply. */
export class Trailers {
  #fields: string[] = []

  /** Sets a trailer field. */
  set(name: string, value: string): void {
    checkField(name, value)
    const lower = name.toLowerCase()
    if (FORBIDDEN_TRAILERS.has(lower)) {
      throw new LannerError(
        'LANNER_HEADER_RESERVED',
        `The field ${name} cannot be sent as a trailer: set it with ctx.header().`,
      )
    }
    this.delete(name)
    this.#fields.push(lower, value)
  }

  /** The value of a trailer field that was set. */
  get(name: string): string | undefined {
    const at = this.#indexOf(name)
    return at < 0 ? undefined : this.#fields[at + 1]
  }

  /** Removes a trailer field. */
  delete(name: string): void {
    const at = this.#indexOf(name)
    if (at >= 0) this.#fields.splice(at, 2)
  }

  /** @internal Names and values in turn, or undefined when there are none. */
  list(): readonly string[] | undefined {
    return this.#fields.length === 0 ? undefined : this.#fields
  }

  #indexOf(name: string): number {
    const lower = name.toLowerCase()
    for (let i = 0; i < this.#fields.length; i += 2) if (this.#fields[i] === lower) return i
    return -1
  }
}
