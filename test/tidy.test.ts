// The house rules that no linter knows: widths, sizes, cards, layers, dead files, words.
//
// oxlint and clippy hold functions to 70 lines. A rule with exceptions names each of them here,
// with its reason, so that an exception is a line in a review.

import { expect, test } from 'vitest'

import {
  entrySources,
  filesUnder,
  isGenerated,
  logicLines,
  read,
  resolveFrom,
  rustCode,
  scriptCode,
  specifiers,
} from './support/source-tree.ts'

const columnsMax = 100
const logicLinesMax = 500

/** A link, one literal, the sentence that names a test, a manifest's description. */
const unbreakable = new RegExp(
  [
    /^\s*((\/\/\S*|#)\s+)?\S+$/,
    /^\s*(?<quote>['"`]).*\k<quote>,?$/,
    /^\s*test\('/,
    /^description = /,
  ]
    .map((line) => line.source)
    .join('|'),
)

/** Tables: uniform and searchable, so their length costs nobody anything. */
const tables: Record<string, string> = {}

const rust = filesUnder('crates', '.rs')
const script = ['src', 'test', 'bench', 'examples', 'scripts']
  .flatMap((folder) => safely(folder, '.ts', '.mjs', '.cjs'))
  .concat('native.cjs', 'vitest.config.ts')
  .filter((path) => !isGenerated(path))
const config = [
  ...filesUnder('.github', '.yml'),
  ...filesUnder('crates', '.toml'),
  '.ci/run',
  'Cargo.toml',
]

test(`lines have at most ${columnsMax} columns`, () => {
  const long = [...rust, ...script, ...config].flatMap((path) =>
    read(path)
      .split('\n')
      .map((line, index) => ({ line, at: `${path}:${index + 1}` }))
      .filter(({ line }) => line.length > columnsMax && !unbreakable.test(line))
      .map(({ at }) => at),
  )
  expect(long).toEqual([])
})

test(`files have at most ${logicLinesMax} lines of code`, () => {
  const long = [...rust, ...script]
    .filter((path) => !(path in tables) && !/(^|\/)tests?\//.test(path))
    .map((path) => `${path}: ${logicLines(path)}`)
    .filter((entry) => Number(entry.split(': ')[1]) > logicLinesMax)
  expect(long).toEqual([])
})

test('nothing is left over', () => {
  const markers = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|'))
  const found = [...rust, ...script, ...config].filter((path) =>
    read(path)
      .split('\n')
      .some((line) => new RegExp(`(//|/\\*|#|\\*).*\\b(${markers.source})\\b`).test(line)),
  )
  expect(found).toEqual([])
})

test('every file begins with its card', () => {
  const bare = [
    ...rust.filter((path) => !/^(#!\[[^\]]*\]\s*)*\/\/! \S/.test(read(path))),
    ...script.filter((path) => !/^(#!.*\n)?('use strict'\s*)?(\/\/ \S|\/\*\*?\s)/.test(read(path))),
  ]
  expect(bare).toEqual([])
})

test('proto knows no system: no sockets, no clock, no threads, no runtime', () => {
  const forbidden =
    /\b(tokio|mio|socket2|std::(net|thread|fs|io|time|process)|Instant|SystemTime)\b/
  expect(offenders('crates/proto/src', forbidden)).toEqual([])
  expect(read('crates/proto/src/lib.rs')).toContain('#![forbid(unsafe_code)]')
})

test('bridge knows no HTTP and nothing of ours', () => {
  const forbidden = /\b(lanner_(proto|core|node)|http|httparse|hyper|header|napi|tokio|mio)\b/i
  expect(offenders('crates/bridge/src', forbidden)).toEqual([])
})

test('core knows no Node', () => {
  expect(offenders('crates/core/src', /\b(napi|napi_sys|lanner_node)\b/)).toEqual([])
  expect(read('crates/core/src/lib.rs')).toMatch(/#!\[(deny|forbid)\(unsafe_code\)\]/)
})

test('crates depend on each other along the arrows only', () => {
  const allowed: Record<string, string[]> = {
    proto: [],
    bridge: [],
    core: ['lanner-bridge', 'lanner-proto'],
    node: ['lanner-core', 'lanner-bridge', 'lanner-proto'],
  }
  for (const [crate, may] of Object.entries(allowed)) {
    const manifest = read(`crates/${crate}/Cargo.toml`).replace(/^\[dev-dependencies[\s\S]*$/m, '')
    const ours = [...manifest.matchAll(/^(lanner-\w+)\b/gm)].map((match) => match[1])
    expect(ours.filter((name) => !may.includes(name as string))).toEqual([])
  }
})

test('only src/native/ touches the addon', () => {
  // Looks for a converter of Valibot that may be installed.
  const exceptions = ['src/schema/describe.ts']
  const outside = filesUnder('src', '.ts')
    .filter((path) => !path.startsWith('src/native/'))
    .filter((path) => !exceptions.includes(path))
  const touching = outside.filter((path) =>
    /\bcreateRequire\b|\brequire\(|native\.cjs|\.node['"]/.test(scriptCode(read(path))),
  )
  expect(touching).toEqual([])
})

test('every TypeScript source is reached from an entry of the package', () => {
  const sources = new Set(filesUnder('src', '.ts'))
  const reached = reach(entrySources(), sources)
  expect([...sources].filter((path) => !reached.has(path) && !path.endsWith('.d.ts'))).toEqual([])
})

test('every Rust file belongs to a module tree', () => {
  const dead = rust.filter((path) => {
    const parts = /^(crates\/\w+\/src)\/(.*)\.rs$/.exec(path)
    if (!parts || ['lib', 'main'].includes(parts[2] as string)) return false
    const segments = (parts[2] as string).replace(/\/mod$/, '').split('/')
    const name = segments.pop() as string
    const parent = [parts[1], ...segments].join('/')
    const homes =
      segments.length === 0 ? [`${parent}/lib.rs`] : [`${parent}.rs`, `${parent}/mod.rs`]
    const declares = new RegExp(`^\\s*(pub(\\([^)]*\\))? )?mod ${name}\\s*[;{]`, 'm')
    return !homes.some((home) => rust.includes(home) && declares.test(read(home)))
  })
  expect(dead).toEqual([])
})

test('every script and test helper is used', () => {
  const known = new Set(script)
  const roots = [
    ...script.filter((path) =>
      /\.test(-d)?\.ts$|^(bench|examples|src|test\/conformance)\/|\/fixtures\/|^[^/]+$/.test(path),
    ),
    ...script.filter((path) => path.startsWith('scripts/gen/')),
    ...script.filter((path) => path.startsWith('scripts/') && isNamed(path)),
  ]
  const reached = reach(roots, known)
  expect([...known].filter((path) => !reached.has(path))).toEqual([])
})

test('every file with unsafe code is in the inventory', () => {
  const sections = safely('docs', 'unsafe.md').flatMap((path) => read(path).split(/^## /m))
  const missing = rust.filter((path) => {
    const [, crate, file] = /^(crates\/\w+)\/(src\/.*)$/.exec(path) ?? []
    if (!crate || !file || !/\bunsafe\b(?!_code)/.test(rustCode(read(path)))) return false
    return !sections.some((text) => text.startsWith(crate) && text.includes(`\`${file}\``))
  })
  expect(missing).toEqual([])
})

test('every reason for a refusal is caused by a test', () => {
  const reasons = read('crates/proto/src/reject.rs').matchAll(/^ {4}(\w+) = \d+ "(\w+)",$/gm)
  const tests = [...safely('test', '.ts', '.mjs'), ...rust.filter((path) => /\/tests\//.test(path))]
  const text = tests.map(read).join('\n')
  const untested = [...reasons].filter(
    ([, name, label]) => !new RegExp(`\\b(${name}|${label})\\b`).test(text),
  )
  expect(untested.map(([, name]) => name)).toEqual([])
})

test('nothing ties the project to a machine', () => {
  const words = ['/wor' + 'k/', '/roo' + 't/', '/hom' + 'e/', '/User' + 's/', 'artifac' + 'tory']
  const hosts = ['registry.npm' + 'js.org', 'index.crates' + '.io', 'static.crates' + '.io']
  const texts = [...rust, ...script, ...config, ...filesUnder('docs'), ...filesUnder('.', '.md')]
  const named = [
    ...new Set([...texts, 'package.json', 'package-lock.json', 'Cargo.lock', '.npmrc']),
  ]
  const found = named.flatMap((path) => {
    const text = read(path)
    return [...words, ...hosts]
      .filter((word) => text.includes(word))
      .map((word) => `${path}: ${word}`)
  })
  expect(found).toEqual([])
})

function safely(folder: string, ...endings: string[]): string[] {
  return filesUnder('.', ...endings).filter((path) => path.startsWith(`${folder}/`))
}

function offenders(folder: string, forbidden: RegExp): string[] {
  return filesUnder(folder, '.rs').filter((path) => forbidden.test(rustCode(read(path))))
}

function reach(roots: string[], known: Set<string>): Set<string> {
  const reached = new Set(roots)
  for (const path of reached) {
    for (const specifier of specifiers(path).filter((name) => name.startsWith('.'))) {
      const target = resolveFrom(path, specifier, known)
      if (target) reached.add(target)
    }
  }
  return reached
}

/** Whether a package script, a workflow, the documentation or another script names it. */
function isNamed(path: string): boolean {
  const name = path.replace(/^scripts\//, '')
  const places = ['package.json', ...filesUnder('.github'), ...filesUnder('.', '.md'), '.ci/run']
  const others = script.filter((other) => other.startsWith('scripts/') && other !== path)
  return [...places, ...others].some((place) => read(place).includes(name))
}
