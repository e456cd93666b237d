// Buffers with the text methods that Node has always had and its types leave out. They skip the
// argument checks of toString() and write(), which cost more than the copy of a short text.

/** A Buffer, with its direct text methods. */
export type Bytes = Buffer & {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
  latin1Write(text: string, offset: number): number
  utf8Write(text: string, offset: number): number
}

/** All of a buffer's bytes. */
export function bytesOf(buffer: ArrayBuffer): Bytes {
  return Buffer.from(buffer) as Bytes
}

/** New bytes in a buffer of their own, with whatever they held before. */
export function allocBytes(length: number): Bytes {
  return Buffer.allocUnsafeSlow(length) as Bytes
}
