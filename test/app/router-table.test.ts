// The cases of Hono's router table (src/router/common.case.test.ts), for the grammar of our
// patterns.
//
// That table asks a router for every handler that matches; here routes and middleware are two
// things: one route answers, and middleware covers prefixes. What runs must come to the same. The
// rows are theirs, in our own words, all 96 of them; where ours differs, the row says how:
//
// - `*` and `/x/*` around handlers are use(); such middleware is for every method.
// - Text wins over parameters and these over the rest, whatever the order of registration.
// - `*rest` has a name, stands last, and takes nothing for nothing: `/x/*rest` is not `/x`.
// - One optional parameter, the last one.
// - No regular expressions in patterns, no wildcard within or between segments, no host names:
//   these are refused when they are registered, and a validator or a parameter is written instead.

import { App } from 'lanner'
import type { Context } from 'lanner'
import { describe, expect, test } from 'vitest'

/** What is registered: `use /prefix`, or a method (ALL for any) and a pattern. */
type Line = string

interface Group {
  readonly of: string
  readonly app: readonly Line[]
  /** Name of the case, request, and what runs, with the parameters of the route; or a status. */
  readonly cases: readonly [
    name: string,
    ask: string,
    runs: readonly Line[] | number,
    params?: Record<string, string>,
  ][]
}

const blog = [
  'use /',
  'GET /entry',
  'use /entry',
  'POST /entry',
  'GET /entry/:id',
  'GET /entry/:id/comment/:comment_id',
]
const long = ['use /long/prefix', 'use /long', 'use /', 'GET /', 'GET /long/*rest']

