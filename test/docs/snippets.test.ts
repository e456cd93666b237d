// Every program in the documentation is type-checked as it stands, and those that say so are run.
//
// A fenced block of `ts` or `js` is a module of its own; `ts run` is also run, and has to end by
// itself. `ts fragment` is a part that cannot stand alone, `ts signature` a declaration: both are
// not checked. Errors are told by page and line.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, describe, expect, test } from 'vitest'

import { toolPath } from '../../scripts/lib/run.mjs'
import { filesUnder, read, root } from '../support/source-tree.ts'

interface Snippet {
  readonly page: string
  readonly line: number
  readonly language: string
  readonly words: readonly string[]
  readonly code: string
  /** Its name as a file. */
  readonly file: string
}

const pages = ['README.md', ...filesUnder('docs', '.md')].filter((page) => !/\/design\//.test(page))
const snippets = pages.flatMap(snippetsOf).filter(isProgram)

function isProgram({ words }: Snippet): boolean {
  return !words.includes('fragment') && !words.includes('signature')
}

function snippetsOf(page: string): Snippet[] {
  const lines = read(page).split('\n')
  return lines.flatMap((opening, at) => {
    const [, language, rest = ''] = /^```(ts|js)\b(.*)$/.exec(opening) ?? []
    if (language === undefined) return []
    const end = lines.indexOf('```', at)
    const line = at + 2
    const file = `${page.replaceAll(/[/.]/g, '-')}-${line}.m${language}`
    const words = rest.trim().split(/\s+/)
    return [{ page, line, language, words, file, code: lines.slice(at + 1, end).join('\n') }]
  })
}

// Within the project, where programs find the package by its name, and its tools.
mkdirSync(join(root, 'target'), { recursive: true })
const folder = mkdtempSync(join(root, 'target', 'snippets-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
for (const { file, code, line } of snippets) {
  // On the lines that they have in the page.
  writeFileSync(join(folder, file), `${'\n'.repeat(line - 1)}${code}\nexport {}\n`)
}

test('there are programs to check', () => {
  expect(snippets.length).toBeGreaterThan(20)
})

test('every block says in words that are known what it is', () => {
  const known = new Set(['', 'run', 'fragment', 'signature'])
  const unknown = pages.flatMap(snippetsOf).filter(({ words }) => words.some((w) => !known.has(w)))
  expect(unknown.map(({ page, line, words }) => `${page}:${line} ${words.join(' ')}`)).toEqual([])
})

test('every program fits the types', { timeout: 60_000 }, () => {
  const compilerOptions = {
    noEmit: true,
    allowJs: true,
    checkJs: true,
    noImplicitAny: false,
    noImplicitReturns: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
  }
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['*'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = toolPath('typescript', 'tsc')
  const args = [tsc, '-p', folder, '--pretty', 'false']
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: folder })
  const told = stdout.split('\n').filter((line) => line !== '')
  const files = new Map(snippets.map(({ file, page }) => [file, page]))
  const errors = told.map((line) =>
    line.replace(/^([^\s(]+)\((\d+),\d+\)/, (whole, file: string, at: string) =>
      files.has(file) ? `${files.get(file)}:${at}` : whole,
    ),
  )
  expect(errors).toEqual([])
})

describe('runs to its end', () => {
  const programs = snippets.filter(({ words }) => words.includes('run'))
  test.each(programs)('$page:$line', async ({ file }) => {
    await import(pathToFileURL(join(folder, file)).href)
  })
})
