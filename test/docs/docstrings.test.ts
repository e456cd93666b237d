// Everything that the package exports says what it is: docs/api is made of that, and editors show
// it.

import { describe, expect, test } from 'vitest'

import { docstringOf } from '../../scripts/lib/api-docstrings.mjs'
import { commentOf, readSurface } from '../../scripts/lib/api-model.mjs'
import { isMethod, memberName, membersOf } from '../../scripts/lib/api-page.mjs'
import { ERROR_CODES } from '../../src/error-codes.ts'

interface Docstring {
  text: string
  params: Map<string, string>
  throws: string[]
}

interface Symbol {
  name: string
  kind: string
  source: string
  module: { text: string }
  nodes: { params: { name: string }[] }[]
  docs: Docstring[]
}

/** A member in the syntax tree. */
interface Node {
  type: string
  kind: string | undefined
  key: { start: number; end: number } | undefined
  computed: boolean
  optional?: boolean
}

interface Member {
  name: string
  doc: Docstring | undefined
  optional: boolean
  isMethod: boolean
}

const { entries } = readSurface() as { entries: { name: string; exported: Symbol[] }[] }

describe.each(entries)('$name', ({ exported }) => {
  test('every exported symbol has a docstring that begins with a sentence', () => {
    const bare = exported.filter(({ docs }) => !isSentence(docs[0]))
    expect(bare.map(({ name, source }) => `${source}: ${name}`)).toEqual([])
  })

  test('so has every field and method of it', () => {
    expect(faulty(exported, ({ doc }) => !isSentence(doc))).toEqual([])
  })

  test('so has every parameter of a function, but for its options', () => {
    const functions = exported.filter(({ kind }) => kind === 'function')
    const bare = functions.flatMap(({ name, source, nodes, docs }) =>
      nodes
        .flatMap(({ params }) => params)
        .filter(({ name: param }) => param !== undefined && param !== 'options')
        .filter(({ name: param }) => !docs.some(({ params }) => params.has(param)))
        .map(({ name: param }) => `${source}: ${param} of ${name}()`),
    )
    expect(bare).toEqual([])
  })

  test('every option that may be left out says what holds then', () => {
    const options = exported.filter(({ name }) => /(Options|Policy)$/.test(name))
    const isSilent = ({ optional, isMethod, doc }: Member): boolean =>
      optional && !isMethod && !/\bdefault\b/i.test(doc?.text ?? '')
    expect(faulty(options, isSilent)).toEqual([])
  })

  test('every code of an error that is thrown is one of ours', () => {
    const texts = exported.flatMap((symbol) => [
      ...symbol.docs.flatMap(({ throws }) => throws),
      ...membersIn(symbol).flatMap(({ doc }) => doc?.throws ?? []),
    ])
    const codes = texts.flatMap((text) => text.match(/LANNER_[A-Z_]+/g) ?? [])
    expect(codes.filter((code) => !(code in ERROR_CODES))).toEqual([])
  })
})

test('there are errors and options to look at', () => {
  const symbols = entries.flatMap(({ exported }) => exported)
  expect(symbols.filter(({ name }) => name.endsWith('Options')).length).toBeGreaterThan(30)
  expect(
    symbols.flatMap(membersIn).filter(({ doc }) => (doc?.throws.length ?? 0) > 0).length,
  ).toBeGreaterThan(10)
})

function faulty(symbols: Symbol[], isFaulty: (member: Member) => boolean): string[] {
  return symbols.flatMap((symbol) => {
    // The first of several forms speaks for them all.
    const firsts = new Map(
      membersIn(symbol)
        .map((member) => [member.name, member])
        .reverse() as [],
    )
    const found = [...firsts.values()] as Member[]
    return found.filter(isFaulty).map(({ name }) => `${symbol.source}: ${symbol.name}.${name}`)
  })
}

function membersIn(symbol: Symbol): Member[] {
  const named = (membersOf(symbol as never) as Node[]).filter(
    ({ key, kind }) => key !== undefined && kind !== 'constructor' && kind !== 'set',
  )
  return named.map((node) => ({
    name: memberName(node, symbol.module.text),
    doc: docstringOf(commentOf(node)) as Docstring | undefined,
    optional: node.optional === true,
    isMethod: isMethod(node),
  }))
}

function isSentence(doc: Docstring | undefined): boolean {
  return /^\S[\s\S]*?[^\s.][.:](\s|$)/.test(doc?.text ?? '')
}
