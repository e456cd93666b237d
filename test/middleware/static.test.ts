// Files of a folder: which are sent, what of them, and what never is.

import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'

import { App } from 'lanner'
import { staticFiles } from 'lanner/middleware/static'
import { afterAll, describe, expect, test } from 'vitest'

import { filePath } from '../../src/files/path.ts'
import { deferred } from '../support/deferred.ts'

import type { InjectResponse } from 'lanner'
import type { StaticOptions } from 'lanner/middleware/static'

const base = mkdtempSync(join(tmpdir(), 'lanner-static-'))
const root = join(base, 'public')
const CHANGED = new Date('2024-02-29T12:00:00.500Z')
const LAST_MODIFIED = 'Thu, 29 Feb 2024 12:00:00 GMT'
const digits = '0123456789'.repeat(10)
const bigBytes = 5_000_000
const isWindows = process.platform === 'win32'

const files: Record<string, string | Buffer> = {
  'index.html': '<h1>home</h1>',
  'digits.txt': digits,
  'empty.txt': '',
  'ünï cödé.txt': 'unicode',
  'site.css': 'body{}',
  'site.css.gz': gzipSync('body{}'),
  'site.css.br': 'as if it were brotli',
  'app.0a1b2c.js': 'js',
  data: 'no type',
  'model.gltf': '{}',
  'docs/index.html': 'docs',
  'docs/page.html': 'page',
  'bare/file.txt': 'file',
  '.env': 'SECRET',
  '.git/config': 'SECRET',
  '.well-known/security.txt': 'contact',
  'big.bin': Buffer.alloc(bigBytes, 'x'),
  'cut.bin': Buffer.alloc(bigBytes, 'x'),
}
for (const [name, content] of Object.entries(files)) {
  const path = join(root, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  utimesSync(path, CHANGED, CHANGED)
}
writeFileSync(join(base, 'secret.txt'), 'SECRET')
writeFileSync(join(base, 'public.gz'), 'SECRET')
mkdirSync(join(base, 'public-too'))
writeFileSync(join(base, 'public-too', 'secret.txt'), 'SECRET')
if (!isWindows) {
  symlinkSync('digits.txt', join(root, 'inside.txt'))
  symlinkSync('../secret.txt', join(root, 'outside.txt'))
  symlinkSync('../public-too', join(root, 'sibling'))
  symlinkSync('docs', join(root, 'papers'))
  symlinkSync('loop', join(root, 'loop'))
  execFileSync('mkfifo', [join(root, 'pipe')])
}
afterAll(() => rmSync(base, { recursive: true }))

function ask(
  path: string,
  headers: Record<string, string> = {},
  options: Partial<StaticOptions> = {},
  method = 'GET',
): Promise<InjectResponse> {
  const app = new App().use(staticFiles({ root, ...options }))
  return app.inject({ method, path, headers })
}

describe('files', () => {
  test.each<[string, number, string, string]>([
    ['/digits.txt', 200, 'text/plain; charset=utf-8', digits],
    ['/', 200, 'text/html; charset=utf-8', '<h1>home</h1>'],
    ['/index.html', 200, 'text/html; charset=utf-8', '<h1>home</h1>'],
    ['/docs/', 200, 'text/html; charset=utf-8', 'docs'],
    ['/docs/page.html', 200, 'text/html; charset=utf-8', 'page'],
    ['/empty.txt', 200, 'text/plain; charset=utf-8', ''],
    ['/%C3%BCn%C3%AF%20c%C3%B6d%C3%A9.txt', 200, 'text/plain; charset=utf-8', 'unicode'],
    ['/data', 200, 'application/octet-stream', 'no type'],
    ['/.well-known/security.txt', 200, 'text/plain; charset=utf-8', 'contact'],
  ])('%s', async (path, status, type, text) => {
    const reply = await ask(path)
    expect([reply.status, reply.headers.get('content-type'), reply.text]).toEqual([
      status,
      type,
      text,
    ])
    expect(reply.headers.get('content-length')).toBe(String(Buffer.byteLength(text)))
    expect(reply.headers.get('last-modified')).toBe(LAST_MODIFIED)
    expect(reply.headers.get('cache-control')).toBe('no-cache')
    expect(reply.headers.get('accept-ranges')).toBe('bytes')
  })

  test('a long one is streamed, with its length', async () => {
    const reply = await ask('/big.bin')
    expect([reply.body.length, reply.headers.get('content-length')]).toEqual([
      bigBytes,
      String(bigBytes),
    ])
  })

  test('HEAD has the head and no body', async () => {
    for (const path of ['/digits.txt', '/big.bin', '/empty.txt']) {
      const [get, head] = await Promise.all([ask(path), ask(path, {}, {}, 'HEAD')])
      expect([head.status, head.text]).toEqual([200, ''])
      expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(get.headers))
    }
  })

  test('a folder without its slash leads to the one with it, wherever we are mounted', async () => {
    for (const [path, location] of [
      ['/docs', './docs/'],
      ['/docs?a=b%20c', './docs/?a=b%20c'],
    ]) {
      const reply = await ask(path!)
      expect([reply.status, reply.headers.get('location')]).toEqual([308, location])
    }
    const app = new App().use('/assets', staticFiles({ root, prefix: '/assets' }))
    expect((await app.inject('/assets')).headers.get('location')).toBe('./assets/')
    expect((await app.inject('/assets/')).text).toBe('<h1>home</h1>')
    expect((await app.inject('/assets/digits.txt')).text).toBe(digits)
    expect((await app.inject('/assetsdigits.txt')).status).toBe(404)
  })

  test.each([
    ['POST', '/digits.txt'],
    ['GET', '/nowhere.txt'],
    ['GET', '/bare/'],
    ['GET', '/bare'],
    ['GET', '/digits.txt/'],
    ['GET', '/digits.txt/more'],
    ['GET', '/docs//page.html'],
    ['GET', '//docs/page.html'],
    ['GET', '/docs//'],
    ['GET', '//'],
    ['GET', `/${'x'.repeat(300)}`],
  ])('%s %s is left to what comes next', async (method, path) => {
    const app = new App().use(staticFiles({ root }))
    app.all('/*rest', () => 'next')
    expect((await app.inject({ method, path })).text).toBe('next')
    // With nothing behind it, as the handler of a route or of what was not found, it is a 404.
    const alone = new App()
    alone.all('/*rest', staticFiles({ root }))
    expect((await alone.inject({ method, path })).status).toBe(404)
    const last = new App().notFound(staticFiles({ root }))
    expect((await last.inject({ method, path })).status).toBe(404)
  })

  test('it answers where no route does', async () => {
    const app = new App().notFound(staticFiles({ root: pathToFileURL(root) }))
    app.get('/api', () => 'api')
    expect((await app.inject('/api')).text).toBe('api')
    expect(await app.inject('/digits.txt')).toMatchObject({ status: 200, text: digits })
  })
})

