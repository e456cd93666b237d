// The web platform tests for Headers, Request and Response, as far as they apply: wpt/list.ts.
//
// Each row runs on the class of Node and on ours, and must say the same: what the standard says.

import { FastResponse } from 'lanner/fast-response'
import { describe, expect, test } from 'vitest'

import { RawClient } from '../support/raw.ts'
import { serveFetch } from '../support/server.ts'
import { headersCases } from './wpt/headers.ts'
import { files } from './wpt/list.ts'
import { requestCases } from './wpt/request.ts'
import { responseCases } from './wpt/response.ts'

import type { HeadersCase } from './wpt/headers.ts'
import type { RequestCase } from './wpt/request.ts'

const major = Number(process.versions.node.split('.')[0])
const isWholeLazy = major < 24

const rows = <Row extends { from: string; name: string }>(cases: readonly Row[]): [string, Row][] =>
  cases.map((row) => [`${row.from}: ${row.name}`, row])

describe('Headers', () => {
  test.each(rows(headersCases))('%s', async (_name, { sent = [], run, is }: HeadersCase) => {
    const real = new Headers([['host', 'a']])
    for (const [name, value] of sent) real.append(name, value)
    expect(run(real)).toEqual(is)
    let got: unknown
    const server = await serveFetch(
      ({ headers }) => {
        got = run(headers)
        return new Response()
      },
      { lazy: true },
    )
    const lines = sent.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const client = await RawClient.open(server.url)
    await client.send(`GET / HTTP/1.1\r\nhost: a\r\n${lines}\r\n`)
    expect((await client.response()).status).toBe(200)
    expect(got).toEqual(is)
  })
})

describe.each([
  ['lazy', true],
  ['real', false],
])('Request (%s)', (_kind, lazy) => {
  const applicable = requestCases.filter(
    ({ needsWhole }) => !lazy || isWholeLazy || needsWhole !== true,
  )
  test.each(rows(applicable))('%s', async (_name, { init, run, is }: RequestCase) => {
    let got: unknown
    const server = await serveFetch(
      async (request) => {
        got = await run(request)
        return new Response()
      },
      { lazy },
    )
    expect((await fetch(server.url, init)).status).toBe(200)
    expect(got).toEqual(is)
  })
})

describe.each([
  ['of Node', Response],
  ['FastResponse', FastResponse],
])('Response (%s)', (_kind, Class) => {
  test.each(rows(responseCases))('%s', async (_name, { run, is }) => {
    expect(await run(Class)).toEqual(is)
  })
})

test('the list and the tables name the same files', () => {
  const named = new Set([...headersCases, ...requestCases, ...responseCases].map((row) => row.from))
  const here = Object.keys(files).filter((file) => files[file] === 'here')
  expect([...named].sort()).toEqual(here.sort())
})
