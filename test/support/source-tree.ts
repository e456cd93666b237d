// The files of this repository as the house-keeping tests see them.
//
// Called by tidy.test.ts and packaging.test.ts. Promises paths relative to the root with '/'
// between the parts, in a fixed order, and nothing that is built, installed or ignored.

import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, posix, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds package.json. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')

const builtFolders = new Set([
  'node_modules',
  'target',
  'dist',
  '.git',
  '.cache',
  'out',
  'coverage',
])

/** All files under `folder` whose name ends in one of `endings` (all, when none is given). */
export function filesUnder(folder: string, ...endings: string[]): string[] {
  const found: string[] = []
  const walk = (at: string): void => {
    for (const entry of readdirSync(join(root, at), { withFileTypes: true })) {
      const path = at === '.' ? entry.name : posix.join(at, entry.name)
      if (entry.isDirectory()) {
        if (!builtFolders.has(entry.name)) walk(path)
      } else if (endings.length === 0 || endings.some((ending) => path.endsWith(ending))) {
        found.push(path)
      }
    }
  }
  walk(folder)
  return found.sort((a, b) => (a < b ? -1 : 1))
}

/** The text of a file. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/**
 * The sources of what `exports` and `bin` in package.json name; those of a pattern are its files.
 */
export function entrySources(): string[] {
  const { exports, bin } = JSON.parse(read('package.json')) as Record<
    'exports' | 'bin',
    Record<string, unknown>
  >
  const sources = filesUnder('src', '.ts')
  const programs = Object.values(bin).map((file) => ({ default: file }))
  return [...Object.values(exports), ...programs].flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null) return []
    const { default: file } = entry as { default: string }
    const source = file.replace('./dist/', 'src/').replace(/\.js$/, '.ts')
    const [start, end] = source.split('*') as [string, string?]
    if (end === undefined) return sources.filter((path) => path === source)
    return sources.filter((path) => path.startsWith(start) && path.endsWith(end))
  })
}

/** Whether a file is written by a generator: such files follow their generator, not the style. */
export function isGenerated(path: string): boolean {
  return path === 'index.d.ts' || path.startsWith('src/native/generated/')
}

/** Rust source without comments, strings and the unit tests at its end. */
export function rustCode(text: string): string {
  const noTests = text.replace(/^#\[cfg\((?:all\()?test[\s\S]*?\nmod tests \{[\s\S]*$/m, '')
  return noTests
    .replace(/\/\/.*$/gm, '')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/b?"(?:[^"\\]|\\[\s\S])*"/g, '""')
}

/** TypeScript source without comments. */
export function scriptCode(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

/** Lines that hold code: not empty, not only a comment, not a unit test. */
export function logicLines(path: string): number {
  const text = read(path)
  const code = path.endsWith('.rs') ? rustCode(text) : scriptCode(text)
  return code.split('\n').filter((line) => line.trim() !== '').length
}

/** Module specifiers of a script: static, dynamic, by `require`, and those of its processes. */
export function specifiers(path: string): string[] {
  const code = scriptCode(read(path))
  const pattern = /(?:\bfrom|\bimport|\bimport\(|\brequire\(|\bnew URL\()\s*['"]([^'"\n]+)['"]/g
  return [...code.matchAll(pattern)].map((match) => match[1] as string)
}

/** The file that a relative specifier names, seen from `path`. */
export function resolveFrom(path: string, specifier: string, known: Set<string>): string | null {
  const base = posix.join(posix.dirname(path), specifier)
  const candidates = [base, base.replace(/\.js$/, '.ts'), `${base}.ts`, `${base}/index.ts`]
  return candidates.find((candidate) => known.has(candidate)) ?? null
}
