// src/native/generated/: the TypeScript twins of what the Rust side lays out. Sources: the
// constants of crates/core/src/dispatch/layout.rs and the table of known field names in
// crates/proto/src/fields.rs.

import { fail } from '../lib/run.mjs'
import { constants, source } from '../lib/rust-source.mjs'

const layoutPath = 'crates/core/src/dispatch/layout.rs'
const fieldsPath = 'crates/proto/src/fields.rs'
const notice = (path) => `// Source: ${path}. Written by "npm run gen", never by hand.`

export function generate() {
  return {
    'src/native/generated/layout.ts': layout(),
    'src/native/generated/known-names.ts': knownNames(),
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
  const table = /pub const NAMES: \[&str; (\d+)\] = \[([\s\S]*?)\];/.exec(source(fieldsPath))
  if (!table) fail(`${fieldsPath}: found no table NAMES`)
  const names = [...table[2].matchAll(/"([^"]*)"/g)].map((match) => match[1])
  if (names.length !== Number(table[1])) fail(`${fieldsPath}: NAMES has ${names.length} entries`)
  const lines = [
    '// The field names that are known by number: the index is the id.',
    notice(fieldsPath),
    '',
    'export const KNOWN_NAMES: readonly string[] = [',
    ...names.map((name) => `  '${name}',`),
    ']',
  ]
  return `${lines.join('\n')}\n`
}
