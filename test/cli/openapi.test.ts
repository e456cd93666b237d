// lanner openapi: the document of an application, made by the program itself.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { startNode } from '../support/child.ts'
import { read } from '../support/source-tree.ts'

import type { OpenApiDocument } from 'lanner/openapi'
import type { Child } from '../support/child.ts'

const fixture = (name: string): string => join('test', 'cli', 'fixtures', name)

async function ended(...args: string[]): Promise<Child> {
  const child = startNode('dist/cli/main.js', { args: ['openapi', ...args] })
  await child.exited
  return child
}

test('goes to standard output, with the words of the package and of the file', async () => {
  const child = await ended(fixture('app.mjs'))
  expect(child.process.exitCode).toBe(0)
  const { openapi, info, paths } = JSON.parse(child.stdout) as OpenApiDocument
  const { version } = JSON.parse(read('package.json')) as { version: string }
  expect([openapi, info.title, info.version]).toEqual(['3.1.0', 'The fixture', version])
  expect(Object.keys(paths)).toContain('/listed')
  expect(paths['/listed']!['get']!.summary).toBe('Elsewhere')
})

test('goes to a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lanner-openapi-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const out = join(folder, 'api.json')
  const child = await ended(fixture('app.mjs'), '-o', out)
  expect([child.stdout, child.process.exitCode]).toEqual(['', 0])
  expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ openapi: '3.1.0' })
  const nowhere = await ended(fixture('app.mjs'), '-o', join(folder, 'none', 'api.json'))
  expect(nowhere.stderr).toMatch(/^lanner: .*api\.json cannot be written: ENOENT/)
  expect(nowhere.process.exitCode).toBe(1)
})

test('needs an App', async () => {
  const child = await ended(fixture('common.cjs'))
  expect(child.stderr).toMatch(/^lanner: .*common\.cjs exports no App of lanner/)
  expect([child.stdout, child.process.exitCode]).toEqual(['', 1])
})
