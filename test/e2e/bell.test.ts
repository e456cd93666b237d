// Both ways of waking the event loop serve, wait for nothing, and let the process end. Asking for
// the handle fails where there is none, so that this does not test the other one twice.

import { describe, expect, test } from 'vitest'

import { startNode } from '../support/child.ts'

describe.each(['handle', 'threadsafe'])('LANNER_BELL=%s', (way) => {
  test('serves, streams a body, and ends by itself when told to', async () => {
    const child = startNode('test/conformance/app.mjs', {
      args: ['--port', '0'],
      env: { LANNER_BELL: way },
    })
    const url = await child.url()
    for (let turn = 0; turn < 20; turn += 1) {
      expect(await (await fetch(new URL('/text', url))).text()).toBe('Hello, World!')
    }
    const body = new Uint8Array(1_000_000)
    const upload = await fetch(new URL('/upload', url), { method: 'POST', body })
    expect(await upload.json()).toEqual({ bytes: body.byteLength })
    expect((await fetch(new URL('/throw', url))).status).toBe(500)
    // On Windows a signal is the end of the process; there the worker below ends by itself.
    if (process.platform === 'win32') return
    child.kill('SIGTERM')
    expect(await child.exited).toEqual({ code: 0, signal: null })
  })

  test('a worker that ends under load takes its server with it', async () => {
    const child = startNode('test/lifecycle/fixtures/worker-ends.mjs', {
      env: { LANNER_BELL: way },
    })
    await child.said(/worker ended after enough/)
    expect(await child.exited).toEqual({ code: 0, signal: null })
  })
})
