// One page of the API reference: what an entry of the package exports, symbol by symbol.
//
// Called by scripts/gen/reference.mjs. Symbols come from scripts/lib/api-model.mjs; their order
// is that of the alphabet within each kind, so that a page changes only where the surface does.

import { docstringOf, oneLine, splitDefault } from './api-docstrings.mjs'
import { anchors, cell, codeOf, flat, table, typeOf } from './api-markdown.mjs'
import { commentOf, isPrivate } from './api-model.mjs'

const groups = [
  ['Functions and values', ({ kind }) => kind === 'function' || kind === 'value'],
  ['Classes', ({ kind }) => kind === 'class'],
  ['Options', ({ kind, name }) => kind === 'interface' && /(Options|Policy)$/.test(name)],
  ['Interfaces and types', () => true],
]
const behindTitle = 'Types behind these'

/** What a page shows, by its headings: `{ title, symbols }`, and where each symbol is. */
export function outlineOf(entry) {
  const anchorOf = anchors()
  anchorOf(titleOf(entry))
  const left = new Set(entry.exported)
  const sections = groups.map(([title, takes]) => {
    const symbols = [...left].filter(takes)
    for (const symbol of symbols) left.delete(symbol)
    return { title, symbols: symbols.sort(byName) }
  })
  const behind = entry.behind.filter(isWorthShowing)
  sections.push({ title: behindTitle, symbols: behind.sort(byName) })
  const outline = sections.filter(({ symbols }) => symbols.length > 0)
  const places = new Map()
  for (const { title, symbols } of outline) {
    anchorOf(title)
    for (const symbol of symbols) {
      places.set(symbol, anchorOf(symbol.name))
      for (const { name } of methodsOf(symbol)) anchorOf(`${symbol.name}.${name}()`)
    }
  }
  return { entry, outline, places }
}

/** What the compiler computes with is left out: it says nothing to people. */
function isWorthShowing({ docs, kind, nodes: [node], module }) {
  if (docs.length === 0) return false
  return kind === 'interface' || kind === 'class' || (kind === 'type' && !isLong(node, module))
}

function isLong({ start, end }, { text }) {
  return text.slice(start, end).split('\n').length > 8
}

export function titleOf({ name }) {
  return `\`${name}\``
}

function byName(a, b) {
  const fold = ({ name }) => name.toLowerCase()
  if (fold(a) !== fold(b)) return fold(a) < fold(b) ? -1 : 1
  return a.name < b.name ? -1 : 1
}

/**
 * The text of a page. `linkOf` says where symbols and names lead from here, `up` is the way to the
 * folder that holds package.json.
 */
export function pageOf({ entry, outline }, { head, linkOf, up }) {
  const lines = [`# ${titleOf(entry)}`, '', ...head]
  for (const { title, symbols } of outline) {
    const links = symbols.map((symbol) => `[\`${symbol.name}\`](${linkOf.symbol(symbol)})`)
    lines.push(`- ${title}: ${links.join(', ')}`)
  }
  for (const symbol of entry.elsewhere) {
    lines.push(`- [\`${symbol.name}\`](${linkOf.symbol(symbol)}) is that of \`${symbol.entry}\``)
  }
  lines.push('')
  for (const { title, symbols } of outline) {
    lines.push(`## ${title}`, '')
    for (const symbol of symbols) lines.push(...new Section(symbol, linkOf, up).lines())
  }
  return `${lines.join('\n').trimEnd()}\n`
}

/** The methods of a class or interface, overloads together: `{ name, nodes }`. */
function methodsOf(symbol) {
  const found = new Map()
  for (const node of membersOf(symbol)) {
    if (!isMethod(node)) continue
    const name = memberName(node, symbol.module.text)
    found.set(name, [...(found.get(name) ?? []), node])
  }
  return [...found].map(([name, nodes]) => ({ name, nodes }))
}

/** The public members of a class or an interface, as they are declared. */
export function membersOf({ nodes: [node], kind, module }) {
  if (kind !== 'class' && kind !== 'interface') return []
  // A name in brackets that no reader could write is a mark of the type.
  const isMark = ({ key, computed }) =>
    computed && !module.text.slice(key.start, key.end).startsWith('Symbol.')
  return node.body.body.filter((member) => !isPrivate(member) && !isMark(member))
}

/** Whether a member is called: methods are, but for getters and constructors. */
export function isMethod({ type, kind }) {
  return /^(TSDeclareMethod|TSMethodSignature)$/.test(type) && kind === 'method'
}

