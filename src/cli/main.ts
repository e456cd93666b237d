#!/usr/bin/env node
// npx lanner: what is typed becomes a command that runs.
//
// The `bin` of the package. Promises an exit code: 0 for done, 1 when the application or its
// listening failed, 2 when what was typed makes no sense; and one readable sentence for each of the
// last. What a command does is its own file, which is loaded only when it is asked for.

import { readFileSync } from 'node:fs'

import { parseCommand } from './args.js'
import { CliError } from './errors.js'
import { commandHelp, generalHelp } from './help.js'
import { painter } from './terminal.js'

import type { Invocation } from './args.js'

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof CliError)) throw error
  const paint = painter(process.stderr)
  const text = `${paint('red', 'lanner:')} ${error.message}\n`
  // What the application has started before it failed shall not keep us.
  process.stderr.write(text, () => process.exit(error.exitCode))
}

async function main(words: readonly string[]): Promise<number> {
  const invocation = parseCommand(words)
  const paint = painter(process.stdout)
  if (invocation.show === 'version') return say(`${version()}\n`)
  if (invocation.show === 'help') {
    const { command } = invocation
    return say(command === undefined ? generalHelp(paint) : commandHelp(command, paint))
  }
  return run(invocation)
}

async function run(invocation: Invocation & { show: 'nothing' }): Promise<number> {
  switch (invocation.command) {
    case 'dev':
      return (await import('./dev.js')).dev(invocation.file, invocation.options)
    case 'start':
      return (await import('./start.js')).start(invocation.file, invocation.options)
    case 'routes':
      return (await import('./routes.js')).routes(invocation.file, invocation.options)
    case 'openapi':
      return (await import('./openapi.js')).openapi(invocation.file, invocation.options)
  }
}

function say(text: string): number {
  process.stdout.write(text)
  return 0
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
