// What the web platform tests ask of Headers, for the Headers of a request.

import { errorOf } from './errors.ts'

export interface HeadersCase {
  /** The file of the suite that asks it. */
  readonly from: string
  readonly name: string
  /** Fields that the client sends. */
  readonly sent?: readonly (readonly [name: string, value: string])[]
  readonly run: (headers: Headers) => unknown
  readonly is: unknown
}

/** What is there beside the host, which every request has. */
const rest = (headers: Headers): [string, string][] =>
  [...headers].filter(([name]) => name !== 'host')

const mixed = [
  ['Name1', 'value1'],
  ['nAme2', 'value2'],
  ['name3', 'value3'],
] as const

export const headersCases: readonly HeadersCase[] = [
  {
    from: 'headers/headers-basic',
    name: 'what was sent is there',
    sent: mixed,
    run: (h) => mixed.map(([name]) => [h.has(name), h.get(name)]),
    is: [
      [true, 'value1'],
      [true, 'value2'],
      [true, 'value3'],
    ],
  },
  {
    from: 'headers/headers-basic',
    name: 'what was not sent is null',
    run: (h) => [h.has('nameNotInHeaders'), h.get('nameNotInHeaders')],
    is: [false, null],
  },
  {
    from: 'headers/headers-basic',
    name: 'append, set, delete',
    run: (h) => {
      h.append('n', '1')
      h.append('n', '2')
      const appended = h.get('n')
      h.set('n', '3')
      const set = h.get('n')
      h.delete('n')
      return [appended, set, h.has('n')]
    },
    is: ['1, 2', '3', false],
  },
  {
    from: 'headers/headers-basic',
    name: 'values become text',
    run: (h) => {
      const wrong: unknown[] = [1, null, undefined, true, { toString: () => 'o' }]
      wrong.forEach((value, at) => h.set(`n${at}`, value as string))
      return wrong.map((_, at) => h.get(`n${at}`))
    },
    is: ['1', 'null', 'undefined', 'true', 'o'],
  },
  {
    from: 'headers/headers-basic',
    name: 'iterators: keys, values, entries, the object itself, sorted',
    sent: [
      ['b', '2'],
      ['a', '1'],
      ['C', '3'],
    ],
    run: (h) => [
      rest(h),
      [...h.keys()].filter((name) => name !== 'host'),
      [...h.entries()].length === [...h.values()].length,
      h[Symbol.iterator] === h.entries || typeof h[Symbol.iterator] === 'function',
    ],
    is: [
      [
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
      ],
      ['a', 'b', 'c'],
      true,
      true,
    ],
  },
  {
    from: 'headers/headers-basic',
    name: 'an iterator says done, again and again',
    run: (h) => {
      const iterator = h.keys()
      while (iterator.next().done !== true);
      return [iterator.next(), Object.prototype.toString.call(iterator)]
    },
    is: [{ value: undefined, done: true }, '[object Headers Iterator]'],
  },
  {
    from: 'headers/headers-basic',
    name: 'forEach needs a function, and sees value, name, object',
    sent: [['a', '1']],
    run: (h) => {
      const seen: unknown[] = []
      h.forEach((value, name, object) => {
        if (name !== 'host') seen.push([value, name, object === h])
      })
      return [seen, errorOf(() => h.forEach(undefined as never))]
    },
    is: [[['1', 'a', true]], 'TypeError'],
  },
  {
    from: 'headers/headers-basic',
    name: 'what is deleted while it is iterated does not come',
    sent: [
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ],
    run: (h) => {
      const names: string[] = []
      for (const [name] of h) {
        names.push(name)
        if (name === 'a') h.delete('b')
      }
      return names.filter((name) => name !== 'host')
    },
    is: ['a', 'c'],
  },
  {
    from: 'headers/headers-casing',
    name: 'names are found in any case, and come in lower case',
    sent: [['X-MiXed', 'v']],
    run: (h) => [
      h.get('x-mixed'),
      h.get('X-MIXED'),
      h.has('x-MIXED'),
      rest(h),
      (h.delete('X-MIXED'), h.has('x-mixed')),
    ],
    is: ['v', 'v', true, [['x-mixed', 'v']], false],
  },
  {
    from: 'headers/headers-combine',
    name: 'lines of one name are joined in their order',
    sent: [
      ['single', 'singleValue'],
      ['double', 'doubleValue1'],
      ['DOUBLE', 'doubleValue2'],
      ['triple', '1'],
      ['Triple', '2'],
      ['triple', '3'],
    ],
    run: (h) => [h.get('single'), h.get('double'), h.get('triple'), rest(h).length],
    is: ['singleValue', 'doubleValue1, doubleValue2', '1, 2, 3', 3],
  },
  {
    from: 'headers/headers-combine',
    name: 'set replaces them all, append joins',
    sent: [
      ['double', '1'],
      ['double', '2'],
    ],
    run: (h) => {
      h.append('double', '3')
      const joined = h.get('double')
      h.set('Double', 'new')
      return [joined, h.get('double')]
    },
    is: ['1, 2, 3', 'new'],
  },
  ...(['append', 'set', 'has', 'get', 'delete'] as const).map((method): HeadersCase => {
    return {
      from: 'headers/headers-errors',
      name: `${method}() with a name that is none, or with too few arguments`,
      run: (h) => {
        const call = h[method].bind(h) as (...args: string[]) => unknown
        const names = ['', 'invalid\u0100', 'in valid', 'in:valid', 'in\u0000valid', 'in\nvalid']
        return [...names.map((name) => errorOf(() => call(name, 'v'))), errorOf(() => call())]
      },
      is: Array.from({ length: 7 }, () => 'TypeError'),
    }
  }),
  ...(['append', 'set'] as const).map((method): HeadersCase => {
    return {
      from: 'headers/header-values',
      name: `${method}() with a value that is none`,
      run: (h) =>
        ['a\u0000b', 'a\nb', 'a\rb', '\u0100', 'a\u0000'].map((value) =>
          errorOf(() => h[method]('n', value)),
        ),
      is: Array.from({ length: 5 }, () => 'TypeError'),
    }
  }),
  {
    from: 'headers/header-values',
    name: 'every other byte is a value',
    run: (h) => {
      const bytes = Array.from({ length: 255 }, (_, at) => at + 1).filter(
        (byte) => byte !== 10 && byte !== 13,
      )
      return bytes.filter((byte) => {
        const value = `x${String.fromCodePoint(byte)}x`
        h.set('n', value)
        return h.get('n') !== value
      })
    },
    is: [],
  },
  {
    from: 'headers/header-values-normalize',
    name: 'space around what was sent is no part of it',
    sent: [['n', ' \t a b \t ']],
    run: (h) => h.get('n'),
    is: 'a b',
  },
  {
    from: 'headers/headers-normalize',
    name: 'nor around what is set or appended',
    run: (h) =>
      [' space ', '\ttab\t', ' \tboth \t', '\r\nnewline', ''].map((value) => {
        h.set('n', value)
        h.append('m', value)
        return h.get('n')
      }),
    is: ['space', 'tab', 'both', 'newline', ''],
  },
  {
    from: 'headers/headers-structure',
    name: 'it has the methods of a Headers',
    run: (h) =>
      ['append', 'delete', 'get', 'has', 'set', 'entries', 'keys', 'values', 'forEach'].filter(
        (name) => typeof (h as unknown as Record<string, unknown>)[name] !== 'function',
      ),
    is: [],
  },
  {
    from: 'headers/header-setcookie',
    name: 'set-cookie is never joined but by get()',
    run: (h) => {
      h.append('Set-Cookie', 'fizz=buzz; domain=example.com')
      h.append('set-cookie', 'foo=bar')
      return [h.getSetCookie(), h.get('set-cookie'), h.has('SET-COOKIE'), rest(h)]
    },
    is: [
      ['fizz=buzz; domain=example.com', 'foo=bar'],
      'fizz=buzz; domain=example.com, foo=bar',
      true,
      [
        ['set-cookie', 'fizz=buzz; domain=example.com'],
        ['set-cookie', 'foo=bar'],
      ],
    ],
  },
  {
    from: 'headers/header-setcookie',
    name: 'getSetCookie() is empty without one, keeps equal ones, and ends with set and delete',
    run: (h) => {
      const none = h.getSetCookie()
      h.append('set-cookie', 'a=b')
      h.append('set-cookie', 'a=b')
      const equal = h.getSetCookie()
      h.set('set-cookie', 'c=d')
      const set = h.getSetCookie()
      h.delete('set-cookie')
      return [none, equal, set, h.getSetCookie()]
    },
    is: [[], ['a=b', 'a=b'], ['c=d'], []],
  },
  {
    from: 'headers/header-setcookie',
    name: 'they come where their name is sorted',
    run: (h) => {
      h.append('set-cookie', 'z=z')
      h.append('a', 'b')
      h.append('Set-Cookie', 'x=x')
      h.append('x', 'y')
      return rest(h).map(([name]) => name)
    },
    is: ['a', 'set-cookie', 'set-cookie', 'x'],
  },
]