export function memberName({ key, computed }, text) {
  const name = text.slice(key.start, key.end)
  return computed ? `[${name}]` : name
}

/** What the reference says of one symbol. */
class Section {
  constructor(symbol, linkOf, up) {
    this.symbol = symbol
    this.text = symbol.module.text
    this.linkOf = linkOf
    this.link = (name) => linkOf.name(symbol.module, name)
    this.up = up
  }

  lines() {
    const { name, kind, source, aliases, docs } = this.symbol
    const lines = [`### ${name}`, '', ...this.signature(), ...this.docs(docs)]
    if (aliases.length > 0) lines.push(`Also exported as \`${aliases.join('`, `')}\`.`, '')
    if (kind === 'function') lines.push(...this.parameters(this.symbol.nodes, docs))
    if (docs[0]) lines.push(...this.endOf(docs[0]))
    lines.push(...this.properties(), ...this.inherited())
    for (const method of methodsOf(this.symbol)) lines.push(...this.method(method))
    lines.push(`Source: [${source}](${this.up}${source})`, '')
    return lines
  }

  /** What a class or an interface has from others, which have sections of their own. */
  inherited() {
    const [node] = this.symbol.nodes
    const bases = node.extends ?? (node.superClass ? [{ expression: node.superClass }] : [])
    const links = bases
      .map(({ expression: { name } }) => [name, this.link(name)])
      .filter(([, link]) => link !== undefined)
      .map(([name, link]) => `[\`${name}\`](${link})`)
    return links.length === 0 ? [] : [`With everything of ${links.join(' and ')}.`, '']
  }

  /** The declaration: whole for functions and types, the head of classes and interfaces. */
  signature() {
    const { nodes, kind } = this.symbol
    if (kind === 'interface' || kind === 'class') return this.head(nodes[0])
    return fenced(nodes.map((node) => this.declaration(node)))
  }

  declaration(node) {
    const type = node.typeAnnotation
    const isComputed = type?.type === 'TSConditionalType' && isLong(node, this.symbol.module)
    if (isComputed) return `${codeOf(this.text, node.start, type.start).trimEnd()} …`
    return this.expanded(codeOf(this.text, node.start, node.end).replace(/^declare /, ''))
  }

  head(node) {
    const head = codeOf(this.text, node.start, node.body.start)
      .trim()
      .replace(/^declare /, '')
    const calls = membersOf(this.symbol)
      .filter(({ type }) => type === 'TSCallSignatureDeclaration')
      .map((call) => `  ${this.shortened(call)}`)
    const constructors = membersOf(this.symbol)
      .filter(({ kind }) => kind === 'constructor')
      .map(({ start, end }) => `  ${codeOf(this.text, start, end).replaceAll('\n', '\n  ')}`)
    const indexes = membersOf(this.symbol)
      .filter(({ type }) => type === 'TSIndexSignature')
      .map(({ start, end }) => `  ${flat(this.text.slice(start, end))}`)
    const inner = [...constructors, ...calls, ...indexes]
    // The heading says the name already.
    if (inner.length === 0 && head === `interface ${this.symbol.local}`) return []
    return fenced([inner.length > 0 ? `${head} {\n${inner.join('\n')}\n}` : head])
  }

  /** A call signature on one line, with long lists of types left out. */
  shortened(call) {
    let text = this.text.slice(call.start, call.end)
    const lists = []
    const walk = (node) => {
      if (Array.isArray(node)) return node.forEach(walk)
      if (typeof node?.type !== 'string') return undefined
      const isList = /^TSTypeParameter(Instantiation|Declaration)$/.test(node.type)
      if (isList && node.params.length > 2) return lists.push(node)
      return Object.entries(node).forEach(([name, child]) => {
        if (!/Comments$|^loc$/.test(name) && typeof child === 'object') walk(child)
      })
    }
    walk(call)
    for (const { start, end } of lists.sort((a, b) => b.start - a.start)) {
      text = `${text.slice(0, start - call.start)}<…>${text.slice(end - call.start)}`
    }
    return flat(text)
  }

  /** `keyof typeof table` becomes the keys themselves. */
  expanded(code) {
    return code.replace(/ ?\bkeyof typeof (\w+)/g, (whole, name) => {
      const [declared] = this.symbol.module.declarations.get(name) ?? []
      const type = declared?.node.declarations?.[0].id.typeAnnotation?.typeAnnotation
      const keys = type?.members?.map(({ key }) => `'${key.name ?? key.value}'`)
      return keys ? `\n  | ${keys.join('\n  | ')}` : whole
    })
  }

