// The content codings that this Node can write, and how a body is put through one of them.
//
// Used by compression. zstd is there from Node 22.15. Promises that a stream is pulled only as fast
// as the result is taken, that what waits inside the encoder is flushed when the source makes us
// wait, and that the source is told at once when the client has gone, and waited for.

import zlib from 'node:zlib'

import { toBytes, toPuller } from '../body/pull.js'

import type { Puller } from '../body/pull.js'
import type { BrotliOptions } from 'node:zlib'

/** The names of codings as they stand in Content-Encoding. */
export const CODINGS = ['zstd', 'br', 'gzip', 'deflate'] as const

export type Coding = (typeof CODINGS)[number]

interface Encoder extends NodeJS.ReadWriteStream {
  flush(kind: number, callback: () => void): void
  destroy(error?: Error): unknown
}

type Encode = (body: Uint8Array, options: object, done: Done) => void
type Done = (error: Error | null, result: Buffer) => void

/** The parts of node:zlib that the types of our oldest Node do not know. */
interface Zstd {
  readonly zstdCompress: Encode
  readonly zstdCompressSync: Functions['encodeSync']
  createZstdCompress(options: object): unknown
  readonly constants: { readonly ZSTD_c_compressionLevel: number; readonly ZSTD_e_flush: number }
}

/** A coding at a level. */
export interface Encoding {
  readonly coding: Coding
  /** The whole body at once. */
  atOnce(body: Uint8Array): Uint8Array
  /** The whole body at once, on a thread of the pool. */
  whole(body: Uint8Array): Promise<Uint8Array>
  /** A stream of pieces. `onOver` is called once, when it no longer holds an encoder. */
  stream(body: unknown, onOver?: () => void): EncodedStream
}

const hasZstd = 'zstdCompress' in zlib

/** Whether this Node can write a coding. */
export function isSupported(coding: Coding): boolean {
  return coding !== 'zstd' || hasZstd
}

/** Lowest and highest level of each coding, and ours: those that cost little for what they save. */
export const LEVELS: Readonly<Record<Coding, readonly [min: number, max: number, ours: number]>> = {
  zstd: [1, 22, 3],
  br: [0, 11, 4],
  gzip: [1, 9, 6],
  deflate: [1, 9, 6],
}

/** An encoder for a coding that is supported. */
export function encodingOf(coding: Coding, level: number): Encoding {
  const { encode, encodeSync, create, options, flushKind } = functionsOf(coding, level)
  const sized = (body: Uint8Array): object =>
    coding === 'br' ? withSize(options, body.byteLength) : options
  return {
    coding,
    atOnce: (body) => encodeSync(body, sized(body)),
    whole: (body) =>
      new Promise((resolve, reject) => {
        const done: Done = (error, result) => (error === null ? resolve(result) : reject(error))
        encode(body, sized(body), done)
      }),
    stream: (body, onOver = nothing) => {
      const source = toPuller(body)
      return new EncodedStream(source, create(options) as Encoder, flushKind, onOver)
    },
  }
}

interface Functions {
  readonly encode: Encode
  readonly encodeSync: (body: Uint8Array, options: object) => Uint8Array
  readonly create: (options: object) => unknown
  readonly options: object
  /** Gives out what is there and keeps what was learnt from it. */
  readonly flushKind: number
}

function functionsOf(coding: Coding, level: number): Functions {
  const { constants } = zlib
  if (coding === 'br') {
    return {
      encode: zlib.brotliCompress,
      encodeSync: zlib.brotliCompressSync,
      create: zlib.createBrotliCompress,
      options: { params: { [constants.BROTLI_PARAM_QUALITY]: level } },
      flushKind: constants.BROTLI_OPERATION_FLUSH,
    }
  }
  if (coding === 'zstd') {
    const zstd = zlib as unknown as Zstd
    return {
      encode: zstd.zstdCompress,
      encodeSync: zstd.zstdCompressSync,
      create: (options) => zstd.createZstdCompress(options),
      options: { params: { [zstd.constants.ZSTD_c_compressionLevel]: level } },
      flushKind: zstd.constants.ZSTD_e_flush,
    }
  }
  const isGzip = coding === 'gzip'
  return {
    encode: isGzip ? zlib.gzip : zlib.deflate,
    encodeSync: isGzip ? zlib.gzipSync : zlib.deflateSync,
    create: isGzip ? zlib.createGzip : zlib.createDeflate,
    options: { level },
    flushKind: constants.Z_SYNC_FLUSH,
  }
}

