// lanner start: serves a file in production, in this process.
//
// Promises a graceful end: the first SIGTERM or SIGINT stops accepting and lets running requests
// finish within the grace period; a second one ends the process at once, with the exit code that
// shells give to that signal.

import { constants } from 'node:os'

import { findFile, loadApplication } from './application.js'
import { readPort } from './args.js'
import { listen, withoutPlace } from './listen.js'
import { painter } from './terminal.js'

import type { ListenOptions } from '../options.js'
import type { Server } from '../server.js'
import type { CommandOptions } from './args.js'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Ends when the server has closed. */
export async function start(file: string, options: CommandOptions): Promise<number> {
  process.env['NODE_ENV'] ||= 'production'
  const path = findFile(file)
  const application = await loadApplication(path)
  const server = await listen(application, placed(application.options, options))
  const paint = painter(process.stdout)
  for (const place of placesOf(server)) {
    process.stdout.write(`listening on ${paint('cyan', place)}\n`)
  }
  closeOnSignal(server, options.graceMs)
  await server.closed
  // Pools and timers of the application would keep the process for as long as they like.
  process.exit()
}

/** The options of the file, at the place that the command line or PORT says. */
function placed(options: ListenOptions, { port, host }: CommandOptions): ListenOptions {
  if (port === undefined && host === undefined && isElsewhere(options)) return options
  const fromEnvironment = process.env['PORT'] || undefined
  const wanted =
    port ?? (fromEnvironment === undefined ? options.port : readPort(fromEnvironment, 'PORT'))
  const at = host ?? options.host
  return {
    ...withoutPlace(options),
    ...(wanted === undefined ? {} : { port: wanted }),
    ...(at === undefined ? {} : { host: at }),
  }
}

/** Whether the file chose a place that is more than a port and a host. */
function isElsewhere({ endpoints, path, fd, systemd }: ListenOptions): boolean {
  return [endpoints, path, fd, systemd].some((place) => place !== undefined)
}

/** The URL, and other places that it does not say. */
function placesOf({ url, address: first, addresses }: Server): string[] {
  const texts = addresses.map(({ family, address, port }) =>
    family === 'unix' ? address : `http://${family === 'tcp6' ? `[${address}]` : address}:${port}`,
  )
  const others = texts.filter((_, at) => {
    const { family, port } = addresses[at]!
    return at > 0 && (family === 'unix' || port !== first.port)
  })
  return [first.family === 'unix' ? texts[0]! : url, ...others]
}

function closeOnSignal(server: Server, graceMs: number | undefined): void {
  let isClosing = false
  const onSignal = (signal: (typeof SIGNALS)[number]): void => {
    if (isClosing) process.exit(128 + constants.signals[signal])
    isClosing = true
    process.stdout.write('closing\n')
    void server.close(graceMs === undefined ? {} : { gracePeriodMs: graceMs })
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
}
