// What the value of a header field may be, whichever way it is looked at: short values character by
// character, longer ones by expressions.

import { expect, test } from 'vitest'

import { checkValue } from '../../src/headers.ts'

const LENGTHS = [1, 2, 11, 12, 13, 14, 40, 41, 300]

/** RFC 9110 section 5.5. */
function isAllowed(code: number): boolean {
  return code === 0x09 || (code >= 0x20 && code <= 0x7e) || (code >= 0x80 && code <= 0xff)
}

/** The codes that are refused at one place of a text of a length. */
function refused(length: number, at: number): number[] {
  const codes: number[] = []
  for (let code = 0; code < 0x200; code++) {
    const text = 'x'.repeat(at) + String.fromCharCode(code) + 'x'.repeat(length - at - 1)
    try {
      checkValue('x-a', text)
    } catch (error) {
      expect(error).toMatchObject({ code: 'LANNER_HEADER_INVALID' })
      codes.push(code)
    }
  }
  return codes
}

const all = Array.from({ length: 0x200 }, (_, code) => code).filter((code) => !isAllowed(code))

test.each(LENGTHS)('a value of %i characters', (length) => {
  for (const at of new Set([0, length >> 1, length - 1])) expect(refused(length, at)).toEqual(all)
})

test('no value is longer than 65 535', () => {
  expect(() => checkValue('x-a', 'x'.repeat(65_535))).not.toThrow()
  expect(() => checkValue('x-a', 'x'.repeat(65_536))).toThrow()
  expect(() => checkValue('x-a', `${'x'.repeat(65_535)}ä`)).toThrow()
})
