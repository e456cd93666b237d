// The names of the errors that a case of the web platform tests ends with, 'none' without one.
//
// Used by the tables beside it: they compare names, because messages are each implementation's own.

export const errorOf = (run: () => unknown): string => {
  try {
    run()
    return 'none'
  } catch (error) {
    return (error as Error).name
  }
}

export const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: Error) => error.name,
  )
