// Generated files are what their generators would write today. "npm run gen" makes them so.

import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

import { expect, test } from 'vitest'

import { filesUnder, read, root } from './support/source-tree.ts'

interface Generator {
  generate(): Promise<Record<string, string>> | Record<string, string>
}

const generators = filesUnder('scripts/gen', '.mjs').filter(
  (path) => !path.endsWith('public-api.mjs'),
)

test.each(generators)('%s', { timeout: 60_000 }, async (path) => {
  const { generate } = (await import(pathToFileURL(`${root}/${path}`).href)) as Generator
  for (const [file, content] of Object.entries(await generate())) {
    expect(existsSync(`${root}/${file}`), `${file} is missing: run "npm run gen"`).toBe(true)
    expect(read(file), `${file} is not current: run "npm run gen"`).toBe(content)
  }
})
