// Pieces of Markdown: anchors as GitHub makes them, types with links in them, cells of tables.
//
// Called by scripts/lib/api-page.mjs. Promises plain Markdown: code spans and links, no HTML.

import { referencesIn } from './api-model.mjs'

/** Makes the anchors of one page, in the order of its headings. */
export function anchors() {
  const used = new Map()
  return (heading) => {
    const slug = slugOf(heading)
    const times = used.get(slug) ?? 0
    used.set(slug, times + 1)
    return times === 0 ? slug : `${slug}-${times}`
  }
}

/** The anchor of a heading, if it is the first of its text. */
export function slugOf(heading) {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
  return text.replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '').replace(/ /g, '-')
}

/** The source of nodes as it stands in a file, moved to the left edge. */
export function codeOf(text, start, end) {
  const lineStart = text.lastIndexOf('\n', start) + 1
  const indent = /^ */.exec(text.slice(lineStart))[0]
  return text
    .slice(start, end)
    .split('\n')
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
    .join('\n')
}

/** A type on one line, as code spans and links; `linkOf(name)` gives the target of a name. */
export function typeOf(text, node, linkOf) {
  const marks = referencesIn([node])
    .map((mark) => ({ ...mark, link: linkOf(mark.name) }))
    .filter(({ link }) => link !== undefined)
    .sort((a, b) => a.start - b.start)
  const parts = []
  // A list of alternatives may begin with the sign between them.
  let at = node.start + /^[\s|]*/.exec(text.slice(node.start, node.end))[0].length
  for (const { name, start, link } of marks) {
    parts.push(span(text.slice(at, start)), `[\`${name}\`](${link})`)
    at = start + name.length
  }
  return [...parts, span(text.slice(at, node.end))].join('')
}

/** Code on one line. */
export function flat(code) {
  return code
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/([(<[]) /g, '$1')
    .replace(/,? ([)>\]])(?!=)/g, '$1')
    .replace(/= ?>/g, '=>')
    .replace(/([(<:=]) ?\| /g, (_, before) => (/[:=]/.test(before) ? `${before} ` : before))
}

function span(code) {
  const line = flat(code)
  if (line.trim() === '') return line === '' ? '' : ' '
  // Spaces at the edges of a code span are trimmed, so they stand outside of it.
  const [, before, inner, after] = /^(\s?)(.*?)(\s?)$/.exec(line)
  return `${before}\`${inner}\`${after}`
}

/** A text as a cell of a table. */
export function cell(text) {
  return text.replace(/\s+/g, ' ').replace(/\|/g, '\\|').trim()
}

/** A table without columns that are empty in every row, but for the first. */
export function table(heads, rows) {
  const kept = heads
    .map((_, column) => column)
    .filter((column) => column === 0 || rows.some((row) => row[column]))
  const line = (cells) => `| ${kept.map((column) => cell(cells[column] ?? '')).join(' | ')} |`
  return [line(heads), `|${kept.map(() => '---|').join('')}`, ...rows.map(line)]
}
