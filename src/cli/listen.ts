// Listening for the commands: what a file exports, at the place that the command line says.
//
// Used by start and by the process that dev starts. A place on the command line wins over the
// environment, and that over the `options` that the file exports.

import { serve } from '../fetch/serve.js'
import { CliError, codeOf, FAILED } from './errors.js'

import type { ListenOptions } from '../options.js'
import type { Server } from '../server.js'
import type { Application } from './application.js'

/** Listens; an address that cannot be opened is a sentence, not a stack. */
export async function listen(application: Application, options: ListenOptions): Promise<Server> {
  const { app, handler } = application
  try {
    return await (app === undefined ? serve(handler!, options) : app.listen(options))
  } catch (error) {
    if (!LISTEN_CODES.has(codeOf(error) ?? '')) throw error
    throw new CliError((error as Error).message, FAILED)
  }
}

/** Errors whose sentence says everything. */
const LISTEN_CODES: ReadonlySet<string> = new Set([
  'LANNER_ADDRESS_IN_USE',
  'LANNER_ADDRESS_UNAVAILABLE',
  'LANNER_PERMISSION_DENIED',
  'LANNER_HOST_UNKNOWN',
  'LANNER_LISTEN_FAILED',
  'LANNER_OPTION_INVALID',
  'LANNER_SYSTEMD',
  'LANNER_DESCRIPTOR_INVALID',
  'LANNER_ADDON_MISSING',
])

/** Names of the options that say where to listen. */
const PLACES = ['port', 'host', 'path', 'mode', 'fd', 'systemd', 'endpoints'] as const

/** The options of a file without its places, for a place that somebody else chose. */
export function withoutPlace(options: ListenOptions): ListenOptions {
  const rest = { ...options }
  for (const name of PLACES) Reflect.deleteProperty(rest, name)
  return rest
}
