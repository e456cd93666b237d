// The URLs of calls: patterns filled in, queries written.

import { expect, test } from 'vitest'

import { fillPath, queryText } from '../../src/client/url.ts'

const filled: [pattern: string, params: Record<string, unknown>, path: string][] = [
  ['/', {}, '/'],
  ['/users/:id', { id: 7 }, '/users/7'],
  ['/users/:id', { id: 'a/b?c#d e%' }, '/users/a%2Fb%3Fc%23d%20e%25'],
  ['/users/:id', { id: '...' }, '/users/...'],
  ['/posts/:year?', {}, '/posts'],
  ['/posts/:year?', { year: 2024 }, '/posts/2024'],
  ['/:year?', {}, '/'],
  ['/files/*rest', { rest: 'a b/c%/d.txt' }, '/files/a%20b/c%25/d.txt'],
  ['/files/*rest', {}, '/files/'],
  ['/users/', {}, '/users/'],
  ['/käse', {}, '/k%C3%A4se'],
  ['/at/:day', { day: new Date(0) }, '/at/1970-01-01T00%3A00%3A00.000Z'],
]

test.each(filled)('%s with %j is %s', (pattern, params, path) => {
  expect(fillPath(pattern, params)).toBe(path)
})

const refused: [pattern: string, params: Record<string, unknown>, message: string][] = [
  ['/users/:id', {}, 'The parameter id of /users/:id is missing.'],
  ['/users/:id', { id: null }, 'The parameter id of /users/:id is missing.'],
  ['/users/:id', { id: '' }, 'The parameter id of /users/:id cannot be "".'],
  ['/users/:id', { id: '..' }, 'The parameter id of /users/:id cannot be "..".'],
  ['/users/:id?', { id: '.' }, 'The parameter id of /users/:id? cannot be ".".'],
  ['/files/*rest', { rest: 'a/../../b' }, 'The parameter rest of /files/*rest cannot go up'],
]

test.each(refused)('%s with %j would be another path', (pattern, params, message) => {
  expect(() => fillPath(pattern, params)).toThrow(message)
})

const queries: [query: Record<string, unknown>, text: string][] = [
  [{}, ''],
  [{ a: undefined, b: [] }, ''],
  [{ a: 1, b: true, c: 'x y&z', d: null }, '?a=1&b=true&c=x+y%26z&d='],
  [{ tag: ['a', 'b', undefined] }, '?tag=a&tag=b'],
  [
    { at: new Date(0), where: { x: 1 } },
    '?at=1970-01-01T00%3A00%3A00.000Z&where=%7B%22x%22%3A1%7D',
  ],
]

test.each(queries)('the query %j is %s', (query, text) => {
  expect(queryText(query)).toBe(text)
})
