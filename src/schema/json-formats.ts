// The formats that jsonSchema() checks: the common ones of draft 2020-12, one expression each.
//
// A format that is not listed is a note for people, as the standard has it. Promises expressions
// that need linear time. An application with wishes of its own brings its own Ajv.

/** Format → expression, or a check. */
export const FORMATS: Readonly<Record<string, RegExp | ((text: string) => boolean)>> = {
  date: isDate,
  time: /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i,
  'date-time': (text) => {
    const at = text.search(/t/i)
    return at > 0 && isDate(text.slice(0, at)) && TIME.test(text.slice(at + 1))
  },
  duration: /^P(?!$)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?$/,
  email: /^[^\s@"(),:;<>[\\\]]{1,64}@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d-]{2,63}$/i,
  hostname:
    /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i,
  ipv4: /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/,
  ipv6: (text) => text.includes(':') && canParse(`http://[${text}]/`),
  uri: (text) => /^[a-z][a-z\d+.-]*:[^\s]*$/i.test(text) && canParse(text),
  uuid: /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i,
  binary: () => true,
}

const TIME = FORMATS['time'] as RegExp

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const [year, month, day] = text.split('-').map(Number) as [number, number, number]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

function canParse(text: string): boolean {
  return URL.canParse(text)
}
