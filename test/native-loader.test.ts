// The loader of the addon (native.cjs): where it looks, and the one sentence when it finds nothing.
//
// Each test runs a copy of the loader in an empty folder, in a process of its own, the way an
// installed package would be laid out.

import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { thisPlatform } from '../scripts/lib/platform.mjs'
import { root } from './support/source-tree.ts'

const platform = thisPlatform()!
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanner-loader-'))
  copyFileSync(join(root, 'native.cjs'), join(folder, 'native.cjs'))
  writeFileSync(join(folder, 'package.json'), '{ "name": "lanner", "version": "1.2.3" }')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('takes the local build first', () => {
  install('1.2.3', 'package')
  writeFileSync(join(folder, platform.binary), '')
  // Not a library: that it is tried at all is the point.
  expect(load()).toMatchObject({ code: 'LANNER_ADDON_BROKEN' })
})

test('takes the platform package of the same version', () => {
  install('1.2.3', 'package')
  expect(load()).toEqual({ loaded: 'package' })
})

test('takes the file that LANNER_NATIVE_PATH names', () => {
  install('1.2.3', 'package')
  const path = join(folder, 'elsewhere.cjs')
  writeFileSync(path, "module.exports = 'elsewhere'")
  expect(load({ LANNER_NATIVE_PATH: path })).toEqual({ loaded: 'elsewhere' })
})

test('refuses a platform package of another version', () => {
  install('1.2.4', 'package')
  const { code, message } = load()
  expect(code).toBe('LANNER_ADDON_VERSION')
  expect(message).toContain(`lanner 1.2.3 found ${platform.packageName} 1.2.4`)
})

test('says in one line what is missing and what to do', () => {
  const { code, message } = load()
  expect(code).toBe('LANNER_ADDON_MISSING')
  expect(message).toContain(`${platform.packageName} is not installed`)
  expect(message).toContain('install again')
  expect(message).not.toContain('\n')
})

test('says why a binary does not load', () => {
  writeFileSync(join(folder, platform.binary), 'not a library')
  const { code, message } = load()
  expect(code).toBe('LANNER_ADDON_BROKEN')
  expect(message).toContain(platform.binary)
  expect(message).not.toContain('\n')
})

/** What a Node on each system says of itself, and the package that is right for it. */
const glibc = { header: { glibcVersionRuntime: '2.36' }, sharedObjects: ['/lib/libc.so.6'] }
const alpine = { header: {}, sharedObjects: ['/usr/bin/node', '/lib/ld-musl-aarch64.so.1'] }
const renamed = { header: {}, sharedObjects: ['/usr/lib/libc.musl-x86_64.so.1'] }
const silent = { header: {}, sharedObjects: [] }
const busybox = '#!/bin/sh\nexec /lib/ld-musl-x86_64.so.1 --list "$@"'

test.each([
  ['linux', 'x64', glibc, '', 'linux-x64-gnu'],
  ['linux', 'arm64', glibc, busybox, 'linux-arm64-gnu'],
  ['linux', 'arm64', alpine, '', 'linux-arm64-musl'],
  ['linux', 'x64', renamed, '', 'linux-x64-musl'],
  ['linux', 'x64', undefined, busybox, 'linux-x64-musl'],
  ['linux', 'x64', undefined, '# GNU C Library', 'linux-x64-gnu'],
  ['linux', 'x64', undefined, undefined, 'linux-x64-gnu'],
  ['darwin', 'arm64', silent, undefined, 'darwin-arm64'],
  ['darwin', 'x64', silent, undefined, 'darwin-x64'],
  ['win32', 'arm64', silent, undefined, 'win32-arm64-msvc'],
])('on %s %s it is the package of that system and C library (%#)', (os, arch, report, ldd, key) => {
  const code = `
    const fs = require('node:fs')
    const [os, arch, report, ldd] = JSON.parse(process.argv[1])
    const said = { platform: os, arch, report: report && { getReport: () => report } }
    for (const [name, value] of Object.entries({ report: undefined, ...said })) {
      Object.defineProperty(process, name, { value })
    }
    const readFileSync = fs.readFileSync
    fs.readFileSync = (path, ...rest) => {
      if (path !== '/usr/bin/ldd') return readFileSync(path, ...rest)
      if (typeof ldd === 'string') return ldd
      throw new Error('ENOENT')
    }
    process.stdout.write(require('./native.cjs').platformKey())`
  const facts = JSON.stringify([os, arch, report ?? null, ldd])
  const { stdout } = spawnSync(process.execPath, ['-e', code, facts], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(stdout).toBe(key)
})

/** The manifest as it is published: with a package for each platform that there is a binary for. */
function publish(...names: string[]): void {
  const optionalDependencies = Object.fromEntries(names.map((name) => [name, '1.2.3']))
  const manifest = { name: 'lanner', version: '1.2.3', optionalDependencies }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
}

test('says which platforms there are, where this is none of them', () => {
  publish('@lanner/plan9-mips', '@lanner/amiga-68k')
  const { code, message } = load()
  expect(code).toBe('LANNER_ADDON_MISSING')
  expect(message).toMatch(/has no native addon for Node .* on .*: .* plan9-mips, amiga-68k\.$/)
})

test('says when the packages were installed on another machine', () => {
  publish('@lanner/plan9-mips', platform.packageName)
  install('1.2.3', 'package', '@lanner/plan9-mips')
  const { code, message } = load()
  expect(code).toBe('LANNER_ADDON_MISSING')
  expect(message).toContain(`@lanner/plan9-mips is installed and ${platform.packageName} is not`)
  expect(message).toContain('install again')
})

test('says that Node is too old, where an addon does not load', () => {
  writeFileSync(join(folder, platform.binary), 'not a library')
  const { message } = load(
    {},
    `Object.defineProperty(process.versions, 'node', { value: '18.4.0' })`,
  )
  expect(message).toMatch(/\(lanner needs Node 20\.17, this is 18\.4\.0\)$/)
  expect(load().message).not.toContain('lanner needs')
})

/** Lays out the platform package; its "binary" is a script that exports a word. */
function install(version: string, word: string, name = platform.packageName): void {
  const at = join(folder, 'node_modules', ...name.split('/'))
  mkdirSync(at, { recursive: true })
  writeFileSync(join(at, 'package.json'), JSON.stringify({ version, main: 'binary.cjs' }))
  writeFileSync(join(at, 'binary.cjs'), `module.exports = '${word}'`)
}

function load(env: Record<string, string> = {}, before = ''): Record<string, string | undefined> {
  const code = `${before};
    try { console.log(JSON.stringify({ loaded: require('./native.cjs').load() })) }
    catch ({ code, message }) { console.log(JSON.stringify({ code, message })) }`
  const { stdout } = spawnSync(process.execPath, ['-e', code], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, LANNER_NATIVE_PATH: '', ...env },
  })
  return JSON.parse(stdout)
}
