// What a result was measured on, as far as Node can tell on every platform.
//
// Called by run.mjs.

import {
  arch,
  availableParallelism,
  cpus,
  loadavg,
  platform,
  release,
  totalmem,
  version,
} from 'node:os'

export function describeMachine() {
  const [cpu] = cpus()
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    os: `${platform()} ${release()} ${arch()}`,
    osVersion: version(),
    node: process.version,
    // Always zeros on Windows.
    loadBefore: loadavg()[0],
  }
}
