// Forms with parts: what is read, wherever the body is cut; what is refused, and how.

import { describe, expect, test } from 'vitest'

import { parseMultipart } from '../../src/multipart/limits.ts'
import { readParts } from '../../src/multipart/reader.ts'

import type { MultipartOptions } from '../../src/multipart/limits.ts'
import type { Part } from '../../src/multipart/part.ts'

const TYPE = 'multipart/form-data; boundary=b'

/** A form as text, with line feeds for line ends; the last boundary is added. */
function form(...parts: string[]): string {
  return [...parts.map((part) => `--b\n${part}\n`), '--b--\n'].join('').replaceAll('\n', '\r\n')
}

const field = (name: string, value: string): string =>
  `Content-Disposition: form-data; name="${name}"\n\n${value}`

const file = (disposition: string, value = 'x'): string =>
  `Content-Disposition: form-data; ${disposition}\nContent-Type: image/png\n\n${value}`

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

interface Options extends MultipartOptions {
  type?: string
  size?: number
}

function parts(text: string | Buffer, options: Options = {}): AsyncGenerator<Part, undefined> {
  const { type = TYPE, size = Infinity, ...limits } = options
  const bytes = Buffer.from(text as string)
  const step = Math.min(size, bytes.byteLength)
  return readParts(pieces(bytes, step), type, parseMultipart(limits), () => {})
}

/** Name, filename, type and text of every part. */
async function read(text: string | Buffer, options: Options = {}): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const part of parts(text, options)) {
    found.push([part.name, part.filename, part.type, await part.text()])
  }
  return found
}

const text = (name: string, value: string): unknown[] => [name, undefined, 'text/plain', value]
const png = (filename: string, value = 'x'): unknown[] => ['f', filename, 'image/png', value]

describe('what is read, cut at every byte', () => {
  test.each<[string, string, unknown[]]>([
    ['no parts', '--b--', []],
    ['a field', form(field('a', '1')), [text('a', '1')]],
    [
      'fields of one name',
      form(field('a', '1'), field('a', '2')),
      [text('a', '1'), text('a', '2')],
    ],
    ['an empty field', form(field('a', '')), [text('a', '')]],
    ['a file', form(file('name="f"; filename="a.png"')), [png('a.png')]],
    ['no file chosen', form(file('name="f"; filename=""', '')), [png('', '')]],
    ['lines', form(field('a', '1\n\n2\n')), [text('a', '1\r\n\r\n2\r\n')]],
    [
      'almost boundaries',
      form(field('a', '\n--\n-b\n--c\n\r--b')),
      [text('a', '\r\n--\r\n-b\r\n--c\r\n\r--b')],
    ],
    ['what stands before and behind', `hello\r\n${form(field('a', '1'))}bye`, [text('a', '1')]],
    [
      'a boundary with spaces behind',
      form(field('a', '1')).replaceAll('--b\r', '--b \t\r'),
      [text('a', '1')],
    ],
    ['no line end at the end', form(field('a', '1')).trimEnd(), [text('a', '1')]],
    ['names in UTF-8', form(field('näme', '€')), [text('näme', '€')]],
    ['what browsers escape', form(field('a%22b%0d%0ac%25', '1')), [text('a"b\r\nc%25', '1')]],
  ])('%s', async (_, body, expected) => {
    const { byteLength } = Buffer.from(body)
    for (let size = 1; size <= byteLength; size++) {
      expect(await read(body, { size })).toEqual(expected)
    }
  })

  test('bytes stay as they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 2048 }, (_, i) => (i * 7) & 0xff))
    const body = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n'),
      bytes,
      Buffer.from('\r\n--b--'),
    ])
    for (const size of [1, 2, 3, 5, 64, 2000, 5000]) {
      for await (const part of parts(body, { size })) {
        expect(Buffer.from(await part.bytes()).equals(bytes)).toBe(true)
      }
    }
  })

  test.each<[string, string, string]>([
    ['in quotes', 'name="f"; filename="a b.png"', 'a b.png'],
    ['a token', 'name=f; filename=a.png', 'a.png'],
    ['escaped quotes', String.raw`name="f"; filename="a\"b\\c.png"`, 'c.png'],
    ['a backslash that escapes nothing', String.raw`name="f"; filename="C:\dir\a.png"`, 'a.png'],
    ['with directories', 'name="f"; filename="../../etc/passwd"', 'passwd'],
    ['in the other form', "name=f; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.png", 'naïve €.png'],
    ['in both forms', "name=f; filename=plain.png; filename*=UTF-8''x.png", 'plain.png'],
    ['names of parameters in any case', 'NAME=f; FileName="a.png"', 'a.png'],
  ])('filename: %s', async (_, disposition, filename) => {
    expect(await read(form(file(disposition)))).toEqual([png(filename)])
  })

  test('header fields of a part', async () => {
    for await (const part of parts(form(`X-One:  a b \n${field('a', '1')}`))) {
      expect([...part.headers]).toEqual([
        ['x-one', 'a b'],
        ['content-disposition', 'form-data; name="a"'],
      ])
    }
  })

  test.each([
    'multipart/form-data; boundary=b',
    'Multipart/Form-Data;boundary="b"',
    'multipart/form-data; charset=utf-8; boundary=b',
  ])('of type %s', async (type) => {
    expect(await read(form(field('a', '1')), { type })).toEqual([text('a', '1')])
  })
})

