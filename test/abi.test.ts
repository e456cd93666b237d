// The number of the interface between the addon and TypeScript: made from the sources, compared
// when the addon is loaded.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { abiOf } from '../scripts/gen/abi.mjs'
import { binding } from '../src/native/binding.ts'
import { ABI_VERSION } from '../src/native/generated/abi.ts'
import { root } from './support/source-tree.ts'

test('the addon that was built has the number of these sources', () => {
  expect(binding().abiVersion()).toBe(ABI_VERSION)
})

test('an addon with another number is refused when it is loaded', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lanner-abi-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const other = join(folder, 'other.cjs')
  writeFileSync(other, `exports.abiVersion = () => ${ABI_VERSION + 1}`)
  // In a process of its own: an addon is loaded once.
  const program = `import { App, LannerError } from 'lanner'
    await new App().listen({ port: 0 }).catch((error) => {
      const { code, message } = error
      console.log(JSON.stringify({ code, message, ours: error instanceof LannerError }))
    })`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, LANNER_NATIVE_PATH: other },
  })
  expect(JSON.parse(stdout)).toEqual({
    code: 'LANNER_ADDON_VERSION',
    message:
      `The native addon has number ${ABI_VERSION + 1} of the internal interface and this package ` +
      `number ${ABI_VERSION}: install lanner again so that both come from one release.`,
    ours: true,
  })
})

test.each([
  ['the order of words', 'write(a); write(b)', 'write(b); write(a)'],
  ['a number', 'pub const BODY: u32 = 2;', 'pub const BODY: u32 = 3;'],
  ['a name', 'pub drain_ms: u32', 'pub drain_us: u32'],
])('%s changes the number', (_, one, other) => {
  expect(abiOf([one])).not.toBe(abiOf([other]))
})

test.each([
  ['a comment', '// was\nlet a = 1;', '/// is\nlet a = 1;'],
  ['how it is written', 'let a = 1;', 'let\r\n  a =\t1;'],
  ['a test', 'let a = 1;', 'let a = 1;\n#[cfg(test)]\nmod tests { }'],
])('%s does not', (_, one, other) => {
  expect(abiOf([one])).toBe(abiOf([other]))
})
