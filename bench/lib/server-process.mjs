// One benchmark server in a process of its own: started, asked what it has used, ended.
//
// Called by scenario.mjs. Promises that a server which does not come up, or ends early, is an error
// with its own words in it, and that end() leaves no process behind.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const START_MS_MAX = 20_000
const END_MS_MAX = 2_000
const usage = new URL('usage.mjs', import.meta.url).href

export class ServerProcess {
  #child
  #said = ''

  /** Resolves when the server says where it listens. */
  static async start(name, how) {
    const server = new ServerProcess(name, how)
    const start = performance.now()
    server.url = await server.#listening()
    server.startMs = performance.now() - start
    return server
  }

  /** `how`: a command that starts Node in its own way, and more of the environment. */
  constructor(name, { command = [], env: more = {} } = {}) {
    this.name = name
    const { NODE_OPTIONS: _options, VITEST: _vitest, ...env } = process.env
    const file = fileURLToPath(new URL(`../apps/${name}.mjs`, import.meta.url))
    const [program, ...args] = [...command, process.execPath, '--import', usage, file]
    this.#child = spawn(program, args, {
      env: { ...env, ...more, PORT: '0', NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.#said = (this.#said + text).slice(-4096)
      })
    }
  }

  /** CPU time of all its threads since its start, in microseconds, and its memory in bytes. */
  async usage() {
    this.#assertRuns()
    const answer = once(this.#child, 'message', { signal: AbortSignal.timeout(10_000) })
    this.#child.send('usage')
    return (await answer)[0]
  }

  async end() {
    if (this.#hasEnded()) return
    const gone = once(this.#child, 'exit')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_MS_MAX)
    if (this.#child.connected) this.#child.disconnect()
    await gone
    clearTimeout(timer)
  }

  #listening() {
    return new Promise((resolve, reject) => {
      const fail = (reason) => {
        this.#child.kill('SIGKILL')
        reject(new Error(`${this.name} ${reason}\n${this.#said}`))
      }
      const timer = setTimeout(() => fail('does not listen'), START_MS_MAX)
      this.#child.once('error', fail)
      this.#child.once('exit', (code) => {
        clearTimeout(timer)
        fail(`ended with ${code} before it listened`)
      })
      this.#child.stdout.on('data', () => {
        const url = /listening (http:\S+)\r?\n/.exec(this.#said)?.[1]
        if (url === undefined) return
        clearTimeout(timer)
        resolve(url)
      })
    })
  }

  #hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  #assertRuns() {
    if (this.#hasEnded()) throw new Error(`${this.name} ended under load\n${this.#said}`)
  }
}
