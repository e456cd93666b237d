// node scripts/fuzz.mjs [--seconds N] [--jobs N] [target…]: runs the fuzz targets of crates/fuzz
// for a bounded time each (30 seconds by default) on the toolchain that builds the product.
//
// cargo-fuzz wants a nightly toolchain for its address sanitizer. The crates that are fuzzed here
// have no unsafe code, so libFuzzer with coverage is enough, and that much stable Rust can do. The
// committed corpus is only read; what a run adds to it stays in the build folder. A crash is left
// in crates/fuzz/artifacts and fails the run.

import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { ask, fail, filesUnder, root, run } from './lib/run.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '30' }, jobs: { type: 'string' } },
})

const folder = join(root, 'crates', 'fuzz')
const targets = filesUnder('crates/fuzz/fuzz_targets', '.rs').map((path) =>
  path.replace(/^.*\/(\w+)\.rs$/, '$1'),
)
for (const name of positionals) {
  if (!targets.includes(name)) fail(`no fuzz target "${name}": there are ${targets.join(', ')}`)
}

const triple = /^host: (\S+)$/m.exec(ask('rustc', ['-vV']) ?? '')?.[1]
if (!triple) fail('fuzzing needs a Rust toolchain: https://rustup.rs')
if (process.platform === 'win32') fail('fuzzing runs on Linux and macOS')

// What cargo-fuzz passes, without its sanitizers. With a target triple, cargo keeps these flags
// away from build scripts.
const flags = [
  '--cfg fuzzing',
  '-Cpasses=sancov-module',
  '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters',
  '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares',
  '-Ccodegen-units=1',
]
const build = process.env.CARGO_TARGET_DIR ?? join(folder, 'target')
const cargo = ['build', '--release', '--target', triple]
if (values.jobs) cargo.push('--jobs', values.jobs)
const built = await run('cargo', cargo, {
  cwd: folder,
  env: { RUSTFLAGS: flags.join(' '), CARGO_TARGET_DIR: build },
})
if (built.code !== 0) fail('the fuzz targets do not build; they need a C++ compiler')

const artifacts = join(folder, 'artifacts')
for (const name of positionals.length > 0 ? positionals : targets) {
  const found = join(build, 'corpus', name)
  mkdirSync(found, { recursive: true })
  mkdirSync(join(artifacts, name), { recursive: true })
  const seeds = join(folder, 'corpus', name)
  const dictionary = join(folder, 'dictionaries', `${name}.dict`)
  process.stdout.write(`\n── ${name}, ${values.seconds} s\n`)
  const { code } = await run(join(build, triple, 'release', name), [
    found,
    ...(existsSync(seeds) ? [seeds] : []),
    ...(existsSync(dictionary) ? [`-dict=${dictionary}`] : []),
    `-artifact_prefix=${join(artifacts, name)}/`,
    `-max_total_time=${values.seconds}`,
    '-max_len=2048',
    '-timeout=10',
    '-print_final_stats=1',
  ])
  if (code !== 0) fail(`${name} found a breach: its input is in crates/fuzz/artifacts/${name}`)
}
