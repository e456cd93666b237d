// The cookies that a reply sets, as a test looks at them.
//
// Called by what app.inject() gives back. Reads its own and others' Set-Cookie lines alike; what is
// not known of an attribute is left out.

/** A cookie that a reply sets. */
export interface InjectCookie {
  /** Its value, decoded. */
  readonly value: string
  /** Seconds until it expires; 0 or less takes it away. */
  readonly maxAge?: number
  /** When it expires. */
  readonly expires?: Date
  /** Hosts that get it. */
  readonly domain?: string
  /** Paths that get it. */
  readonly path?: string
  /** Whether scripts cannot see it. */
  readonly httpOnly?: boolean
  /** Whether only encrypted connections carry it. */
  readonly secure?: boolean
  /** 'strict', 'lax' or 'none'. */
  readonly sameSite?: string
  /** Whether each top-level site has a jar of its own for it. */
  readonly partitioned?: boolean
}

type Attributes = { -readonly [Name in keyof InjectCookie]?: InjectCookie[Name] }

const READ: Readonly<Record<string, (value: string) => Attributes>> = {
  'max-age': (value) => ({ maxAge: Number(value) }),
  expires: (value) => ({ expires: new Date(value) }),
  domain: (value) => ({ domain: value }),
  path: (value) => ({ path: value }),
  httponly: () => ({ httpOnly: true }),
  secure: () => ({ secure: true }),
  samesite: (value) => ({ sameSite: value.toLowerCase() }),
  partitioned: () => ({ partitioned: true }),
}

/** Cookies by their names; the last of a name counts. */
export function cookiesOf(lines: readonly string[]): ReadonlyMap<string, InjectCookie> {
  return new Map(lines.map(readCookie))
}

function readCookie(line: string): [name: string, cookie: InjectCookie] {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
  const [name, text] = cut(pair)
  const cookie: Attributes = {}
  for (const attribute of attributes) {
    const [key, value] = cut(attribute)
    Object.assign(cookie, READ[key.toLowerCase()]?.(value))
  }
  return [name, { value: decode(text), ...cookie }]
}

function cut(text: string): [string, string] {
  const at = text.indexOf('=')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
