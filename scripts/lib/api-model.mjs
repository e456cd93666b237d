// The public surface as data: entries of package.json, what each exports, and the docstrings.
//
// Called by scripts/gen/reference.mjs and by test/docs/docstrings.test.ts. The compiler writes
// the declarations, the formatter gives them the house style, a parser reads them. Promises symbols
// with their syntax trees, and where each name that they mention is declared. How a page looks is
// not decided here.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve, sep } from 'node:path'

import { parse } from '@babel/parser'

import { docstringOf } from './api-docstrings.mjs'
import { ask, fail, filesUnder, manifest, root, toolPath } from './run.mjs'

/** The entries of the package: `{ name, exported, behind }`, the main one first. */
export function readSurface() {
  const folder = mkdtempSync(join(tmpdir(), 'lanner-surface-'))
  try {
    emit(folder)
    return surfaceOf(entriesIn(folder), new Modules(folder))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function emit(folder) {
  const flags = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', folder]
  if (ask(process.execPath, [toolPath('typescript', 'tsc'), ...flags]) === null) {
    fail('TypeScript found errors in src/: run "npm run build:debug" to see them')
  }
  const { ignorePatterns: _, ...style } = JSON.parse(
    readFileSync(join(root, '.oxfmtrc.json'), 'utf8'),
  )
  const config = join(folder, '.oxfmtrc.json')
  writeFileSync(config, JSON.stringify(style))
  if (ask(process.execPath, [toolPath('oxfmt'), '-c', config, '.'], { cwd: folder }) === null) {
    fail('docs/api: the formatter cannot read the declarations')
  }
}

/** Name of each entry → its declaration file. */
function entriesIn(folder) {
  const found = new Map()
  for (const [path, entry] of Object.entries(manifest.exports)) {
    if (typeof entry === 'string') continue
    const source = entry.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')
    const name = join('lanner', path).split(sep).join('/')
    const file = (at) => join(folder, at.slice('src/'.length).replace(/\.ts$/, '.d.ts'))
    const [start, end] = source.split('*')
    if (end === undefined) found.set(name, file(source))
    for (const at of end === undefined ? [] : filesUnder(dirname(source))) {
      if (!at.startsWith(start) || !at.endsWith(end)) continue
      found.set(name.replace('*', at.slice(start.length, -end.length)), file(at))
    }
  }
  return found
}

function surfaceOf(files, modules) {
  const known = new Map()
  const entries = [...files].map(([name, file]) => {
    const exported = []
    const elsewhere = []
    for (const [as, { module, name: local }] of modules.exportsOf(modules.load(file))) {
      const found = modules.resolve(module, local)
      const other = known.get(key(found))
      if (other && other.entry === name) {
        other.aliases.push(as)
      } else if (other) {
        elsewhere.push(other)
      } else {
        exported.push(symbolOf(as, found, name, modules))
        known.set(key(found), exported.at(-1))
      }
    }
    return { name, source: sourceOf(modules.load(file)), exported, elsewhere, behind: [] }
  })
  for (const entry of entries) addBehind(entry, known, modules)
  return { entries, known, targetOf: (module, name) => known.get(modules.keyOf(module, name)) }
}

/** Adds what the exported symbols mention and nobody exports. */
function addBehind(entry, known, modules) {
  const queue = [...entry.exported]
  for (const symbol of queue) {
    for (const { name } of referencesIn(symbol.nodes)) {
      const found = modules.find(symbol.module, name)
      if (!found || known.has(key(found))) continue
      const behind = symbolOf(found.name, found, entry.name, modules)
      known.set(key(found), behind)
      entry.behind.push(behind)
      queue.push(behind)
    }
  }
}

function symbolOf(name, { module, name: local }, entry) {
  const declared = module.declarations.get(local)
  const nodes = declared.map(({ node }) => node)
  return {
    name,
    local,
    entry,
    module,
    nodes,
    aliases: [],
    kind: kindOf(nodes[0]),
    docs: declared.map(({ comment }) => docstringOf(comment)).filter(Boolean),
    source: sourceOf(module),
  }
}

function kindOf(node) {
  const kinds = {
    TSDeclareFunction: 'function',
    VariableDeclaration: 'value',
    ClassDeclaration: 'class',
    TSInterfaceDeclaration: 'interface',
    TSTypeAliasDeclaration: 'type',
  }
  return kinds[node.type] ?? fail(`docs/api: a ${node.type} cannot be shown`)
}

function sourceOf(module) {
  return `src/${module.label.replace(/\.d\.ts$/, '.ts')}`
}

/** The declaration files, parsed as they are asked for. */
class Modules {
  #folder
  #loaded = new Map()

  constructor(folder) {
    this.#folder = folder
  }

  load(path) {
    const known = this.#loaded.get(path)
    if (known) return known
    const text = readFileSync(path, 'utf8')
    const label = relative(this.#folder, path).split(sep).join('/')
    const module = { path, label, text, imports: new Map(), exports: new Map() }
    module.declarations = new Map()
    this.#loaded.set(path, module)
    const plugins = [['typescript', { dts: true }]]
    for (const node of parse(text, { sourceType: 'module', plugins }).program.body) {
      place(node, module)
    }
    return module
  }

  /** Public name → the module that has it, and its name there. */
  exportsOf(module) {
    return new Map(
      [...module.exports].map(([as, { from, name }]) => [
        as,
        { module: from === undefined ? module : this.#next(module, from), name },
      ]),
    )
  }

  /** Where a name of a module is declared; undefined when that is outside of the package. */
  find(module, name) {
    if (module.declarations.has(name)) return { module, name }
    const link = module.imports.get(name)
    if (!link) return undefined
    if (link.from !== 'lanner' && !link.from.startsWith('.')) return undefined
    return this.#exported(this.#next(module, link.from), link.name)
  }

  resolve(module, name) {
    const found = this.find(module, name) ?? this.#exported(module, name)
    return found ?? fail(`docs/api: ${module.label} does not declare ${name}`)
  }

  keyOf(module, name) {
    const found = this.find(module, name)
    return found && key(found)
  }

  #exported(module, name) {
    const { from, name: local } = module.exports.get(name) ?? {}
    if (local === undefined) return undefined
    if (from === undefined) return this.find(module, local)
    return this.#exported(this.#next(module, from), local)
  }

  #next(module, from) {
    if (from === 'lanner') return this.load(join(this.#folder, 'index.d.ts'))
    return this.load(resolve(dirname(module.path), from.replace(/\.(js|ts)$/, '.d.ts')))
  }
}

function place(node, module) {
  if (node.type === 'ImportDeclaration') {
    for (const { imported, local } of node.specifiers) {
      const name = imported?.name ?? 'default'
      module.imports.set(local.name, { from: node.source.value, name })
    }
    return
  }
  const isExport = node.type === 'ExportNamedDeclaration'
  if (isExport && !node.declaration) {
    for (const { local, exported } of node.specifiers) {
      module.exports.set(exported.name, { from: node.source?.value, name: local.name })
    }
    return
  }
  const declaration = isExport ? node.declaration : node
  const name = declaration.id?.name ?? declaration.declarations?.[0].id.name
  if (name === undefined) fail(`docs/api: ${module.label} has a ${node.type} without a name`)
  const comment = commentOf(node)
  const all = module.declarations.get(name) ?? []
  module.declarations.set(name, [...all, { node: declaration, comment }])
  if (isExport) module.exports.set(name, { from: undefined, name })
}

/** The text of the docstring before a node, or ''. */
export function commentOf(node) {
  const last = node.leadingComments?.at(-1)
  return last?.type === 'CommentBlock' && last.value.startsWith('*') ? last.value.slice(1) : ''
}

/** Each name of a type that the nodes mention: `{ name, start, end }`, in order. */
export function referencesIn(nodes) {
  const found = []
  const take = (at) => at?.type === 'Identifier' && found.push(at)
  const walk = (at) => {
    if (Array.isArray(at)) return at.forEach(walk)
    if (typeof at?.type !== 'string') return undefined
    if (isPrivate(at)) return undefined
    take(at.typeName ?? at.exprName)
    if (/Heritage$|^TSExpressionWithTypeArguments$/.test(at.type)) take(at.expression)
    take(at.superClass)
    for (const [name, child] of Object.entries(at)) {
      if (!/Comments$|^(loc|extra)$/.test(name) && typeof child === 'object') walk(child)
    }
    return undefined
  }
  walk(nodes)
  return found.map(({ name, start, end }) => ({ name, start, end }))
}

/** Whether a member of a class is nobody's business. */
export function isPrivate({ type, accessibility }) {
  return /Private/.test(type) || accessibility === 'private' || accessibility === 'protected'
}

function key({ module, name }) {
  return `${module.path}\0${name}`
}
