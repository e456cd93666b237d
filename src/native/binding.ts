// The native addon as TypeScript sees it, and its loading.
//
// Everything native goes through here (the loader itself, native.cjs, is CommonJS because require()
// is what finds addons on every runtime). Promises an addon of the layout that this code was
// written for, or one readable error.

import { createRequire } from 'node:module'

import { LannerError } from '../errors.js'
import { ABI_VERSION } from './generated/abi.js'

import type { NativeStats } from '../stats.js'
import type { PeerAddress } from './address.js'

/** What listens. */
export interface NativeEndpoint {
  host?: string
  port?: number
  path?: string
  mode?: number
  fd?: number
  backlog?: number
  ipv6Only?: boolean
  reusePort?: boolean
  noDelay?: boolean
  /** 0 is the system's choice. */
  tcpKeepAlive?: { idleSeconds: number; intervalSeconds: number; probes: number }
  receiveBufferBytes?: number
  sendBufferBytes?: number
  /** 0 ms is any time. */
  proxy?: { trusted: string[]; required: boolean; timeoutMs: number }
}

/** A minimum rate; 0 bytes per second is none. */
export interface NativeRate {
  bytesPerSecond: number
  graceMs: number
}

/** What one request is held to. */
export interface NativeRules {
  /** -1 is none. */
  bodyBytes: number
  drainBytes: number
  drainMs: number
  /** 0 is none. */
  requestMs: number
  request: NativeRate
  response: NativeRate
  /** 0 low, 1 normal, 2 high. */
  priority: number
}

export interface NativeRoute {
  method: string
  pattern: string
  /** None where those of the server hold. */
  rules?: NativeRules
}

export interface NativeConfig {
  endpoints: NativeEndpoint[]
  /** The index is the route id. */
  routes: NativeRoute[]
  /** Whether requests without a route go to JavaScript. */
  fallback: boolean
  /** Patterns of the paths that middleware covers, none twice. */
  covered: string[]
  limits: {
    requestLineBytes: number
    headerBytes: number
    headers: number
    /** -1 is none. */
    bodyBytes: number
    requestWindowBytes: number
    replyWindowBytes: number
    pipelined: number
    /** 0 is none, as for the next. */
    connections: number
    requestsPerConnection: number
    drainBytes: number
    /** -1 is none. */
    bodyMemoryBytes: number
  }
  /** 0 is none. */
  timeouts: {
    headersMs: number
    keepAliveMs: number
    drainMs: number
    halfClosedMs: number
    requestMs: number
    connectionAgeMs: number
  }
  rates: { request: NativeRate; response: NativeRate }
  /** An empty path is none. */
  probes: { live: string; ready: string; metrics: string; maxLoopDelayMs: number }
  /** 0 is no bound of the delay, and no Retry-After. */
  overload: { inFlight: number; queueDelayMs: number; retryAfterSeconds: number }
  /** For reasons whose refusals say something. */
  rejectPages: { reason: string; contentType: string; body: string }[]
  /** A threshold of 0 is none. */
  stall: { thresholdMs: number; intervalMs: number; log: boolean }
  /** 0 is automatic. */
  ioThreads: number
  serverHeader: string | null
  allowBareLf: boolean
}

export interface NativeAddress {
  family: 'tcp4' | 'tcp6' | 'unix'
  address: string
  port: number
}

/** A refusal, or a limit that was hit. */
export interface NativeSighting {
  isReject: boolean
  label: string
  /** 0 is none. */
  status: number
  /** -1 is none. */
  connection: number
  remote: PeerAddress
  local: PeerAddress
  bytes: string
  time: number
  dropped: number
}

/** Bits of NativeServer.watch. */
export const WATCH_REJECTS = 1
export const WATCH_LIMITS = 2

export interface NativeLane {
  flush(bytes: number): void
  attach(bytes: Uint8Array): void
  read(index: number, into: Uint8Array): number
  fieldSet(lengths: Uint8Array, bytes: Uint8Array): number
}

/** Takes a report: milliseconds, age or -1, stalls that were not told, route or '', the stack. */
export type OnStall = (
  ms: number,
  ageMs: number,
  untold: number,
  route: string,
  ...frames: string[]
) => void

export interface NativeServer {
  openLane(
    memory: { inbox: ArrayBuffer; outbox: ArrayBuffer; mark: ArrayBuffer },
    dispatch: (bytes: number) => void,
    onStall: OnStall,
  ): NativeLane
  /** The values of Allow in the order of the numbers by which entries name them. */
  allowValues(): string[]
  listen(): NativeAddress[]
  close(gracePeriodMs: number, onClosed: () => void): void
  stats(): NativeStats
  setBusy(busy: boolean): void
  /** Bits of WATCH_REJECTS and WATCH_LIMITS; 0 is nothing any more. */
  watch(wanted: number, onPending: () => void): void
  takeSightings(): NativeSighting[]
}

/** An answer of the core itself: 404, 405, OPTIONS. */
export interface NativeReply {
  status: number
  headers: [name: string, value: string][]
  body: Uint8Array | string
}

export interface NativeBinding {
  abiVersion(): number
  Server: new (config: NativeConfig) => NativeServer
  /** Writes the REQUEST entry of one request, or gives minus the status of a native answer. */
  encodeRequest(server: NativeServer, raw: Uint8Array, into: Uint8Array): number
  /** The native answer that the last encodeRequest gave. */
  lastNative(): NativeReply
}

let loaded: NativeBinding | undefined

/** The addon; loads it on the first call. */
export function binding(): NativeBinding {
  return (loaded ??= load())
}

/** @internal Puts another binding in its place, for tests that need no addon. */
export function useBinding(other: NativeBinding | undefined): void {
  loaded = other
}

function load(): NativeBinding {
  const loader = createRequire(import.meta.url)('../../native.cjs') as { load(): NativeBinding }
  let addon: NativeBinding
  try {
    addon = loader.load()
  } catch (cause) {
    throw nativeError(cause)
  }
  const abi = addon.abiVersion()
  if (abi === ABI_VERSION) return addon
  throw new LannerError(
    'LANNER_ADDON_VERSION',
    `The native addon has number ${abi} of the internal interface and this package number ` +
      `${ABI_VERSION}: install lanner again so that both come from one release.`,
  )
}

/** Gives errors of the native side the class of this package; anything else stays what it is. */
export function nativeError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const { code } = error
  if (typeof code !== 'string' || !code.startsWith('LANNER_')) return error
  return new LannerError(code, error.message, { cause: error })
}
