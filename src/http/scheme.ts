// The mark of middleware that authenticates: the scheme that it is for.
//
// Set by guard.ts, read when routes are compiled. A registered symbol, so that an application can
// set it on its own middleware, and name its scheme in the option `auth` of routes.

const SCHEME = Symbol.for('lanner.scheme')

/** Says of a middleware which scheme it authenticates by. */
export function marked<Middleware extends object>(
  middleware: Middleware,
  name: string,
): Middleware {
  return Object.assign(middleware, { [SCHEME]: name })
}

/** The scheme that a middleware authenticates by, in lower case; undefined for any other. */
export function schemeOf(middleware: object): string | undefined {
  const name = (middleware as { [SCHEME]?: unknown })[SCHEME]
  return typeof name === 'string' ? name.toLowerCase() : undefined
}
