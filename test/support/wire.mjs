// Both ends of the batch layout, written down a second time: encodes entries from plain parts and
// decodes records into plain objects.
//
// A tool for tests and micro benchmarks, independent of src/ on purpose: it holds the numbers
// themselves, so that a slip in the code under test does not cancel itself out. JavaScript, because
// benchmarks run it on Node versions that know no types.

const METHODS = ['', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']

const pad = (n) => (n + 3) & ~3
const span = (off, len) => off | (len << 16)

/**
 * A REQUEST entry.
 *
 * @param {object} parts
 * @param {number} [parts.slot]
 * @param {number} [parts.generation]
 * @param {number} [parts.route]
 * @param {string} [parts.method]
 * @param {string} [parts.target]
 * @param {number} [parts.version] 10 or 11
 * @param {[string, string][]} [parts.headers]
 * @param {string} [parts.path] the decoded path, where it differs from the target's
 * @param {(string | undefined)[]} [parts.params] values that occur in the path, in order
 * @param {Uint8Array | string} [parts.body]
 * @param {boolean} [parts.isComplete] whether the body is inline
 * @param {number} [parts.contentLength] -1 is unknown
 * @param {boolean} [parts.expectContinue]
 * @param {boolean} [parts.isSecure]
 * @param {number} [parts.connection]
 * @param {{ family: 0 | 4 | 6, port: number, ip: number[] }} [parts.remote]
 * @param {{ family: 0 | 4 | 6, port: number, ip: number[] }} [parts.local]
 * @param {readonly string[]} [parts.knownNames] names by id
 */
export function encodeRequest(parts) {
  const {
    slot = 0,
    generation = 1,
    route = 0,
    method = 'GET',
    target = '/',
    version = 11,
    headers = [['host', 'localhost']],
    params = [],
    connection = 1,
    knownNames = [],
  } = parts
  const body =
    typeof parts.body === 'string' ? Buffer.from(parts.body) : (parts.body ?? Buffer.alloc(0))
  const isComplete = parts.isComplete ?? true
  const head = headText(method, target, version, headers)
  const rewritten = parts.path === undefined ? Buffer.alloc(0) : Buffer.from(parts.path)
  const region = Buffer.concat([Buffer.from(head.text, 'latin1'), rewritten])
  const targetAt = method.length + 1
  const queryAt = target.indexOf('?')
  const rawPath = queryAt < 0 ? target : target.slice(0, queryAt)
  const pathAt = parts.path === undefined ? targetAt : head.text.length
  const pathLength = parts.path === undefined ? rawPath.length : rewritten.length
  const paramWords = paramSpans(region, pathAt, pathLength, params)
  const fieldsAt = 26 * 4 + params.length * 4 + pad(headers.length)
  const bytesAt = fieldsAt + headers.length * 8
  const inline = isComplete ? body.length : 0
  const bodyAt = bytesAt + region.length
  const entry = Buffer.alloc(pad(bodyAt + inline))
  const hasBody = parts.body !== undefined
  const flags =
    (hasBody ? 1 : 0) |
    (hasBody && isComplete ? 2 : 0) |
    (parts.expectContinue ? 4 : 0) |
    (parts.isSecure ? 8 : 0)
  const length = parts.contentLength ?? body.length
  const words = [
    entry.length,
    1,
    slot,
    generation,
    route,
    Math.max(METHODS.indexOf(method), 0) | (version << 8) | (flags << 16),
    bytesAt,
    span(targetAt, target.length),
    span(pathAt, pathLength),
    queryAt < 0 ? -1 : span(targetAt + queryAt + 1, target.length - queryAt - 1),
    headers.length | (params.length << 16),
    bodyAt,
    inline,
    length < 0 ? 0 : length | 0,
    length < 0 ? -1 : Math.floor(length / 2 ** 32),
    connection,
    ...addressWords(parts.remote),
    ...addressWords(parts.local),
    ...paramWords,
  ]
  for (const [i, word] of words.entries()) entry.writeInt32LE(word | 0, i * 4)
  for (const [i, [name]] of headers.entries()) {
    const id = name === '' ? 0 : Math.max(knownNames.indexOf(name.toLowerCase()), 0)
    entry[26 * 4 + params.length * 4 + i] = id
    entry.writeInt32LE(head.spans[i][0], fieldsAt + i * 8)
    entry.writeInt32LE(head.spans[i][1], fieldsAt + i * 8 + 4)
  }
  region.copy(entry, bytesAt)
  if (isComplete) entry.set(body, bodyAt)
  return entry
}

function headText(method, target, version, headers) {
  let text = `${method} ${target} HTTP/${version === 10 ? '1.0' : '1.1'}\r\n`
  const spans = []
  for (const [name, value] of headers) {
    const at = text.length
    text += `${name}: ${value}\r\n`
    spans.push([span(at, name.length), span(at + name.length + 2, value.length)])
  }
  return { text: `${text}\r\n`, spans }
}

function paramSpans(region, pathAt, pathLength, params) {
  let from = pathAt
  return params.map((value) => {
    if (value === undefined) return -1
    const bytes = Buffer.from(value)
    const at = region.indexOf(bytes, from)
    if (at < 0 || at + bytes.length > pathAt + pathLength)
      throw new Error(`no ${value} in the path`)
    from = at + bytes.length
    return span(at, bytes.length)
  })
}

function addressWords(address) {
  if (address === undefined) return [0, 0, 0, 0, 0]
  const ip = Buffer.alloc(16)
  ip.set(address.ip)
  const words = [0, 4, 8, 12].map((at) => ip.readInt32LE(at))
  return [address.family | (address.port << 16), ...words]
}

function entryOf(kind, slot, generation, words, tail = Buffer.alloc(0)) {
  const size = pad(16 + words.length * 4 + tail.length)
  const entry = Buffer.alloc(size)
  for (const [i, word] of [size, kind, slot, generation, ...words].entries()) {
    entry.writeInt32LE(word | 0, i * 4)
  }
  entry.set(tail, 16 + words.length * 4)
  return entry
}

/** A BODY entry. */
export function encodeBody(slot, generation, bytes, isLast = false) {
  const tail = Buffer.from(bytes)
  return entryOf(2, slot, generation, [tail.length, isLast ? 1 : 0], tail)
}

/** A BODY_END entry with trailer fields. */
export function encodeBodyEnd(slot, generation, trailers = []) {
  let text = ''
  const words = []
  for (const [name, value] of trailers) {
    words.push(span(text.length, name.length), span(text.length + name.length, value.length))
    text += name + value
  }
  const head = [trailers.length, 24 + words.length * 4]
  return entryOf(3, slot, generation, [...head, ...words], Buffer.from(text, 'latin1'))
}

/** A CANCEL entry. */
export function encodeCancel(slot, generation, reason) {
  return entryOf(4, slot, generation, [reason])
}

/** A CREDIT entry. */
export function encodeCredit(slot, generation, bytes) {
  return entryOf(5, slot, generation, [bytes])
}

/** A BODY_LARGE entry. */
export function encodeBodyLarge(slot, generation, length, index, isLast = false) {
  return entryOf(6, slot, generation, [length, isLast ? 1 : 0, index])
}

/** A FAULT entry. Parts: 1 the reply, 2 its trailers, 3 an informational response. */
export function encodeFault(slot, generation, { route = -1, part = 1, code, name = '' }) {
  const text = Buffer.from(code + name, 'latin1')
  return entryOf(7, slot, generation, [route, part, code.length, name.length], text)
}

/** An entry of a kind that nobody knows yet. */
export function encodeUnknown(slot, generation) {
  return entryOf(99, slot, generation, [1, 2, 3])
}

const KINDS = ['', 'reply', 'write', 'write-large', 'end', 'abort', 'inform', 'read', 'rules']

/**
 * The records of a flush. `attached` are the buffers that LARGE records take in order.
 *
 * @param {Uint8Array} bytes
 * @param {Uint8Array[]} [attached]
 * @returns {any[]}
 */
export function decodeRecords(bytes, attached = []) {
  const buffer = Buffer.from(bytes)
  const records = []
  for (let at = 0; at < buffer.length;) {
    const size = buffer.readInt32LE(at)
    if (size < 16 || size % 4 !== 0 || at + size > buffer.length) {
      throw new Error(`a record of ${size} bytes at ${at} of ${buffer.length}`)
    }
    records.push(decodeRecord(buffer.subarray(at, at + size), attached))
    at += size
  }
  return records
}

/** Fields that are made known beside the records. */
export function unpackFields(lengths, bytes) {
  const size = lengths.byteLength
  return decodeFields(Buffer.concat([lengths, bytes]), 0, size >> 2, bytes.byteLength).fields
}

function decodeRecord(record, attached) {
  const word = (i) => record.readInt32LE(i * 4)
  const base = { kind: KINDS[word(1)], slot: word(2), generation: word(3) }
  switch (base.kind) {
    case 'reply':
      return { ...base, ...decodeReply(record, word, attached) }
    case 'write':
      return { ...base, bytes: record.subarray(20, 20 + word(4)) }
    case 'write-large':
      return { ...base, kind: 'write', bytes: sized(attached.shift(), word(4)), isLarge: true }
    case 'end':
      return { ...base, trailers: decodeFields(record, 6, word(4), word(5)).fields }
    case 'abort':
      return base
    case 'inform':
      return { ...base, status: word(4), fields: decodeFields(record, 11, word(6), word(7)).fields }
    case 'read':
      return { ...base, bytes: word(4) }
    case 'rules':
      return { ...base, ...decodeRules(record, word) }
    default:
      throw new Error(`a record of kind ${word(1)}`)
  }
}

function decodeRules(record, word) {
  const long = (i) => (word(i + 1) === -1 ? null : Number(record.readBigUInt64LE(i * 4)))
  return {
    bodyBytes: long(4),
    drainBytes: long(6),
    drainMs: word(8),
    requestMs: word(9),
    request: [word(10), word(11)],
    response: [word(12), word(13)],
  }
}

function decodeReply(record, word, attached) {
  const flags = word(4) >>> 16
  const { fields, end } = decodeFields(record, 11, word(6), word(7))
  const isStream = (flags & 1) !== 0
  const isLarge = (flags & 2) !== 0
  const reply = {
    status: word(4) & 0xffff,
    type: word(5) & 0xff,
    fieldSet: word(5) >>> 8,
    fields,
    isStream,
    isLarge,
    close: (flags & 4) !== 0,
    length: (flags & 8) === 0 ? undefined : (word(9) >>> 0) + word(10) * 2 ** 32,
    isEmpty: (flags & 16) !== 0,
  }
  if (isStream) return reply
  const body = isLarge ? sized(attached.shift(), word(8)) : record.subarray(end, end + word(8))
  if (body.length !== word(8)) throw new Error('the body is shorter than its length')
  if (!isLarge && pad(end + word(8)) !== record.length) throw new Error('a record with a tail')
  return { ...reply, body: Buffer.from(body), text: Buffer.from(body).toString() }
}

function sized(bytes, length) {
  if (bytes === undefined || bytes.length !== length) throw new Error('a wrong attachment')
  return Buffer.from(bytes)
}

function decodeFields(record, at, count, total) {
  const fields = []
  let from = (at + count) * 4
  const start = from
  for (let i = 0; i < count; i++) {
    const lengths = record.readInt32LE((at + i) * 4)
    const middle = from + (lengths & 0xffff)
    const end = middle + (lengths >>> 16)
    fields.push([record.latin1Slice(from, middle), record.latin1Slice(middle, end)])
    from = end
  }
  if (from - start !== total) throw new Error(`fields of ${from - start} bytes, ${total} announced`)
  return { fields, end: pad(from) }
}
