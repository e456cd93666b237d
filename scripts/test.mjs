// npm test: every check that a change must pass, in the order of how soon each one fails.
// npm test -- rust vitest: only the named steps. --bail stops at the first failure.
//
// Ends with a table of the steps, the name of everything that failed, and one plain line:
// "N passed, N failed, N skipped". A step that is not a test runner (a formatter, a linter, a type
// check) counts as one test.

import { parseArgs } from 'node:util'

import { duration, fail } from './lib/run.mjs'
import { steps } from './lib/steps.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { bail: { type: 'boolean' } },
})

for (const name of positionals) {
  if (!Object.hasOwn(steps, name)) {
    fail(`there is no test step "${name}": the steps are ${Object.keys(steps).join(', ')}`)
  }
}

// Generated files are a test of vitest's already (test/generated.test.ts).
const all = Object.keys(steps).filter((name) => name !== 'gen')
const chosen = positionals.length > 0 ? positionals : all
const results = []
for (const name of chosen) {
  process.stdout.write(`\n── ${name}: ${steps[name].about}\n`)
  const started = Date.now()
  const result = await steps[name].run()
  results.push({ name, ms: Date.now() - started, ...normalise(result) })
  if (result.code !== 0 && values.bail) break
}

const total = { passed: 0, failed: 0, skipped: 0 }
process.stdout.write('\n')
for (const { name, ms, code, passed, failed, skipped, failures } of results) {
  const counts = `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`
  const state = code === 0 ? 'ok    ' : 'FAILED'
  process.stdout.write(`${state}  ${name.padEnd(8)} ${duration(ms).padStart(12)}  [${counts}]\n`)
  // Here and not only where it happened: whoever reads the end of a long log must learn it.
  for (const failure of failures) process.stdout.write(`        ${failure}\n`)
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
process.exitCode = results.some(({ code }) => code !== 0) ? 1 : 0

/** A plain check counts as one; a runner that died without counting has failed once. */
function normalise({ code, passed = 0, failed = 0, skipped = 0, failures = [] }) {
  if (passed + failed === 0) {
    const ok = code === 0
    return { code, passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped, failures }
  }
  if (code !== 0 && failed === 0) return { code, passed, failed: 1, skipped, failures }
  return { code, passed, failed, skipped, failures }
}
