// The public surface is a reviewed file: index.d.ts equals what src/index.ts exports.
//
// A failure here means that the surface changed. Where that is meant: "npm run gen", a look at the
// difference, and an entry in CHANGELOG.md.

import { expect, test } from 'vitest'

import { generate } from '../scripts/gen/public-api.mjs'
import { read } from './support/source-tree.ts'

test('index.d.ts is what src/index.ts exports', async () => {
  const surface = (await generate()) as Record<string, string>
  expect(read('index.d.ts')).toBe(surface['index.d.ts'])
})

test('the surface names nothing of the binding', () => {
  expect(read('index.d.ts')).not.toMatch(/\bNative(Binding|Server|Lane|Config)\b/)
})
