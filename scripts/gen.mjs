// npm run gen: writes every generated file anew. npm run gen:check (--check): changes nothing and
// fails when a committed file differs from what its generator would write.
//
// Each module in scripts/gen/ exports `generate()`, which gives an object of path → content, or a
// promise of one. A generator has one source of truth and says in its first lines which.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { filesUnder, root } from './lib/run.mjs'

const check = process.argv.includes('--check')
const stale = []

for (const path of filesUnder('scripts/gen').filter((file) => file.endsWith('.mjs'))) {
  const { generate } = await import(pathToFileURL(join(root, path)).href)
  for (const [file, content] of Object.entries(await generate())) {
    const target = join(root, file)
    const present = existsSync(target) ? readFileSync(target, 'utf8') : null
    if (present === content) continue
    if (check) {
      stale.push(`${file} (from ${path})`)
      continue
    }
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, content)
    process.stdout.write(`wrote ${file}\n`)
  }
}

if (stale.length > 0) {
  process.stderr.write(
    `these generated files are not current, run "npm run gen":\n  ${stale.join('\n  ')}\n`,
  )
  process.exitCode = 1
}
