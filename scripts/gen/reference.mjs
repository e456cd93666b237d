// docs/api/: the reference of every entry of the package. Source: the docstrings in src/, by the
// declarations that the compiler writes.
//
// Comes behind public-api.mjs, as its name does: the sub-path entries refer to index.d.ts. A page
// says where a symbol is declared by file, not by line: else each change of a file would
// change its page.

import { slugOf, table } from '../lib/api-markdown.mjs'
import { readSurface } from '../lib/api-model.mjs'
import { outlineOf, pageOf, summaryOf, titleOf } from '../lib/api-page.mjs'
import { fail } from '../lib/run.mjs'
import { source } from '../lib/rust-source.mjs'

const notice = '<!-- Generated from the docstrings in src/ by "npm run gen". -->'

/** The page that explains an entry, by the entry's name. */
const guides = {
  lanner: ['guide.md', 'the guide'],
  'lanner/client': ['client.md', 'the client'],
  'lanner/controllers': ['controllers.md', 'controllers'],
  'lanner/openapi': ['openapi.md', 'OpenAPI'],
  'lanner/json-schema': ['json-schema.md', 'JSON Schema and TypeBox'],
  'lanner/fast-response': ['fetch.md#the-response', 'the fetch standard'],
}

export function generate() {
  const { entries, targetOf } = readSurface()
  const outlines = entries.map(outlineOf)
  const places = new Map(outlines.flatMap((outline) => [...outline.places]))
  const files = { 'docs/api/README.md': indexOf(outlines, places) }
  for (const outline of outlines) {
    const { entry } = outline
    const file = fileOf(entry.name)
    const up = '../'.repeat(file.split('/').length + 1)
    const symbol = (target) => linkFrom(file, target, places)
    const name = (module, called) => {
      const target = targetOf(module, called)
      return target && symbol(target)
    }
    const head = headOf(entry, up)
    files[`docs/api/${file}`] = pageOf(outline, { head, linkOf: { symbol, name }, up })
  }
  return files
}

/** 'lanner/middleware/cors' → 'middleware/cors.md'. */
function fileOf(entry) {
  return `${entry === 'lanner' ? 'lanner' : entry.slice('lanner/'.length)}.md`
}

function linkFrom(file, target, places) {
  const anchor = places.get(target)
  if (anchor === undefined) return undefined
  const to = fileOf(target.entry)
  return to === file ? `#${anchor}` : `${'../'.repeat(file.split('/').length - 1)}${to}#${anchor}`
}

function headOf(entry, up) {
  const names = valuesOf(entry).map(({ name }) => name)
  const long = `import { ${names.join(', ')} } from '${entry.name}'`
  const [page, title] = guideOf(entry.name)
  return [
    notice,
    '',
    '```ts',
    long.length <= 100 ? long : `import { ${names[0]} } from '${entry.name}'`,
    '```',
    '',
    `Explained in [${title}](${up.slice('../'.length)}${page}).`,
    '',
  ]
}

function valuesOf({ exported }) {
  return exported.filter(({ kind }) => kind !== 'interface' && kind !== 'type')
}

/** What an entry is there for: what has its name, as near as there is. */
function mainOf(entry) {
  if (entry.name === 'lanner') return entry.exported.find(({ name }) => name === 'App')
  const part = entry.name.split('/').at(-1).replaceAll('-', '')
  const named = (test) => valuesOf(entry).find(({ name, kind }) => test(name.toLowerCase(), kind))
  return (
    named((name) => name === part) ??
    named((name, kind) => kind === 'function' && name.endsWith(part)) ??
    named((name) => part.startsWith(name) || name.startsWith(part)) ??
    valuesOf(entry)[0]
  )
}

function guideOf(name) {
  if (guides[name]) return guides[name]
  // docs/middleware.md has a table that says which of its parts is about an entry.
  const short = name.split('/').at(-1)
  const page = source('docs/middleware.md')
  const part = new RegExp(`\\[\`${short}\`\\]\\(#([\\w-]+)\\)`).exec(page)?.[1]
  const title = [...page.matchAll(/^#+ (.*)$/gm)].find(([, text]) => slugOf(text) === part)?.[1]
  if (title === undefined)
    fail(`docs/middleware.md has no part about ${short} that its table names`)
  return [`middleware.md#${part}`, `middleware: ${title}`]
}

function indexOf(outlines, places) {
  const entries = outlines.map(({ entry }) => [
    `[${titleOf(entry)}](${fileOf(entry.name)})`,
    guideOf(entry.name)[1],
    summaryOf(mainOf(entry)),
  ])
  const symbols = outlines
    .flatMap(({ entry }) => entry.exported)
    .sort((a, b) => (order(a) < order(b) ? -1 : 1))
    .map((symbol) => [
      `[\`${symbol.name}\`](${linkFrom('README.md', symbol, places)})`,
      symbol.entry,
      summaryOf(symbol),
    ])
  return [
    '# API reference',
    '',
    notice,
    '',
    'What each entry of the package exports, with the texts that editors show. Times are numbers of',
    "milliseconds or texts ('2s'), sizes are numbers of bytes or texts ('1MiB'), where an option's type",
    'is [`Duration`](lanner.md#duration) or [`Size`](lanner.md#size). Wrong options are an error',
    "(`LANNER_OPTION_INVALID`) that names the option's path and range; the codes of errors are in",
    '[errors](../errors.md).',
    '',
    '## Entries',
    '',
    ...table(['entry', 'explained in', 'what it is for'], entries),
    '',
    '## Symbols',
    '',
    ...table(['symbol', 'entry', 'summary'], symbols),
    '',
  ].join('\n')
}

function order({ name, entry }) {
  return `${name.toLowerCase()} ${name} ${entry}`
}
