// What is published must fit together: the targets, the platform packages, the workflows, the
// loader.
//
// scripts/pack-test.mjs tries the packed package itself; this compares the lists that it is made
// from.

import { createRequire } from 'node:module'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { platforms } from '../scripts/lib/platform.mjs'
import { isPublished } from '../scripts/lib/stage.mjs'
import { entrySources, filesUnder, read, root } from './support/source-tree.ts'

interface Loader {
  platformKey(): string
  version: string
}

const loader = createRequire(import.meta.url)(join(root, 'native.cjs')) as Loader
const manifest = JSON.parse(read('package.json'))

test('each target has its package, with the fields by which npm chooses', () => {
  for (const { key, packageName, binary, os, cpu, libc } of platforms) {
    const packaged = JSON.parse(read(`npm/${key}/package.json`))
    expect(packaged).toMatchObject({ name: packageName, version: manifest.version, main: binary })
    expect(packaged).toMatchObject({ os: [os], cpu: [cpu], files: [binary] })
    expect(packaged.libc).toEqual(libc ? [libc] : undefined)
    expect(packaged.scripts).toBeUndefined()
  }
  const folders = new Set(filesUnder('npm').map((path) => path.split('/')[1]))
  expect([...folders].sort()).toEqual(platforms.map(({ key }) => key).sort())
})

test('what is published has the code and the types of each entry', () => {
  for (const [name, entry] of Object.entries<string | Record<string, string>>(manifest.exports)) {
    if (typeof entry === 'string') continue
    expect(Object.keys(entry), `entry ${name}`).toEqual(['types', 'default'])
    for (const path of Object.values(entry)) {
      expect(isPublished(path.replace('./', '')), `file ${path}`).toBe(true)
    }
    if (name === '.') continue
    const [start] = entry['default']!.replace('./dist/', 'src/').replace(/\.js$/, '.ts').split('*')
    expect(
      entrySources().some((path) => path.startsWith(start!)),
      `source of ${name}`,
    ).toBe(true)
    expect(entry['types']).toBe(entry['default']!.replace(/\.js$/, '.d.ts'))
  }
})

test('the types of a sub-path refer to the package by its name, not to what it is made of', () => {
  const folders = /^src\/(middleware|client|controllers|openapi|schema)\//
  for (const source of entrySources().filter((path) => folders.test(path))) {
    // What the compiler wrote: types that only the code needs are no affair of the user's.
    const declared = read(source.replace('src/', 'dist/').replace(/\.ts$/, '.d.ts'))
    const foreign = [...declared.matchAll(/\bfrom ['"](\.\.\/[^'"]*)['"]/g)].map(([, from]) => from)
    expect(foreign, `types of ${source}`).toEqual([])
  }
})

test('each sub-path is where the compiler looks for it while we work on it', () => {
  const { compilerOptions } = JSON.parse(read('tsconfig.json'))
  for (const [name, entry] of Object.entries<{ default: string }>(manifest.exports)) {
    if (name === '.' || typeof entry === 'string') continue
    const source = entry.default.replace('./dist/', './src/').replace(/\.js$/, '.ts')
    expect(compilerOptions.paths[name.replace('./', 'lanner/')]).toEqual([source])
  }
})

test('the build workflow builds every target, and no other', () => {
  const built = [...read('.github/workflows/build.yml').matchAll(/- \{ target: ([\w-]+),/g)]
  expect(built.map((match) => match[1]).sort()).toEqual([...manifest.napi.targets].sort())
})

test('the test workflow tries every target', () => {
  const tried = [...read('.github/workflows/ci.yml').matchAll(/ target: ([\w-]+),/g)]
  expect(tried.map((match) => match[1]).sort()).toEqual([...manifest.napi.targets].sort())
})

test('the loader names this platform as its package is named', () => {
  expect(platforms.map(({ key }) => key)).toContain(loader.platformKey())
  expect(loader.version).toBe(manifest.version)
})

test('the crates have the version of the package', () => {
  const [, version] = /\[workspace\.package\]\nversion = "(.*)"/.exec(read('Cargo.toml')) ?? []
  expect(version).toBe(manifest.version)
})

test('the lock file names no place to download from', () => {
  expect(read('package-lock.json')).not.toMatch(/"resolved"|https?:\/\/[^"]*\.tgz/)
})

test('every command runs a script that exists, and is there once', () => {
  const files = new Set(filesUnder('scripts', '.mjs'))
  for (const [name, command] of Object.entries<string>(manifest.scripts)) {
    const [, file] = /^node (scripts\/\S+)/.exec(command) ?? []
    expect(files, `npm run ${name}`).toContain(file)
    expect(read('package.json').split(`    "${name}":`)).toHaveLength(2)
  }
})

test('nothing runs when the package is installed', () => {
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish', 'prepack']
  expect(Object.keys(manifest.scripts).filter((name) => hooks.includes(name))).toEqual([])
  expect(manifest.dependencies).toBeUndefined()
})

test('a benchmark that failed still shows what it found', () => {
  const steps = read('.github/workflows/bench.yml').split(/\n {6}- /)
  const bench = steps.findIndex((step) => step.includes('npm run bench'))
  expect(bench).toBeGreaterThan(0)
  for (const step of steps.slice(bench + 1)) expect(step).toMatch(/^ {8}if: \$\{\{ !cancelled\(\)/m)
})
