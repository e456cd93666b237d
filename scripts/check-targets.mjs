// npm run check:targets: compiles all crates and their tests for every target that is released, to
// types only, with clippy's lints as errors. npm run check:targets -- windows musl: only targets
// whose names contain one of these words.
//
// Nothing is linked and nothing runs, so no other system, SDK or linker is needed: what fails here
// is code that another system would not have compiled. A target whose standard library is installed
// is checked with the toolchain of the build; for the others a nightly compiles the library from
// its sources (-Z build-std), and where there is none that is one line, and the end.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { requireToolchain } from './lib/addon.mjs'
import { platforms } from './lib/platform.mjs'
import { ask, duration, fail, run } from './lib/run.mjs'

const INSTALL =
  'rustup toolchain install nightly --profile minimal --component rust-src --component clippy'

const { positionals: words } = parseArgs({ allowPositionals: true })
const named = platforms.map(({ target }) => target)
const chosen = named.filter(
  (target) => words.length === 0 || words.some((word) => target.includes(word)),
)
if (chosen.length === 0) fail(`no target is called so: there are ${named.join(', ')}`)

requireToolchain()
const own = ask('rustc', ['--print', 'sysroot'])?.trim() ?? ''
const nightly = ask('rustc', ['+nightly', '--print', 'sysroot'])?.trim()
const hasSources = nightly !== undefined && existsSync(join(rustlib(nightly), 'src', 'rust'))

const broken = []
for (const target of chosen) {
  const installed = existsSync(join(rustlib(own), target, 'lib'))
  if (!installed && !hasSources) {
    fail(`${target} needs a nightly toolchain with the library's sources: run "${INSTALL}"`)
  }
  const how = installed ? [] : ['+nightly']
  const library = installed ? [] : ['-Z', 'build-std']
  process.stdout.write(`\n── ${target}${installed ? '' : ', the library from its sources'}\n`)
  const started = Date.now()
  const { code } = await run('cargo', [
    ...[...how, 'clippy', ...library, '--target', target],
    ...['--workspace', '--all-targets', '--keep-going', '--quiet', '--', '-D', 'warnings'],
  ])
  process.stdout.write(`${code === 0 ? 'ok' : 'FAILED'}, ${duration(Date.now() - started)}\n`)
  if (code !== 0) broken.push(target)
}

process.stdout.write(`\n${chosen.length - broken.length} of ${chosen.length} targets compile\n`)
if (broken.length > 0) fail(`these do not compile: ${broken.join(', ')}`)

function rustlib(sysroot) {
  return join(sysroot, 'lib', 'rustlib')
}
