// npm test: every check that a change must pass, in the order of how soon each one fails.
// npm test -- rust vitest: only the named steps. --bail stops at the first failure.
//
// Ends with a table of the steps and one plain line: "N passed, N failed, N skipped". A step that
// is not a test runner (a formatter, a linter, a type check) counts as one test.

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
for (const { name, ms, code, passed, failed, skipped } of results) {
  const counts = `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`
  const state = code === 0 ? 'ok    ' : 'FAILED'
  process.stdout.write(`${state}  ${name.padEnd(8)} ${duration(ms).padStart(12)}  [${counts}]\n`)
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
process.exitCode = results.some(({ code }) => code !== 0) ? 1 : 0

/** A plain check counts as one; a runner that died without counting has failed once. */
function normalise({ code, passed = 0, failed = 0, skipped = 0 }) {
  if (passed + failed === 0)
    return { code, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped }
  if (code !== 0 && failed === 0) return { code, passed, failed: 1, skipped }
  return { code, passed, failed, skipped }
}