describe('what is never sent', () => {
  const hidden = ['/.env', '/.git/config', '/.git', '/docs/.hidden']
  const outside = [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/docs/../../secret.txt',
    '/docs/%2e%2e/%2e%2e/secret.txt',
    '/..%5csecret.txt',
    '/..%252fsecret.txt',
    '/docs/..%c0%af..%c0%afsecret.txt',
    '//secret.txt',
    '/%00',
    '/digits.txt%00.html',
    '/../public-too/secret.txt',
    '/C:/secret.txt',
    `${root}/../secret.txt`,
  ]
  test.each([...hidden, ...outside])('%s', async (path) => {
    const reply = await ask(path)
    expect(reply.status).toBeGreaterThanOrEqual(400)
    expect(reply.text).not.toContain('SECRET')
  })

  test('hidden files are denied or allowed where that is said', async () => {
    expect((await ask('/.env', {}, { dotfiles: 'deny' })).status).toBe(403)
    expect((await ask('/.env', {}, { dotfiles: 'allow' })).text).toBe('SECRET')
    expect((await ask('/docs/.well-known/x', {}, { dotfiles: 'deny' })).status).toBe(403)
  })

  test.skipIf(isWindows).each<[string, StaticOptions['links'], boolean]>([
    ['/inside.txt', 'inside', true],
    ['/inside.txt', 'none', false],
    ['/papers/page.html', 'inside', true],
    ['/papers/page.html', 'none', false],
    ['/outside.txt', 'inside', false],
    ['/outside.txt', 'any', true],
    ['/outside.txt', 'none', false],
    ['/sibling/secret.txt', 'inside', false],
    ['/sibling/secret.txt', 'any', true],
    ['/loop', 'inside', false],
    ['/loop', 'any', false],
    ['/pipe', 'any', false],
  ])('%s with links: %s is sent: %s', async (path, links, isSent) => {
    expect((await ask(path, {}, { links: links! })).status).toBe(isSent ? 200 : 404)
  })

  test('what middleware guards, however many slashes the path has', async () => {
    const app = new App()
    app.use('/docs', (ctx) => ctx.status(401).text('guarded'))
    app.use(staticFiles({ root }))
    for (const path of ['/docs/page.html', '/docs//page.html']) {
      expect((await app.inject(path)).status).toBe(401)
    }
    for (const path of ['//docs/page.html', '///docs/page.html', '//docs//page.html', '//docs/']) {
      expect([path, (await app.inject(path)).status]).toEqual([path, 404])
    }
  })

  test.each(['inside', 'any', 'none'] as const)(
    'what is named like the folder and lies beside it, with links: %s',
    async (links) => {
      const options = { root, prefix: '/assets', links, precompressed: ['gzip'] } as const
      const app = new App().use('/assets', staticFiles(options))
      for (const path of ['/assets', '/assets/']) {
        const reply = await app.inject({ path, headers: { 'accept-encoding': 'gzip' } })
        expect(reply.text).not.toContain('SECRET')
        expect(reply.status).toBe(path.endsWith('/') ? 200 : 308)
      }
    },
  )

  test.each(['inside', 'any', 'none'] as const)(
    'files of folders, with links: %s',
    async (links) => {
      const paths = ['/docs/page.html', '/docs/', '/']
      const replies = await Promise.all(paths.map((path) => ask(path, {}, { links })))
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 200])
    },
  )

  test('a folder that is a link itself may be served', async () => {
    if (isWindows) return
    symlinkSync('public', join(base, 'current'))
    expect((await ask('/digits.txt', {}, { root: join(base, 'current') })).text).toBe(digits)
  })

  test.each([
    'a:b',
    'file.txt::$DATA',
    'file.txt.',
    'file.txt ',
    'CON',
    'con.txt',
    'LPT1',
    'nul.tar.gz',
    'a\\b',
    'a*',
  ])('%s on Windows', (name) => {
    expect(filePath('root', `/${name}`, 'allow', true)).toBe('none')
    expect(filePath('root', '/constant.txt', 'allow', true)).toMatchObject({ isFolder: false })
  })
})

