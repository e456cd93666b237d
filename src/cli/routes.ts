// lanner routes: the table of an application's routes, with the places where they are written.
//
// Imports the file with LANNER_ROUTE_SOURCES set, which makes registration note its caller; nothing
// listens. Promises lines that fit the terminal: what is longer goes on in the next line.

import { relative } from 'node:path'

import { ROUTE_SOURCES } from '../routing/sources.js'
import { findFile, loadApplication } from './application.js'
import { CliError, FAILED } from './errors.js'
import { shortOptions } from './route-options.js'
import { columnsOf, painter, writeOut } from './terminal.js'

import type { Route } from '../routing/route.js'
import type { CommandOptions } from './args.js'
import type { Paint } from './terminal.js'

/** A route as it is shown. */
export interface RouteRow {
  readonly method: string
  readonly pattern: string
  readonly name: string
  /** Its options in short, one by one. */
  readonly options: readonly string[]
  /** `file:line`, relative to the working directory; empty where it is not known. */
  readonly source: string
}

export async function routes(file: string, { json }: CommandOptions): Promise<number> {
  const path = findFile(file)
  process.env[ROUTE_SOURCES] = '1'
  process.setSourceMapsEnabled(true)
  const { app } = await loadApplication(path)
  if (app === undefined) {
    throw new CliError(`${file} exports no App of lanner, and only that knows its routes.`, FAILED)
  }
  const rows = app.registry.routes.map(toRow)
  const text = json === true ? toJson(rows) : table(rows, columnsOf(process.stdout))
  await writeOut(text)
  // What the application has opened shall not keep us.
  process.exit()
}

function toRow({ method, pattern, options, source }: Route): RouteRow {
  const { name } = options as { name?: unknown }
  return {
    method: method === '*' ? 'ANY' : method,
    pattern,
    name: typeof name === 'string' ? name : '',
    options: shortOptions(options),
    source: source === undefined ? '' : shortSource(source),
  }
}

/** Without the column, and from here on where that is shorter. */
function shortSource(source: string): string {
  const [, path, line] = /^(.*):(\d+):\d+$/.exec(source)!
  const near = relative(process.cwd(), path!)
  return `${near.length < path!.length ? near : path}:${line}`
}

function toJson(rows: readonly RouteRow[]): string {
  return `${JSON.stringify(rows, undefined, 2)}\n`
}

/** Between two columns. */
const GAP = 2
/** What a column may take before it is broken. */
const PATTERN_MAX = 36
const NAME_MAX = 16

/** The table as text. */
export function table(
  rows: readonly RouteRow[],
  columns: number,
  paint: Paint = painter(process.stdout),
): string {
  if (rows.length === 0) return 'no routes\n'
  const methods = widest(rows, 'method', Infinity)
  const widths = {
    method: methods,
    pattern: widest(rows, 'pattern', PATTERN_MAX),
    name: widest(rows, 'name', NAME_MAX),
  }
  const lines = rows.flatMap((row) => [
    ...headLines(row, widths, columns, paint),
    ...wrapped(row.options, methods + GAP, columns).map((line) => paint('dim', line)),
  ])
  const count = rows.length === 1 ? '1 route' : `${rows.length} routes`
  return `${lines.join('\n')}\n\n${count}\n`
}

interface Widths {
  readonly method: number
  readonly pattern: number
  readonly name: number
}

/** The line of a route, or two of them where it is too long. */
function headLines(row: RouteRow, widths: Widths, columns: number, paint: Paint): string[] {
  const { method, pattern, name, source } = row
  const cells: readonly [text: string, width: number, painted: string][] = [
    [method, widths.method, paint('green', method)],
    [pattern, widths.pattern, paint('bold', pattern)],
    [name, widths.name, name],
    [source, source.length, paint('cyan', source)],
  ]
  const indent = ' '.repeat(widths.method + GAP)
  const lines: string[] = []
  let line = ''
  let length = 0
  for (const [text, width, painted] of cells) {
    if (width === 0) continue
    if (length > 0 && length + text.length > columns) {
      lines.push(line.trimEnd())
      line = indent
      length = indent.length
    }
    line += painted + ' '.repeat(Math.max(width - text.length, 0) + GAP)
    length += Math.max(width, text.length) + GAP
  }
  return [...lines, line.trimEnd()]
}

/** Texts joined by commas, broken between them. */
function wrapped(texts: readonly string[], at: number, columns: number): string[] {
  const indent = ' '.repeat(at)
  const lines: string[] = []
  for (const [index, text] of texts.entries()) {
    const item = index === texts.length - 1 ? text : `${text},`
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + item.length > columns) lines.push(indent + item)
    else lines[lines.length - 1] = `${last} ${item}`
  }
  return lines
}

function widest(
  rows: readonly RouteRow[],
  name: 'method' | 'pattern' | 'name',
  max: number,
): number {
  return Math.min(Math.max(...rows.map((row) => row[name].length)), max)
}
