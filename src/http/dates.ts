// Dates of HTTP (RFC 9110 section 5.6.7).
//
// Used for conditional requests. Promises whole seconds, and undefined for what is no date: such a
// field is ignored.

/** The preferred form, that of RFC 850, and that of asctime. */
const FORMS = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]+day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [\d ]\d \d{2}:\d{2}:\d{2} \d{4}$/,
]

/** Milliseconds of a date field, or undefined when it is none. */
export function parseHttpDate(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined) return undefined
  const form = FORMS.findIndex((one) => one.test(text))
  if (form < 0) return undefined
  const time = Date.parse(form === 2 ? `${text} GMT` : text)
  return Number.isNaN(time) ? undefined : time
}

/** A time as a date field; fractions of a second are dropped. */
export function formatHttpDate(time: number): string {
  return new Date(time).toUTCString()
}
