// Problem: the schema of problem documents.

import { conflict, notFound, Problem, problem } from 'lanner'
import { expect, test } from 'vitest'

const check = (value: unknown): unknown => Problem['~standard'].validate(value)

test('what the package makes fits', () => {
  for (const { body } of [notFound('gone'), conflict(), problem(418, { pot: 'tea' })]) {
    expect(check(body)).toEqual({ value: body })
  }
})

const wrong: [value: unknown, issues: object[]][] = [
  [null, [{ message: 'must be an object' }]],
  ['Not Found', [{ message: 'must be an object' }]],
  [{ status: 404 }, [{ message: 'must be a text', path: ['title'] }]],
  [{ title: 'x', status: '404' }, [{ message: 'must be an integer', path: ['status'] }]],
]

test.each(wrong)('%j does not', (value, issues) => {
  expect(check(value)).toEqual({ issues })
})
