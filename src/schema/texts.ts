// How a schema is told that the values it checks are texts: those of a path, a query, header
// fields, cookies and forms.
//
// Passed by whoever binds them, read by schemas that turn texts into numbers and lists where they
// ask for those (jsonSchema()). Other libraries ignore it: they have a word for it of their own,
// as z.coerce.

import type { StandardOptions } from './standard.js'

/** Options of a schema's validate() for values that came as texts. */
export const TEXTS: StandardOptions = Object.freeze({
  libraryOptions: Object.freeze({ texts: true }),
})

/** Whether validate() was told so. */
export function areTexts(options: StandardOptions | undefined): boolean {
  return options?.libraryOptions?.['texts'] === true
}
