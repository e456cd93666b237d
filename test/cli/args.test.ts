// What may be typed behind `lanner`, and what is said of anything else.

import { expect, test } from 'vitest'

import { parseCommand } from '../../src/cli/args.ts'
import { CliError } from '../../src/cli/errors.ts'
import { commandHelp, generalHelp } from '../../src/cli/help.ts'
import { COMMAND_NAMES, COMMANDS } from '../../src/cli/commands.ts'
import { columnsOf, painter } from '../../src/cli/terminal.ts'

import type { Command } from '../../src/cli/commands.ts'

const words = (line: string): string[] => (line === '' ? [] : line.split(' '))

test.each<[line: string, command: Command, options: object]>([
  ['dev app.js', 'dev', {}],
  ['dev app.js --port 0 --host ::1', 'dev', { port: 0, host: '::1' }],
  ['dev -p 8080 app.js', 'dev', { port: 8080 }],
  ['dev --port=8080 app.js', 'dev', { port: 8080 }],
  ['dev app.js -w a -w b --watch c', 'dev', { watch: ['a', 'b', 'c'] }],
  ['dev app.js --rebind --grace 0', 'dev', { rebind: true, graceMs: 0 }],
  ['start app.js --grace 2min', 'start', { graceMs: 120_000 }],
  ['start app.js -g 500ms', 'start', { graceMs: 500 }],
  ['routes app.js --json', 'routes', { json: true }],
  ['openapi app.js -o api.json', 'openapi', { out: 'api.json' }],
])('lanner %s', (line, command, options) => {
  const invocation = parseCommand(words(line))
  expect(invocation).toEqual({ show: 'nothing', command, file: 'app.js', options })
})

test('a file may look like an option behind --', () => {
  expect(parseCommand(['start', '--', '--x.js'])).toMatchObject({ file: '--x.js' })
})

test.each<[line: string, shown: object]>([
  ['', { show: 'help', command: undefined }],
  ['--help', { show: 'help', command: undefined }],
  ['-h', { show: 'help', command: undefined }],
  ['help', { show: 'help', command: undefined }],
  ['help dev', { show: 'help', command: 'dev' }],
  ['dev --help', { show: 'help', command: 'dev' }],
  ['routes -h', { show: 'help', command: 'routes' }],
  ['--version', { show: 'version' }],
  ['-v', { show: 'version' }],
])('lanner %s shows help or the version', (line, shown) => {
  expect(parseCommand(words(line))).toEqual(shown)
})

test.each<[line: string, sentence: RegExp]>([
  [
    'strt',
    /^There is no command "strt"\. Did you mean start\? There are dev, start, .*routes.*\.$/,
  ],
  ['serve', /^There is no command "serve"\. There are dev, start, /],
  ['help strt', /^There is no command "strt"\. Did you mean start\?/],
  ['start', /^lanner start needs the file of the application: lanner start app\.js$/],
  ['start a.js b.js', /^lanner start takes one file; "b\.js" is too much\.$/],
  [
    'start a.js --prt 1',
    /^There is no option --prt\. Did you mean --port\? lanner start has --port, .*--help\.$/,
  ],
  ['routes a.js --port 1', /^There is no option --port\. lanner routes has --json, --help\.$/],
  ['dev a.js -x', /^There is no option -x\. /],
  ['--vers', /^There is no option --vers\. lanner has --help, --version\.$/],
  ['dev a.js --port', /argument missing; see lanner dev --help\.$/],
  ['dev a.js --rebind=1', /does not take an argument; see lanner dev --help\.$/],
  ['start a.js --port x', /^--port is an integer from 0 to 65535, not "x"\.$/],
  ['start a.js --port 65536', /^--port is an integer from 0 to 65535, not "65536"\.$/],
  ['start a.js --port 1.5', /^--port is an integer/],
  ['start a.js --grace soon', /^--grace is a duration as 500ms, 10s or 2min, not "soon"\.$/],
])('lanner %s says what is wrong', (line, sentence) => {
  let error: unknown
  try {
    parseCommand(words(line))
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(CliError)
  expect(error).toMatchObject({ exitCode: 2, message: expect.stringMatching(sentence) as string })
})

test('help names every command and every option, in 80 columns', () => {
  const plain = painter({ isTTY: false }, {})
  const general = generalHelp(plain)
  const texts = [general, ...COMMAND_NAMES.map((name) => commandHelp(name, plain))]
  for (const name of COMMAND_NAMES) {
    expect(general).toContain(`lanner ${name} `)
    for (const { name: option } of COMMANDS[name].options) {
      expect(commandHelp(name, plain)).toContain(`--${option}`)
    }
  }
  const long = texts.flatMap((text) => text.split('\n')).filter((line) => line.length > 80)
  expect(long).toEqual([])
})

const isColoured = (isTTY: boolean, env: Record<string, string>): boolean =>
  painter({ isTTY }, env)('red', 'x') !== 'x'

test.each<[isTTY: boolean, env: Record<string, string>, isColoured: boolean]>([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE_COLOR: '1' }, true],
  [true, { FORCE_COLOR: '0' }, false],
  [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
])('colours: terminal %s, environment %j: %s', (isTTY, env, expected) => {
  expect(isColoured(isTTY, env)).toBe(expected)
})

test('a text has the columns of the terminal, or 80', () => {
  expect(columnsOf({ isTTY: true, columns: 120 })).toBe(120)
  expect(columnsOf({ isTTY: false, columns: 120 })).toBe(80)
  expect(columnsOf({ isTTY: true })).toBe(80)
})
