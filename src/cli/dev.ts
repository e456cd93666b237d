// lanner dev: serves a file, and starts it again when one of its modules changes.
//
// This process holds the listening sockets and never accepts; a child serves them and is ended
// before the next one starts, so that two versions never share a database or a lock. Connections
// queue meanwhile: a request that comes in between is answered by the new version.
//
//   child listens ──file changes──▶ child closes (grace) ──▶ next child
//   child fails ──file changes──▶ next child
//   SIGINT, SIGTERM ──▶ child closes ──▶ end

import { fork } from 'node:child_process'
import { constants } from 'node:os'
import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { findFile } from './application.js'
import { readPort } from './args.js'
import { Changes } from './changes.js'
import { DEV_TASK } from './dev-messages.js'
import { openSockets } from './sockets.js'
import { painter } from './terminal.js'

import type { ChildProcess } from 'node:child_process'
import type { CommandOptions } from './args.js'
import type { DevClose, DevReady, DevTask } from './dev-messages.js'
import type { Sockets } from './sockets.js'
import type { Paint } from './terminal.js'

const DEFAULT_PORT = 3000
const DEFAULT_GRACE_MS = 500
/** For what does not hear because it never comes back to its event loop. */
const KILL_AFTER_MS = 1000

/** Runs until a signal. */
export async function dev(file: string, options: CommandOptions): Promise<number> {
  const path = findFile(file)
  const { host = 'localhost', graceMs = DEFAULT_GRACE_MS, watch = [] } = options
  const port = options.port ?? portOfEnvironment() ?? DEFAULT_PORT
  const sockets = options.rebind === true ? undefined : await openSockets(host, port)
  const session = new Session({ file: path, fds: sockets?.fds ?? [], host, port }, graceMs, sockets)
  session.changes.add(path)
  for (const extra of watch) session.changes.addPath(resolve(extra))
  return session.run()
}

function portOfEnvironment(): number | undefined {
  const port = process.env['PORT'] || undefined
  return port === undefined ? undefined : readPort(port, 'PORT')
}

class Session {
  readonly changes = new Changes()
  readonly #graceMs: number
  readonly #sockets: Sockets | undefined
  readonly #paint: Paint = painter(process.stdout)
  #task: DevTask
  #url = ''
  #isEnding = false

  constructor(task: DevTask, graceMs: number, sockets: Sockets | undefined) {
    this.#task = task
    this.#graceMs = graceMs
    this.#sockets = sockets
  }

  async run(): Promise<number> {
    const ended = new Promise<'signal'>((resolve) => this.#onSignals(() => resolve('signal')))
    let since = performance.now()
    let why = ''
    while (true) {
      const child = this.#start(since, why)
      const first = await Promise.race([ended, this.changes.some(), exitOf(child)])
      if (first === 'exit') this.#sayExit(child)
      const next = first === 'exit' ? await Promise.race([ended, this.changes.some()]) : first
      since = performance.now()
      await this.#stop(child)
      if (next === 'signal') break
      const changed = this.changes.take()
      why = changed.map((path) => relative(process.cwd(), path)).join(', ')
      this.changes.isAnyModule = false
    }
    this.changes.close()
    this.#sockets?.close()
    return 0
  }

  #onSignals(end: () => void): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (this.#isEnding) process.exit(128 + constants.signals[signal])
        this.#isEnding = true
        end()
      })
    }
  }

  #start(since: number, why: string): ChildProcess {
    const { fds } = this.#task
    // The child finds its descriptors behind the three of every process and its channel.
    const task = { ...this.#task, fds: fds.map((_, at) => FIRST_FD + at) }
    const child = fork(fileURLToPath(new URL('./dev-child.js', import.meta.url)), {
      env: {
        ...process.env,
        NODE_ENV: process.env['NODE_ENV'] || 'development',
        [DEV_TASK]: JSON.stringify(task),
        // Node tells its parent which modules it loads, as under --watch.
        WATCH_REPORT_DEPENDENCIES: '1',
      },
      execArgv: [...process.execArgv, '--enable-source-maps'],
      stdio: ['inherit', 'inherit', 'inherit', 'ipc', ...fds],
    })
    child.on('message', (message) => this.#hear(message, since, why))
    child.on('error', () => {})
    return child
  }

  #hear(message: unknown, since: number, why: string): void {
    if (typeof message !== 'object' || message === null) return
    const { lanner, ...loaded } = message as Partial<DevReady> & LoadedModules
    for (const url of loaded['watch:import'] ?? []) {
      if (url.startsWith('file:')) this.changes.add(fileURLToPath(url))
    }
    for (const path of loaded['watch:require'] ?? []) {
      // Modules of Node have no path.
      if (typeof path === 'string') this.changes.add(path)
    }
    if (lanner === 'ready') this.#sayReady(message as DevReady, since, why)
  }

  #sayReady({ url, port }: DevReady, since: number, why: string): void {
    const time = `${Math.round(performance.now() - since)} ms`
    // Where the port is opened anew, it shall be the same one.
    this.#task = { ...this.#task, port }
    if (why === '' || url !== this.#url) {
      this.#say(`listening on ${this.#paint('cyan', url)}`)
      this.#url = url
    }
    this.#say(this.#paint('dim', why === '' ? `ready in ${time}` : `${why}: reloaded in ${time}`))
  }

  #sayExit({ exitCode, signalCode }: ChildProcess): void {
    this.changes.isAnyModule = true
    const how = signalCode ?? `exit code ${exitCode}`
    this.#say(this.#paint('yellow', `the application ended (${how}); waiting for a change`))
  }

  #say(line: string): void {
    process.stdout.write(`${line}\n`)
  }

  /** Lets running requests finish; what does not hear is ended all the same. */
  async #stop(child: ChildProcess): Promise<void> {
    if (hasEnded(child)) return
    const close: DevClose = { lanner: 'close', graceMs: this.#graceMs }
    if (child.connected) child.send(close, () => {})
    const timer = setTimeout(() => child.kill('SIGKILL'), this.#graceMs + KILL_AFTER_MS)
    await exitOf(child)
    clearTimeout(timer)
  }
}

const FIRST_FD = 4

/** What Node says of the modules that it loads. */
interface LoadedModules {
  readonly 'watch:import'?: readonly string[]
  readonly 'watch:require'?: readonly (string | null)[]
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function exitOf(child: ChildProcess): Promise<'exit'> {
  if (hasEnded(child)) return Promise.resolve('exit')
  return new Promise((resolve) => {
    child.once('exit', () => resolve('exit'))
    child.once('error', () => resolve('exit'))
  })
}
