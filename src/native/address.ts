// Addresses of the two ends of a connection, as a request entry carries them.

/** One end of a connection. */
export interface PeerAddress {
  /** The IP address; empty for a Unix socket. */
  readonly address: string
  /** The port; 0 for a Unix socket. */
  readonly port: number
  /** The kind of address. */
  readonly family: 'IPv4' | 'IPv6' | 'unix'
}

/** Reads the five words of an address that begin at word `at`. */
export function readAddress(words: Int32Array, bytes: Uint8Array, at: number): PeerAddress {
  const word = words[at]!
  const family = word & 0xffff
  const port = word >>> 16
  const start = (at + 1) * 4
  if (family === 4) {
    return { address: bytes.subarray(start, start + 4).join('.'), port, family: 'IPv4' }
  }
  if (family === 6) return { address: ipv6Text(bytes, start), port, family: 'IPv6' }
  return { address: '', port: 0, family: 'unix' }
}

/** RFC 5952: the longest run of zero groups is left out, the first one among equals. */
function ipv6Text(bytes: Uint8Array, start: number): string {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push((bytes[start + i]! << 8) | bytes[start + i + 1]!)
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes.subarray(start + 12, start + 16).join('.')}`
  }
  let [best, bestLength] = [-1, 1]
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > bestLength) [best, bestLength] = [i, end - i]
    if (end > i) i = end
  }
  const text = (part: number[]): string => part.map((group) => group.toString(16)).join(':')
  if (best < 0) return text(groups)
  return `${text(groups.slice(0, best))}::${text(groups.slice(best + bestLength))}`
}