describe('conditions', () => {
  test('the tag of a file is answered with 304, another with 200, none with 412', async () => {
    const tag = (await ask('/digits.txt')).headers.get('etag')!
    expect(tag).toMatch(/^"[\da-z]+-[\da-z]+"$/)
    const cases: [Record<string, string>, number][] = [
      [{ 'if-none-match': tag }, 304],
      [{ 'if-none-match': `W/${tag}` }, 304],
      [{ 'if-none-match': '"other"' }, 200],
      [{ 'if-modified-since': LAST_MODIFIED }, 304],
      [{ 'if-modified-since': 'Thu, 29 Feb 2024 11:59:59 GMT' }, 200],
      [{ 'if-match': '"other"' }, 412],
      [{ 'if-unmodified-since': 'Thu, 29 Feb 2024 11:59:59 GMT' }, 412],
      [{ 'if-unmodified-since': LAST_MODIFIED }, 200],
    ]
    for (const [headers, status] of cases) {
      const reply = await ask('/digits.txt', headers)
      expect([headers, reply.status]).toEqual([headers, status])
      if (status === 304) {
        expect(reply.headers.get('etag')).toBe(tag)
        expect(reply.headers.get('cache-control')).toBe('no-cache')
        expect(reply.headers.get('content-type')).toBeNull()
      }
    }
  })

  test('a file that changed has another tag', async () => {
    const path = join(root, 'changing.txt')
    writeFileSync(path, 'a')
    utimesSync(path, CHANGED, CHANGED)
    const first = (await ask('/changing.txt')).headers.get('etag')
    utimesSync(path, CHANGED, new Date(CHANGED.getTime() + 1))
    expect((await ask('/changing.txt')).headers.get('etag')).not.toBe(first)
  })

  test('neither is said where it is turned off', async () => {
    const { headers } = await ask('/digits.txt', {}, { etag: false, lastModified: false })
    expect([headers.get('etag'), headers.get('last-modified')]).toEqual([null, null])
  })
})

