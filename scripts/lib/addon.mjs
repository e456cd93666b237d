// Builds the native addon when it is missing or older than its sources.
//
// Called by build.mjs, start.mjs and everything that needs a working addon. Promises that a second
// call costs a few milliseconds: a stamp beside the binary holds the hash of the crates, the lock
// file and the profile. A missing toolchain becomes one line. Cross builds are not here: the build
// workflow calls the napi command itself.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { ask, duration, fail, filesUnder, hashFiles, root, runTool } from './run.mjs'

const { platformKey } = createRequire(import.meta.url)(join(root, 'native.cjs'))

const binary = `lanner.${platformKey()}.node`
const stampFile = join(root, 'target', `${binary}.stamp`)
const sharedSources = ['Cargo.toml', 'Cargo.lock']

/**
 * Makes sure that the addon is built from the present sources.
 *
 * @param {{ profile?: 'release' | 'debug', any?: boolean, force?: boolean }} options
 *   `any` accepts a current binary of the other profile: right for tests, wrong for benchmarks.
 */
export async function ensureAddon({ profile = 'release', any = false, force = false } = {}) {
  // The workflows test binaries that another machine built.
  if (process.env.LANNER_PREBUILT === '1') return binary
  const sources = sourceHash()
  const stamp = readStamp()
  const current = existsSync(join(root, binary)) && stamp.sources === sources
  if (current && !force && (any || stamp.profile === profile)) return binary

  requireToolchain()
  process.stdout.write(
    `building the native addon (${profile}); the first time takes some minutes\n`,
  )
  const started = Date.now()
  const aside = join(root, 'target', 'addon')
  mkdirSync(aside, { recursive: true })
  const args = ['build', '--platform', '--no-js', '--package', 'lanner-node']
  args.push('--manifest-path', join(root, 'crates', 'node', 'Cargo.toml'), '--output-dir', aside)
  // The declarations of the binding are written by hand in src/native: the derived ones stay aside.
  args.push('--dts', 'derived.d.ts')
  if (profile === 'release') args.push('--release')
  const { code } = await runTool('@napi-rs/cli', args, { bin: 'napi' })
  if (code !== 0) fail('the native addon did not build: the compiler says why above')
  requireLoads(join(aside, binary))
  // A rename leaves processes that run the old binary alone; writing into it would kill them.
  try {
    renameSync(join(aside, binary), join(root, binary))
  } catch {
    fail(`${binary} is in use: stop the programs that run it, then run this again`)
  }
  writeFileSync(stampFile, JSON.stringify({ sources, profile }))
  process.stdout.write(`built ${binary} in ${duration(Date.now() - started)}\n`)
  return binary
}

/** A binary that links and does not load is a broken build, said here and not by a later test. */
function requireLoads(path) {
  const probe = `require(${JSON.stringify(path)}).abiVersion()`
  const { status, stderr } = spawnSync(process.execPath, ['-e', probe], { encoding: 'utf8' })
  if (status === 0) return
  const said = /^\w*Error: (.*)$/m.exec(stderr)?.[1] ?? stderr.trim()
  fail(`the native addon was built and does not load: ${said}`)
}

/** Ends with one line when the programs that a build needs are missing or too old. */
export function requireToolchain() {
  const needed = /rust-version = "(\d+)\.(\d+)"/.exec(
    readFileSync(join(root, 'Cargo.toml'), 'utf8'),
  )
  const [major, minor] = [Number(needed[1]), Number(needed[2])]
  const wanted = `Rust ${major}.${minor} or newer`
  const advice = 'install it with rustup, open a new terminal and run this again'

  const said = ask('cargo', ['--version']) && ask('rustc', ['--version'])
  const found = said && /(\d+)\.(\d+)\.\d+/.exec(said)
  if (!found) {
    fail(`building from a clone needs ${wanted}, and there is no working cargo here: ${advice}`)
  }
  if (Number(found[1]) < major || (Number(found[1]) === major && Number(found[2]) < minor)) {
    fail(`building from a clone needs ${wanted}, and this is ${found[0]}: run "rustup update"`)
  }
  if (process.platform !== 'win32' && !process.env.CC && ask('cc', ['--version']) === null) {
    fail(
      'building from a clone needs a C compiler to link with, and there is no "cc" here: ' +
        compilerAdvice(),
    )
  }
}

function compilerAdvice() {
  if (process.platform === 'darwin') return 'run "xcode-select --install"'
  return (
    'install gcc or clang ' +
    '(Debian, Ubuntu: "apt-get install build-essential"; Alpine: "apk add build-base")'
  )
}

function sourceHash() {
  const crates = ['bridge', 'core', 'node', 'proto'].flatMap((crate) => [
    `crates/${crate}/Cargo.toml`,
    `crates/${crate}/build.rs`,
    ...filesUnder(`crates/${crate}/src`),
  ])
  return hashFiles([...sharedSources, ...crates], process.env.RUSTFLAGS ?? '')
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'))
  } catch {
    return {}
  }
}
