// What serve() returns: a server that can be used at once, and a promise of it.
//
// Promises: an error that kept it from listening is one rejection, which ends the process unless
// somebody awaits it, like the error of any promise; what needs a server throws the same error.

import type { CloseOptions, Server, ServerAddress } from '../server.js'

/** A server that was started by `serve()`. Await it for the `Server`. */
export class Serving implements PromiseLike<Server> {
  /** Settles when the server has closed, however that came; at once if it never listened. */
  readonly closed: Promise<void>
  readonly #server: Server | undefined
  readonly #error: unknown
  readonly #listening: Promise<Server>

  /** @internal */
  constructor(server: Server | undefined, error?: unknown) {
    this.#server = server
    this.#error = error
    this.#listening = server === undefined ? Promise.reject(error) : Promise.resolve(server)
    this.closed = server?.closed ?? Promise.resolve()
  }

  /** The URL of the first address, for example 'http://localhost:3000'. */
  get url(): string {
    return this.#open().url
  }

  /** Every address that it listens at. */
  get addresses(): readonly ServerAddress[] {
    return this.#open().addresses
  }

  /** Stops accepting, lets running requests finish, then aborts what is left. */
  close(options?: CloseOptions): Promise<void> {
    return this.#server?.close(options) ?? this.closed
  }

  /**
   * Settles when the server listens, with the `Server`, or with the error that kept it from that.
   */
  // oxlint-disable-next-line unicorn/no-thenable
  then<Value = Server, Failure = never>(
    onListening?: ((server: Server) => Value | PromiseLike<Value>) | null,
    onFailed?: ((error: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Value | Failure> {
    return this.#listening.then(onListening, onFailed)
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #open(): Server {
    if (this.#server === undefined) throw this.#error
    return this.#server
  }
}