/** Brotli takes less memory when it knows the length. */
function withSize(options: BrotliOptions, bytes: number): BrotliOptions {
  return {
    params: { ...options.params, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes },
  }
}

const nothing = (): void => {}

type Step = Awaited<ReturnType<Puller['next']>>

/** Whether a step is not there when the event loop comes round. */
function isLate(step: Promise<Step>): Promise<boolean> {
  return new Promise((resolve) => {
    const round = setImmediate(() => resolve(true))
    const settled = (): void => {
      clearImmediate(round)
      resolve(false)
    }
    step.then(settled, settled)
  })
}

/** Pulls from a source, through an encoder. */
class EncodedStream implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #source: Puller
  readonly #encoder: Encoder
  readonly #flushKind: number
  #ready: Uint8Array[] = []
  /** A step of the source that takes its time. */
  #late: Promise<Step> | undefined
  /** Whether the encoder has got something since it was flushed. */
  #isHolding = false
  #isOver = false
  #error: unknown
  #fail: (error: unknown) => void = nothing
  readonly #onOver: () => void
  #isLetGo = false
  /** What the source still does after it was told. */
  #rest: void | Promise<void> = undefined

  constructor(source: Puller, encoder: Encoder, flushKind: number, onOver: () => void) {
    this.#source = source
    this.#encoder = encoder
    this.#flushKind = flushKind
    this.#onOver = onOver
    encoder.on('data', (chunk: Uint8Array) => this.#ready.push(chunk))
    encoder.on('error', (error) => {
      this.#error = error
      this.#fail(error)
    })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    while (this.#ready.length === 0 && !this.#isOver) await this.#step()
    const value = this.#ready.shift()
    return value === undefined ? { done: true, value: undefined } : { done: false, value }
  }

  /**
   * The client wants no more. The source is told, even while it is waited for; when it has ended,
   * so has this: what the request holds may be given up then.
   */
  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#giveUp(new Error('The client has gone.'))
    await this.#rest
    return { done: true, value: undefined }
  }

  #giveUp(reason: unknown): void {
    if (!this.#isLetGo) {
      this.#rest = this.#source.cancel(reason)
      this.#encoder.destroy()
    }
    this.#letGo()
  }

  /** Also called when the encoder has come to its end, where it frees itself. */
  #letGo(): void {
    this.#isOver = true
    if (this.#isLetGo) return
    this.#isLetGo = true
    this.#onOver()
  }

  /** Takes one chunk of the source, or sends what the encoder holds back while that takes time. */
  async #step(): Promise<void> {
    try {
      const step = this.#late ?? this.#source.next()
      if (step instanceof Promise && this.#late === undefined && (await isLate(step))) {
        this.#late = step
        if (await this.#flush()) return
      }
      this.#late = undefined
      const { value, done } = await step
      if (this.#isOver) return
      if (done === true) await this.#end()
      else await this.#write(toBytes(value))
    } catch (error) {
      this.#giveUp(error)
      throw error
    }
  }

  #write(chunk: Uint8Array): Promise<void> {
    this.#isHolding = true
    return this.#call((ready) => this.#encoder.write(chunk, ready))
  }

  async #end(): Promise<void> {
    await this.#call((ready) => {
      this.#encoder.on('end', ready)
      this.#encoder.end()
    })
    this.#letGo()
  }

  /** Whether there is something to send now. */
  async #flush(): Promise<boolean> {
    if (!this.#isHolding || this.#isOver) return false
    this.#isHolding = false
    await this.#call((ready) => this.#encoder.flush(this.#flushKind, ready))
    return this.#ready.length > 0
  }

  /** Waits for the encoder, or for its failure. */
  #call(run: (ready: () => void) => void): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error)
    return new Promise((resolve, reject) => {
      this.#fail = reject
      run(() => resolve())
    })
  }
}
