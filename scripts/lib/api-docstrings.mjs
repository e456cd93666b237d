// What a docstring says: its text, and its tags.
//
// Called by scripts/lib/api-model.mjs. Promises `{ text, params, throws, examples }`, Markdown as
// it stands. Defaults are a sentence of the text ("Default 3000."), as people read them in editors.

/** The docstring in the text of a comment; undefined where there is none. */
export function docstringOf(comment) {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
  const parts = ['']
  let fenced = false
  for (const line of lines) {
    if (line.startsWith('```')) fenced = !fenced
    if (!fenced && /^@\w/.test(line)) parts.push(line)
    else parts[parts.length - 1] += `\n${line}`
  }
  const [text, ...tags] = parts.map((part) => part.trim())
  if (text === '' && tags.length === 0) return undefined
  const doc = { text, params: new Map(), throws: [], examples: [] }
  for (const tag of tags) addTag(doc, tag)
  return doc
}

function addTag(doc, tag) {
  const [, name, rest] = /^@(\w+)\s*([\s\S]*)$/.exec(tag)
  if (name === 'param') {
    const [, param, text] = /^(\w+)\s*(?:- )?([\s\S]*)$/.exec(rest)
    doc.params.set(param, oneLine(text))
  } else if (name === 'throws') {
    doc.throws.push(oneLine(rest))
  } else if (name === 'example') {
    doc.examples.push(rest)
  } else {
    throw new Error(`a docstring has the tag @${name}, which the reference does not show`)
  }
}

/** The default that a text names, and the text without it. */
export function splitDefault(text) {
  const pattern = /(^|\s)Defaults?(?: is| to)?:? ((?:`[^`]*`|'[^']*'|[^.`']|\.(?!\s|$))+)\.(?=\s|$)/
  const match = pattern.exec(text)
  if (!match) return { value: undefined, rest: text }
  const rest = text.slice(0, match.index) + text.slice(match.index + match[0].length)
  return { value: match[2], rest: rest.trim() }
}

/** Lines joined to one. */
export function oneLine(text) {
  return text.replace(/\s+/g, ' ').trim()
}
