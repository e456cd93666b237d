// The checks that `npm test` and `npm run lint` are made of, each as a named step.
//
// Called by test.mjs and lint.mjs. A step returns { code, passed, failed, skipped, failures }; the
// counts stay zero for a step that is not a test runner, and `failures` names what failed. Promises
// that each step can be run alone and in any order, building what it needs.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'

import { ensureAddon, requireToolchain } from './addon.mjs'
import { filesUnder, root, run, runTool } from './run.mjs'
import { ensureDist } from './typescript.mjs'

/** Folders with TypeScript or JavaScript of ours, and the files at the top. */
const scriptSources = [
  'src',
  'test',
  'bench',
  'examples',
  'scripts',
  'native.cjs',
  'vitest.config.ts',
]

export const steps = {
  fmt: {
    about: 'cargo fmt --check',
    run: () => run('cargo', ['fmt', '--all', '--check']),
  },
  clippy: {
    about: 'cargo clippy, warnings are errors',
    run: () => cargo(['clippy', '--workspace', '--all-targets', '--quiet', '--', '-D', 'warnings']),
  },
  tsc: {
    about: 'TypeScript, sources and tests',
    run: () => runTool('typescript', ['-p', 'tsconfig.json'], { bin: 'tsc' }),
  },
  oxlint: {
    about: 'oxlint with types, warnings are errors',
    run: async () => {
      // The examples take their types from the built package: an old build would be judged.
      await ensureDist()
      return runTool('oxlint', ['--type-aware', '--deny-warnings', ...present()])
    },
  },
  oxfmt: {
    about: 'oxfmt --check',
    run: () => runTool('oxfmt', ['--check', ...present()]),
  },
  rust: {
    about: 'cargo test',
    run: async () => {
      // The binding crate is tested from Node: its symbols exist only inside a Node process.
      const tests = ['test', '--workspace', '--exclude', 'lanner-node', '--no-fail-fast']
      return counted(await cargo(tests, { capture: true }))
    },
  },
  loom: {
    about: 'loom models of the bridge (bounded)',
    run: async () => {
      const models = filesUnder('crates/bridge/tests').filter((path) =>
        /\/loom_\w+\.rs$/.test(path),
      )
      const args = ['test', '--package', 'lanner-bridge', '--profile', 'loom', '--no-fail-fast']
      for (const path of models) args.push('--test', path.replace(/^.*\/(\w+)\.rs$/, '$1'))
      const env = { RUSTFLAGS: '--cfg loom', CARGO_TARGET_DIR: loomTarget() }
      env.LOOM_MAX_PREEMPTIONS = process.env.LOOM_MAX_PREEMPTIONS ?? '3'
      return counted(await cargo(args, { capture: true, env }))
    },
  },
  fuzz: {
    about: 'every fuzz target for ten seconds',
    run: async () => {
      // libFuzzer has no runtime for Windows that Rust ships.
      if (process.platform === 'win32') return { code: 0 }
      const script = join(root, 'scripts', 'fuzz.mjs')
      return run(process.execPath, [script, '--seconds', '10'])
    },
  },
  gen: {
    about: 'generated files are current',
    run: () => run(process.execPath, [join(root, 'scripts', 'gen.mjs'), '--check']),
  },
  vitest: {
    about: 'vitest',
    run: async () => {
      await ensureAddon({ any: true })
      await ensureDist()
      return vitest()
    },
  },
  pack: {
    about: 'the packed package, installed and used',
    run: async () => run(process.execPath, [join(root, 'scripts', 'pack-test.mjs')]),
  },
}

/** Runs vitest and reads its counts; `node` chooses another Node than ours. */
export async function vitest({ node = process.execPath, args = [] } = {}) {
  const report = join(root, 'target', `vitest-${process.pid}.json`)
  mkdirSync(join(root, 'target'), { recursive: true })
  const flags = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { code } = await runTool('vitest', [...flags, ...args], { node })
  if (!existsSync(report)) return { code: code || 1, passed: 0, failed: 0, skipped: 0 }
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  )
  rmSync(report)
  return {
    code,
    passed: numPassedTests,
    failed: numFailedTests,
    skipped: numPendingTests,
    failures: testResults.flatMap(vitestFailures),
  }
}

/** What failed in one file of vitest's report; a file that did not load failed as a whole. */
function vitestFailures({ name, status, message, assertionResults }) {
  const file = relative(root, name)
  const failed = assertionResults.filter((test) => test.status === 'failed')
  if (failed.length === 0 && status === 'failed') return [`${file}: ${firstLine(message)}`]
  return failed.map(
    ({ fullName, failureMessages }) => `${file} > ${fullName}: ${firstLine(failureMessages[0])}`,
  )
}

function firstLine(text = '') {
  return text.split('\n', 1)[0]
}

/** Adds up the closing lines of all test binaries of one cargo run, and gathers what failed. */
export function counted({ code, output }) {
  const failures = [...output.matchAll(/^test (.+) \.\.\. FAILED$/gm)].map(([, name]) => name)
  const total = { code, passed: 0, failed: 0, skipped: 0, failures }
  for (const [, name, reason] of output.matchAll(/^thread '([^']+)'.* panicked at .*\n(.*)$/gm)) {
    const index = failures.indexOf(name)
    if (index >= 0) failures[index] += `: ${reason}`
  }
  for (const [, passed, failed, ignored] of output.matchAll(
    /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm,
  )) {
    total.passed += Number(passed)
    total.failed += Number(failed)
    total.skipped += Number(ignored)
  }
  return total
}

function cargo(args, options) {
  requireToolchain()
  return run('cargo', args, options)
}

/** Other flags would rebuild everything at each switch, so the models build apart. */
function loomTarget() {
  return join(process.env.CARGO_TARGET_DIR || join(root, 'target'), 'loom')
}

function present() {
  return scriptSources.filter((path) => existsSync(join(root, path)))
}
