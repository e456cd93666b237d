// file(): a file or a Blob as a reply.

import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { App, file } from 'lanner'
import { expect, onTestFinished, test } from 'vitest'

import type { FileOptions } from 'lanner'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'lanner-file-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const answer = async (source: string | URL | Blob, options?: FileOptions, method = 'GET') =>
  new App().get('/', () => file(source, options)).inject({ method })

test('a file is sent with its type, its length and its time', async () => {
  const path = join(folder(), 'page.html')
  writeFileSync(path, '<p>ä')
  utimesSync(path, 0, 86_400)
  for (const source of [path, pathToFileURL(path)]) {
    const { status, headers, text } = await answer(source)
    expect([status, text]).toEqual([200, '<p>ä'])
    expect(headers.get('content-type')).toMatch(/^text\/html/)
    expect(headers.get('content-length')).toBe('5')
    expect(headers.get('last-modified')).toBe('Fri, 02 Jan 1970 00:00:00 GMT')
    expect(headers.has('content-disposition')).toBe(false)
  }
  const head = await answer(path, {}, 'HEAD')
  expect([head.headers.get('content-length'), head.text]).toEqual(['5', ''])
})

test('an empty file is an empty reply', async () => {
  const path = join(folder(), 'empty')
  writeFileSync(path, '')
  const { status, headers, text } = await answer(path)
  expect([status, text, headers.get('content-type')]).toEqual([200, '', 'application/octet-stream'])
})

test('a Blob is sent with its type', async () => {
  const { headers, text } = await answer(new Blob(['a,b'], { type: 'text/csv' }))
  expect([text, headers.get('content-type')]).toEqual(['a,b', 'text/csv'])
})

test.each([
  [{ download: true }, 'attachment; filename="a.txt"'],
  [{ download: 'b "1".txt' }, `attachment; filename="b _1_.txt"; filename*=UTF-8''b%20%221%22.txt`],
  [
    { download: 'ä\ud800.txt' },
    `attachment; filename="__.txt"; filename*=UTF-8''%C3%A4%EF%BF%BD.txt`,
  ],
])('it is saved by browsers: %j', async (options, disposition) => {
  const { headers } = await answer(new File(['x'], 'a.txt'), options)
  expect(headers.get('content-disposition')).toBe(disposition)
})

test('what there is not, a folder and what may not be read are 404', async () => {
  const path = folder()
  for (const source of [join(path, 'none'), path]) {
    const reply = await answer(source)
    expect([reply.status, reply.text.includes(path)]).toEqual([404, false])
  }
})
