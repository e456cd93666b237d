// The platforms that Lanner ships binaries for: one table, derived from `napi.targets` in
// package.json, that the packing, building and documentation scripts read.
//
// Called by the scripts here and by test/packaging.test.ts. Promises that a target added to
// package.json appears everywhere, or fails loudly when it cannot be understood.

import { createRequire } from 'node:module'
import { join } from 'node:path'

import { manifest, root } from './run.mjs'

const { platformKey } = createRequire(import.meta.url)(join(root, 'native.cjs'))

const systems = {
  'unknown-linux-gnu': { os: 'linux', libc: 'glibc', suffix: '-gnu', words: 'Linux with glibc' },
  'unknown-linux-musl': { os: 'linux', libc: 'musl', suffix: '-musl', words: 'Linux with musl' },
  'apple-darwin': { os: 'darwin', suffix: '', words: 'macOS' },
  'pc-windows-msvc': { os: 'win32', suffix: '-msvc', words: 'Windows' },
}

const cpus = {
  x86_64: { cpu: 'x64', words: 'x64' },
  aarch64: { cpu: 'arm64', words: 'arm64' },
}

/**
 * @typedef {object} Platform
 * @property {string} target the Rust target triple
 * @property {string} key the name in file and package names, as native.cjs finds it
 * @property {string} os
 * @property {string} cpu
 * @property {string | undefined} libc
 * @property {string} words for people
 * @property {string} packageName
 * @property {string} binary
 */

/**
 * Every shipped platform.
 *
 * @type {Platform[]}
 */
export const platforms = manifest.napi.targets.map((target) => {
  const [arch, ...rest] = target.split('-')
  const system = systems[rest.join('-')]
  const cpu = cpus[arch]
  if (!system || !cpu) throw new Error(`package.json: napi.targets: unknown target "${target}"`)
  const key = `${system.os}-${cpu.cpu}${system.suffix}`
  return {
    target,
    key,
    os: system.os,
    cpu: cpu.cpu,
    libc: system.libc,
    words: `${system.words}, ${cpu.words}`,
    packageName: `@lanner/${key}`,
    binary: `lanner.${key}.node`,
  }
})

/** The platform of this machine, or undefined where no binary is shipped for it. */
export function thisPlatform() {
  return platforms.find((platform) => platform.key === platformKey())
}
