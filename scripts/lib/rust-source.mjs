// Reads the tables that Rust sources declare, for the generators: constants with their
// documentation and lists of struct literals.
//
// Called by scripts/gen/. It reads text, not the language: the tables are written in the regular
// form that rustfmt keeps, and anything else ends with a sentence that names the file.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { fail, root } from './run.mjs'

/** The text of a source file. */
export function source(path) {
  return readFileSync(join(root, path), 'utf8')
}

/** `pub const NAME: type = value;` with the lines of documentation above, inside `text`. */
export function constants(text, path) {
  const found = []
  const known = new Map()
  for (const match of text.matchAll(
    /((?:^[ ]*\/\/\/.*\n)+)^[ ]*pub const (\w+): (?:u8|u16|u32|u64|usize|i32) = ([^;]+);/gm,
  )) {
    const [, doc, name, value] = match
    known.set(name, evaluate(value, known, path))
    found.push({ name, value: known.get(name), doc: docText(doc) })
  }
  if (found.length === 0) fail(`${path}: found no documented constants`)
  return found
}

/** The struct literals of `pub const NAME: &[Type] = &[ … ];` as objects of strings. */
export function rows(text, name, path) {
  const start = text.indexOf(`pub const ${name}:`)
  const end = text.indexOf('\n];', start)
  if (start < 0 || end < 0) fail(`${path}: found no table ${name}`)
  return [...text.slice(start, end).matchAll(/^ {4}\w+ \{\n([\s\S]*?)^ {4}\},?$/gm)].map(
    ([, body]) =>
      Object.fromEntries(
        [...body.matchAll(/(\w+):\s*"((?:[^"\\]|\\.|\\\n)*)"/g)].map(([, field, value]) => [
          field,
          // A backslash at the end of a line joins it with the next, without that one's
          // indentation.
          value.replace(/\\\n\s*/g, '').replace(/\\(.)/g, '$1'),
        ]),
      ),
  )
}

/** Lines of `/// text` as one paragraph. */
export function docText(lines) {
  return lines
    .split('\n')
    .map((line) => line.trim().replace(/^\/\/\/ ?/, ''))
    .join(' ')
    .trim()
}

/** A cell of a Markdown table. */
export function cell(text) {
  return (text ?? '').replace(/\|/g, '\\|').replace(/\s+/g, ' ').trim()
}

/** The value of a constant: numbers, earlier constants, `<<`, `+`, `-`, `*`, brackets. */
function evaluate(expression, known, path) {
  const tokens = expression.match(/<<|[-+*()]|[\w:]+/g) ?? []
  let at = 0
  const unreadable = () => fail(`${path}: cannot read the constant value "${expression}"`)
  const atom = () => {
    const token = tokens[at++]
    if (token === '(') {
      const inner = shift()
      return tokens[at++] === ')' ? inner : unreadable()
    }
    const plain = (token ?? '').replace(/_/g, '')
    if (/^(0x[0-9a-fA-F]+|\d+)$/.test(plain)) return Number(plain)
    if (token === 'u32::MAX') return 0xffff_ffff
    return known.has(token) ? known.get(token) : unreadable()
  }
  const level = (next, steps) => () => {
    let value = next()
    while (Object.hasOwn(steps, tokens[at])) value = steps[tokens[at++]](value, next())
    return value
  }
  const product = level(atom, { '*': (a, b) => a * b })
  const sum = level(product, { '+': (a, b) => a + b, '-': (a, b) => a - b })
  const shift = level(sum, { '<<': (a, b) => a * 2 ** b })
  const value = shift()
  return at === tokens.length ? value : unreadable()
}
