// lanner routes: the table of routes, with where each is written.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { App, route } from 'lanner'
import { expect, test } from 'vitest'

import { shortOptions } from '../../src/cli/route-options.ts'
import { table } from '../../src/cli/routes.ts'
import { startNode } from '../support/child.ts'
import { root } from '../support/source-tree.ts'

import type { Child } from '../support/child.ts'
import type { RouteRow } from '../../src/cli/routes.ts'

const folder = join('test', 'cli', 'fixtures')

/** `file:line` of the first line of a fixture that has a text. */
function lineOf(name: string, text: string): string {
  const lines = readFileSync(join(root, folder, name), 'utf8').split('\n')
  return `${join(folder, name)}:${lines.findIndex((line) => line.includes(text)) + 1}`
}

async function ended(...args: string[]): Promise<Child> {
  const child = startNode('dist/cli/main.js', { args: ['routes', ...args] })
  await child.exited
  return child
}

test('every route with method, pattern, options and source, in 80 columns', async () => {
  const child = await ended(join(folder, 'app.mjs'))
  expect([child.stderr, child.process.exitCode]).toEqual(['', 0])
  const lines = child.stdout.split('\n')
  expect(lines.filter((line) => line.length > 80)).toEqual([])
  expect(lines).toContainEqual(expect.stringMatching(/^GET   \/ +test/))
  expect(lines.at(-2)).toBe('7 routes')
  for (const [name, text] of [
    ['app.mjs', "get('/'"],
    ['app.mjs', 'admin.post('],
    ['app.mjs', "'/here'"],
    // Where it is written, not where it is registered.
    ['listed.mjs', 'route('],
  ] as const) {
    expect(child.stdout).toContain(lineOf(name, text))
  }
  expect(child.stdout).toContain('timeout 2s, tags admin, priority high')
  expect(child.stdout).toContain('bodyBytes 1MB, no drainBytes')
  expect(child.stdout).toContain('request rate 100 B/s')
})

test('--json is the same for programs', async () => {
  const child = await ended(join(folder, 'app.mjs'), '--json')
  const rows = JSON.parse(child.stdout) as RouteRow[]
  expect(rows).toHaveLength(7)
  expect(rows.find(({ pattern }) => pattern === '/listed')).toEqual({
    method: 'GET',
    pattern: '/listed',
    name: '',
    options: [],
    source: lineOf('listed.mjs', 'route('),
  })
})

test('what is no App has no routes that are known', async () => {
  const child = await ended(join(folder, 'common.cjs'))
  expect(child.stderr).toMatch(/^lanner: .*common\.cjs exports no App of lanner/)
  expect([child.stdout, child.process.exitCode]).toEqual(['', 1])
})

test('nothing is noted in a normal run', () => {
  const app = new App().get('/', () => '').add(route('GET', '/a', () => ''))
  const { registry } = app as unknown as { registry: { routes: { source?: string }[] } }
  expect(registry.routes.map(({ source }) => source)).toEqual([undefined, undefined])
})

const row = (pattern: string, more: Partial<RouteRow> = {}): RouteRow => ({
  method: 'GET',
  pattern,
  name: '',
  options: [],
  source: 'app.ts:1',
  ...more,
})
const plain = (_style: string, text: string): string => text

test.each<[string, RouteRow[], number, string]>([
  ['nothing', [], 80, 'no routes\n'],
  ['one', [row('/')], 80, 'GET  /  app.ts:1\n\n1 route\n'],
  [
    'names in their column, methods as wide as the widest',
    [row('/a', { name: 'home' }), row('/abc', { method: 'DELETE', source: '' })],
    80,
    'GET     /a    home  app.ts:1\nDELETE  /abc\n\n2 routes\n',
  ],
  [
    'a source that has no room goes into the next line',
    [row('/a', { source: 'src/a/long/path/of/a/file.ts:100' })],
    40,
    'GET  /a\n     src/a/long/path/of/a/file.ts:100\n\n1 route\n',
  ],
  [
    'options are broken between them',
    [row('/a', { options: ['timeout 2s', 'priority high', 'auth'] })],
    24,
    'GET  /a  app.ts:1\n     timeout 2s,\n     priority high, auth\n\n1 route\n',
  ],
])('table: %s', (_name, rows, columns, expected) => {
  expect(table(rows, columns, plain)).toBe(expected)
})

test.each<[options: object, short: string[]]>([
  [{}, []],
  [{ timeout: '2s', drain: 100 }, ['timeout 2s', 'drain 100']],
  [{ timeout: null, auth: false, deprecated: true }, ['no timeout', 'no auth', 'deprecated']],
  [{ tags: ['a', 'b'] }, ['tags a b']],
  [{ tags: [] }, []],
  [{ summary: 'x', description: 'y', meta: { a: 1 }, name: 'n' }, []],
  [{ limits: { bodyBytes: '1MB', drainBytes: undefined } }, ['bodyBytes 1MB']],
  [
    { rates: { request: { bytesPerSecond: 5 }, response: { grace: 1 } } },
    ['request rate 5 B/s', 'response rate set'],
  ],
  [
    { params: {}, body: {}, responses: { 200: {}, 404: {} } },
    ['replies 200 404', 'validates params body'],
  ],
  [{ auth: { roles: ['admin'] } }, ['auth']],
])('options %j in short', (options, short) => {
  expect(shortOptions(options)).toEqual(short)
})
