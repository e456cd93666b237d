// Reads what was typed: a command, its file and its options.
//
// Called by main.ts. Promises that nothing is guessed: what is not known is an error that says what
// there is. The syntax is that of node:util's parseArgs.

import { parseArgs } from 'node:util'

import { COMMAND_NAMES, COMMANDS, GENERAL_OPTIONS } from './commands.js'
import { CliError, codeOf, WRONG_USAGE } from './errors.js'
import { nearest } from '../nearest.js'
import { duration, integer } from '../option-values.js'

import type { Command, OptionRow } from './commands.js'

/** Options of all commands, read. */
export interface CommandOptions {
  readonly port?: number
  readonly host?: string
  readonly graceMs?: number
  readonly watch?: readonly string[]
  readonly rebind?: boolean
  readonly json?: boolean
  readonly out?: string
}

/** What is to be done. */
export type Invocation =
  | { readonly show: 'version' }
  | { readonly show: 'help'; readonly command: Command | undefined }
  | {
      readonly show: 'nothing'
      readonly command: Command
      readonly file: string
      readonly options: CommandOptions
    }

type Value = string | boolean | (string | boolean)[] | undefined
type Values = Readonly<Record<string, Value>>

/** Reads the words behind `lanner`. */
export function parseCommand(words: readonly string[]): Invocation {
  const [first, ...rest] = words
  if (first === undefined) return { show: 'help', command: undefined }
  if (first.startsWith('-')) return parseGeneral(words)
  if (first === 'help') return { show: 'help', command: helpOf(rest[0]) }
  return parseOf(knownCommand(first), rest)
}

function parseGeneral(words: readonly string[]): Invocation {
  const { values } = parse('lanner', GENERAL_OPTIONS, words)
  return values['version'] === true ? { show: 'version' } : { show: 'help', command: undefined }
}

function helpOf(word: string | undefined): Command | undefined {
  return word === undefined ? undefined : knownCommand(word)
}

function parseOf(command: Command, words: readonly string[]): Invocation {
  const { values, positionals } = parse(`lanner ${command}`, COMMANDS[command].options, words)
  if (values['help'] === true) return { show: 'help', command }
  const [file, extra] = positionals
  if (file === undefined) {
    throw wrongUsage(
      `lanner ${command} needs the file of the application: lanner ${command} app.js`,
    )
  }
  if (extra !== undefined) {
    throw wrongUsage(`lanner ${command} takes one file; ${JSON.stringify(extra)} is too much.`)
  }
  return { show: 'nothing', command, file, options: readOptions(values) }
}

function knownCommand(word: string): Command {
  const known = COMMAND_NAMES.find((name) => name === word)
  if (known !== undefined) return known
  const near = nearest(word, COMMAND_NAMES)
  const guess = near === undefined ? '' : ` Did you mean ${near}?`
  throw wrongUsage(
    `There is no command ${JSON.stringify(word)}.${guess} There are ${COMMAND_NAMES.join(', ')}.`,
  )
}

interface Parsed {
  readonly values: Values
  readonly positionals: readonly string[]
}

function parse(of: string, rows: readonly OptionRow[], words: readonly string[]): Parsed {
  const options = Object.fromEntries(
    rows.map(({ name, short, value, multiple = false }) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        multiple,
        ...(short === undefined ? {} : { short }),
      },
    ]),
  )
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true })
  } catch (error) {
    throw readableError(error, of, rows, words)
  }
}

/** What parseArgs throws, in our words. */
function readableError(
  error: unknown,
  of: string,
  rows: readonly OptionRow[],
  words: readonly string[],
): unknown {
  const code = codeOf(error)
  if (code?.startsWith('ERR_PARSE_ARGS_') !== true) return error
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const [sentence] = (error as Error).message.split('\n')
    return wrongUsage(`${sentence!.replace(/\.$/, '')}; see ${of} --help.`)
  }
  const { tokens } = parseArgs({ args: [...words], strict: false, tokens: true })
  const known = new Set(rows.flatMap(({ name, short }) => [name, short]))
  const unknown = tokens.find((token) => token.kind === 'option' && !known.has(token.name))
  const shown = unknown?.kind === 'option' ? unknown.rawName : 'that one'
  const list = rows.map(({ name }) => `--${name}`).join(', ')
  const near = nearest(
    shown,
    rows.map(({ name }) => `--${name}`),
  )
  const guess = near === undefined ? '' : ` Did you mean ${near}?`
  return wrongUsage(`There is no option ${shown}.${guess} ${of} has ${list}.`)
}

function readOptions(values: Values): CommandOptions {
  const { port, host, grace, watch, rebind, json, out } = values
  return {
    ...(port === undefined ? {} : { port: readPort(port as string) }),
    ...(host === undefined ? {} : { host: host as string }),
    ...(grace === undefined ? {} : { graceMs: readGrace(grace as string) }),
    ...(watch === undefined ? {} : { watch: watch as string[] }),
    ...(rebind === true ? { rebind } : {}),
    ...(json === true ? { json } : {}),
    ...(out === undefined ? {} : { out: out as string }),
  }
}

const PORT_MAX = 65_535

/** A port, from an option or from the environment. */
export function readPort(value: string, name = '--port'): number {
  const number = /^\d+$/.test(value) ? Number(value) : NaN
  return checked(() => integer(number, name, 0, 0, PORT_MAX), `${name} is an integer`, value)
}

function readGrace(value: string): number {
  const given = /^\d+$/.test(value) ? Number(value) : value
  return checked(() => duration(given, '--grace', 0), '--grace is a duration', value)
}

function checked(read: () => number, what: string, value: string): number {
  try {
    return read()
  } catch {
    const range = what.includes('integer') ? `from 0 to ${PORT_MAX}` : 'as 500ms, 10s or 2min'
    throw wrongUsage(`${what} ${range}, not ${JSON.stringify(value)}.`)
  }
}

function wrongUsage(message: string): CliError {
  return new CliError(message, WRONG_USAGE)
}
