// The limits that are kept in JavaScript: their table is what options are read by, and what
// docs/limits.md says.

import { describe, expect, test } from 'vitest'

import { ERROR_CODES } from '../../src/error-codes.ts'
import { limitOf, LIMITS } from '../../src/limit-table.ts'
import { filesUnder, read } from '../support/source-tree.ts'

import type { LimitName, LimitRow } from '../../src/limit-table.ts'

const rows = Object.entries(LIMITS) as [LimitName, LimitRow][]
const document = read('docs/limits.md')

describe.each(rows)('%s', (name, row) => {
  const { default: fallback, min, max, isOptional = false, unit } = row

  test('has a default within its range', () => {
    expect(fallback).toBeGreaterThanOrEqual(min)
    expect(fallback).toBeLessThanOrEqual(max)
    expect(limitOf(name, undefined, 'x')).toBe(fallback)
  })

  test('takes its range, and nothing beyond', () => {
    expect([min, max].map((value) => limitOf(name, value, 'x'))).toEqual([min, max])
    for (const value of [min - 1, max + 1, NaN, '1 parsec', {}, true]) {
      expect(() => limitOf(name, value, 'a.path')).toThrow(
        expect.objectContaining({
          code: 'LANNER_OPTION_INVALID',
          message: expect.stringContaining('The option a.path is a') as string,
        }),
      )
    }
  })

  test('takes null only where there may be none', () => {
    if (isOptional) expect(limitOf(name, null, 'x', -7)).toBe(-7)
    else expect(() => limitOf(name, null, 'x')).toThrow('The option x is a')
  })

  test.runIf(unit === 'bytes' || unit === 'ms')('takes texts with a unit', () => {
    const [text, value] = unit === 'ms' ? ['2s', 2000] : ['1KiB', 1024]
    expect(limitOf(name, text, 'x')).toBe(value)
  })

  test('is in the document, with its default and the code of its error', () => {
    const line = document
      .split('\n')
      .find((one) => one.startsWith(`| \`${row.of}\` | \`${row.option}\``))
    expect(line).toContain(`| ${fallback.toLocaleString('en-US')} ${unit} |`)
    if (row.code === undefined) return
    expect(line).toContain(`(\`${row.code}\`)`)
    expect(Object.keys(ERROR_CODES)).toContain(row.code)
  })

  test('is read by the source', () => {
    const sources = filesUnder('src', '.ts').filter((path) => path !== 'src/limit-table.ts')
    const uses = new RegExp(`limitOf\\(\\s*'${name}'|LIMITS\\.${name}\\b`)
    expect(sources.some((path) => uses.test(read(path)))).toBe(true)
  })
})