describe('what is refused', () => {
  const invalid = { status: 400, code: 'LANNER_MULTIPART_INVALID' }
  test.each<[string, string]>([
    ['nothing', ''],
    ['no boundary', 'hello'],
    ['a boundary that is not at the beginning of a line', 'x--b--'],
    ['no last boundary', form(field('a', '1')).slice(0, -6)],
    ['an end inside the head', '--b\r\nContent-Disposition: form-data; name=a\r\n'],
    ['an end inside the content', form(field('a', '1')).slice(0, -10)],
    ['more behind the boundary', form(field('a', '1\n--bx'))],
    ['endless space behind the boundary', `--b${' '.repeat(100)}\r\n`],
    ['no disposition', form('Content-Type: text/plain\n\n1')],
    ['another disposition', form('Content-Disposition: attachment; name="a"\n\n1')],
    ['no name', form('Content-Disposition: form-data; filename="a"\n\n1')],
    ['two names', form('Content-Disposition: form-data; name="a"; name="b"\n\n1')],
    ['two dispositions', form(`Content-Disposition: form-data; name="b"\n${field('a', '1')}`)],
    ['a folded line', form(`X-One: a\n b\n${field('a', '1')}`)],
    ['a line without a colon', form(`X-One\n${field('a', '1')}`)],
    ['a line feed alone in the head', form(`X-One: a\rb\n${field('a', '1')}`)],
    ['a quote that stays open', form('Content-Disposition: form-data; name="a\n\n1')],
    ['an encoding', form(`Content-Transfer-Encoding: base64\n${field('a', 'MQ==')}`)],
    ['a filename in another charset', form(file("name=f; filename*=latin1''%E9"))],
    ['a filename that is not UTF-8', form(file("name=f; filename*=UTF-8''%E9"))],
  ])('%s, cut at every byte', async (_, body) => {
    for (let size = 1; size <= Math.max(1, body.length); size++) {
      await expect(read(body, { size })).rejects.toMatchObject(invalid)
    }
  })

  test.each([
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary="a\\""',
    'multipart/form-data; boundary="b "',
  ])('the type %s', async (type) => {
    await expect(read(form(), { type })).rejects.toMatchObject(invalid)
  })

  test.each(['', 'text/plain', 'multipart/mixed; boundary=b', 'multipart/form-datax; boundary=b'])(
    'the type %j: 415',
    async (type) => {
      const error = { status: 415, code: 'LANNER_FORM_INVALID' }
      await expect(read(form(), { type })).rejects.toMatchObject(error)
    },
  )
})

