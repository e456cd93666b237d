// A real Request whose signal is that of its exchange, without following it.
//
// Handed out by request.ts where a lazy one could be told from a real one. It is made by the class
// of Node, so that everything takes it; `signal` is that of the exchange, made when it is touched.
// What follows the Request without asking for that (new Request(request), fetch(request)) follows
// the signal that Node keeps inside of it, which is aborted when the exchange is given up.

import { extrasOf } from '../native/exchange.js'
import { abortSignal } from './abort.js'

import type { CancelWatcher, Extras } from '../native/exchange.js'

/** What is needed of a Context. */
export interface ServedBy {
  readonly signal: AbortSignal
  extras: Extras | undefined
}

type ServedClass = new (owner: ServedBy, url: string, init: RequestInit) => Request

/** Makes the class, when the first Request is handed out: naming the global one loads it. */
export function servedRequest(): ServedClass {
  const { prototype } = Request
  // Called on the Request itself.
  // oxlint-disable-next-line typescript/unbound-method
  const { clone } = prototype
  /** The signal that Node keeps, of whichever class the Request is. */
  const signalOf = (request: object): AbortSignal => Reflect.get(prototype, 'signal', request)

  class ServedRequest extends (Request as unknown as BareClass) implements CancelWatcher {
    readonly #owner: ServedBy
    #clones: Request[] | undefined = undefined

    constructor(owner: ServedBy, url: string, init: RequestInit) {
      super(url, init)
      this.#owner = owner
      extrasOf(owner).watcher = this
    }

    get signal(): AbortSignal {
      return this.#owner.signal
    }

    clone(): Request {
      const made = Reflect.apply(clone, this, [])
      this.#clones ??= []
      this.#clones.push(made)
      return made
    }

    /** The exchange was given up. */
    cancelled(reason: Error): void {
      abortSignal(signalOf(this), reason)
      for (const made of this.#clones ?? []) abortSignal(made.signal, reason)
    }
  }
  // Nothing tells it from the class of Node.
  Reflect.deleteProperty(ServedRequest.prototype, 'constructor')
  return ServedRequest as unknown as ServedClass
}

/** The class of Node, without the members that are put in front of its own. */
type BareClass = new (url: string, init: RequestInit) => object
