// Every program in the documentation is type-checked as it stands, and run.
//
// A fenced block of `ts` or `js` is a module of its own, compiled as users compile it. What it
// listens at is a free port, and closed when it is over. `ts run` shows how something is called and
// has to end by itself; the routes of the others are asked here, so that handlers run too. Tests
// run under their own runners. `ts fragment` is a part that cannot stand alone, `ts signature` a
// declaration: both are not checked. Errors are told by page and line.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { toolPath } from '../../scripts/lib/run.mjs'
import { answersOf, recordApps } from '../support/programs.ts'
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

/** What the compiler says. It writes the programs as Node takes them into `out`. */
let told: string[]
beforeAll(() => {
  const compilerOptions = {
    outDir: 'out',
    rootDir: '.',
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
  const args = [toolPath('typescript', 'tsc'), '-p', folder, '--pretty', 'false']
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: folder })
  told = stdout.split('\n').filter((line) => line !== '')
}, 60_000)

function compiled({ file }: Snippet): string {
  return join(folder, 'out', file.replace(/\.mts$/, '.mjs'))
}

test('there are programs to check', () => {
  expect(snippets.length).toBeGreaterThan(60)
})

test('every block says in words that are known what it is', () => {
  const known = new Set(['', 'run', 'fragment', 'signature'])
  const unknown = pages.flatMap(snippetsOf).filter(({ words }) => words.some((w) => !known.has(w)))
  expect(unknown.map(({ page, line, words }) => `${page}:${line} ${words.join(' ')}`)).toEqual([])
})

test('every program fits the types', () => {
  const files = new Map(snippets.map(({ file, page }) => [file, page]))
  const errors = told.map((line) =>
    line.replace(/^([^\s(]+)\((\d+),\d+\)/, (whole, file: string, at: string) =>
      files.has(file) ? `${files.get(file)}:${at}` : whole,
    ),
  )
  expect(errors).toEqual([])
})

/** What programs answer that are there to refuse; the others answer with 200 or 201. */
const refusals: Record<string, number> = {
  'basicAuth(': 401,
  'lanner.scheme': 401,
  RowMissing: 404,
  ValidationError: 422,
}

function isMeant({ code }: Snippet, status: number): boolean {
  const refused = Object.entries(refusals).find(([text]) => code.includes(text))
  return refused === undefined ? status === 200 || status === 201 : status === refused[1]
}

const isTest = ({ code }: Snippet): boolean => /from '(vitest|node:test)'/.test(code)

describe('runs, and its routes answer', () => {
  const apps = recordApps()
  afterEach(() => apps.close())

  test.each(snippets.filter((snippet) => !isTest(snippet)))('$page:$line', async (snippet) => {
    await import(pathToFileURL(compiled(snippet)).href)
    if (snippet.words.includes('run')) return
    // Programs that make applications have something to answer, unless they are middleware alone.
    for (const { app, listens } of apps.made) {
      const answers = await answersOf(app, listens)
      expect(answers.filter(({ status }) => status >= 500)).toEqual([])
      const isShown = answers.some(({ status }) => isMeant(snippet, status))
      if (answers.length > 0) expect({ isShown, answers }).toMatchObject({ isShown: true })
    }
    expect(apps.made.length > 0).toBe(/\bnew App\(|\bserve\(/.test(snippet.code))
  })
})

describe('is a test that passes', () => {
  test.each(snippets.filter(isTest))('$page:$line', { timeout: 60_000 }, (snippet) => {
    const file = compiled(snippet)
    const args = snippet.code.includes("from 'vitest'")
      ? [toolPath('vitest'), 'run', '--config', vitestConfig()]
      : ['--test', file]
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined }
    const options = { encoding: 'utf8', cwd: root, env } as const
    const { status, stdout } = spawnSync(process.execPath, args, options)
    // Both runners call it a success when they find no test.
    const passed = expect.stringMatching(/\b3 passed|# pass 2\b/)
    expect({ status, stdout }).toEqual({ status: 0, stdout: passed })
  })
})

function vitestConfig(): string {
  const file = join(folder, 'vitest.config.mjs')
  const include = snippets
    .filter(({ code }) => code.includes("from 'vitest'"))
    .map((snippet) => compiled(snippet))
  writeFileSync(file, `export default ${JSON.stringify({ test: { include } })}\n`)
  return file
}
