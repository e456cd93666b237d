// Whether an OpenAPI document is valid, by a validator that is not ours: Redocly, with its
// recommended rules.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { onTestFinished } from 'vitest'

import { root } from './source-tree.ts'

interface Finding {
  readonly ruleId: string
  readonly severity: string
  readonly message: string
  readonly location: readonly { readonly pointer: string }[]
}

/** What Redocly finds in a document. */
export function lint(document: unknown): string[] {
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