const groups: readonly Group[] = [
  {
    of: 'Basic Usage',
    app: ['GET /hello', 'POST /hello', 'PURGE /hello'],
    cases: [['GET, post hello', 'PURGE /hello', ['PURGE /hello']]],
  },
  {
    of: 'Reserved words',
    app: [
      'GET /entry/:constructor',
      'GET /wild/:constructor/card',
      'GET /api/animals/:constructor?',
    ],
    cases: [
      ['named parameter', 'GET /entry/123', ['GET /entry/:constructor'], { constructor: '123' }],
      [
        'wildcard: a parameter here',
        'GET /wild/constructor/card',
        ['GET /wild/:constructor/card'],
        { constructor: 'constructor' },
      ],
      ['optional parameter', 'GET /api/animals', ['GET /api/animals/:constructor?'], {}],
    ],
  },
  {
    of: 'Complex',
    app: ['GET /entry/:id', 'GET /wild/:any/card', 'GET /api/abc', 'GET /api/*rest'],
    cases: [
      ['Named Param', 'GET /entry/123', ['GET /entry/:id'], { id: '123' }],
      ['Wildcard: a parameter here', 'GET /wild/xxx/card', ['GET /wild/:any/card'], { any: 'xxx' }],
      ['Default: the nearer one alone', 'GET /api/abc', ['GET /api/abc']],
    ],
  },
  {
    of: 'Complex',
    app: ['use /api', 'GET /api', 'GET /api/posts', 'GET /files/*name'],
    cases: [
      ['/*: middleware covers the prefix itself', 'GET /api', ['use /api', 'GET /api']],
      ['{.*}: the rest of a path', 'GET /files/a/b', ['GET /files/*name'], { name: 'a/b' }],
    ],
  },
  {
    of: 'Registration order',
    app: ['use /', 'GET /:type/:action'],
    cases: [
      [
        'middleware -> handler',
        'GET /posts/123',
        ['use /', 'GET /:type/:action'],
        { type: 'posts', action: '123' },
      ],
    ],
  },
  {
    of: 'Registration order',
    app: ['GET /:type/:action', 'GET /*rest'],
    cases: [
      [
        'handler -> fallback: the nearer one alone',
        'GET /posts/123',
        ['GET /:type/:action'],
        { type: 'posts', action: '123' },
      ],
    ],
  },
  {
    of: 'Multi match: Blog',
    app: blog,
    cases: [
      ['GET /: middleware, and 404 behind it', 'GET /', ['use /']],
      [
        'GET /entry/123',
        'GET /entry/123',
        ['use /', 'use /entry', 'GET /entry/:id'],
        { id: '123' },
      ],
      [
        'GET /entry/123/comment/456',
        'GET /entry/123/comment/456',
        ['use /', 'use /entry', 'GET /entry/:id/comment/:comment_id'],
        { id: '123', comment_id: '456' },
      ],
      ['POST /entry', 'POST /entry', ['use /', 'use /entry', 'POST /entry']],
      ['DELETE /entry: middleware, and 405 behind it', 'DELETE /entry', ['use /', 'use /entry']],
    ],
  },
  {
    of: 'Multi match: parameters of each',
    app: ['use /', 'use /entry/:id', 'GET /entry/:id/:action'],
    cases: [
      [
        'GET /entry/123/show',
        'GET /entry/123/show',
        ['use /', 'use /entry/:id', 'GET /entry/:id/:action'],
        { id: '123', action: 'show' },
      ],
    ],
  },
  {
    of: 'Multi match',
    app: ['GET /posts/:id/comments/:comment_id', 'GET /posts/:id'],
    cases: [['hierarchy', 'GET /', 404]],
  },
  {
    of: 'Duplicate param name',
    app: ['GET /:id/:action', 'GET /posts/:id'],
    cases: [
      ['parent: text wins', 'GET /posts/get', ['GET /posts/:id'], { id: 'get' }],
      [
        'child: in either order',
        'GET /other/get',
        ['GET /:id/:action'],
        { id: 'other', action: 'get' },
      ],
    ],
  },
  {
    of: 'page',
    app: ['GET /page', 'ALL /*rest'],
    cases: [['GET /page: the nearer one alone', 'GET /page', ['GET /page']]],
  },
  {
    of: 'star',
    app: ['GET /', 'use /', 'GET /x', 'use /x', 'GET /*rest'],
    cases: [
      ['top', 'GET /', ['use /', 'GET /']],
      ['Under a certain path', 'GET /x', ['use /', 'use /x', 'GET /x']],
    ],
  },
  {
    of: 'Suffix wildcard: text and the rest here',
    app: ['GET /assets', 'GET /assets/*rest', 'GET /assets-v2'],
    cases: [
      ['GET /assets', 'GET /assets', ['GET /assets']],
      ['GET /assets-v2', 'GET /assets-v2', ['GET /assets-v2']],
      ['GET /assets/app.js', 'GET /assets/app.js', ['GET /assets/*rest'], { rest: 'app.js' }],
      ['GET /asset', 'GET /asset', 404],
    ],
  },
  {
    of: 'Trailing wildcard',
    app: ['GET /path/*rest'],
    cases: [
      ['GET /path: a rest that is not there is none', 'GET /path', 404],
      ['GET /path/to/file', 'GET /path/to/file', ['GET /path/*rest'], { rest: 'to/file' }],
      ['GET /pathfoo', 'GET /pathfoo', 404],
    ],
  },
  {
    of: 'Trailing wildcard after a label',
    app: ['use /:name', 'GET /:id'],
    cases: [
      ['GET /abc', 'GET /abc', ['use /:name', 'GET /:id'], { id: 'abc' }],
      ['GET /abc/sub: middleware, and 404 behind it', 'GET /abc/sub', ['use /:name']],
    ],
  },
  {
    of: 'Trailing wildcard after a pattern label: parameters without a pattern',
    app: [
      'use /reverse/:name',
      'GET /reverse/:id',
      'use /all/:name',
      'POST /all/:id',
      'use /posts/:year',
      'GET /posts/:yr/comments',
      'use /user/:userId',
      'GET /user/:id/profile',
    ],
    cases: [
      ['GET /abc', 'GET /reverse/x', ['use /reverse/:name', 'GET /reverse/:id'], { id: 'x' }],
      [
        'POST /all/abc with ALL middleware',
        'POST /all/abc',
        ['use /all/:name', 'POST /all/:id'],
        { id: 'abc' },
      ],
      [
        'GET /posts/2024/comments',
        'GET /posts/2024/comments',
        ['use /posts/:year', 'GET /posts/:yr/comments'],
        { yr: '2024' },
      ],
      [
        'GET /user/123/profile',
        'GET /user/123/profile',
        ['use /user/:userId', 'GET /user/:id/profile'],
        { id: '123' },
      ],
    ],
  },
  {
    of: 'Trailing wildcard after a pattern label, reversed: middleware comes first all the same',
    app: [
      'GET /reverse/:id',
      'use /reverse/:name',
      'GET /user/:id/profile',
      'use /user/:userId',
      'GET /files/:type/detail',
      'use /files/:kind',
    ],
    cases: [
      [
        'GET /reverse/abc',
        'GET /reverse/abc',
        ['use /reverse/:name', 'GET /reverse/:id'],
        { id: 'abc' },
      ],
      [
        'GET /user/123/profile',
        'GET /user/123/profile',
        ['use /user/:userId', 'GET /user/:id/profile'],
        { id: '123' },
      ],
      [
        'GET /files/foo/detail',
        'GET /files/foo/detail',
        ['use /files/:kind', 'GET /files/:type/detail'],
        { type: 'foo' },
      ],
    ],
  },
  {
    of: 'Trailing wildcard after a middle wildcard: a parameter here',
    app: ['use /a/:any/b', 'GET /a/:any/b', 'GET /a/:any/b/*rest'],
    cases: [
      ['GET /a/x/b', 'GET /a/x/b', ['use /a/:any/b', 'GET /a/:any/b'], { any: 'x' }],
      [
        'GET /a/x/b/c',
        'GET /a/x/b/c',
        ['use /a/:any/b', 'GET /a/:any/b/*rest'],
        { any: 'x', rest: 'c' },
      ],
      ['GET /a/x/bz', 'GET /a/x/bz', 404],
    ],
  },
  {
    of: 'Optional route: one optional parameter, so a second route',
    app: ['GET /api/animals/:type?', 'GET /v1/:version?', 'GET /v1/:version/:platform'],
    cases: [
      [
        'GET /api/animals/dog',
        'GET /api/animals/dog',
        ['GET /api/animals/:type?'],
        { type: 'dog' },
      ],
      ['GET /api/animals', 'GET /api/animals', ['GET /api/animals/:type?'], {}],
      [
        'GET /v1/123/abc',
        'GET /v1/123/abc',
        ['GET /v1/:version/:platform'],
        { version: '123', platform: 'abc' },
      ],
      ['GET /v1/123', 'GET /v1/123', ['GET /v1/:version?'], { version: '123' }],
      ['GET /v1', 'GET /v1', ['GET /v1/:version?'], {}],
    ],
  },
  {
    of: 'All',
    app: ['GET /hello', 'ALL /all'],
    cases: [['GET, all hello', 'GET /all', ['ALL /all']]],
  },
  {
    of: 'long prefix, then star: GET only',
    app: long,
    cases: [
      ['GET /', 'GET /', ['use /', 'GET /']],
      [
        'GET /long/prefix',
        'GET /long/prefix',
        ['use /long/prefix', 'use /long', 'use /', 'GET /long/*rest'],
        { rest: 'prefix' },
      ],
      [
        'GET /long/prefix/test',
        'GET /long/prefix/test',
        ['use /long/prefix', 'use /long', 'use /', 'GET /long/*rest'],
        { rest: 'prefix/test' },
      ],
    ],
  },
  {
    of: 'long prefix, then star: ALL and GET',
    app: [...long, 'ALL /long/prefix/*tail'],
    cases: [
      ['GET /', 'GET /', ['use /', 'GET /']],
      [
        'GET /long/prefix',
        'GET /long/prefix',
        ['use /long/prefix', 'use /long', 'use /', 'GET /long/*rest'],
        { rest: 'prefix' },
      ],
      [
        'GET /long/prefix/test',
        'GET /long/prefix/test',
        ['use /long/prefix', 'use /long', 'use /', 'ALL /long/prefix/*tail'],
        { tail: 'test' },
      ],
    ],
  },
  {
    of: 'Including slashes: the rest of the path',
    app: ['GET /js/*filename', 'GET /js/main.js'],
    cases: [
      ['GET /js/main.js: text wins', 'GET /js/main.js', ['GET /js/main.js']],
      [
        'GET /js/chunk/123.js',
        'GET /js/chunk/123.js',
        ['GET /js/*filename'],
        { filename: 'chunk/123.js' },
      ],
      [
        'GET /js/chunk/nest/123.js',
        'GET /js/chunk/nest/123.js',
        ['GET /js/*filename'],
        { filename: 'chunk/nest/123.js' },
      ],
    ],
  },
  {
    of: 'Capture regex pattern has trailing wildcard: parameters here',
    app: ['GET /:dir/:any/file.html', 'GET /regex-abc/:id/def', 'use /regex-abc/:id', 'use /:id'],
    cases: [
      [
        'GET /foo/bar/file.html',
        'GET /foo/bar/file.html',
        ['use /:id', 'GET /:dir/:any/file.html'],
        { dir: 'foo', any: 'bar' },
      ],
      ['GET /123: an empty remainder', 'GET /123', ['use /:id']],
      [
        'GET /regex-abc/123/ghi: a sibling route',
        'GET /regex-abc/123/ghi',
        ['use /regex-abc/:id', 'use /:id'],
      ],
    ],
  },
  {
    of: 'Capture complex multiple directories: one directory, a parameter',
    app: [
      'GET /:first/middle-a/:reference?',
      'GET /:first/middle-b/end-c/:uuid',
      'GET /:first/middle-b/:digest',
      'GET /:prefix/contents/:id?',
    ],
    cases: [
      [
        'GET /part1/middle-b/latest',
        'GET /part1/middle-b/latest',
        ['GET /:first/middle-b/:digest'],
        { first: 'part1', digest: 'latest' },
      ],
      [
        'GET /part1/middle-b/end-c/latest',
        'GET /part1/middle-b/end-c/latest',
        ['GET /:first/middle-b/end-c/:uuid'],
        { first: 'part1', uuid: 'latest' },
      ],
      [
        'optional: GET /foo/bar/contents',
        'GET /foo/contents',
        ['GET /:prefix/contents/:id?'],
        { prefix: 'foo' },
      ],
      [
        'optional: GET /foo/bar/contents/123',
        'GET /foo/contents/123',
        ['GET /:prefix/contents/:id?'],
        { prefix: 'foo', id: '123' },
      ],
    ],
  },
  {
    of: 'non ascii characters',
    app: ['use /$', 'GET /$/:name', 'use /()', 'GET /()/:name'],
    cases: [
      ['GET /$/hono', 'GET /$/hono', ['use /$', 'GET /$/:name'], { name: 'hono' }],
      ['GET /()/hono', 'GET /()/hono', ['use /()', 'GET /()/:name'], { name: 'hono' }],
    ],
  },
  {
    of: 'REST API: parameters without a pattern',
    app: ['GET /users/:username', 'GET /users/:username/posts'],
    cases: [
      ['GET /users/hono', 'GET /users/hono', ['GET /users/:username'], { username: 'hono' }],
      [
        'GET /users/hono/posts',
        'GET /users/hono/posts',
        ['GET /users/:username/posts'],
        { username: 'hono' },
      ],
    ],
  },
  {
    of: 'Trailing slash',
    app: ['GET /book', 'GET /book/:id'],
    cases: [
      ['GET /book', 'GET /book', ['GET /book']],
      ['GET /book/', 'GET /book/', 404],
    ],
  },
  {
    of: 'Routing with a hostname: the path alone counts',
    app: ['GET /hello'],
    cases: [['GET /hello', 'GET /other', 404]],
  },
  {
    of: 'static routes of ALL and GET',
    app: ['ALL /foo', 'GET /bar'],
    cases: [['get /foo', 'GET /foo', ['ALL /foo']]],
  },
  {
    of: 'ALL and Star: the nearer one alone',
    app: ['ALL /x', 'GET /*rest'],
    cases: [['/x and star', 'GET /x', ['ALL /x']]],
  },
  {
    of: 'GET star, ALL static, GET star...',
    app: ['use /', 'ALL /x', 'use /'],
    cases: [['/x and star: all middleware first', 'GET /x', ['use /', 'use /', 'ALL /x']]],
  },
  {
    of: 'GET star, GET static, ALL star...',
    app: ['use /y', 'GET /y/a', 'use /y/b', 'GET /y/b/bar'],
    cases: [['star1, star2 and bar', 'GET /y/b/bar', ['use /y', 'use /y/b', 'GET /y/b/bar']]],
  },
  {
    of: 'ALL star, ALL star, GET static, ALL star...',
    app: ['use /', 'use /a', 'GET /a/foo', 'use /b', 'GET /b/bar'],
    cases: [['wildcard, star2 and bar', 'GET /b/bar', ['use /', 'use /b', 'GET /b/bar']]],
  },
  {
    of: 'Unknown method',
    app: ['GET /', 'ALL /all'],
    cases: [
      ['UNKNOWN_METHOD /: 405, because the path is known', 'UNKNOWN_METHOD /', 405],
      ['UNKNOWN_METHOD /all', 'UNKNOWN_METHOD /all', ['ALL /all']],
    ],
  },
]

