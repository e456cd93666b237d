// The boundary of a form, and the header fields of its parts (RFC 7578, RFC 2046).
//
// Called by the reader, with text. Strict where two readers might disagree (two fields of a name,
// folded lines, control characters), lenient only in what browsers do: names in UTF-8, %22, %0D and
// %0A for the characters that quotes cannot hold.

import { httpError, HttpError } from '../errors.js'
import { isToken } from '../headers.js'
import { malformed, tooMuch } from './limits.js'

import type { MultipartLimits } from './limits.js'

/** What a part says of itself. */
export interface PartHead {
  readonly name: string
  readonly filename: string | undefined
  readonly type: string
  readonly headers: ReadonlyMap<string, string>
}

/** The characters of RFC 2046, and those of a token, which some clients use. */
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=?!#$%&*^`|~ ]*[0-9A-Za-z'()+_,\-./:=?!#$%&*^`|~]$/

/** Whether a content type is that of a form with parts. */
export function isMultipart(type: string): boolean {
  return /^multipart\/form-data\s*(?:;|$)/i.test(type)
}

/** The boundary that a content type names. */
export function boundaryOf(type: string, limits: MultipartLimits): string {
  if (!isMultipart(type)) {
    const { status } = httpError('LANNER_FORM_INVALID')
    const message = 'The request body is not a form of type multipart/form-data.'
    throw new HttpError(status, message, { code: 'LANNER_FORM_INVALID' })
  }
  const at = type.indexOf(';')
  const boundary = at < 0 ? undefined : parseParams(type.slice(at)).get('boundary')
  if (boundary === undefined || !BOUNDARY.test(boundary)) {
    throw malformed('its content type has no valid boundary')
  }
  if (boundary.length > limits.boundaryBytes) {
    throw tooMuch('The boundary', 'boundaryBytes', limits.boundaryBytes)
  }
  return boundary
}

/** The header fields of a part, without the empty line. */
export function parseHead(text: string, limits: MultipartLimits): PartHead {
  const headers = parseFields(text, limits)
  const disposition = headers.get('content-disposition') ?? ''
  const match = /^form-data[ \t]*(?=;)/i.exec(disposition)
  if (match === null) throw malformed('a part has no content-disposition of form-data')
  const params = parseParams(disposition.slice(match[0].length))
  const name = decode(params.get('name'))
  if (name === undefined) throw malformed('a part has no name')
  if (Buffer.byteLength(name) > limits.nameBytes) {
    throw tooMuch('The name of a part', 'nameBytes', limits.nameBytes)
  }
  const encoding = headers.get('content-transfer-encoding') ?? 'binary'
  if (!/^(?:binary|7bit|8bit)$/i.test(encoding)) {
    throw malformed(`a part has the transfer encoding ${JSON.stringify(encoding)}`)
  }
  const filename = baseName(decode(params.get('filename')) ?? extended(params.get('filename*')))
  const type = headers.get('content-type') ?? (filename === undefined ? TEXT : BYTES)
  return { name, filename, type, headers }
}

const TEXT = 'text/plain'
const BYTES = 'application/octet-stream'

function parseFields(text: string, limits: MultipartLimits): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).toLowerCase()
    const value = line.slice(colon + 1).trim()
    // oxlint-disable-next-line no-control-regex
    if (!isToken(name) || /[\x00-\x08\x0a-\x1f\x7f]/.test(value)) {
      throw malformed('a part has a header line that is none')
    }
    if (headers.has(name)) throw malformed(`a part has two fields named ${name}`)
    headers.set(name, value)
    if (headers.size > limits.headers) {
      throw tooMuch('The number of header fields of a part', 'headers', limits.headers)
    }
  }
  return headers
}

/** `; name=value; name="quoted"`. A backslash quotes a quote and a backslash, and nothing else. */
const PARAM = /;[ \t]*([^\s;="]+)=(?:"((?:[^"\\]|\\["\\]|\\(?!["\\]))*)"|([^\s;"]+))[ \t]*/y

function parseParams(text: string): Map<string, string> {
  const params = new Map<string, string>()
  PARAM.lastIndex = 0
  for (let at = 0; at < text.length; at = PARAM.lastIndex) {
    const match = PARAM.exec(text)
    if (match === null) throw malformed('the parameters of a header field cannot be read')
    const name = match[1]!.toLowerCase()
    if (params.has(name)) throw malformed(`a header field has two parameters named ${name}`)
    params.set(name, match[2]?.replaceAll(/\\(["\\])/g, '$1') ?? match[3]!)
  }
  return params
}

/** What browsers do to characters that quotes cannot hold (HTML standard, section 4.10.22.8). */
function decode(value: string | undefined): string | undefined {
  return value?.replaceAll(/%(22|0D|0A)/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  )
}

/** `UTF-8''na%C3%AFve.txt`, which some clients send in place of a filename (RFC 8187). */
function extended(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const match = /^utf-8'[^']*'(.*)$/i.exec(value)
  try {
    if (match !== null) return decodeURIComponent(match[1]!)
  } catch {
    // Said below.
  }
  throw malformed('a filename* is not UTF-8')
}

/** Directories are the client's own affair (RFC 7578 section 4.2). */
function baseName(filename: string | undefined): string | undefined {
  return filename?.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1)
}
