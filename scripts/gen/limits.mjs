// docs/limits.md: every cap with its default and where that comes from. Sources: the table LIMITS
// in crates/proto/src/limits.rs, the table CONTRACT in crates/core/src/limits.rs, and for what is
// kept in JavaScript the table LIMITS in src/limit-table.ts.

import { fail } from '../lib/run.mjs'
import { cell, rows, source } from '../lib/rust-source.mjs'

const path = 'crates/proto/src/limits.rs'
const corePath = 'crates/core/src/limits.rs'
const scriptPath = 'src/limit-table.ts'

export async function generate() {
  const script = await scriptRows()
  const table = rows(source(path), 'LIMITS', path)
  const adjustable = table.filter((row) => row.option)
  const contract = rows(source(corePath), 'CONTRACT', corePath)
  const server = contract.filter((row) => row.option)
  const fixed = [...table, ...contract].filter((row) => !row.option)
  const lines = [
    '# Limits',
    '',
    `<!-- Generated from ${path}, ${corePath} and ${scriptPath} by "npm run gen". -->`,
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
    '## Bodies, streams and middleware',
    '',
    'What handlers and middleware hold to by themselves. The option is one of the function that is named.',
    '',
    '| of | option | what is counted | default | range | when it is passed | source of the default |',
    '|---|---|---|--:|---|---|---|',
    ...script.map((row) =>
      line(
        `\`${row.of}\``,
        `\`${row.option}\``,
        row.what,
        scriptAmount(row, row.default),
        `${row.min} to ${power(row.max)}${row.isOptional === true ? ', or null for none' : ''}`,
        row.code === undefined ? row.breach : `${row.breach} (\`${row.code}\`)`,
        row.origin,
      ),
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

/** The rows of the table, whose text is literals alone: so it is a module by itself. */
async function scriptRows() {
  const [, table] =
    /export const LIMITS = (\{\n[\s\S]*?\n\}) as const\n/.exec(source(scriptPath)) ?? []
  if (table === undefined) fail(`${scriptPath}: found no table LIMITS`)
  const module = `const row = (limit) => limit\nexport const LIMITS = ${table}`
  const { LIMITS } = await import(`data:text/javascript,${encodeURIComponent(module)}`)
  return Object.values(LIMITS)
}

function scriptAmount({ unit }, value) {
  return `${value.toLocaleString('en-US')} ${unit}`
}

/** The largest numbers, as the other tables have them. */
function power(value) {
  if (value === Number.MAX_SAFE_INTEGER) return '2^53 - 1'
  return value === 2 ** 31 - 1 ? '2^31 - 1' : String(value)
}
