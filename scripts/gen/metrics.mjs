// docs/metrics.md and the types of the counters. Sources: the table of counters in
// crates/core/src/metrics.rs, the table FAMILIES in crates/core/src/prometheus.rs and the causes in
// crates/core/src/conn/end.rs.

import { fail } from '../lib/run.mjs'
import { cell, docText, rows, source } from '../lib/rust-source.mjs'

const countersPath = 'crates/core/src/metrics.rs'
const familiesPath = 'crates/core/src/prometheus.rs'
const causesPath = 'crates/core/src/conn/end.rs'

export function generate() {
  const table = counters()
  return {
    'docs/metrics.md': page(table),
    'src/native/generated/counters.ts': types(table),
  }
}

function page(table) {
  const families = rows(source(familiesPath), 'FAMILIES', familiesPath)
  return [
    '# Metrics',
    '',
    `<!-- Generated from ${countersPath}, ${familiesPath} and ${causesPath} by "npm run gen". -->`,
    '',
    'The same figures in two forms: `server.stats()`, and the text of Prometheus at',
    '`metrics: { path }`, which the network side writes, so that it answers while JavaScript is',
    'stuck. Each I/O thread counts for itself with plain stores; who asks merges. Names follow',
    "OpenTelemetry's conventions where those have one.",
    '',
    '## Counters',
    '',
    'Those that end in `_total` only grow; the others are the state now.',
    '',
    '| `server.stats()` | Prometheus | unit | meaning |',
    '|---|---|---|---|',
    ...table.map(({ name, exported, unit, doc }) =>
      line(`\`${name}\``, `\`${exported}\``, unit, doc),
    ),
    '',
    '## With labels',
    '',
    '| Prometheus | kind | labels | meaning |',
    '|---|---|---|---|',
    ...families.map(({ exported, kind, labels, help }) =>
      line(`\`${exported}\``, kind, labels, help),
    ),
    '',
    'The label `isolate` is the number of an isolate, or `gone` for the sum of those that have ended.',
    '',
    'Times are taken once per turn of a thread, in microseconds: what lies within one turn counts as',
    'the same moment. In `server.stats()` they are `request_duration`, `queue_wait`,',
    '`handler_duration` and `connection_duration` in milliseconds, from log-linear histograms whose',
    'percentiles are within 5 %; the buckets of Prometheus are exact. `loop_delay` and',
    '`loop_delay_max` are milliseconds too; those of the server are the worst of its isolates.',
    '',
    'The labels of requests are the method, the pattern of the route and the status. A server keeps',
    '64 such series and 8 more per route (of at most 1024 routes) on each I/O thread; what would need',
    'another one is counted with `http_request_method="_OTHER"` alone. Refused requests, which no',
    'handler ever saw, are in `lanner_rejects_total`; docs/errors.md has its reasons.',
    '',
    '## Causes',
    '',
    'Why a connection ended: the label `cause`, and `closed_<cause>` in `server.stats()`.',
    '',
    '| cause | meaning |',
    '|---|---|',
    ...causes().map(({ label, doc }) => line(`\`${label}\``, doc)),
    '',
  ].join('\n')
}

function types(table) {
  const lines = [
    '// The counters of the I/O threads, as server.stats() names them.',
    `// Source: ${countersPath}. Written by "npm run gen", never by hand.`,
    '',
    '/** Sums over the I/O threads. */',
    'export interface Counters {',
  ]
  for (const { name, unit, doc } of table) {
    const text = unit === 'bytes' && !doc.toLowerCase().includes('bytes') ? `${doc} In bytes.` : doc
    lines.push(`  /** ${text} */`, `  readonly ${name}: number`)
  }
  return `${[...lines, '}'].join('\n')}\n`
}

function counters() {
  const list = /^counters! \{\n([\s\S]*?)^\}/m.exec(source(countersPath))
  if (!list) fail(`${countersPath}: found no table of counters`)
  const found = list[1].matchAll(/((?:^ {4}\/\/\/.*\n)+)^ {4}(\w+) = "(\w+)" (\w+),$/gm)
  const all = [...found].map(([, doc, name, exported, unit]) => {
    return { name, exported, unit, doc: docText(doc) }
  })
  const names = list[1].match(/^ {4}\w+ = /gm) ?? []
  if (all.length !== names.length) fail(`${countersPath}: some rows cannot be read`)
  return all
}

function causes() {
  const text = source(causesPath)
  const docs = new Map(
    [...text.matchAll(/((?:^ {4}\/\/\/.*\n)+)^ {4}(\w+),$/gm)].map(([, doc, name]) => [
      name,
      docText(doc),
    ]),
  )
  const labels = [...text.matchAll(/^ {12}Self::(\w+) => "(\w+)",$/gm)]
  if (labels.length === 0) fail(`${causesPath}: found no causes`)
  return labels.map(([, name, label]) => {
    if (!docs.has(name)) fail(`${causesPath}: ${name} has no documentation`)
    return { label, doc: docs.get(name) }
  })
}

function line(...cells) {
  return `| ${cells.map(cell).join(' | ')} |`
}
