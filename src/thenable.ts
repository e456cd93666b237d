// What has to be waited for: promises, and everything that has a `then` as they have.
//
// Asked wherever a function of the application answers now or later. Promises that a value of a
// query builder or an ORM, which is no native Promise, is never taken for what it stands for, and
// that a native one is known without a look at its fields.

/** Whether a value is to be waited for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value instanceof Promise) return true
  const isObject = typeof value === 'object' ? value !== null : typeof value === 'function'
  return isObject && typeof (value as { then?: unknown }).then === 'function'
}

/** Whether a value is a promise already. A revoked proxy, which cannot be asked, is none. */
export function isPromise(value: unknown): value is Promise<unknown> {
  try {
    return value instanceof Promise
  } catch {
    return false
  }
}

/** A query runs whenever somebody waits for it: made a promise, it runs once. Else as it is. */
export function once(value: unknown): unknown {
  return isThenable(value) && !(value instanceof Promise) ? Promise.resolve(value) : value
}
