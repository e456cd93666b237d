// The name that was probably meant.

import { expect, test } from 'vitest'

import { nearest } from '../../src/nearest.js'
import { shown } from '../../src/shown.js'

const NAMES = ['host', 'port', 'timeouts', 'bodyBytes', 'responses']

test.each([
  ['prot', 'port'],
  ['hots', 'host'],
  ['Port', 'port'],
  ['timout', 'timeouts'],
  ['timeout', 'timeouts'],
  ['bodybytes', 'bodyBytes'],
  ['bodyBites', 'bodyBytes'],
  ['repsonse', 'responses'],
  ['x', undefined],
  ['path', undefined],
  ['constructor', undefined],
])('%s is near %s', (word, name) => {
  expect(nearest(word, NAMES)).toBe(name)
})

test.each([
  ['3000', '"3000"'],
  [undefined, 'undefined'],
  [{}, 'an empty object'],
  [{ a: 1, b: 2 }, '{ a, b }'],
  [{ a: 1, b: 2, c: 3, d: 4, e: 5 }, '{ a, b, c, d, … }'],
  [[1, 2], 'a list of 2'],
  [new Map(), 'an object of Map'],
  [Object.create(null), 'an empty object'],
  [() => 1, 'a function'],
  [function listener() {}, 'the function listener'],
  [7n, '7n'],
  [Symbol('x'), 'Symbol(x)'],
])('an error shows %o as %s', (value, text) => {
  expect(shown(value)).toBe(text)
})
