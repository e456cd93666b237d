// What a request brings, by source, as the schemas of its route made it.
//
// Made by Context on touch; keeps nothing. Sources without a schema are what the Context shows.

import type { AnyInput } from './handler.js'

/** What is needed of a Context. */
interface InputOwner {
  readonly params: unknown
  readonly query: unknown
  readonly headers: unknown
  readonly cookies: unknown
  readonly body: unknown
  readonly extras: { readonly bound: BoundFields | undefined } | undefined
}

/** What schemas made of fields; the Context goes on to show the fields themselves. */
export interface BoundFields {
  headers: unknown
  cookies: unknown
}

/** What a request brings, by source: checked where the route has a schema for it. */
export class InputView<Params, Input extends AnyInput> {
  readonly #owner: InputOwner

  /** @internal */
  constructor(owner: InputOwner) {
    this.#owner = owner
  }

  /** The parameters of the path. */
  get params(): Params {
    return this.#owner.params as Params
  }

  /** The query parameters. */
  get query(): Input['query'] {
    return this.#owner.query
  }

  /** The header fields. */
  get headers(): Input['headers'] {
    return this.#owner.extras?.bound?.headers ?? this.#owner.headers
  }

  /** The cookies. */
  get cookies(): Input['cookies'] {
    return this.#owner.extras?.bound?.cookies ?? this.#owner.cookies
  }

  /** The body. */
  get body(): Input['body'] {
    return this.#owner.body
  }
}