describe('ranges', () => {
  test.each<[string, string, string]>([
    ['bytes=0-9', 'bytes 0-9/100', '0123456789'],
    ['bytes=95-', 'bytes 95-99/100', '56789'],
    ['bytes=-3', 'bytes 97-99/100', '789'],
    ['bytes=-1000', 'bytes 0-99/100', digits],
    ['bytes=90-1000', 'bytes 90-99/100', '0123456789'],
    ['bytes=99-99', 'bytes 99-99/100', '9'],
    ['Bytes= 5-6 ', 'bytes 5-6/100', '56'],
    ['bytes=200-300, 5-6', 'bytes 5-6/100', '56'],
  ])('%s', async (range, contentRange, text) => {
    const reply = await ask('/digits.txt', { range })
    expect([reply.status, reply.headers.get('content-range'), reply.text]).toEqual([
      206,
      contentRange,
      text,
    ])
    expect(reply.headers.get('content-length')).toBe(String(text.length))
  })

  test.each([['bytes=100-'], ['bytes=-0'], ['bytes=1000-2000'], ['bytes=100-200,300-']])(
    '%s cannot be met',
    async (range) => {
      const reply = await ask('/digits.txt', { range })
      expect([reply.status, reply.headers.get('content-range')]).toEqual([416, 'bytes */100'])
      expect(reply.json()).toMatchObject({ status: 416, detail: 'The file has 100 bytes.' })
      expect((await ask('/empty.txt', { range: 'bytes=0-' })).status).toBe(416)
    },
  )

  test.each([
    ['lines=1-2'],
    ['bytes=9-1'],
    ['bytes='],
    ['bytes=a-b'],
    ['bytes=1-2-3'],
    ['bytes=0-10,5-20'],
    ['bytes=0-49,50-99'],
    [`bytes=${Array.from({ length: 17 }, (_, i) => `${i * 2}-${i * 2}`).join(',')}`],
  ])('%s gives the whole', async (range) => {
    expect(await ask('/digits.txt', { range })).toMatchObject({ status: 200, text: digits })
  })

  test('several come with a head each', async () => {
    const reply = await ask('/digits.txt', { range: 'bytes=0-1, 50-52,-1' })
    expect(reply.status).toBe(206)
    const [, boundary] = /^multipart\/byteranges; boundary=(\w+)$/.exec(
      reply.headers.get('content-type')!,
    )!
    const part = (range: string, text: string): string =>
      `--${boundary}\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-range: bytes ${range}/100\r\n\r\n${text}\r\n`
    expect(reply.text).toBe(
      `${part('0-1', '01')}${part('50-52', '012')}${part('99-99', '9')}--${boundary}--\r\n`,
    )
    expect(reply.headers.get('content-length')).toBe(String(reply.text.length))
  })

  test('hold only for the file that the client has a part of', async () => {
    const tag = (await ask('/digits.txt')).headers.get('etag')!
    const cases: [string, number][] = [
      [tag, 206],
      [`W/${tag}`, 200],
      ['"other"', 200],
      [LAST_MODIFIED, 206],
      ['Thu, 29 Feb 2024 12:00:01 GMT', 200],
      ['nonsense', 200],
    ]
    for (const [validator, status] of cases) {
      const headers = { range: 'bytes=0-1', 'if-range': validator }
      const { status: given } = await ask('/digits.txt', headers)
      expect([validator, given]).toEqual([validator, status])
    }
  })

  test('are not for HEAD, and can be turned off', async () => {
    const headers = { range: 'bytes=0-1' }
    expect((await ask('/digits.txt', headers, {}, 'HEAD')).status).toBe(200)
    const whole = await ask('/digits.txt', headers, { ranges: 0 })
    expect([whole.status, whole.headers.get('accept-ranges')]).toEqual([200, null])
  })

  test('of a long file are read from where they begin', async () => {
    const reply = await ask('/big.bin', { range: `bytes=100000-${bigBytes}` })
    expect(reply.body.length).toBe(bigBytes - 100_000)
  })
})

