// A lane without its native half: requests go in as encoded entries, records come out decoded.
//
// Used by the tests of src/ that need no socket and no addon. Routes are matched by comparing
// segments, which is enough for tests; the real router is tested in Rust.

import { expect, onTestFinished } from 'vitest'

import { KNOWN_NAMES } from '../../src/native/generated/known-names.ts'
import { Lane } from '../../src/native/lane.ts'
import { compileFallback, compileRoutes } from '../../src/routing/route.ts'
import { parseOptions } from '../../src/options.ts'
import { rulesOfServer } from '../../src/rules.ts'
import { answerNotFound, answerUnrouted } from '../../src/routing/unrouted.ts'
import { Registry, Router } from '../../src/routing/router.ts'
import { decodeRecords, encodeRequest, unpackFields } from './wire.mjs'

import type { ErrorHandler, Handler } from '../../src/handler.ts'
import type { Route } from '../../src/routing/route.ts'

type RequestParts = NonNullable<Parameters<typeof encodeRequest>[0]>

export interface HarnessOptions {
  onError?: ErrorHandler
  notFound?: Handler
  allowValues?: string[]
  development?: boolean
  requestWindowBytes?: number
  replyWindowBytes?: number
  inboxBytes?: number
  outboxBytes?: number
  /** Whether fields can be made known that records then name; replies show them all the same. */
  fieldSets?: boolean
}

export class Harness {
  readonly lane: Lane
  /** Records of all flushes, oldest first. */
  readonly records: any[] = []
  /** Number of flushes. */
  flushes = 0
  /** What was reported; the test must take it. */
  reports: unknown[] = []
  /** What `read(index)` gives: pieces that travel beside the batch. */
  chunks: Uint8Array[] = []
  /** Fields that were made known; the first has the number 1. */
  readonly fieldSets: [name: string, value: string][][] = []
  readonly #routes: readonly Route[]
  #attached: Uint8Array[] = []
  #slot = 0

  constructor(register: (router: Router) => void, options: HarnessOptions) {
    const registry = new Registry()
    register(new Router(registry, ''))
    this.#routes = registry.routes
    const { notFound } = options
    const rules = rulesOfServer(parseOptions({}).native)
    this.lane = new Lane(
      {
        routes: compileRoutes(registry.routes, registry.scopes, rules),
        fallback: compileFallback(answerNotFound(notFound), registry.scopes, rules),
        unrouted: compileFallback(answerUnrouted, registry.scopes, rules),
        allowValues: options.allowValues ?? [],
        match: () => -1,
        onError: options.onError,
        report: (error) => this.reports.push(error),
        development: options.development ?? false,
        requestWindowBytes: options.requestWindowBytes ?? 1 << 20,
        replyWindowBytes: options.replyWindowBytes ?? 65_536,
        inboxBytes: options.inboxBytes ?? 1 << 18,
        outboxBytes: options.outboxBytes ?? 1 << 18,
      },
      {
        flush: (bytes) => this.#flush(bytes),
        attach: (bytes) => this.#attached.push(Buffer.from(bytes)),
        read: (index, into) => {
          into.set(this.chunks[index]!)
          return this.chunks[index]!.byteLength
        },
        ...(options.fieldSets === true && {
          fieldSet: (lengths: Uint8Array, bytes: Uint8Array) =>
            this.fieldSets.push(unpackFields(lengths, bytes) as [string, string][]),
        }),
      },
    )
  }

  /** Dispatches entries as one batch. */
  batch(...entries: Uint8Array[]): void {
    const bytes = Buffer.concat(entries)
    this.lane.bytes.set(bytes)
    this.lane.dispatch(bytes.length)
  }

  /** Dispatches requests as one batch; gives their slots. */
  send(...requests: RequestParts[]): number[] {
    const encoded = requests.map((request) => this.encode(request))
    this.batch(...encoded.map(({ bytes }) => bytes))
    return encoded.map(({ slot }) => slot)
  }

  /** An entry for a request: route and parameters are found from its target. */
  encode(parts: RequestParts): { bytes: Buffer; slot: number } {
    const slot = parts.slot ?? this.#slot++
    const path = parts.path ?? (parts.target ?? '/').split('?')[0]!
    const found = match(this.#routes, parts.method ?? 'GET', path)
    const bytes = encodeRequest({ ...found, ...parts, slot, knownNames: KNOWN_NAMES })
    return { bytes, slot }
  }

  /** Sends one request and waits for its whole reply. */
  async ask(parts: RequestParts | string): Promise<any> {
    const [slot] = this.send(typeof parts === 'string' ? { target: parts } : parts)
    await this.rest()
    return this.reply(slot!)
  }

  /** The only reply to a slot. */
  reply(slot: number): any {
    const replies = this.records.filter((r) => r.kind === 'reply' && r.slot === slot)
    expect(replies, `replies to slot ${slot}`).toHaveLength(1)
    return replies[0]
  }

  /** The records of a slot. */
  of(slot: number): any[] {
    return this.records.filter((record) => record.slot === slot)
  }

  /** Kinds of the records of a slot. */
  kinds(slot: number): string[] {
    return this.of(slot).map(({ kind }) => kind)
  }

  /** All bytes written as a stream for a slot. */
  written(slot: number): string {
    const writes = this.of(slot).filter(({ kind }) => kind === 'write')
    return Buffer.concat(writes.map(({ bytes }) => bytes)).toString()
  }

  /** Lets everything run that waits for nothing but its turn. */
  async rest(): Promise<void> {
    for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve))
  }

  /** Errors reported so far; the test expects them. */
  takeReports(): unknown[] {
    const taken = this.reports
    this.reports = []
    return taken
  }

  #flush(bytes: number): void {
    this.flushes++
    const attached = this.#attached
    this.#attached = []
    const written = new Uint8Array(this.lane.outbox.buffer, 0, bytes)
    for (const record of decodeRecords(written, attached)) {
      if (record.fieldSet > 0) record.fields.unshift(...this.fieldSets[record.fieldSet - 1]!)
      this.records.push(record)
    }
    expect(attached, 'attachments without a record').toHaveLength(0)
  }
}

/** A harness that checks at the end of the test that nothing unexpected was reported. */
export function harness(register: (router: Router) => void, options: HarnessOptions = {}): Harness {
  const made = new Harness(register, options)
  onTestFinished(() => expect(made.reports).toEqual([]))
  return made
}

function match(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: number; params: (string | undefined)[] } {
  const methods = method === 'HEAD' ? ['HEAD', 'GET', '*'] : [method, '*']
  for (const name of methods) {
    for (const [route, { method: own, segments }] of routes.entries()) {
      if (own !== name) continue
      const params = paramsOf(segments, path.slice(1).split('/'))
      if (params !== undefined) return { route, params }
    }
  }
  return { route: -1, params: [] }
}

function paramsOf(
  segments: Route['segments'],
  parts: readonly string[],
): (string | undefined)[] | undefined {
  const params: (string | undefined)[] = []
  for (const [i, { kind, value, isOptional }] of segments.entries()) {
    const part = parts[i]
    if (kind === 'rest') return [...params, parts.slice(i).join('/')]
    if (kind === 'text' && part !== value) return undefined
    if (kind === 'param' && (part === undefined || part === '') && !isOptional) return undefined
    if (kind === 'param') params.push(part)
  }
  return parts.length <= segments.length ? params : undefined
}
