// docs/limits.md: every cap with its default and where that comes from. Source: the table LIMITS in
// crates/proto/src/limits.rs and the table CONTRACT in crates/core/src/limits.rs.

import { cell, rows, source } from '../lib/rust-source.mjs'

const path = 'crates/proto/src/limits.rs'
const corePath = 'crates/core/src/limits.rs'

export function generate() {
  const table = rows(source(path), 'LIMITS', path)
  const adjustable = table.filter((row) => row.option)
  const contract = rows(source(corePath), 'CONTRACT', corePath)
  const server = contract.filter((row) => row.option)
  const fixed = [...table, ...contract].filter((row) => !row.option)
  const lines = [
    '# Limits',
    '',
    `<!-- Generated from ${path} and ${corePath} by "npm run gen". -->`,
    '',
    'Everything that a peer can make the server hold or count has a cap. Passing one is a refusal',
    'with its own label in the metrics, or backpressure: never silent, never a longer queue.',
    '',
    'Null or Infinity say that there is no limit, where the range says that there can be none; undefined',
    'is the default. Sizes and times are numbers (bytes, milliseconds) or texts with a unit. *Also by*',
    'says who can have a value of its own: a route (its options), a request (`ctx.limits`).',
    '',
    '## Options',
    '',
    '| option | what is counted | default | range | when it is passed | also by | source of the default |',
    '|---|---|--:|---|---|---|---|',
    ...adjustable.map((row) =>
      line(`\`${row.option}\``, row.what, amount(row), row.range, breach(row), row.per, row.origin),
    ),
    '',
    '## Time, pace and number',
    '',
    'Deadlines come up in steps of 128 ms, so they pass up to 130 ms late, whatever else happens. Only the end of a',
    'connection that rests (`timeouts.keepAlive`) has more time: a thread that has nothing else to do looks every 500 ms,',
    'so that very many such connections do not keep it awake.',
    '',
    '| option | what is counted | default | range | when it is passed | also by | source of the default |',
    '|---|---|--:|---|---|---|---|',
    ...server.map((row) =>
      line(`\`${row.option}\``, row.what, amount(row), row.range, breach(row), row.per, row.origin),
    ),
    '',
    '## Fixed',
    '',
    '| what is counted | cap | when it is passed | where it comes from |',
    '|---|--:|---|---|',
    ...fixed.map((row) => line(row.what, amount(row), breach(row), row.origin)),
    '',
  ]
  return { 'docs/limits.md': lines.join('\n') }
}

function line(...cells) {
  return `| ${cells.map(cell).join(' | ')} |`
}

function amount({ default: value, unit }) {
  if (!/^\d+$/.test(value)) return value
  return `${Number(value).toLocaleString('en-US')} ${unit}`
}

function breach({ on_breach: text, reject }) {
  return reject ? `${text} (\`${reject}\`)` : text
}