describe('compressed variants', () => {
  const precompressed = ['zstd', 'br', 'gzip'] as const
  test.each<[string, string, string | null]>([
    ['/site.css', 'gzip', 'gzip'],
    ['/site.css', 'gzip, br', 'br'],
    ['/site.css', 'br;q=0.5, gzip', 'gzip'],
    ['/site.css', 'zstd', null],
    ['/site.css', 'zstd, gzip;q=0.5', 'gzip'],
    ['/site.css', 'identity', null],
    ['/digits.txt', 'gzip, br, zstd', null],
  ])('%s for %s', async (path, accepts, coding) => {
    const { headers } = await ask(path, { 'accept-encoding': accepts }, { precompressed })
    expect([headers.get('content-encoding'), headers.get('vary')]).toEqual([
      coding,
      'accept-encoding',
    ])
    const type = path.endsWith('css') ? 'text/css' : 'text/plain'
    expect(headers.get('content-type')).toBe(`${type}; charset=utf-8`)
  })

  test('have a tag of their own', async () => {
    const tags = ['gzip', 'br', 'identity'].map(async (accepts) => {
      const reply = await ask('/site.css', { 'accept-encoding': accepts }, { precompressed })
      return reply.headers.get('etag')
    })
    expect(new Set(await Promise.all(tags)).size).toBe(3)
  })

  test('are not looked for where that is not said', async () => {
    const { headers } = await ask('/site.css', { 'accept-encoding': 'gzip' })
    expect([headers.get('content-encoding'), headers.get('vary')]).toEqual([null, null])
  })
})

describe('options', () => {
  test.each<[Partial<StaticOptions>, string, string]>([
    [{ maxAge: '1h' }, '/digits.txt', 'public, max-age=3600'],
    [{ maxAge: 1500 }, '/digits.txt', 'public, max-age=1'],
    [{ immutable: true }, '/digits.txt', 'public, max-age=31536000, immutable'],
    [{ immutable: /\.[\da-f]{6}\.js$/g }, '/app.0a1b2c.js', 'public, max-age=31536000, immutable'],
    [{ immutable: /\.[\da-f]{6}\.js$/g, maxAge: '1min' }, '/digits.txt', 'public, max-age=60'],
  ])('%j for %s: %s', async (options, path, expected) => {
    for (let i = 0; i < 2; i++) {
      expect((await ask(path, {}, options)).headers.get('cache-control')).toBe(expected)
    }
  })

  test('types of ones own, and none for what is unknown', async () => {
    const types = { '.GLTF': 'model/gltf+json' }
    expect((await ask('/model.gltf', {}, { types })).headers.get('content-type')).toBe(
      'model/gltf+json',
    )
    expect((await ask('/model.gltf', {}, { defaultType: null })).status).toBe(404)
    expect((await ask('/digits.txt', {}, { defaultType: null })).status).toBe(200)
    expect((await ask('/docs/', {}, { defaultType: null })).status).toBe(200)
  })

  test('index files', async () => {
    expect((await ask('/bare/', {}, { index: ['index.html', 'file.txt'] })).text).toBe('file')
    expect((await ask('/', {}, { index: false })).status).toBe(404)
  })

  test('prepare sees the file and sets fields', async () => {
    const seen: unknown[] = []
    const reply = await ask(
      '/docs/page.html',
      {},
      {
        prepare: (ctx, file) => {
          seen.push(file)
          ctx.header('x-frame-options', 'DENY')
        },
      },
    )
    expect(seen).toEqual([{ path: 'docs/page.html', size: 4, modified: CHANGED }])
    expect(reply.headers.get('x-frame-options')).toBe('DENY')
  })

  test.each<[unknown, string]>([
    [{}, 'The option root of staticFiles() is a text'],
    [{ root: join(root, 'nowhere') }, 'The option root of staticFiles() is a folder that exists'],
    [{ root: join(root, 'digits.txt') }, 'The option root of staticFiles() is a folder'],
    [{ root, roots: 1 }, 'There is no option roots of staticFiles()'],
    [{ root, prefix: 'assets' }, `The option prefix of staticFiles() is a path as '/assets'`],
    [{ root, index: 'a' }, 'The option index of staticFiles() is a list of texts'],
    [{ root, index: ['a/b'] }, 'The option index of staticFiles() is names of files'],
    [{ root, dotfiles: 'hide' }, "The option dotfiles of staticFiles() is 'ignore' or 'deny'"],
    [{ root, links: true }, "The option links of staticFiles() is 'inside' or 'any' or 'none'"],
    [{ root, maxAge: 'long' }, 'The option maxAge of staticFiles() is a duration'],
    [{ root, immutable: 'yes' }, 'The option immutable of staticFiles() is true, false or a'],
    [{ root, etag: 1 }, 'The option etag of staticFiles() is true or false'],
    [{ root, ranges: -1 }, 'The option ranges of staticFiles() is an integer from 0 to 1000'],
    [{ root, precompressed: ['lzw'] }, "The option precompressed of staticFiles() is 'zstd' or"],
    [{ root, types: { a: 'ü' } }, 'The option types.a of staticFiles() is a header value'],
    [{ root, defaultType: 1 }, 'The option defaultType of staticFiles() is a text'],
    [{ root, prepare: 1 }, 'The option prepare of staticFiles() is a function'],
  ])('wrong ones: %j', (options, message) => {
    expect(() => staticFiles(options as StaticOptions)).toThrow(message)
  })
})

