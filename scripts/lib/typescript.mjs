// Compiles src/ to dist/ when it is missing or older than its sources.
//
// Called by build.mjs, start.mjs and the scripts that run what users run. Promises that dist/ holds
// nothing that src/ no longer has, and that a second call costs a few milliseconds.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { fail, filesUnder, hashFiles, root, runTool } from './run.mjs'

const stampFile = join(root, 'target', 'dist.stamp')

/** Makes sure that dist/ is compiled from the present sources. */
export async function ensureDist({ force = false } = {}) {
  const configs = ['package-lock.json', 'tsconfig.base.json', 'tsconfig.build.json']
  const sources = hashFiles([...configs, ...filesUnder('src')])
  const built = existsSync(stampFile) && existsSync(join(root, 'dist', 'index.js'))
  if (built && !force && readFileSync(stampFile, 'utf8') === sources) return

  rmSync(join(root, 'dist'), { recursive: true, force: true })
  rmSync(stampFile, { force: true })
  const { code } = await runTool('typescript', ['-p', 'tsconfig.build.json'], { bin: 'tsc' })
  if (code !== 0) fail('TypeScript found errors in src/: they are listed above')
  mkdirSync(join(root, 'target'), { recursive: true })
  writeFileSync(stampFile, sources)
}
