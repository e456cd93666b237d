// The options of endpoints: where to listen, and how the sockets behave.
//
// Read by parseOptions. Promises that an endpoint is one kind of place: a port, a socket's path, a
// descriptor, or what systemd has opened. Everything is checked before any socket opens.

import { isAbsolute } from 'node:path'

import { LannerError } from './errors.js'
import {
  duration,
  flag,
  integer,
  optionalSizeOf,
  refuseUnknown,
  requireObject,
  text,
  wrong,
} from './option-values.js'
import { parseProxyProtocol } from './proxy-protocol.js'
import { systemdDescriptors } from './systemd.js'

import type { NativeEndpoint } from './native/binding.js'
import type { Duration, ListenOptions, Size } from './options.js'
import type { ProxyProtocolOptions } from './proxy-protocol.js'

/** When the system asks a silent client whether it is still there; its own choice by default. */
export interface TcpKeepAliveOptions {
  /**
   * Silence before the first probe, in whole seconds. Default: what the system does, on Linux 2 h.
   */
  idle?: Duration
  /** Between probes, in whole seconds. Default: what the system does, on Linux 75 s. */
  interval?: Duration
  /**
   * Probes without an answer before the connection is given up, 1 to 127. Default: what the system
   * does, on Linux 9.
   */
  probes?: number
}

/** One place to listen at: a TCP port, a Unix socket, or a socket that listens already. */
export interface EndpointOptions {
  /**
   * Host name or IP address. Default 'localhost', which is 127.0.0.1 and ::1. '*' is every address.
   */
  host?: string
  /** TCP port; 0 takes a free one. Default 3000. */
  port?: number
  /**
   * Absolute path of a Unix socket, in place of host and port, of at most 107 bytes (103 but on
   * Linux). Not on Windows. Default none.
   */
  path?: string
  /**
   * Permissions of the Unix socket, for example 0o660. Default: what the process's umask leaves.
   */
  mode?: number
  /**
   * A descriptor of this process that listens already, in place of host and port: a TCP or Unix
   * stream socket that was inherited. It is copied and stays yours, so that connections go on to
   * queue there when the server has closed. Not on Windows. Default none.
   */
  fd?: number
  /**
   * The sockets that systemd passes by socket activation (LISTEN_FDS), in place of host and port:
   * all of them, or those of a FileDescriptorName. Default false.
   */
  systemd?: boolean | string
  /**
   * Length of the queue of connections that the system has accepted and we have not, 1 to 65535;
   * the system has a maximum of its own. Default 1024.
   */
  backlog?: number
  /** For '::': whether IPv4 is left out. Default false. */
  ipv6Only?: boolean
  /** Lets several processes listen at the same port (Linux). Default false. */
  reusePort?: boolean
  /** Whether small writes leave at once (TCP_NODELAY). Default true. */
  noDelay?: boolean
  /** Whether the system probes silent connections (SO_KEEPALIVE). Default false. */
  tcpKeepAlive?: boolean | TcpKeepAliveOptions
  /**
   * The system's receive buffer of a connection, at least 4096 bytes. Default: what the system
   * chooses.
   */
  receiveBufferBytes?: Size
  /**
   * The system's send buffer of a connection, at least 4096 bytes. Default: what the system
   * chooses.
   */
  sendBufferBytes?: Size
  /**
   * Speaks the PROXY protocol, versions 1 and 2. True believes loopback and private addresses, and
   * requires a header of every connection. Default false.
   */
  proxyProtocol?: boolean | ProxyProtocolOptions
}

/** The names of EndpointOptions. */
export const ENDPOINT_NAMES: readonly (keyof EndpointOptions)[] = [
  'host',
  'port',
  'path',
  'mode',
  'fd',
  'systemd',
  'backlog',
  'ipv6Only',
  'reusePort',
  'noDelay',
  'tcpKeepAlive',
  'receiveBufferBytes',
  'sendBufferBytes',
  'proxyProtocol',
]

const DEFAULT_HOST = 'localhost'
const DEFAULT_PORT = 3000
const DESCRIPTOR_MAX = 2 ** 31 - 1
/** What Linux takes: 15 bits of seconds, 7 bits of probes. */
const KEEP_ALIVE_SECONDS_MAX = 32_767
const KEEP_ALIVE_PROBES_MAX = 127
const BUFFER_BYTES_MIN = 4096
/** `sun_path` without its NUL. */
const SOCKET_PATH_BYTES_MAX = process.platform === 'linux' ? 107 : 103

/** The endpoints of listen(): one, or those of `endpoints`. */
export function parseEndpoints(options: ListenOptions): NativeEndpoint[] {
  const { endpoints } = options
  if (endpoints === undefined) return parseEndpoint(options, '')
  if (!Array.isArray(endpoints) || endpoints.length === 0) {
    throw wrong('endpoints', 'a list with at least one endpoint', endpoints)
  }
  for (const name of ENDPOINT_NAMES) {
    if (options[name] !== undefined) {
      throw new LannerError(
        'LANNER_OPTION_INVALID',
        `The options ${name} and endpoints exclude each other: put ${name} into an endpoint.`,
      )
    }
  }
  return endpoints.flatMap((endpoint: EndpointOptions, index) => {
    const path = `endpoints[${index}].`
    requireObject(endpoint, path.slice(0, -1))
    refuseUnknown(endpoint, ENDPOINT_NAMES, path)
    return parseEndpoint(endpoint, path)
  })
}

