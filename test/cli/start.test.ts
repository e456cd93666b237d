// lanner start, lanner --help and --version: the program itself, in a process of its own.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { startNode } from '../support/child.ts'
import { RawClient } from '../support/raw.ts'
import { root } from '../support/source-tree.ts'

import type { Child, ChildOptions } from '../support/child.ts'

const fixture = (name: string): string => join('test', 'cli', 'fixtures', name)

function lanner(args: readonly string[], env: ChildOptions['env'] = {}): Child {
  return startNode('dist/cli/main.js', { args, env: { NODE_ENV: '', ...env } })
}

async function ended(args: readonly string[], env: ChildOptions['env'] = {}): Promise<Child> {
  const child = lanner(args, env)
  await child.exited
  return child
}

const text = async (url: URL, path = '/'): Promise<string> =>
  (await fetch(new URL(path, url))).text()

const isWindows = process.platform === 'win32'
const hasTypes = 'typescript' in process.features && Boolean(process.features.typescript)

describe('lanner', () => {
  test('--version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const child = await ended(['--version'])
    expect([child.stdout, child.stderr, child.process.exitCode]).toEqual([`${version}\n`, '', 0])
  })

  test('help goes to standard output and is no failure', async () => {
    const child = await ended(['--help'])
    expect(child.stdout).toContain('lanner start <file>')
    expect([child.stderr, child.process.exitCode]).toEqual(['', 0])
  })

  test('what makes no sense is one sentence on standard error, and exit code 2', async () => {
    const child = await ended(['strt'])
    expect(child.stderr).toMatch(/^lanner: There is no command "strt"\. [^\n]*\n$/)
    expect([child.stdout, child.process.exitCode]).toEqual(['', 2])
  })

  test('colours only where they are wanted', async () => {
    const escape = String.fromCodePoint(27)
    expect((await ended(['--help'])).stdout).not.toContain(escape)
    expect((await ended(['--help'], { FORCE_COLOR: '1' })).stdout).toContain(`${escape}[`)
    const both = { FORCE_COLOR: '1', NO_COLOR: '1' }
    expect((await ended(['--help'], both)).stdout).not.toContain(escape)
  })
})

describe('lanner start', () => {
  test('serves an App, with the options that its file exports', async () => {
    const child = lanner(['start', fixture('app.mjs'), '--port', '0', '--host', '127.0.0.1'])
    const url = await child.url()
    expect(url.hostname).toBe('127.0.0.1')
    const response = await fetch(url)
    expect(await response.text()).toMatch(/^production \d+$/)
    expect(response.headers.get('server')).toBe('fixture')
  })

  test.each([['common.cjs', 'common'], ...(hasTypes ? [['typed.ts', 'typed']] : [])])(
    'serves whatever has fetch(request): %s',
    async (name, body) => {
      expect(await text(await lanner(['start', fixture(name!)]).url())).toBe(body)
    },
  )

  test('NODE_ENV and PORT come from the environment', async () => {
    const child = lanner(['start', fixture('app.mjs')], { NODE_ENV: 'test', PORT: '0' })
    const url = await child.url()
    expect([url.hostname, url.port === '3000']).toEqual(['localhost', false])
    expect(await text(url)).toMatch(/^test /)
    const wrong = await ended(['start', fixture('app.mjs')], { PORT: 'x' })
    expect(wrong.stderr).toBe('lanner: PORT is an integer from 0 to 65535, not "x".\n')
    expect(wrong.process.exitCode).toBe(2)
  })

  test.skipIf(isWindows)('SIGTERM lets running requests finish, and ends it with 0', async () => {
    const child = lanner(['start', fixture('app.mjs')])
    const url = await child.url()
    const slow = text(url, '/slow')
    await child.said(/slow came/)
    child.kill()
    expect(await slow).toBe('slow')
    expect(await child.exited).toEqual({ code: 0, signal: null })
    expect(child.stdout).toMatch(/closing\n$/)
  })

  test.skipIf(isWindows)('what takes longer than the grace period is given up', async () => {
    const child = lanner(['start', fixture('app.mjs'), '--grace', '50ms'])
    const client = await RawClient.open(await child.url())
    await client.send('GET /hang HTTP/1.1\r\nhost: a\r\n\r\n')
    await child.said(/hang came/)
    child.kill('SIGINT')
    expect(await child.exited).toEqual({ code: 0, signal: null })
  })

  test.skipIf(isWindows).each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a second %s ends it at once with %i', async (signal, code) => {
    const child = lanner(['start', fixture('app.mjs')])
    const client = await RawClient.open(await child.url())
    await client.send('GET /hang HTTP/1.1\r\nhost: a\r\n\r\n')
    await child.said(/hang came/)
    child.kill(signal)
    await child.said(/closing/)
    child.kill(signal)
    expect(await child.exited).toEqual({ code, signal: null })
  })

  test.each<[args: string[], sentence: RegExp, code: number]>([
    [['none.mjs'], /^lanner: There is no file none\.mjs\.\n$/, 2],
    [['test'], /^lanner: test is a folder: name the file that exports the application\.\n$/, 2],
    [
      [fixture('nothing.mjs')],
      /nothing\.mjs exports no application\. Write "export default app"/,
      1,
    ],
    [[fixture('promised.mjs')], /exports a promise of an app.* Write "export default await …"/, 1],
    [[fixture('app.mjs'), '--host', 'name.invalid'], /^lanner: [^\n]*name\.invalid[^\n]*\n$/, 1],
  ])('start %j fails with a sentence', async (args, sentence, code) => {
    const child = await ended(['start', ...args])
    expect(child.stderr).toMatch(sentence)
    expect([child.stdout, child.process.exitCode]).toEqual(['', code])
  })

  test('an address that is taken is a sentence', async () => {
    const { port } = await lanner(['start', fixture('app.mjs'), '--host', '127.0.0.1']).url()
    const second = ['start', fixture('app.mjs'), '--host', '127.0.0.1', '--port', port]
    const child = await ended(second)
    expect(child.stderr).toMatch(/^lanner: [^\n]*already in use[^\n]*\n$/)
    expect(child.process.exitCode).toBe(1)
  })

  test('a file that fails shows its line, as Node does', async () => {
    const child = await ended(['start', fixture('broken.mjs')])
    expect(child.stderr).toMatch(/broken\.mjs:3\n.*throw new Error\('swordfish'\)/)
    expect(child.process.exitCode).toBe(1)
  })

  test.skipIf(hasTypes)('a Node that does not run TypeScript is a sentence', async () => {
    const child = await ended(['start', fixture('typed.ts')])
    expect(child.stderr).toMatch(
      /^lanner: [^\n]*typed\.ts cannot be loaded\. [^\n]*--import tsx"\.\n$/,
    )
    expect(child.process.exitCode).toBe(1)
  })
})
