// npm run lint: the checks of `npm test` that run nothing: formats, lints, types, generated files.

import { steps } from './lib/steps.mjs'

let broken = 0
for (const name of ['fmt', 'clippy', 'tsc', 'oxlint', 'oxfmt', 'gen']) {
  process.stdout.write(`── ${name}: ${steps[name].about}\n`)
  const { code } = await steps[name].run()
  if (code !== 0) broken += 1
}
process.exitCode = broken > 0 ? 1 : 0