describe('limits', () => {
  const long = 'x'.repeat(100)
  test.each<[keyof MultipartOptions, number, string, string]>([
    ['parts', 2, form(field('a', '1'), field('a', '2')), form(...Array(3).fill(field('a', '1')))],
    ['nameBytes', 3, form(field('abc', '1')), form(field('ab€', '1'))],
    ['valueBytes', 5, form(field('a', '12345')), form(field('a', '123456'))],
    [
      'fileBytes',
      5,
      form(file('name=f; filename=f', '12345')),
      form(file('name=f; filename=f', '123456')),
    ],
    ['headers', 2, form(`a: 1\n${field('a', '1')}`), form(`a: 1\nb: 2\n${field('a', '1')}`)],
    [
      'headerBytes',
      64,
      form(`a: ${long.slice(0, 19)}\n${field('a', '1')}`),
      form(`a: ${long}\n${field('a', '1')}`),
    ],
  ])('%s', async (name, most, fits, passes) => {
    for (const size of [1, 2, 7, Infinity]) {
      const options = { [name]: most, size }
      await expect(read(fits, options)).resolves.toBeDefined()
      await expect(read(passes, options)).rejects.toMatchObject({
        status: 413,
        code: 'LANNER_MULTIPART_LIMIT',
        message: expect.stringContaining(`${name} (${most})`),
      })
    }
  })

  test('boundaryBytes', async () => {
    const type = `multipart/form-data; boundary=${long.slice(0, 70)}`
    expect(await read(`--${long.slice(0, 70)}--`, { type })).toEqual([])
    await expect(read('', { type: `${type}y` })).rejects.toMatchObject({ status: 413 })
  })

  test('none for files', async () => {
    const [found] = await read(form(file('name=f; filename=f', long)), { fileBytes: null })
    expect(found).toEqual(png('f', long))
  })

  test.each<MultipartOptions>([
    { parts: 0 },
    { nameBytes: 0 },
    { valueBytes: '2GiB' },
    { headers: 1.5 },
    { headerBytes: 1 },
    { boundaryBytes: 0 },
    { memoryBytes: -1 },
    { fileBytes: 'much' as never },
    { file: 1 } as never,
  ])('%j is refused', (options) => {
    const [name] = Object.keys(options)
    expect(() => parseMultipart(options)).toThrow(
      expect.objectContaining({
        code: 'LANNER_OPTION_INVALID',
        message: expect.stringContaining(name!),
      }),
    )
  })
})

describe('one part after the other', () => {
  test('what was not read is skipped', async () => {
    const names: string[] = []
    for await (const { name } of parts(form(field('a', '1'), field('b', '2')), { size: 3 })) {
      names.push(name)
    }
    expect(names).toEqual(['a', 'b'])
  })

  test('a part that is over, or was read, says so', async () => {
    const all: Part[] = []
    for await (const part of parts(form(field('a', '1'), field('b', '2')))) all.push(part)
    await expect(all[0]!.text()).rejects.toMatchObject({ code: 'LANNER_PART_OVER' })
    for await (const part of parts(form(field('a', '1')))) {
      expect(await part.text()).toBe('1')
      await expect(part.bytes()).rejects.toMatchObject({ code: 'LANNER_BODY_USED' })
    }
  })

  test('the body is read only as far as it is asked for, and given up when nobody asks', async () => {
    let asked = 0
    let isReturned = false
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        for (const byte of Buffer.from(form(field('a', 'x'.repeat(100)), field('b', '2')))) {
          asked++
          yield Uint8Array.of(byte)
        }
      } finally {
        isReturned = true
      }
    }
    for await (const part of readParts(body(), TYPE, parseMultipart({}), () => {})) {
      const head = asked
      const chunks = part[Symbol.asyncIterator]()
      await chunks.next()
      expect(asked).toBe(head + 1)
      break
    }
    expect([asked < 60, isReturned]).toEqual([true, true])
  })
})
