// index.d.ts: the whole public surface as one file. Source: what src/index.ts exports.
//
// The sub-path entries have declaration files of their own, which refer to this one.
// The compiler writes a declaration file per module; this joins those that src/index.ts reaches.
// Public declarations come first, in the order in which src/index.ts names them, then the types
// that those refer to, which stay private to the file. It understands the regular form that the
// compiler prints and stops with a sentence on anything else: an alias among our own modules, a
// default export, two private declarations of one name.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'

import { ask, fail, root, runTool, toolPath } from '../lib/run.mjs'

const header = `// The public surface of lanner. Source: src/index.ts. Written by "npm run gen".
// A change to this file is a change to what users can rely on.
`

const kinds = 'class|interface|type|function|const|let|var|namespace'
const namedDeclaration = new RegExp(`^(export )?(?:declare )?(?:abstract )?(?:${kinds}) (\\w+)`)

export async function generate() {
  if (!existsSync(join(root, 'src', 'index.ts'))) return {}
  const out = mkdtempSync(join(tmpdir(), 'lanner-types-'))
  try {
    const flags = ['-p', 'tsconfig.surface.json', '--outDir', out]
    const { code } = await runTool('typescript', flags, { bin: 'tsc' })
    if (code !== 0) fail('TypeScript found errors in src/: they are listed above')
    return { 'index.d.ts': formatted(bundle(out)) }
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

/** The house format, so that a change of the compiler's printing is no change of ours. */
function formatted(text) {
  const args = [toolPath('oxfmt'), '--stdin-filepath', 'surface.d.ts']
  const result = ask(process.execPath, args, { input: text })
  if (result === null) fail('index.d.ts: the formatter cannot read the joined declarations')
  return result
}

function bundle(folder) {
  const modules = new Map()
  const load = (path) => {
    if (!modules.has(path)) modules.set(path, readModule(path, folder))
    return modules.get(path)
  }
  const index = load(join(folder, 'index.d.ts'))
  const chosen = new Map()
  const externals = new Map()
  const publicNames = []

  for (const [name, from] of exportsOf(index, load)) {
    const found = resolveName(from.module, from.name, load)
    const typeOnly = index.typeNames.has(name) || isTypeOnly(found)
    publicNames.push({ name, local: found.name, typeOnly })
    chosen.set(key(found), found)
  }
  const publicKeys = new Set(chosen.keys())
  for (const found of chosen.values()) reach(found, { chosen, externals, load })

  const all = [...chosen.values()]
  refuseCollisions(all)
  const text = (found) => found.module.declarations.get(found.name).map(asPrivate).join('\n')
  const parts = [header]
  if (externals.size > 0) parts.push(externalImports(externals))
  for (const found of all) if (publicKeys.has(key(found))) parts.push(text(found))
  for (const found of all) if (!publicKeys.has(key(found))) parts.push(text(found))
  parts.push(exportList(publicNames))
  return `${parts.join('\n').trimEnd()}\n`
}

/** Splits one declaration file into imports, re-exports and named declarations. */
function readModule(path, folder) {
  const module = {
    path,
    label: relative(folder, path).replace(/\\/g, '/'),
    imports: new Map(),
    reexports: [],
    /** What is handed on as a type only, though it may be a class. */
    typeNames: new Set(),
    stars: [],
    exported: new Map(),
    declarations: new Map(),
  }
  for (const statement of statementsOf(readFileSync(path, 'utf8'))) place(statement, module)
  writeOutKeys(module)
  return module
}

/** `keyof typeof table` becomes the keys themselves: users need those, not what the table holds. */
function writeOutKeys({ declarations }) {
  for (const [name, texts] of declarations) {
    const written = texts.map((text) =>
      text.replace(/\bkeyof typeof (\w+)/g, (whole, table) => {
        const members = declarations.get(table)?.[0].matchAll(/^ {4}readonly (\w+):/gm) ?? []
        const keys = [...members].map((match) => `'${match[1]}'`)
        return keys.length > 0 ? keys.join(' | ') : whole
      }),
    )
    declarations.set(name, written)
  }
}

/** Top-level statements: the compiler starts each in the first column, and only closers too. */
function statementsOf(text) {
  const statements = []
  let comment = []
  let current = null
  let inComment = false
  for (const line of text.split(/\r?\n/)) {
    if (inComment || line.startsWith('/**')) {
      if (!inComment && current) current = null
      comment.push(line)
      inComment = !line.includes('*/')
    } else if (line.startsWith('//') || line.trim() === '') {
      if (line.trim() === '' && current) current.push(line)
    } else if (/^(export|import|declare|interface|type|abstract|class)\b/.test(line)) {
      current = [...comment, line]
      comment = []
      statements.push(current)
    } else if (current) {
      current.push(line)
    }
  }
  return statements.map((lines) => lines.join('\n').trimEnd())
}

function place(statement, module) {
  const code = statement.replace(/^\/\*\*[\s\S]*?\*\/\s*/, '')
  const imported = /^import (?:type )?(.+) from ["'](.+)["'];?$/s.exec(code)
  if (imported) return placeImport(imported[1], imported[2], module)
  if (/^import ["']/.test(code)) return undefined
  const star = /^export \* from ["'](.+)["'];?$/.exec(code)
  if (star) return module.stars.push(fileOf(star[1], module))
  const list = /^export (?:type )?\{([\s\S]*)\}(?: from ["'](.+)["'])?;?$/.exec(code)
  if (list) return placeExports(list[1], list[2], module, code.startsWith('export type '))
  const named = namedDeclaration.exec(code)
  if (!named)
    fail(`index.d.ts: ${module.label} has a statement it cannot join: ${code.split('\n')[0]}`)
  const [, isExported, name] = named
  if (isExported) module.exported.set(name, name)
  if (!module.declarations.has(name)) module.declarations.set(name, [])
  return module.declarations.get(name).push(statement)
}

function placeImport(clause, from, module) {
  const namespace = /^\* as (\w+)$/.exec(clause)
  const braces = /^\{([\s\S]*)\}$/.exec(clause)
  if (namespace) {
    module.imports.set(namespace[1], { from, name: '*' })
  } else if (braces) {
    for (const [name, local] of names(braces[1])) module.imports.set(local, { from, name })
  } else {
    module.imports.set(clause.trim(), { from, name: 'default' })
  }
}

function placeExports(clause, from, module, isTypeList) {
  for (const [name, local] of names(clause)) {
    if (isTypeList || clause.includes(`type ${name}`)) module.typeNames.add(local)
    if (from) module.reexports.push({ name, as: local, file: fileOf(from, module) })
    else module.exported.set(local, name)
  }
}

/** 'A, type B as C' → [['A', 'A'], ['B', 'C']]. */
function names(clause) {
  return clause
    .split(',')
    .map((part) => part.trim().replace(/^type /, ''))
    .filter(Boolean)
    .map((part) => {
      const [name, local] = part.split(/ as /)
      return [name, local ?? name]
    })
}

function fileOf(specifier, module) {
  if (!specifier.startsWith('.'))
    fail(`index.d.ts: ${module.label} re-exports the package ${specifier}`)
  return resolve(dirname(module.path), specifier.replace(/\.(js|ts)$/, '.d.ts'))
}

/** Public name → where it is declared or handed on. */
function exportsOf(module, load) {
  const found = new Map()
  for (const { name, as, file } of module.reexports) found.set(as, { module: load(file), name })
  for (const [as, name] of module.exported) found.set(as, { module, name })
  for (const file of module.stars) {
    for (const [as, from] of exportsOf(load(file), load)) if (!found.has(as)) found.set(as, from)
  }
  return found
}

/** Follows re-exports and imports to the declaration itself. */
function resolveName(module, name, load) {
  if (module.declarations.has(name)) return { module, name }
  const imported = module.imports.get(name)
  if (imported?.from.startsWith('.')) {
    return resolveExport(load(fileOf(imported.from, module)), imported.name, load)
  }
  return resolveExport(module, name, load)
}

function resolveExport(module, name, load) {
  const from = exportsOf(module, load).get(name)
  if (!from) fail(`index.d.ts: ${module.label} does not export ${name}`)
  if (from.module === module && module.declarations.has(from.name)) return from
  return resolveName(from.module, from.name, load)
}

/** Adds everything that a declaration mentions. */
function reach(found, { chosen, externals, load }) {
  const code = found.module.declarations
    .get(found.name)
    .join('\n')
    .replace(/\/\*[\s\S]*?\*\//g, '')
  for (const [word] of code.matchAll(/[A-Za-z_$][\w$]*/g)) {
    if (word === found.name) continue
    const imported = found.module.imports.get(word)
    if (imported && !imported.from.startsWith('.')) {
      externals.set(word, imported)
    } else if (imported || found.module.declarations.has(word)) {
      const target = resolveName(found.module, word, load)
      if (target.name !== word) {
        fail(`index.d.ts: ${found.module.label} imports ${target.name} as ${word}: drop the alias`)
      }
      if (!chosen.has(key(target))) chosen.set(key(target), target)
    }
  }
}

function refuseCollisions(all) {
  const seen = new Map()
  for (const found of all) {
    const other = seen.get(found.name)
    if (other) {
      fail(`index.d.ts: ${other} and ${found.module.label} both declare ${found.name}: rename one`)
    }
    seen.set(found.name, found.module.label)
  }
}

function externalImports(externals) {
  const byPackage = new Map()
  for (const [local, { from, name }] of externals) {
    if (name === '*' || name === 'default') {
      const clause = name === '*' ? `* as ${local}` : local
      byPackage.set(`${from} ${local}`, `import type ${clause} from '${from}'`)
    } else {
      const list = byPackage.get(from) ?? []
      list.push(name === local ? name : `${name} as ${local}`)
      byPackage.set(from, list)
    }
  }
  const order = (a, b) => (a < b ? -1 : 1)
  const lines = [...byPackage].map(([from, list]) =>
    typeof list === 'string'
      ? list
      : `import type { ${list.sort(order).join(', ')} } from '${from}'`,
  )
  return `${lines.sort(order).join('\n')}\n`
}

/** The export list at the end says what is public: the declarations themselves do not. */
function asPrivate(statement) {
  return `${statement.replace(/^(\/\*\*[\s\S]*?\*\/\s*)?export /, '$1')}\n`
}

function isTypeOnly({ module, name }) {
  return module.declarations
    .get(name)
    .every((text) =>
      /^(export )?(declare )?(interface|type) /m.test(text.replace(/\/\*[\s\S]*?\*\//g, '').trim()),
    )
}

function exportList(publicNames) {
  const line = ({ name, local, typeOnly }) =>
    `  ${typeOnly ? 'type ' : ''}${local === name ? name : `${local} as ${name}`},`
  return `export {\n${publicNames.map(line).join('\n')}\n}`
}

function key({ module, name }) {
  return `${module.path}\0${name}`
}
