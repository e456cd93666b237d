// What query builders and ORMs give: a value with a `then` that is no Promise.

export function query<T>(value: T): PromiseLike<T> {
  // oxlint-disable-next-line unicorn/no-thenable
  return { then: (onValue, onError) => Promise.resolve(value).then(onValue, onError) }
}
