// The page that a developer sees in the browser when a handler failed: the error, the code around
// it, the request.
//
// Loaded by developer-reply.ts when the first error is to be shown, in development only. Promises
// that everything which comes from the error or the request is escaped, that no script runs in it,
// and that only files which the frames of the stack name are read, and of those only scripts.

import { readFile, stat } from 'node:fs/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Context } from './context.js'

/** One line of a stack that names a place. */
interface Frame {
  readonly name: string
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Lines of code before and behind the one that failed. */
const AROUND = 6
const FRAMES_MAX = 40
const CAUSES_MAX = 5
const FILE_BYTES_MAX = 1024 * 1024
const SCRIPT = /\.[cm]?[jt]sx?$/

/** The page for an error. */
export async function developerPage(error: unknown, ctx: Context): Promise<string> {
  const parts: string[] = []
  const causes = chainOf(error)
  for (const [index, cause] of causes.entries()) parts.push(await errorPart(cause, index))
  parts.push(requestPart(ctx))
  const title = escapeHtml(headline(error))
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style></head>
<body>${parts.join('\n')}
<footer>Node.js ${escapeHtml(process.version)}. This page is shown in development only.</footer>
</body></html>
`
}

/** The same for clients that show text. */
export function developerText(error: unknown, ctx: Context): string {
  const [first, ...causes] = chainOf(error).map((one) => stackOf(one) ?? headline(one))
  const because = causes.map((cause) => `caused by ${cause}`)
  return `${[`${ctx.method} ${ctx.rawTarget}`, '', first, ...because].join('\n')}\n`
}

/** The error, what caused it, and what caused that. */
function chainOf(error: unknown): unknown[] {
  const chain = [error]
  while (chain.length < CAUSES_MAX) {
    const last = chain.at(-1)
    if (!(last instanceof Error) || last.cause === undefined || chain.includes(last.cause)) break
    chain.push(last.cause)
  }
  return chain
}

function headline(error: unknown): string {
  if (error instanceof Error) return `${error.name}: ${error.message}`
  return `Something was thrown that is no error: ${String(error)}`
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error && typeof error.stack === 'string' ? error.stack : undefined
}

async function errorPart(error: unknown, index: number): Promise<string> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const frames = framesOf(error)
  const shown: string[] = []
  let isOpen = false
  for (const frame of frames) {
    // Where the application failed is what a developer wants to see first.
    const isOwn = isOfApplication(frame.file)
    const source = isOwn ? await sourcePart(frame) : ''
    const place = `${shortPath(frame.file)}:${frame.line}:${frame.column}`
    const summary = `<code>${escapeHtml(frame.name)}</code> <span>${escapeHtml(place)}</span>`
    if (source === '') {
      shown.push(`<p class="frame">${summary}</p>`)
      continue
    }
    const open = isOpen ? '' : ' open'
    isOpen = true
    shown.push(`<details${open}><summary>${summary}</summary>${source}</details>`)
  }
  const heading = index === 0 ? 'h1' : 'h2'
  const because = index === 0 ? '' : 'Caused by '
  const tag = code === '' ? '' : ` <small>${escapeHtml(code)}</small>`
  const text = `<${heading}>${because}${escapeHtml(headline(error))}${tag}</${heading}>`
  return `<section>${text}${shown.join('\n')}</section>`
}

/** The places of a stack. The message, which anybody may have written, is no part of it. */
function framesOf(error: unknown): Frame[] {
  const stack = stackOf(error)
  if (stack === undefined) return []
  const { message } = error as Error
  const at = message === '' ? 0 : stack.indexOf(message) + message.length
  const frames: Frame[] = []
  for (const line of stack.slice(at).split('\n')) {
    const match = /^\s+at (?:(.*) \()?(.*):(\d+):(\d+)\)?$/.exec(line)
    if (match === null || frames.length === FRAMES_MAX) continue
    const [, name = '(anonymous)', place = '', row, column] = match
    const file = place.replace(/^async /, '')
    frames.push({ name, file: pathOf(file), line: Number(row), column: Number(column) })
  }
  return frames
}

function pathOf(place: string): string {
  if (!place.startsWith('file:')) return place
  try {
    return fileURLToPath(place)
  } catch {
    return place
  }
}

function isOfApplication(file: string): boolean {
  return SCRIPT.test(file) && !file.startsWith('node:') && !/[\\/]node_modules[\\/]/.test(file)
}

function shortPath(file: string): string {
  const short = relative(process.cwd(), file)
  return file.startsWith('node:') || short.startsWith('..') ? file : short
}

/** The lines around the one that failed; empty when they cannot be read. */
async function sourcePart({ file, line }: Frame): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > FILE_BYTES_MAX) return ''
    const lines = (await readFile(file, 'utf8')).split('\n')
    const first = Math.max(1, line - AROUND)
    const shown = lines.slice(first - 1, line + AROUND).map((text, index) => {
      const number = first + index
      const row = `${String(number).padStart(5)}  ${escapeHtml(text)}`
      return number === line ? `<mark>${row}</mark>` : row
    })
    return `<pre>${shown.join('\n')}</pre>`
  } catch {
    return ''
  }
}

function requestPart(ctx: Context): string {
  const { pattern } = ctx.route
  const about: [string, string][] = [
    ['Request', `${ctx.method} ${ctx.rawTarget}`],
    ['Route', pattern === '' ? 'none' : `${ctx.route.method} ${pattern}`],
    ['Client', `${ctx.remote.address} ${ctx.remote.port}`],
    ['Protocol', ctx.protocol],
  ]
  const params = Object.entries({ ...readParams(ctx) }).map(([name, value]): [string, string] => [
    name,
    String(value),
  ])
  return [
    table('Request', about),
    table('Parameters of the path', params),
    table('Query', [...new URLSearchParams(queryOf(ctx))]),
    table('Cookies', [...ctx.cookies]),
    table('Headers', ctx.headers.raw()),
  ].join('\n')
}

function readParams(ctx: Context): object {
  return ctx.params ?? {}
}

function queryOf(ctx: Context): string {
  const at = ctx.rawTarget.indexOf('?')
  return at < 0 ? '' : ctx.rawTarget.slice(at)
}

function table(title: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return ''
  const cells = rows.map(
    ([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  )
  return `<section><h2>${title}</h2><table>${cells.join('')}</table></section>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!)
}

const STYLE = `
:root{color-scheme:light dark;--dim:#6b7280;--line:#8884;--mark:#f59e0b33}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem;margin:0 0 1rem;white-space:pre-wrap;overflow-wrap:anywhere}
h2{font-size:1rem;margin:2rem 0 .5rem;white-space:pre-wrap;overflow-wrap:anywhere}
small,span,footer{color:var(--dim);font-weight:400}
code,pre,td{font:13px/1.5 ui-monospace,monospace}
pre{overflow-x:auto;margin:.25rem 0 .75rem;padding:.5rem;border:1px solid var(--line)}
mark{display:inline-block;min-width:100%;background:var(--mark);color:inherit}
.frame,summary{margin:.15rem 0;overflow-wrap:anywhere}.frame{padding-left:1rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.2rem .5rem;border-top:1px solid var(--line)}
th{width:14rem;font-weight:500;overflow-wrap:anywhere}td{overflow-wrap:anywhere}
footer{margin:2rem 0}`