  docs(docs) {
    return docs.flatMap(({ text }) => (text === '' ? [] : [this.prose(text), '']))
  }

  /** Errors and examples. */
  endOf({ throws, examples }) {
    const lines = []
    if (throws.length > 0) {
      lines.push('Throws:', '', ...throws.map((text) => `- ${this.prose(text)}`), '')
    }
    if (examples.length > 0) lines.push('Example:', '')
    for (const example of examples) lines.push(example, '')
    return lines
  }

  parameters(nodes, docs) {
    const rows = new Map()
    for (const node of nodes) {
      for (const param of node.parameters ?? node.params) {
        const row = this.parameter(param, docs)
        const name = row[0].replace('?', '')
        if (!rows.has(name)) rows.set(name, row)
      }
    }
    const all = [...rows.values()]
    if (!all.some(([, type, text]) => text || type.includes(']('))) return []
    return [...table(['parameter', 'type', 'meaning'], all), '']
  }

  parameter(param, docs) {
    const isRest = param.type === 'RestElement'
    const name = isRest ? param.argument.name : (param.name ?? 'options')
    const type = param.typeAnnotation?.typeAnnotation
    const text = docs.map(({ params }) => params.get(name)).find(Boolean) ?? ''
    const shown = `\`${isRest ? '...' : ''}${name}${param.optional ? '?' : ''}\``
    return [shown, type ? typeOf(this.text, type, this.link) : '', this.prose(text)]
  }

  /** Fields and getters, as a table. A setter of a getter is not a row of its own. */
  properties() {
    const rows = []
    for (const node of membersOf(this.symbol)) {
      const isField = /^(ClassProperty|TSPropertySignature)$/.test(node.type)
      if (!isField && node.kind !== 'get') continue
      const type = (node.typeAnnotation ?? node.returnType)?.typeAnnotation
      const doc = docstringOf(commentOf(node))
      const { value, rest } = splitDefault(oneLine(doc?.text ?? ''))
      const throws = doc?.throws.map((text) => `Throws: ${text}`) ?? []
      const name = `\`${memberName(node, this.text)}${node.optional ? '?' : ''}\``
      rows.push([
        name,
        type ? typeOf(this.text, type, this.link) : '',
        this.value(value ?? ''),
        this.prose([rest, ...throws].join(' ')),
      ])
    }
    if (rows.length === 0) return []
    const head = this.symbol.kind === 'class' ? 'property' : 'field'
    return [...table([head, 'type', 'default', 'meaning'], rows), '']
  }

  /** A default, as code where it is a value and not a sentence. */
  value(text) {
    return /^('[^']*'|true|false|null|Infinity|[\d.]+)$/.test(text)
      ? `\`${text}\``
      : this.prose(text)
  }

  method({ name, nodes }) {
    const docs = nodes.map((node) => docstringOf(commentOf(node))).filter(Boolean)
    const code = nodes.map(({ start, end }) => codeOf(this.text, start, end))
    const title = `#### ${this.symbol.name}.${name}()`
    const lines = [title, '', ...fenced(code), ...this.docs(docs)]
    if (docs.some(({ params }) => params.size > 0)) lines.push(...this.parameters(nodes, docs))
    if (docs[0]) lines.push(...this.endOf(docs[0]))
    return lines
  }

  /** A text with links: of symbols in code spans, and of the pages that it names. */
  prose(text) {
    const coded = text.replace(/(?<![`\w])LANNER_[A-Z_]+(?![`\w])/g, '`$&`')
    const linked = coded.replace(/(`+)([^`]+)\1/g, (whole, _, code) => {
      const name = /^(\w+)\(\)$/.exec(code)?.[1] ?? /^([A-Z]\w+)$/.exec(code)?.[1]
      const link = name === undefined || name === this.symbol.name ? undefined : this.link(name)
      return link === undefined ? whole : `[${whole}](${link})`
    })
    return linked.replace(
      /\bdocs\/([\w-]+\.md)\b/g,
      (_, page) => `[${page}](${this.up.slice(3)}${page})`,
    )
  }
}

function fenced(codes) {
  return ['```ts signature', ...codes.map((code) => code.trim()), '```', '']
}

/** The first sentence of a docstring. */
export function summaryOf({ docs: [doc] }) {
  return cell(/^[\s\S]*?[.:!?](?=\s|$)/.exec(doc?.text ?? '')?.[0].replace(/:$/, '.') ?? '')
}
