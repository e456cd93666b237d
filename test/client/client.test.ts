// What the client sends, whatever it knows of the application.

import { createClient } from 'lanner/client'
import { describe, expect, test } from 'vitest'

import { serve } from '../support/server.ts'
import { filesUnder, read } from '../support/source-tree.ts'

import type { ClientOptions, ClientReply } from 'lanner/client'
import type { Server } from '../support/server.ts'

describe('what is sent', () => {
  async function echo(options: ClientOptions = {}) {
    const server: Server = await serve((app) =>
      app.all('/base/*rest', async (ctx) => ({
        method: ctx.method,
        target: ctx.rawTarget,
        headers: Object.fromEntries(ctx.headers),
        body: await ctx.body.text(),
      })),
    )
    const api = untyped(`${server.url}/base/`, options)
    return async (method: string, path: string, given?: object) => {
      const { body } = await api.request(method, path, given)
      return body as {
        method: string
        target: string
        body: string
        headers: Record<string, string>
      }
    }
  }

  test('a path behind that of the base', async () => {
    const call = await echo()
    expect((await call('GET', '/x/:y', { params: { y: 'a/b' } })).target).toBe('/base/x/a%2Fb')
    expect((await call('PURGE', '/x', { query: { a: 1 } })).method).toBe('PURGE')
  })

  test('header fields: those of the client, then those of the call', async () => {
    let calls = 0
    const call = await echo({ headers: async () => ({ 'x-a': 'client', 'x-n': String(++calls) }) })
    await call('GET', '/x')
    const { headers: sent } = await call('GET', '/x', { headers: { 'x-a': 1, 'x-b': undefined } })
    expect(sent).toMatchObject({ 'x-a': '1', 'x-n': '2' })
    expect(sent).not.toHaveProperty('x-b')
    const given = new Headers({ 'x-c': 'c' })
    expect((await call('GET', '/x', { headers: given })).headers).toMatchObject({ 'x-c': 'c' })
  })

  test('cookies', async () => {
    const call = await echo()
    const { headers: sent } = await call('GET', '/x', { cookies: { a: 'x y', b: 1 } })
    expect(sent['cookie']).toBe('a=x%20y; b=1')
  })

  const bodies: [what: string, body: unknown, type: RegExp | undefined, text: RegExp][] = [
    ['data', { a: [1] }, /^application\/json$/, /^\{"a":\[1\]\}$/],
    ['a text, which is data', 'x', /^application\/json$/, /^"x"$/],
    ['null, which is data', null, /^application\/json$/, /^null$/],
    ['a list of texts', ['x'], /^application\/json$/, /^\["x"\]$/],
    ['bytes', new Uint8Array([120]), undefined, /^x$/],
    ['a Blob', new Blob(['x'], { type: 'text/x' }), /^text\/x$/, /^x$/],
    ['pairs', new URLSearchParams({ a: 'b' }), /^application\/x-www-form-urlencoded/, /^a=b$/],
    ['files', { f: [new File(['x'], 'n')], a: 1 }, /^multipart\/form-data/, /name="a"\r\n\r\n1/],
    ['a stream', new Blob(['x']).stream(), undefined, /^x$/],
    ['nothing', undefined, undefined, /^$/],
  ]
  test.each(bodies)('%s', async (_, body, type, text) => {
    const call = await echo()
    const sent = await call('POST', '/x', { body })
    expect(sent.body).toMatch(text)
    if (type === undefined) expect(sent.headers).not.toHaveProperty('content-type')
    else expect(sent.headers['content-type']).toMatch(type)
  })

  test('a type of one’s own stays', async () => {
    const call = await echo()
    const { headers: sent } = await call('POST', '/x', {
      body: { a: 1 },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect(sent['content-type']).toBe('application/merge-patch+json')
  })

  test('nothing any more when the signal aborts', async () => {
    const call = await echo()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(call('GET', '/x', { signal })).rejects.toThrow('enough')
  })
})

test('nothing of the server comes along', () => {
  for (const path of filesUnder('src/client', '.ts')) {
    const imports = [...read(path).matchAll(/^(import|export) (type )?.* from '([^']*)'/gm)]
    const loaded = imports
      .filter(([, , isType]) => isType === undefined)
      .map(([, , , from]) => from)
    expect(loaded.filter((from) => !from!.startsWith('./'))).toEqual([])
  }
})

test('a reply that is no JSON though it says so is an error', async () => {
  const api = untyped('http://x', {
    fetch: async () => new Response('<html>', { headers: { 'content-type': 'application/json' } }),
  })
  await expect(api.request('GET', '/')).rejects.toThrow(SyntaxError)
})

/** A client of an application of which nothing is known. */
function untyped(url: string, options: ClientOptions): UntypedClient {
  return createClient(url, options) as unknown as UntypedClient
}

interface UntypedClient {
  request(method: string, path: string, given?: object): Promise<ClientReply>
}
