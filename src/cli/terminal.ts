// What is known of the terminal: whether it shows colours, and how wide it is.
//
// Used by whatever the commands print. Promises that what goes to a file or a pipe has no escape
// sequence; NO_COLOR and FORCE_COLOR say otherwise than the terminal does, as everywhere.

import { styleText } from 'node:util'

import type { WriteStream } from 'node:tty'

/** What is used of a colour, by its meaning. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Gives a text its style, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

type Output = Pick<WriteStream, 'isTTY'> & Partial<Pick<WriteStream, 'columns'>>
type Environment = Readonly<Record<string, string | undefined>>

/** Newer versions of Node look at standard output by themselves. */
type StyleText = (style: Style, text: string, options: { validateStream: boolean }) => string

/** The painter for a stream. */
export function painter(output: Output, env: Environment = process.env): Paint {
  if (!hasColours(output, env)) return (_style, text) => text
  return (style, text) => (styleText as StyleText)(style, text, { validateStream: false })
}

function hasColours(output: Output, env: Environment): boolean {
  if (isSet(env['NO_COLOR'])) return false
  const forced = env['FORCE_COLOR']
  if (isSet(forced)) return forced !== '0' && forced !== 'false'
  return output.isTTY && env['TERM'] !== 'dumb'
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}

const DEFAULT_COLUMNS = 80

/** The columns that a text may have; 80 where nobody says. */
export function columnsOf({ isTTY, columns }: Output): number {
  return isTTY && columns !== undefined && columns > 0 ? columns : DEFAULT_COLUMNS
}

/** Writes to standard output; everything has to be out before a process ends. */
export function writeOut(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()))
}