/** How many descriptors of this process are a file under the folder. */
function openDescriptors(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(root)
    } catch {
      return false
    }
  }).length
}

describe.skipIf(process.platform !== 'linux')('descriptors are closed', () => {
  test('after replies of all kinds', async () => {
    const tag = (await ask('/big.bin')).headers.get('etag')!
    for (const [path, headers, method] of [
      ['/big.bin', {}, 'HEAD'],
      ['/big.bin', { 'if-none-match': tag }, 'GET'],
      ['/big.bin', { 'if-match': '"other"' }, 'GET'],
      ['/big.bin', { range: `bytes=${bigBytes}-` }, 'GET'],
      ['/big.bin', { range: 'bytes=0-1,100-200000' }, 'GET'],
      ['/docs', {}, 'GET'],
      ['/docs/', {}, 'GET'],
      ['/outside.txt', {}, 'GET'],
      ['/empty.txt', {}, 'GET'],
      ['/pipe', {}, 'GET'],
    ] as const) {
      await ask(path, headers, { precompressed: ['gzip'] }, method)
      expect(openDescriptors(), `${method} ${path}`).toBe(0)
    }
  })

  test('when middleware throws the reply away', async () => {
    const app = new App()
    app.use(async (_ctx, next) => {
      await next()
      return 'something else'
    })
    app.use((ctx, next) => {
      ctx.onReply((reply) => {
        if (ctx.query.has('fail')) throw new Error('hook')
        if (ctx.query.has('drop')) reply.body = undefined
      })
      return next()
    })
    app.onError(() => 'failed')
    app.use(staticFiles({ root }))
    for (const path of ['/big.bin', '/big.bin?fail', '/big.bin?drop']) {
      await app.inject(path)
      await expect.poll(openDescriptors, { message: path }).toBe(0)
    }
  })

  test('when the client leaves in the middle, however slow it was', async () => {
    const app = new App().use(staticFiles({ root }))
    await using server = await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write('GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise((resolve) => socket.once('data', resolve))
    socket.pause()
    expect(openDescriptors()).toBe(1)
    socket.destroy()
    await expect.poll(openDescriptors).toBe(0)
  })

  test('when the file is cut while it is read; the reply breaks off', async () => {
    const app = new App().use(staticFiles({ root }))
    const codes: unknown[] = []
    app.onError((error) => void codes.push((error as { code: unknown }).code))
    await using server = await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    const closed = deferred<undefined>()
    let bytes = 0
    socket.on('error', () => {})
    socket.on('close', () => closed.resolve(undefined))
    socket.write('GET /cut.bin HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise((resolve) => socket.once('data', resolve))
    truncateSync(join(root, 'cut.bin'), 10)
    socket.on('data', (chunk) => {
      bytes += chunk.length
    })
    await closed.promise
    expect(bytes).toBeLessThan(bigBytes)
    expect(codes).toEqual(['LANNER_CONTENT_LENGTH'])
    expect(openDescriptors()).toBe(0)
  })
})
