// src/native/generated/abi.ts: the number of the interface between the addon and TypeScript. A hash
// of the Rust sources that describe it; crates/node/build.rs, its twin, puts the same number into
// the addon, so an addon of other sources is refused when it is loaded.

import { source } from '../lib/rust-source.mjs'

const sources = [
  'crates/core/src/dispatch/layout.rs',
  'crates/core/src/dispatch/entry.rs',
  'crates/core/src/dispatch/record.rs',
  'crates/proto/src/fields.rs',
  'crates/node/src/config.rs',
  'crates/node/src/endpoint.rs',
]

export function generate() {
  const lines = [
    '// The number of the interface between the addon and these sources.',
    '// Source: the files in scripts/gen/abi.mjs. Written by "npm run gen", never by hand.',
    '',
    `export const ABI_VERSION = ${abiOf(sources.map(source))}`,
  ]
  return { 'src/native/generated/abi.ts': `${lines.join('\n')}\n` }
}

/** FNV-1a over the code of files: without tests, comments and whitespace. */
export function abiOf(texts) {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(texts.map(codeOf).join(''))) {
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  return hash >>> 0
}

function codeOf(text) {
  const lines = text.split('\n').map((line) => line.trim())
  const end = lines.indexOf('#[cfg(test)]')
  const code = (end < 0 ? lines : lines.slice(0, end)).filter((line) => !line.startsWith('//'))
  return code.join('').replace(/[ \t\r\f]/g, '')
}
