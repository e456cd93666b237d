// Listening sockets that outlive the process that serves them.
//
// Used by dev. A process of its own (open-sockets.ts) opens the sockets and hands them over,
// because Node accepts from whatever it has opened itself: what comes as a bare handle is held and
// not polled, so that connections queue in the system while nobody serves.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { CliError, FAILED } from './errors.js'

/** Sockets that listen and that nobody in this process accepts from. */
export interface Sockets {
  readonly fds: readonly number[]
  readonly port: number
  close(): void
}

/** What the opener says. */
export type OpenerMessage =
  | { readonly opened: { readonly port: number } }
  | { readonly failed: { readonly code: string; readonly message: string } }
  | { readonly done: true }

interface Handle {
  readonly fd: number
  close(): void
}

/** Opens the sockets of a host name; undefined where a descriptor cannot be handed over. */
export async function openSockets(host: string, port: number): Promise<Sockets | undefined> {
  if (process.platform === 'win32') return undefined
  const opener = fork(fileURLToPath(new URL('./open-sockets.js', import.meta.url)), {
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const handles: Handle[] = []
  let bound = port
  try {
    await new Promise<void>((resolve, reject) => {
      opener.on('message', (message: OpenerMessage, handle: unknown) => {
        if ('failed' in message) return reject(sentence(message.failed, host, port))
        if ('done' in message) return resolve()
        handles.push(handle as Handle)
        bound = message.opened.port
      })
      opener.on('error', reject)
      opener.on('exit', () => reject(new CliError('The sockets could not be opened.', FAILED)))
      opener.send({ host, port })
    })
  } finally {
    opener.kill('SIGKILL')
  }
  const fds = handles.map(({ fd }) => fd)
  if (fds.length === 0 || fds.some((fd) => typeof fd !== 'number' || fd < 0)) return undefined
  return { fds, port: bound, close: () => handles.forEach((handle) => handle.close()) }
}

const OTHER_PORT = 'stop the other server or choose another with --port.'

function sentence(
  { code, message }: { code: string; message: string },
  host: string,
  port: number,
): CliError {
  const texts: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} of ${host} is already in use: ${OTHER_PORT}`,
    EACCES: `The system does not let this user listen at port ${port} of ${host}.`,
    ENOTFOUND: `The host name ${host} could not be resolved.`,
    EADDRNOTAVAIL: `${host} is no address of this machine.`,
  }
  return new CliError(texts[code] ?? message, FAILED)
}
