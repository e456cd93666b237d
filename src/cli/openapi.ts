// lanner openapi: the OpenAPI document of an application, to standard output or to a file.
//
// Imports the file and serves nothing. What the document says of itself comes from the `openapi`
// that the file exports, and else from the nearest package.json. What cannot be described is told
// on standard error and keeps nothing back.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { openapi as documentOf } from '../openapi/index.js'
import { findFile, loadApplication } from './application.js'
import { CliError, codeOf, FAILED } from './errors.js'
import { painter, writeOut } from './terminal.js'

import type { OpenApiOptions } from '../openapi/index.js'
import type { CommandOptions } from './args.js'

export async function openapi(file: string, { out }: CommandOptions): Promise<number> {
  const path = findFile(file)
  const { app, exports } = await loadApplication(path)
  if (app === undefined) {
    throw new CliError(`${file} exports no App of lanner, and only that knows its routes.`, FAILED)
  }
  const text = `${JSON.stringify(describe(app, optionsOf(exports['openapi'], path)), null, 2)}\n`
  if (out === undefined) await writeOut(text)
  else writeFile(out, text)
  // What the application has opened shall not keep us.
  process.exit()
}

/** A wrong option is a sentence. */
function describe(app: Parameters<typeof documentOf>[0], options: OpenApiOptions): unknown {
  try {
    return documentOf(app, options)
  } catch (error) {
    if (codeOf(error) !== 'LANNER_OPTION_INVALID') throw error
    throw new CliError((error as Error).message, FAILED)
  }
}

function optionsOf(exported: unknown, path: string): OpenApiOptions {
  const isSaid = typeof exported === 'object' && exported !== null
  const options: OpenApiOptions = isSaid ? exported : {}
  const paint = painter(process.stderr)
  return {
    onWarning: (message) => process.stderr.write(`${paint('yellow', 'warning:')} ${message}\n`),
    ...options,
    info: { ...infoOf(dirname(path)), ...options.info },
  }
}

/** Title, version and description of the package that a folder belongs to. */
function infoOf(folder: string): NonNullable<OpenApiOptions['info']> {
  const file = join(folder, 'package.json')
  if (existsSync(file)) {
    const { name, version, description } = readJson(file)
    return {
      ...(typeof name === 'string' && { title: name }),
      ...(typeof version === 'string' && { version }),
      ...(typeof description === 'string' && { description }),
    }
  }
  const above = dirname(folder)
  return above === folder ? {} : infoOf(above)
}

function readJson(file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    // Somebody else's file: it says nothing then.
    return {}
  }
}

function writeFile(out: string, text: string): void {
  try {
    writeFileSync(out, text)
  } catch (error) {
    throw new CliError(`${out} cannot be written: ${(error as Error).message}.`, FAILED)
  }
}
