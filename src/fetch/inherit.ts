// Puts a class of ours below one of the fetch standard.
//
// Called once, when the first Request is handed out: naming the global classes loads the fetch
// implementation of Node, which an application without it must not pay for. Knows no class by name:
// what a property of the standard says that ours does not define is what `probe` says.

type Members = Record<PropertyKey, unknown>

/** Makes `instanceof` true and fills in what `ours` lacks; `realOf` gives the real object. */
export function inherit(
  ours: { readonly prototype: object },
  standard: { readonly prototype: object },
  probe: object,
  realOf: (self: never) => object,
): void {
  const { prototype } = ours
  const theirs = Object.getOwnPropertyDescriptors(standard.prototype)
  for (const [name, descriptor] of Object.entries(theirs)) {
    if (name === 'constructor' || Object.hasOwn(prototype, name)) continue
    const value: unknown = descriptor.value
    if ('get' in descriptor) {
      const constant = (probe as Members)[name]
      Object.defineProperty(prototype, name, { get: () => constant, configurable: true })
    } else if (typeof value === 'function') {
      define(prototype, name, function method(this: never, ...args: unknown[]) {
        return Reflect.apply(value, realOf(this), args)
      })
    }
  }
  for (const symbol of Object.getOwnPropertySymbols(probe)) {
    const get = function get(this: never): unknown {
      return (realOf(this) as Members)[symbol]
    }
    Object.defineProperty(prototype, symbol, { get, configurable: true })
  }
  Reflect.deleteProperty(prototype, 'constructor')
  Object.setPrototypeOf(prototype, standard.prototype)
}

/**
 * Whether an object with the own properties of `probe` is as good as it to the standard's
 * constructor. It is where these classes keep their state in symbols (Node 20 and 22), and not
 * where they keep it in private fields (Node 24), which nothing can stand in for.
 */
export function canStandIn<T extends { readonly url: string }>(
  probe: T,
  create: (from: T) => T,
): boolean {
  const double = Object.create(
    Object.getPrototypeOf(probe) as object,
    Object.getOwnPropertyDescriptors(probe),
  ) as T
  try {
    return create(double).url === probe.url
  } catch {
    return false
  }
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true })
}