/** Cases whose patterns are none here: each is refused, with a reason that names the part. */
const refused: readonly [of: string, cases: number, line: Line, why: RegExp][] = [
  [
    'Complex: Regexp',
    1,
    'GET /post/:date{[0-9]+}/:title{[a-z]+}',
    /":date\{\[0-9\]\+\}" needs a name/,
  ],
  ['Duplicate param name: self', 1, 'GET /:id/:id', /two parameters are named "id"/],
  ['Capture simple multiple directories', 3, 'GET /:dirs{.+}/file.html', /needs a name/],
  ['Same path: a second route is a mistake', 1, 'GET /hey', /GET \/hey/],
  ['Routing with a hostname', 2, 'GET www1.example.com/hello', /begins with "\/"/],
  ['Capture Group: Simple capturing group', 3, 'GET /foo/:capture{(bar|baz)}', /needs a name/],
  ['Capture Group: Non-capturing group', 3, 'GET /foo/:capture{(?:bar|baz)}', /needs a name/],
  ['Capture Group: with prefix', 3, 'GET /foo/:capture{ba(?:r|z)}', /needs a name/],
  ['Capture Group: Complex', 1, 'GET /foo/:capture{ba(r|z)}', /needs a name/],
]

function build(lines: readonly Line[], ran: Line[]): App {
  const app = new App()
  for (const line of lines) {
    const [method, path] = line.split(' ') as [string, string]
    if (method === 'use') {
      app.use(path, (_ctx, next) => {
        ran.push(line)
        return next()
      })
    } else {
      const answer = (ctx: Context): unknown => {
        ran.push(line)
        return { ...ctx.params }
      }
      app.route(method === 'ALL' ? '*' : method, path, answer)
    }
  }
  return app
}

describe.each(groups.map((group) => [group.of, group] as const))('%s', (_of, { app, cases }) => {
  test.each(cases)('%s', async (_name, ask, runs, params) => {
    const ran: Line[] = []
    const [method, path] = ask.split(' ') as [string, string]
    const reply = await build(app, ran).inject({ method, path })
    if (typeof runs === 'number') expect([reply.status, ran]).toEqual([runs, []])
    else expect(ran).toEqual(runs)
    if (params !== undefined) expect(reply.json()).toEqual(params)
  })
})

test.each(refused)('%s (%i cases): %s is refused', async (_of, _cases, line, why) => {
  const make = async (): Promise<unknown> =>
    build(line === 'GET /hey' ? [line, line] : [line], []).inject('/')
  await expect(make()).rejects.toThrow(why)
  await expect(make()).rejects.toMatchObject({ code: 'LANNER_ROUTE_INVALID' })
})

test('that is every case of the table', () => {
  const taken = groups.reduce((sum, { cases }) => sum + cases.length, 0)
  expect(taken + refused.reduce((sum, [, cases]) => sum + cases, 0)).toBe(96)
})
