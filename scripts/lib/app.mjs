// Builds what is missing and then becomes a program of this repository: an example, the benchmark,
// the conformance application.
//
// Called by start.mjs, bench.mjs and conformance.mjs. Promises that the program gets our arguments,
// our terminal and our signals, and that we end as it ends.

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'

import { ensureAddon } from './addon.mjs'
import { root } from './run.mjs'
import { ensureDist } from './typescript.mjs'

/** Runs `file` (relative to the root) on this Node with a release build of everything. */
export async function runApp(file, args = process.argv.slice(2), env = {}) {
  await ensureAddon()
  await ensureDist()
  const child = spawn(process.execPath, [join(root, file), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  })
  // A terminal sends its signals to both of us: the program decides when we end. On Windows to hand
  // one on would end it at once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => process.platform === 'win32' || child.kill(signal))
  }
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0))
  })
}
