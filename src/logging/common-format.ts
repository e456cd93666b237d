// The log formats that Apache began and everybody reads: common, and combined with two fields more.
//
// Used by the access log. Promises that no client can forge a line or a field: quotes, backslashes
// and control characters are escaped.

/** What a line is made of; '-' stands for what is not known. */
export interface CommonParts {
  readonly remote: string | undefined
  readonly user: string | undefined
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly method: string
  readonly target: string
  readonly protocol: string
  readonly status: number
  readonly bodyBytes: number
  readonly referer?: string | undefined
  readonly userAgent?: string | undefined
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

// oxlint-disable-next-line no-control-regex
const ODD = /["\\\x00-\x1f\x7f-\x9f]/
// oxlint-disable-next-line no-control-regex
const ODD_ALL = /["\\\x00-\x1f\x7f-\x9f]/g

/** `host ident user [time] "request" status bytes` */
export function commonLine(parts: CommonParts): string {
  const { remote, user, time, method, target, protocol, status, bodyBytes } = parts
  const who = user === undefined ? '-' : escaped(user).replaceAll(' ', '\\x20')
  const request = `${method} ${escaped(target)} ${protocol}`
  const bytes = bodyBytes === 0 ? '-' : String(bodyBytes)
  return `${remote ?? '-'} - ${who} [${clock(time)}] "${request}" ${status} ${bytes}`
}

/** The common line with the page that led here and the client. */
export function combinedLine(parts: CommonParts): string {
  const { referer = '-', userAgent = '-' } = parts
  return `${commonLine(parts)} "${escaped(referer)}" "${escaped(userAgent)}"`
}

function escaped(text: string): string {
  if (!ODD.test(text)) return text
  return text.replaceAll(ODD_ALL, (char) => {
    if (char === '"' || char === '\\') return `\\${char}`
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

let clockSecond = -1
let clockText = ''

/** Many lines are of the same second. */
function clock(time: number): string {
  const second = Math.floor(time / 1000)
  if (second !== clockSecond) {
    clockSecond = second
    const date = new Date(time)
    const day = String(date.getUTCDate()).padStart(2, '0')
    const hours = date.toISOString().slice(11, 19)
    clockText = `${day}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${hours} +0000`
  }
  return clockText
}
