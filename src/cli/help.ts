// The texts of --help, made from the table of commands. Never wider than 80 columns.

import { COMMANDS, COMMAND_NAMES, GENERAL_OPTIONS } from './commands.js'

import type { Command, OptionRow } from './commands.js'
import type { Paint } from './terminal.js'

const COLUMNS = 80

export function generalHelp(paint: Paint): string {
  const commands = COMMAND_NAMES.map((name): [string, string] => [
    `lanner ${name} <file>`,
    COMMANDS[name].text,
  ])
  return [
    `${paint('bold', 'lanner')}: a web server for Node.js\n`,
    ...rows(commands, paint),
    '',
    ...rows(GENERAL_OPTIONS.map(optionEntry), paint),
    '',
    ...wrap(APPLICATION, 0),
    '',
  ].join('\n')
}

const APPLICATION =
  'The file exports its application: `export default app`, `export { app }`, or anything with ' +
  'fetch(request). It may export `options`, those of listen(), too.'

export function commandHelp(command: Command, paint: Paint): string {
  const { text, options } = COMMANDS[command]
  return [
    `${paint('bold', `lanner ${command} <file>`)}\n`,
    ...wrap(text, 0),
    '',
    ...rows(options.map(optionEntry), paint),
    '',
  ].join('\n')
}

function optionEntry({ name, short, value, text }: OptionRow): [string, string] {
  const long = value === undefined ? `--${name}` : `--${name} <${value}>`
  return [short === undefined ? long : `${long}, -${short}`, text]
}

/** Names on the left, what they mean on the right. */
function rows(entries: readonly (readonly [string, string])[], paint: Paint): string[] {
  const width = Math.max(...entries.map(([name]) => name.length))
  return entries.flatMap(([name, text]) => {
    const [first, ...more] = wrap(text, width + 4)
    const head = `  ${paint('cyan', name)}${' '.repeat(width - name.length)}  ${first!.trimStart()}`
    return [head, ...more]
  })
}

/** Lines of at most 80 columns, from the column `at` on. */
function wrap(text: string, at: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && at + line.length + 1 + word.length > COLUMNS) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].map((one) => ' '.repeat(at) + one)
}
