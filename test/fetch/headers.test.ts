// Headers of a request as the fetch standard has them: lazy ones beside real ones.
//
// Each case runs on the Headers that a handler gets and on a real Headers object with the same
// fields; what they say must be equal.

import { expect, test } from 'vitest'

import { serveFetch } from '../support/server.ts'
import { RawClient } from '../support/raw.ts'

const lines: [string, string][] = [
  ['Host', 'a'],
  ['Accept', 'text/html'],
  ['X-Empty', ''],
  ['x-MIXED', 'Mixed Case'],
  ['Accept', 'text/plain;q=0.5'],
  ['Cookie', 'a=1'],
  ['Cookie', 'b=2'],
  ['x-latin', 'gr\xfc\xdfe'],
  ['B-Last', '2'],
  ['A-First', '1'],
  ['Content-Type', 'text/x-test'],
]

/** Each gives something that can be compared. */
const cases: Record<string, (headers: Headers) => unknown> = {
  'get() ignores case': (h) => [h.get('ACCEPT'), h.get('accept'), h.get('X-Mixed')],
  'get() joins by a comma, cookies by a semicolon': (h) => [h.get('accept'), h.get('cookie')],
  'get() of a field that is not there is null': (h) => [h.get('x-none'), h.get('set-cookie')],
  'get() of an empty field is empty': (h) => [h.get('x-empty'), h.has('x-empty')],
  'values are bytes, one character each': (h) => h.get('x-latin'),
  'names that are no token throw': (h) =>
    ['', ' ', 'a b', 'a:b', '\xe4', 'a\n'].map((name) => [
      errorOf(() => h.get(name)),
      errorOf(() => h.has(name)),
      errorOf(() => h.delete(name)),
      errorOf(() => h.set(name, 'x')),
    ]),
  'names become text': (h) => [
    h.get(null as unknown as string),
    h.has({ toString: () => 'accept' } as unknown as string),
  ],
  'values that are no field value throw': (h) =>
    ['a\nb', 'a\rb', 'a\0b', '€'].map((value) => [
      errorOf(() => h.set('x-a', value)),
      errorOf(() => h.append('x-a', value)),
    ]),
  'entries are sorted by name in lower case': (h) => [...h],
  'keys, values and entries agree': (h) => [[...h.keys()], [...h.values()], [...h.entries()]],
  'forEach sees value, name and the object': (h) => {
    const seen: unknown[] = []
    h.forEach(function each(this: unknown, value, name, object) {
      seen.push([value, name, object === h, this])
    }, 'this')
    return seen
  },
  'set replaces all of a name': (h) => {
    h.set('aCCept', 'only')
    return [h.get('accept'), [...h]]
  },
  'append joins': (h) => {
    h.append('accept', 'more')
    h.append('x-new', '1')
    return [h.get('accept'), h.get('x-new')]
  },
  'delete removes all of a name': (h) => {
    h.delete('ACCEPT')
    h.delete('x-none')
    return [h.has('accept'), [...h.keys()]]
  },
  'values are trimmed': (h) => {
    h.set('x-a', ' \t b \t ')
    return h.get('x-a')
  },
  'cookies to set stay apart': (h) => {
    h.append('set-cookie', 'a=1')
    h.append('set-cookie', 'b=2')
    return [h.getSetCookie(), h.get('set-cookie'), [...h].filter(([name]) => name === 'set-cookie')]
  },
  'an iteration goes on behind a change': (h) => {
    const names: string[] = []
    for (const [name] of h) {
      names.push(name)
      if (name === 'b-last') h.append('z-later', '1')
    }
    return names
  },
  'new Headers(headers) copies': (h) => {
    const copy = new Headers(h)
    copy.set('accept', 'other')
    return [h.get('accept'), [...copy]]
  },
  'new Response takes them': (h) => [...new Response(null, { headers: h }).headers],
  'Object.fromEntries takes them': (h) => Object.fromEntries(h),
}

test.each(Object.keys(cases))('%s', async (name) => {
  let got: unknown
  const server = await serveFetch(
    ({ headers }) => {
      got = cases[name]!(headers)
      return new Response()
    },
    { lazy: true },
  )
  const client = await RawClient.open(server.url)
  const text = lines.map(([field, value]) => `${field}: ${value}\r\n`).join('')
  await client.send(`GET / HTTP/1.1\r\n${text}\r\n`)
  expect((await client.response()).status).toBe(200)
  const real = new Headers()
  for (const [field, value] of lines) {
    if (field !== 'Cookie') real.append(field, value)
  }
  real.set('cookie', 'a=1; b=2')
  expect(got).toEqual(cases[name]!(real))
})

function errorOf(run: () => unknown): string {
  try {
    run()
    return 'none'
  } catch (error) {
    return (error as Error).name
  }
}
