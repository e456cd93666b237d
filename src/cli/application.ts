// The application that a file exports.
//
// Called by every command, in the process that runs the application. Takes what people export
// already: an App, an application of another framework, the portable `export default { fetch }`.
// An App is known by what it does and not by its class, because the file may have another copy of
// this package. What the file throws is not caught: Node shows it with its line.

import { existsSync, statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { CliError, codeOf, FAILED, WRONG_USAGE } from './errors.js'

import type { App } from '../app.js'
import type { FetchHandler, FetchObject } from '../fetch/handler.js'
import type { ListenOptions } from '../options.js'

/** What a file exports. */
export interface Application {
  /** The App, where it is one. */
  readonly app: App | undefined
  /** Whatever else answers. */
  readonly handler: FetchHandler | FetchObject | undefined
  /** The `options` that it exports. */
  readonly options: ListenOptions
  /** Everything that it exports. */
  readonly exports: Readonly<Record<string, unknown>>
}

/** The full path of the file that was named. */
export function findFile(file: string): string {
  const path = resolve(file)
  if (!existsSync(path)) throw new CliError(`There is no file ${file}.`, WRONG_USAGE)
  if (statSync(path).isFile()) return path
  throw new CliError(
    `${file} is a folder: name the file that exports the application.`,
    WRONG_USAGE,
  )
}

/** Imports a file and takes its application. */
export async function loadApplication(path: string): Promise<Application> {
  const exports = await importFile(path)
  const { default: main, options = {} } = exports
  const inner = isObject(main) ? main['app'] : undefined
  for (const candidate of [main, exports['app'], inner]) {
    if (isApp(candidate)) return { app: candidate, handler: undefined, options, exports }
    if (answers(candidate)) return { app: undefined, handler: candidate, options, exports }
  }
  if (isObject(main) && typeof main['then'] === 'function') {
    const advice = 'Write "export default await …".'
    throw new CliError(`${path} exports a promise of an application. ${advice}`, FAILED)
  }
  throw new CliError(
    `${path} exports no application. Write "export default app" or "export { app }", where app ` +
      'is an App or has a function fetch(request).',
    FAILED,
  )
}

interface Module {
  readonly default?: unknown
  readonly options?: ListenOptions
  readonly [name: string]: unknown
}

const TYPESCRIPT = ['.ts', '.mts', '.cts', '.tsx']

async function importFile(path: string): Promise<Module> {
  try {
    return (await import(pathToFileURL(path).href)) as Module
  } catch (error) {
    const isTypeScript = TYPESCRIPT.includes(extname(path))
    if (isTypeScript && codeOf(error) === 'ERR_UNKNOWN_FILE_EXTENSION') throw noTypeScript(path)
    throw error
  }
}

/** Node says "Unknown file extension"; this says what to do about it. */
function noTypeScript(path: string): CliError {
  const node = `Node ${process.versions.node}`
  const isSwitchable = process.allowedNodeEnvironmentFlags.has('--experimental-strip-types')
  const advice = isSwitchable
    ? `${node} runs TypeScript with NODE_OPTIONS=--experimental-strip-types`
    : `${node} does not run TypeScript: use Node 22.18 or newer`
  return new CliError(
    `${path} cannot be loaded. ${extname(path) === '.tsx' ? 'Node runs no .tsx' : advice}, ` +
      'or compile it, or name a loader: NODE_OPTIONS="--import tsx".',
    FAILED,
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** Whether a value does what an App does. */
function isApp(value: unknown): value is App {
  if (!isObject(value)) return false
  return ['listen', 'inject', 'fetch'].every((name) => typeof value[name] === 'function')
}

/** Whether a value is a fetch handler or has one. A class is none, though it is a function. */
function answers(value: unknown): value is FetchHandler | FetchObject {
  if (!isObject(value)) return false
  if (typeof value['fetch'] === 'function') return true
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value))
}
