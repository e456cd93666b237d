// Every error code is used by the code and caused by a test, or says here why it cannot be.

import { App, HttpError } from 'lanner'
import { expect, test } from 'vitest'

import { ERROR_CODES } from '../src/error-codes.ts'
import { filesUnder, read } from './support/source-tree.ts'

/** Codes that no test can cause on every machine. */
const unprovoked: Record<string, string> = {
  LANNER_LISTEN_FAILED: 'for what the system may add one day',
  LANNER_PERMISSION_DENIED: 'tests may run as a user who may do anything',
  LANNER_RESOURCES: 'the system must be out of threads',
  LANNER_SERVER_CLOSED: 'the public interface cannot say it: a server is listening or gone',
}

const codes = Object.keys(ERROR_CODES)
const self = 'test/error-codes.test.ts'

test('every code is used', () => {
  const sources = [...filesUnder('src', '.ts'), ...filesUnder('crates', '.rs'), 'native.cjs']
  const text = sources.filter((path) => path !== 'src/error-codes.ts').map(read)
  expect(codes.filter((code) => !text.some((source) => source.includes(code)))).toEqual([])
})

/** Codes of faults of this package, which nobody is meant to handle. */
const internal = ['LANNER_NATIVE', 'LANNER_NATIVE_PATH', 'LANNER_PANIC']
/** What the environment may set. */
const variables = ['LANNER_BELL']

test('the crates name no code that is not in the table', () => {
  const text = filesUnder('crates', '.rs').filter((path) => path.includes('/src/'))
  const named = text.flatMap((path) => read(path).match(/LANNER_[A-Z_]+/g) ?? [])
  const known = new Set([...codes, ...internal, ...variables])
  expect([...new Set(named)].filter((code) => !known.has(code))).toEqual([])
})

test('every code is caused by a test', () => {
  const text = filesUnder('test', '.ts', '.mjs').filter((path) => path !== self)
  const tested = [...text.map(read), read(self).slice(read(self).indexOf('test('))]
  const missing = codes.filter((code) => !tested.some((source) => source.includes(code)))
  expect(missing.filter((code) => !(code in unprovoked))).toEqual([])
  // A reason that is not needed any more goes.
  expect(Object.keys(unprovoked).filter((code) => !missing.includes(code))).toEqual([])
})

test('LANNER_HTTP: a thrown status', () => {
  expect(new HttpError(404, 'no such user')).toMatchObject({ code: 'LANNER_HTTP', status: 404 })
})

test('LANNER_FORM_INVALID: a form of another type', async () => {
  const app = new App()
  let code: unknown
  app.post('/', async (ctx) => {
    code = await ctx.body.form().catch((error: { code: unknown }) => error.code)
    return 'done'
  })
  await app.inject({ method: 'POST', body: { json: true } })
  expect(code).toBe('LANNER_FORM_INVALID')
})
