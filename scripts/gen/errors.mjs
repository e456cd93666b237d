// docs/errors.md: every code that an error can carry and every reason for which a request is
// refused without a handler. Sources: the table in src/error-codes.ts and the list of reasons in
// crates/proto/src/reject.rs, which src/native/generated/reject-reasons.ts is the twin of.

import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { fail, root } from '../lib/run.mjs'
import { cell, docText, source } from '../lib/rust-source.mjs'

const codesPath = 'src/error-codes.ts'
const reasonsPath = 'crates/proto/src/reject.rs'

export function generate() {
  if (!existsSync(join(root, codesPath))) return {}
  const lines = [
    '# Errors',
    '',
    `<!-- Generated from ${codesPath} and ${reasonsPath} by "npm run gen". -->`,
    '',
    '## Codes',
    '',
    'Every error of this package has a `code`. Codes are stable and may be compared; texts may',
    'change. The status is the one of the reply when the error ends a request that has none yet.',
    '',
    '| code | status | meaning |',
    '|---|--:|---|',
    ...codes().map(({ code, status, text }) => `| \`${code}\` | ${status} | ${cell(text)} |`),
    '',
    '## Refusals',
    '',
    'A request that breaks the rules of HTTP or a limit is refused by the core: no handler sees',
    'it. Each reason has a label: `server.stats()` counts by it, the event `reject` tells of it, and',
    'the option `rejects.body` gives it a text.',
    '',
    '| label | status | cause |',
    '|---|--:|---|',
    ...reasons().map(
      ({ label, status, doc }) =>
        `| \`${label}\` | ${status === '0' ? 'closed' : status} | ${cell(doc)} |`,
    ),
    '',
  ]
  return { 'docs/errors.md': lines.join('\n'), 'src/native/generated/reject-reasons.ts': twin() }
}

function twin() {
  const lines = [
    '// The reasons for which a request is refused before any handler sees it, with their statuses.',
    `// Source: ${reasonsPath}. Written by "npm run gen", never by hand.`,
    '',
    'export const REJECT_STATUS = {',
    ...reasons().map(({ label, status }) => `  ${label}: ${status},`),
    '} as const',
  ]
  return `${lines.join('\n')}\n`
}

function codes() {
  const rows = source(codesPath).matchAll(
    /^ {2}(LANNER_\w+): \{\s*status: (\d+),\s*text:\s*(['"])((?:[^\\]|\\.)*?)\3,?\s*\},$/gm,
  )
  const found = [...rows].map(([, code, status, , text]) => ({
    code,
    status: status === '0' ? '' : status,
    text: text.replace(/\\(.)/g, '$1'),
  }))
  const all = source(codesPath).match(/^ {2}LANNER_\w+:/gm) ?? []
  if (found.length !== all.length)
    fail(`${codesPath}: ${all.length - found.length} rows cannot be read`)
  return found
}

function reasons() {
  const list = /^reasons! \{\n([\s\S]*?)^\}/m.exec(source(reasonsPath))
  if (!list) fail(`${reasonsPath}: found no list of reasons`)
  const rows = list[1].matchAll(/((?:^ {4}\/\/\/.*\n)+)^ {4}\w+ = (\d+) "(\w+)",$/gm)
  return [...rows].map(([, doc, status, label]) => ({ doc: docText(doc), status, label }))
}
