// FastResponse: a Response that is made of its parts and not of a stream.
//
// The entry `lanner/fast-response`, for handlers that make their Responses themselves. Promises
// `instanceof Response` and everything that a Response does: whatever is more than status, headers
// and a body of text or bytes makes a real one, once, and goes there. A server takes the parts and
// makes nothing. Kept apart from the main entry because naming the global class loads the fetch
// implementation of Node. Replaces no global by itself.

import { isToken } from '../headers.js'
import { inherit } from './inherit.js'
import { PARTS } from './parts.js'

import type { ResponseParts } from './parts.js'

/** The global class, whatever it is replaced by later. */
const Real = globalThis.Response

type Body = ConstructorParameters<typeof Response>[0]
type Init = NonNullable<ConstructorParameters<typeof Response>[1]>

const TEXT_TYPE = 'text/plain;charset=UTF-8'
const JSON_TYPE = 'application/json'

class LazyResponse {
  #body: string | Uint8Array | null = null
  #status = 200
  #statusText = ''
  /** Names in lower case and values in turn. */
  #fields: string[] | undefined = undefined
  #headers: Headers | undefined = undefined
  #real: Response | undefined = undefined
  #isTaken = false

  constructor(body?: Body, init?: Init) {
    // A union, because everything is looked at.
    const given: unknown = body
    if (!this.#begin(given, init) || !this.#say(init, typeof given === 'string' ? TEXT_TYPE : '')) {
      this.#real = new Real(body, init)
    }
  }

  static json(data: unknown, init?: Init): Response {
    const text = JSON.stringify(data) as string | undefined
    const made = new LazyResponse()
    const isPlain = text !== undefined && made.#begin(text, init) && made.#say(init, JSON_TYPE)
    if (!isPlain) return Real.json(data, init)
    return made as unknown as Response
  }

  static redirect(...args: Parameters<typeof Response.redirect>): Response {
    return Real.redirect(...args)
  }

  static error(): Response {
    return Real.error()
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Real
  }

  get status(): number {
    return this.#real?.status ?? this.#status
  }

  get statusText(): string {
    return this.#real?.statusText ?? this.#statusText
  }

  get ok(): boolean {
    const { status } = this
    return status >= 200 && status <= 299
  }

  get headers(): Headers {
    return this.#real?.headers ?? (this.#headers ??= headersOf(this.#fields))
  }

  get body(): Response['body'] {
    return this.#body === null && this.#real === undefined ? null : LazyResponse.realOf(this).body
  }

  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? (this.#isTaken && this.#body !== null)
  }

  [Symbol.for('nodejs.util.inspect.custom')](): Response {
    return LazyResponse.realOf(this)
  }

  /** What a server needs, for the only time; nothing once somebody else has touched the body. */
  [PARTS](): ResponseParts | undefined {
    if (this.#real !== undefined || (this.#isTaken && this.#body !== null)) return undefined
    this.#isTaken = true
    const headers = this.#headers
    return {
      status: this.#status,
      fields: headers === undefined ? this.#fields : undefined,
      headers,
      body: this.#body,
    }
  }

  /** The real Response, which has body and headers from then on. */
  static realOf(self: LazyResponse): Response {
    return (self.#real ??= self.#materialise())
  }

  #materialise(): Response {
    const real = new Real(this.#body as Body, {
      status: this.#status,
      statusText: this.#statusText,
      headers: this.headers,
    })
    // Whoever has the Headers already sees what is changed there.
    const mine = this.#headers!
    Object.defineProperty(real, 'headers', { get: () => mine, configurable: true })
    // Used here is used there.
    if (this.#isTaken && this.#body !== null) void real.arrayBuffer()
    return real
  }

  /** Takes the body and the status; false for what only the real class knows how to take. */
  #begin(body: unknown, init: Init | undefined): boolean {
    if (body instanceof Uint8Array) {
      // A copy, as of the real class: what changes later is not sent. slice() of a Buffer is none.
      this.#body = new Uint8Array(body)
    } else if (typeof body === 'string') {
      this.#body = body
    } else if (body !== undefined && body !== null) {
      return false
    }
    if (init === undefined || init === null) return true
    if (typeof init !== 'object') return false
    const { status, statusText } = init
    if (status !== undefined) {
      if (!Number.isInteger(status) || status < 200 || status > 599) return false
      if (this.#body !== null && isNullBody(status)) return false
      this.#status = status
    }
    if (statusText !== undefined) {
      if (typeof statusText !== 'string' || !REASON.test(statusText)) return false
      this.#statusText = statusText
    }
    return true
  }

  /** Takes the headers, with the type of the body where they have none. */
  #say(init: Init | undefined, type: string): boolean {
    const given: unknown = init?.headers
    if (given === undefined) {
      if (type !== '') this.#fields = ['content-type', type]
      return true
    }
    if (isPlain(given)) {
      const fields = plainFields(given)
      if (fields === undefined) return false
      if (type !== '' && !hasType(fields)) fields.push('content-type', type)
      this.#fields = fields
      return true
    }
    this.#headers = new Headers(given as ConstructorParameters<typeof Headers>[0])
    if (type !== '' && !this.#headers.has('content-type')) this.#headers.set('content-type', type)
    return true
  }
}

/** RFC 9112 section 4; what a reason phrase may have. */
const REASON = /^[\t\x20-\x7e\x80-\xff]*$/
/** What a value may have when nothing has to be trimmed. */
const PLAIN_VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/

function isNullBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && !(Symbol.iterator in value)
}

/** Names and values in turn; undefined where a Headers has to look at them. */
function plainFields(record: Record<string, unknown>): string[] | undefined {
  const fields: string[] = []
  for (const name of Object.keys(record)) {
    const value = record[name]
    if (typeof value !== 'string' || !isToken(name) || !PLAIN_VALUE.test(value)) return undefined
    const lower = name.toLowerCase()
    // Two spellings of one name are one field.
    for (let at = 0; at < fields.length; at += 2) if (fields[at] === lower) return undefined
    fields.push(lower, value)
  }
  return fields
}

function hasType(fields: readonly string[]): boolean {
  for (let at = 0; at < fields.length; at += 2) if (fields[at] === 'content-type') return true
  return false
}

function headersOf(fields: readonly string[] = []): Headers {
  const headers = new Headers()
  for (let at = 0; at < fields.length; at += 2) headers.append(fields[at]!, fields[at + 1]!)
  return headers
}

inherit(LazyResponse, Real, new Real(null), (self) => LazyResponse.realOf(self))

/**
 * A Response for handlers that make many of them: `new FastResponse('hi')`. It is one in every
 * respect, and costs a fraction of it when a server of this package sends it.
 */
export const FastResponse: typeof Response = LazyResponse as unknown as typeof Response
