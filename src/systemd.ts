// Socket activation: the sockets that systemd has opened for this process.
//
// Used for the endpoint option `systemd`. The protocol is that of sd_listen_fds(3): LISTEN_PID
// names the process that is meant, so that its children do not take the sockets for theirs;
// LISTEN_FDS is their number, from descriptor 3 on; LISTEN_FDNAMES names them.

import { LannerError } from './errors.js'

const FIRST_DESCRIPTOR = 3

type Environment = Readonly<Record<string, string | undefined>>

/** The descriptors that systemd passes: all of them, or those of a name. */
export function systemdDescriptors(
  name: string | undefined,
  env: Environment = process.env,
  pid: number = process.pid,
): number[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = env
  if (LISTEN_PID === undefined || LISTEN_FDS === undefined) {
    throw none('LISTEN_PID and LISTEN_FDS are not set: start it by its .socket unit')
  }
  if (LISTEN_PID !== String(pid)) {
    throw none(`LISTEN_PID is ${JSON.stringify(LISTEN_PID)} and this process is ${pid}`)
  }
  const count = /^\d{1,6}$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : 0
  if (count === 0) throw none(`LISTEN_FDS is ${JSON.stringify(LISTEN_FDS)}`)
  const descriptors = Array.from({ length: count }, (_, index) => FIRST_DESCRIPTOR + index)
  if (name === undefined) return descriptors
  const names = LISTEN_FDNAMES?.split(':') ?? []
  const named = descriptors.filter((_, index) => names[index] === name)
  if (named.length > 0) return named
  const found = names.length === 0 ? 'none has a name' : `their names are ${names.join(', ')}`
  throw none(`none is called ${JSON.stringify(name)}: ${found}`)
}

function none(why: string): LannerError {
  return new LannerError('LANNER_SYSTEMD', `systemd passed no such sockets (${why}).`)
}
