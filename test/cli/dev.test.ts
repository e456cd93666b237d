// lanner dev: the port stays open while the application starts again.

import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { startNode } from '../support/child.ts'
import { RawClient } from '../support/raw.ts'

import type { Child } from '../support/child.ts'

const isWindows = process.platform === 'win32'

const application = `
import { word } from './word.mjs'
const port = new URL(import.meta.url)
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/exit') process.exit(7)
    if (pathname === '/slow') {
      console.log('slow came')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    if (pathname === '/hang') {
      console.log('hang came')
      await new Promise(() => {})
    }
    if (pathname === '/block') {
      console.log('block came')
      for (;;);
    }
    return new Response(word + ' ' + process.env.NODE_ENV)
  },
}
console.log('started', word)
`

interface Project {
  readonly path: (name: string) => string
  write(name: string, text: string): void
}

function project(): Project {
  const folder = mkdtempSync(join(tmpdir(), 'lanner-dev-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = (name: string): string => join(folder, name)
  const write = (name: string, text: string): void => writeFileSync(path(name), text)
  write('app.mjs', application)
  write('word.mjs', word('one'))
  return { path, write }
}

const word = (text: string): string => `export const word = ${JSON.stringify(text)}\n`

function dev({ path }: Project, ...args: string[]): Child {
  const flags = ['--port', '0', '--host', '127.0.0.1', ...args]
  const options = { args: ['dev', path('app.mjs'), ...flags], env: { NODE_ENV: '' } }
  const child = startNode('dist/cli/main.js', options)
  onTestFinished(async () => {
    // By a signal first, so that the process that it started goes with it.
    child.kill('SIGTERM')
    await child.exited
  })
  return child
}

const text = async (url: URL, path = '/'): Promise<string> =>
  (await fetch(new URL(path, url), { headers: { connection: 'close' } })).text()

test.skipIf(isWindows)('a request between two versions waits for the new one', async () => {
  const files = project()
  const child = dev(files)
  const url = await child.url()
  await child.said(/ready in \d+ ms/)
  expect(await text(url)).toBe('one development')
  // The old version is kept busy until its grace period is over, and does not accept meanwhile.
  const hanging = await RawClient.open(url)
  await hanging.send('GET /hang HTTP/1.1\r\nhost: a\r\n\r\n')
  await child.said(/hang came/)
  files.write('word.mjs', word('two'))
  const answers: string[] = []
  while (!answers.includes('two development')) answers.push(await text(url))
  expect(answers.filter((answer) => !/^(?:one|two) development$/.test(answer))).toEqual([])
  await child.said(/word\.mjs: reloaded in \d+ ms/)
  expect(child.stdout.match(/listening/g)).toHaveLength(1)
  expect(child.stderr).toBe('')
})

test.skipIf(isWindows)('running requests finish before the next version starts', async () => {
  const files = project()
  const child = dev(files, '--grace', '10s')
  const url = await child.url()
  const slow = text(url, '/slow')
  await child.said(/slow came/)
  files.write('word.mjs', word('two'))
  expect(await slow).toBe('one development')
  await child.said(/started two/)
  expect(await text(url)).toBe('two development')
})

test.skipIf(isWindows)('a file that does not load is shown, and the fix is awaited', async () => {
  const files = project()
  const child = dev(files)
  const url = await child.url()
  files.write('word.mjs', 'export const word = ;\n')
  await child.said(/the application ended \(exit code 1\); waiting for a change/)
  expect(child.stderr).toMatch(/word\.mjs:1\nexport const word = ;\n.*\^[^]*SyntaxError/)
  const waiting = text(url)
  files.write('word.mjs', word('fixed'))
  expect(await waiting).toBe('fixed development')
})

test.skipIf(isWindows)('a module that is missing is awaited', async () => {
  const files = project()
  rmSync(files.path('word.mjs'))
  const child = dev(files)
  await child.said(/waiting for a change/)
  expect(child.stderr).toContain('ERR_MODULE_NOT_FOUND')
  files.write('word.mjs', word('found'))
  expect(await text(await child.url())).toBe('found development')
})

test.skipIf(isWindows)(
  'an application that ends by itself starts with the next change',
  async () => {
    const files = project()
    const child = dev(files)
    const url = await child.url()
    await expect(text(url, '/exit')).rejects.toThrow(TypeError)
    await child.said(/the application ended \(exit code 7\); waiting for a change/)
    files.write('word.mjs', word('again'))
    await child.said(/started again/)
    expect(await text(url)).toBe('again development')
  },
)

test.skipIf(isWindows)('one that never comes back to its event loop is ended', async () => {
  const files = project()
  const child = dev(files, '--grace', '0')
  const url = await child.url()
  const client = await RawClient.open(url)
  await client.send('GET /block HTTP/1.1\r\nhost: a\r\n\r\n')
  await child.said(/block came/)
  files.write('word.mjs', word('free'))
  await child.said(/started free/)
  expect(await text(url)).toBe('free development')
})

test.skipIf(isWindows)(
  'an editor that replaces the file changes it; other files do not',
  async () => {
    const files = project()
    mkdirSync(files.path('data'))
    const child = dev(files, '--watch', files.path('data'))
    const url = await child.url()
    files.write('other.mjs', '')
    files.write('word.new', word('replaced'))
    renameSync(files.path('word.new'), files.path('word.mjs'))
    await child.said(/started replaced/)
    expect(await text(url)).toBe('replaced development')
    files.write('data/texts.txt', 'a')
    await child.said(/texts\.txt: reloaded/)
    expect(child.stdout).not.toContain('other.mjs')
    expect(child.stdout.match(/reloaded/g)).toHaveLength(2)
  },
)

test('--rebind keeps the number of the port', async () => {
  const files = project()
  const child = dev(files, '--rebind')
  const url = await child.url()
  files.write('word.mjs', word('two'))
  await child.said(/word\.mjs: reloaded/)
  expect(await text(url)).toBe('two development')
  expect(child.stdout.match(/listening/g)).toHaveLength(1)
})

test.skipIf(isWindows)('a signal ends it and its process, with 0', async () => {
  const files = project()
  const child = dev(files)
  const url = await child.url()
  child.kill('SIGINT')
  expect(await child.exited).toEqual({ code: 0, signal: null })
  await expect(text(url)).rejects.toThrow(TypeError)
})

test.skipIf(isWindows)('a port that is taken is a sentence', async () => {
  const files = project()
  const { port } = await dev(files).url()
  const args = ['dev', files.path('app.mjs'), '--port', port, '--host', '127.0.0.1']
  const second = startNode('dist/cli/main.js', { args })
  expect(await second.exited).toEqual({ code: 1, signal: null })
  expect(second.stderr).toBe(
    `lanner: Port ${port} of 127.0.0.1 is already in use: ` +
      'stop the other server or choose another with --port.\n',
  )
})
