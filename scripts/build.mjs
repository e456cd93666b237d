// npm run build: the addon in release, then TypeScript to dist/.
// npm run build:debug (--debug): the same with a quickly built addon, for working on the crates.
// --force builds both again. Reuses whatever is current.

import { parseArgs } from 'node:util'

import { ensureAddon } from './lib/addon.mjs'
import { ensureDist } from './lib/typescript.mjs'

const { values } = parseArgs({
  options: { debug: { type: 'boolean' }, force: { type: 'boolean' } },
})

await ensureAddon({ profile: values.debug ? 'debug' : 'release', force: values.force ?? false })
await ensureDist({ force: values.force ?? false })