/** One endpoint; what systemd has opened may be several. */
function parseEndpoint(endpoint: EndpointOptions, at: string): NativeEndpoint[] {
  const { path, fd, systemd } = endpoint
  const socket = parseSocket(endpoint, at)
  if (systemd !== undefined && systemd !== false) {
    exclude(endpoint, 'systemd', ['fd', 'path', 'mode', ...TCP_NAMES], at)
    const name = systemd === true ? undefined : text(systemd, `${at}systemd`)
    return systemdDescriptors(name).map((number) => ({ fd: number, ...socket }))
  }
  if (fd !== undefined) {
    exclude(endpoint, 'fd', ['path', 'mode', ...TCP_NAMES], at)
    return [{ fd: integer(fd, `${at}fd`, 0, 0, DESCRIPTOR_MAX), ...socket }]
  }
  if (path !== undefined) return [{ ...parsePath(endpoint, path, at), ...socket }]
  return [{ ...parseTcp(endpoint, at), ...socket }]
}

const TCP_NAMES = ['host', 'port', 'ipv6Only', 'reusePort'] as const

/** An endpoint is one place, and has the options of that. */
function exclude(
  endpoint: EndpointOptions,
  name: keyof EndpointOptions,
  others: readonly (keyof EndpointOptions)[],
  at: string,
): void {
  const other = others.find((key) => endpoint[key] !== undefined)
  if (other === undefined) return
  const expected = `given without ${at}${other}: an endpoint is one place`
  throw wrong(at + name, expected, endpoint[name])
}

function parsePath(endpoint: EndpointOptions, path: unknown, at: string): NativeEndpoint {
  exclude(endpoint, 'path', TCP_NAMES, at)
  const parsed: NativeEndpoint = { path: socketPath(path, `${at}path`) }
  const { mode } = endpoint
  if (mode !== undefined) parsed.mode = integer(mode, `${at}mode`, 0, 0, 0o777)
  return parsed
}

/** A path that the system takes whole: it would end an address at a NUL. */
function socketPath(value: unknown, at: string): string {
  const path = text(value, at)
  const isTaken = Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX && !path.includes('\0')
  if (isTaken && isAbsolute(path)) return path
  throw wrong(at, `an absolute path of at most ${SOCKET_PATH_BYTES_MAX} bytes, without NUL`, value)
}

function parseTcp(endpoint: EndpointOptions, at: string): NativeEndpoint {
  const { host, port, mode, ipv6Only, reusePort } = endpoint
  if (mode !== undefined) throw wrong(`${at}mode`, `given with ${at}path only`, mode)
  const parsed: NativeEndpoint = {
    host: host === undefined ? DEFAULT_HOST : text(host, `${at}host`),
    port: integer(port, `${at}port`, DEFAULT_PORT, 0, 65_535),
  }
  if (ipv6Only !== undefined) parsed.ipv6Only = flag(ipv6Only, `${at}ipv6Only`, false)
  if (reusePort !== undefined) parsed.reusePort = flag(reusePort, `${at}reusePort`, false)
  return parsed
}

/** What every kind of place can have. */
function parseSocket(endpoint: EndpointOptions, at: string): NativeEndpoint {
  const { backlog, noDelay, tcpKeepAlive, proxyProtocol } = endpoint
  const parsed: NativeEndpoint = {}
  if (backlog !== undefined) parsed.backlog = integer(backlog, `${at}backlog`, 0, 1, 65_535)
  if (noDelay !== undefined) parsed.noDelay = flag(noDelay, `${at}noDelay`, true)
  const probes = parseKeepAlive(tcpKeepAlive, `${at}tcpKeepAlive`)
  if (probes !== undefined) parsed.tcpKeepAlive = probes
  for (const name of ['receiveBufferBytes', 'sendBufferBytes'] as const) {
    const bytes = optionalSizeOf(endpoint[name], at + name, BUFFER_BYTES_MIN, 2 ** 30)
    if (bytes !== undefined) parsed[name] = bytes
  }
  const proxy = parseProxyProtocol(proxyProtocol ?? false, `${at}proxyProtocol`)
  if (proxy !== undefined) parsed.proxy = proxy
  return parsed
}

function parseKeepAlive(
  option: boolean | TcpKeepAliveOptions | undefined,
  at: string,
): NativeEndpoint['tcpKeepAlive'] {
  if (option === undefined || option === false) return undefined
  const options = option === true ? {} : option
  requireObject(options, at)
  refuseUnknown(options, ['idle', 'interval', 'probes'], `${at}.`)
  const { idle, interval, probes } = options
  return {
    idleSeconds: seconds(idle, `${at}.idle`),
    intervalSeconds: seconds(interval, `${at}.interval`),
    probes: probes === undefined ? 0 : integer(probes, `${at}.probes`, 0, 1, KEEP_ALIVE_PROBES_MAX),
  }
}

/** Whole seconds, rounded up, because systems count in these; 0 when nothing is said. */
function seconds(value: unknown, at: string): number {
  if (value === undefined) return 0
  const rounded = Math.ceil(duration(value, at, 0, 1) / 1000)
  if (rounded <= KEEP_ALIVE_SECONDS_MAX) return rounded
  throw wrong(at, `a duration of at most ${KEEP_ALIVE_SECONDS_MAX} s`, value)
}
