// The commands and their options: one table, read by the parser and by --help.

/** An option of a command. */
export interface OptionRow {
  readonly name: string
  readonly short?: string
  /** How its value is called; none for a switch. */
  readonly value?: string
  /** Whether it may be given several times. */
  readonly multiple?: boolean
  readonly text: string
}

/** A command. */
export interface CommandRow {
  readonly text: string
  readonly options: readonly OptionRow[]
}

const PORT = {
  name: 'port',
  short: 'p',
  value: 'number',
  text: 'TCP port; 0 takes a free one. Default: PORT of the environment, else 3000.',
} as const
const HOST = {
  name: 'host',
  value: 'host',
  text: "Host name or IP address; '*' is every address. Default localhost.",
} as const
const HELP = { name: 'help', short: 'h', text: 'Show this.' } as const

export const COMMANDS = {
  dev: {
    text: 'Serve a file and start it again when it changes; the port stays open.',
    options: [
      PORT,
      HOST,
      {
        name: 'watch',
        short: 'w',
        value: 'path',
        multiple: true,
        text: 'A file or folder to watch beside the modules that are imported. May be repeated.',
      },
      {
        name: 'grace',
        value: 'time',
        text: 'How long running requests may take when the file changes. Default 500ms.',
      },
      {
        name: 'rebind',
        text: 'Open the port anew at each start instead of keeping it open (so on Windows).',
      },
      HELP,
    ],
  },
  start: {
    text: 'Serve a file in production; SIGTERM and SIGINT close it gracefully.',
    options: [
      PORT,
      HOST,
      {
        name: 'grace',
        short: 'g',
        value: 'time',
        text: 'How long running requests may take after a signal. Default 30s.',
      },
      HELP,
    ],
  },
  routes: {
    text: 'Show the routes of a file: method, pattern, name, options, source.',
    options: [{ name: 'json', text: 'As JSON, for programs.' }, HELP],
  },
  openapi: {
    text: 'Write the OpenAPI 3.1 document of a file.',
    options: [
      {
        name: 'out',
        short: 'o',
        value: 'file',
        text: 'Where to write it. Default: standard output.',
      },
      HELP,
    ],
  },
} as const satisfies Record<string, CommandRow>

export type Command = keyof typeof COMMANDS

export const COMMAND_NAMES = Object.keys(COMMANDS) as Command[]

/** Options that stand in place of a command. */
export const GENERAL_OPTIONS: readonly OptionRow[] = [
  { name: 'help', short: 'h', text: 'Show help, also of a command: lanner dev --help.' },
  { name: 'version', short: 'v', text: 'Show the version.' },
]
