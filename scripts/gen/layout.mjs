// src/native/generated/: the TypeScript twins of what the Rust side lays out. Sources: the
// constants of crates/core/src/dispatch/layout.rs, the table of known field names in
// crates/proto/src/fields.rs and the list of fields that cannot be trailers in
// crates/proto/src/h1/section.rs.

import { fail } from '../lib/run.mjs'
import { constants, source } from '../lib/rust-source.mjs'

const layoutPath = 'crates/core/src/dispatch/layout.rs'
const fieldsPath = 'crates/proto/src/fields.rs'
const trailersPath = 'crates/proto/src/h1/section.rs'
const notice = (path) => `// Source: ${path}. Written by "npm run gen", never by hand.`

export function generate() {
  return {
    'src/native/generated/layout.ts': layout(),
    'src/native/generated/known-names.ts': knownNames(),
    'src/native/generated/forbidden-trailers.ts': forbiddenTrailers(),
  }
}

function layout() {
  const text = source(layoutPath)
  const lines = [
    '// The word layout of the batches that travel between an I/O thread and an isolate.',
    notice(layoutPath),
  ]
  for (const part of modules(text)) {
    const prefix = part.name === '' ? '' : `${part.name.toUpperCase()}_`
    for (const { name, value, doc } of constants(part.text, layoutPath)) {
      // JavaScript reads the words as signed.
      lines.push('', `/** ${doc} */`, `export const ${prefix}${name} = ${value | 0}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** The text outside of inline modules, and each of those, in the order of the file. */
function modules(text) {
  const parts = []
  let last = 0
  for (const match of text.matchAll(/^pub mod (\w+) \{\n([\s\S]*?)^\}\n/gm)) {
    parts.push({ name: '', text: text.slice(last, match.index) })
    parts.push({ name: match[1], text: match[2] })
    last = match.index + match[0].length
  }
  parts.push({ name: '', text: text.slice(last) })
  return parts.filter((part) => /pub const/.test(part.text))
}

function knownNames() {
  const lines = [
    '// The field names that are known by number: the index is the id.',
    notice(fieldsPath),
    '',
    'export const KNOWN_NAMES: readonly string[] = [',
    ...names().map((name) => `  '${name}',`),
    ']',
  ]
  return `${lines.join('\n')}\n`
}

/** The names of the fields that `is_forbidden_trailer` lists. */
function forbiddenTrailers() {
  const list = /fn is_forbidden_trailer\([^{]*\{\s*matches!\(\s*id,([^)]*)\)/.exec(
    source(trailersPath),
  )
  const listed = list ? [...list[1].matchAll(/known::(\w+)/g)].map((match) => match[1]) : []
  const known = new Set(names())
  const found = listed.map((name) => name.toLowerCase().replaceAll('_', '-'))
  if (found.length === 0 || found.some((name) => !known.has(name))) {
    fail(`${trailersPath}: found no list of known names in is_forbidden_trailer`)
  }
  const lines = [
    '// Fields that say how to read or route a message: as trailers they would come too late.',
    notice(trailersPath),
    '',
    'export const FORBIDDEN_TRAILERS: ReadonlySet<string> = new Set([',
    ...found.map((name) => `  '${name}',`),
    '])',
  ]
  return `${lines.join('\n')}\n`
}

/** The table of known names; the first is empty. */
function names() {
  const table = /pub const NAMES: \[&str; (\d+)\] = \[([\s\S]*?)\];/.exec(source(fieldsPath))
  if (!table) fail(`${fieldsPath}: found no table NAMES`)
  const found = [...table[2].matchAll(/"([^"]*)"/g)].map((match) => match[1])
  if (found.length !== Number(table[1])) fail(`${fieldsPath}: NAMES has ${found.length} entries`)
  return found
}
