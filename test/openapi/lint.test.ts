// The document of an application with a bit of everything, in the eyes of a validator that is not
// ours: Redocly, with its recommended rules.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openapi } from 'lanner/openapi'
import { expect, onTestFinished, test } from 'vitest'

import { root } from '../support/source-tree.ts'
import { documentedShop, documentOptions, shopApp } from './shop.ts'

interface Finding {
  readonly ruleId: string
  readonly severity: string
  readonly message: string
  readonly location: readonly { readonly pointer: string }[]
}

/** What Redocly finds in a document. */
function lint(document: unknown): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'lanner-openapi-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'openapi.json')
  writeFileSync(file, JSON.stringify(document))
  const cli = join(root, 'node_modules', '@redocly', 'cli', 'bin', 'cli.js')
  const args = [cli, 'lint', file, '--extends=recommended', '--format=json', '--skip-rule=none']
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    cwd: folder,
    env,
  })
  if (!stdout.startsWith('{')) throw new Error(stdout + stderr)
  const { problems } = JSON.parse(stdout) as { problems: Finding[] }
  return problems.map(
    ({ severity, ruleId, message, location }) =>
      `${severity} ${ruleId} at ${location[0]?.pointer}: ${message}`,
  )
}

test('the document of the shop has no fault', () => {
  expect(lint(openapi(shopApp(), documentOptions))).toEqual([])
})

test('the validator finds faults', () => {
  const document = openapi(shopApp(), documentOptions) as unknown as Record<string, any>
  document['paths']['/books']['get']['parameters'][0]['in'] = 'nowhere'
  expect(lint(document).join('\n')).toContain('`in`')
})

test('nothing of the shop is left without a description', () => {
  const warnings: string[] = []
  const onWarning = (message: string): unknown => warnings.push(message)
  openapi(shopApp(), { ...documentOptions, onWarning })
  expect(warnings).toEqual([])
})

test('it is served as JSON, without itself and its page', async () => {
  const app = documentedShop()
  const reply = await app.fetch('/openapi.json')
  expect(reply.headers.get('content-type')).toBe('application/json')
  const served = (await reply.json()) as { paths: object }
  expect(served).toEqual(JSON.parse(JSON.stringify(openapi(app, documentOptions))))
  expect(Object.keys(served.paths)).toEqual([
    '/books',
    '/books/{id}',
    '/search',
    '/login',
    '/archive',
    '/archive/{year}',
    '/events',
    '/files/{rest}',
    '/books/{id}/cover',
  ])
})
