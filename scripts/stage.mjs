// node scripts/stage.mjs OUT [--binaries FOLDER] [--repository URL]: lays out all packages of a
// release under OUT: OUT/lanner and OUT/<platform>. Fails when the binary of any platform is
// missing.
//
// Called by the release workflow, which publishes the platforms first and the main package last.

import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { platforms } from './lib/platform.mjs'
import { fail, root } from './lib/run.mjs'
import { stageMain, stagePlatform } from './lib/stage.mjs'
import { ensureDist } from './lib/typescript.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { binaries: { type: 'string' }, repository: { type: 'string' } },
})
if (positionals.length !== 1) fail('say where to put the packages: node scripts/stage.mjs OUT')

const out = resolve(positionals[0])
const options = { binaries: resolve(values.binaries ?? root), repository: values.repository }
await ensureDist()
for (const { key } of platforms) stagePlatform(join(out, key), key, options)
stageMain(join(out, 'lanner'), options)
process.stdout.write(`staged ${platforms.length + 1} packages in ${out}\n`)
