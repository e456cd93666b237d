// Everything that the package exports says what it is: docs/api is made of that, and editors show
// it.

import { describe, expect, test } from 'vitest'

import { readSurface } from '../../scripts/lib/api-model.mjs'

interface Symbol {
  name: string
  entry: string
  source: string
  docs: { text: string }[]
}

const { entries } = readSurface() as { entries: { name: string; exported: Symbol[] }[] }

describe('every exported symbol has a docstring that begins with a sentence', () => {
  test.each(entries)('$name', ({ exported }) => {
    const bare = exported.filter(({ docs }) => !isSentence(docs[0]?.text ?? ''))
    expect(bare.map(({ name, source }) => `${source}: ${name}`)).toEqual([])
  })
})

function isSentence(text: string): boolean {
  return /^\S[\s\S]*?[^\s.][.:](\s|$)/.test(text)
}
