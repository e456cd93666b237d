// Testing an application without a socket: the same parser, router and handlers, no port.
// Run: node examples/testing.mjs
// @ts-check

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { App } from 'lanner'

const app = new App()

app.get('/users/:id', (ctx) => ({ id: ctx.params.id }))
app.post('/sum', async (ctx) => {
  const numbers = /** @type {number[]} */ (await ctx.body.json())
  return { sum: numbers.reduce((sum, n) => sum + n, 0) }
})

test('inject takes the parts of a request', async () => {
  const reply = await app.inject({ method: 'POST', path: '/sum', body: [1, 2, 3] })
  assert.equal(reply.status, 200)
  assert.deepEqual(reply.json(), { sum: 6 })
})

test('fetch takes and gives what the fetch standard has', async () => {
  const response = await app.fetch(new Request('http://test/users/7'))
  assert.deepEqual(await response.json(), { id: '7' })
})

test('wrong paths and methods are answered as on the wire', async () => {
  assert.equal((await app.inject({ path: '/nothing' })).status, 404)
  assert.equal(
    (await app.inject({ method: 'DELETE', path: '/sum' })).headers.get('allow'),
    'POST, OPTIONS',
  )
})
