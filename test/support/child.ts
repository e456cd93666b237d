// Programs under test in a process of their own: started, listened to, always ended.
//
// Used by tests whose subject is a process (examples, signals, crashes). Promises that the process
// is gone when the test is, by its own id, and that a wait fails when the program ends first.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

import { onTestFinished } from 'vitest'

import { root } from './source-tree.ts'

/** How a process ended. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface ChildOptions {
  args?: readonly string[]
  env?: Readonly<Record<string, string>>
  /** Flags of Node itself. */
  flags?: readonly string[]
  /** A program that starts Node in its own way, with Node and its arguments as "$@". */
  shell?: string
  /** Descriptors that it inherits as 3, 4 and so on, in place of a channel of messages. */
  fds?: readonly number[]
}

export class Child {
  readonly process: ChildProcess
  readonly exited: Promise<Exit>
  /** What was written to standard output and standard error. */
  stdout = ''
  stderr = ''
  #exit: Exit | undefined
  #waits = new Set<() => void>()

  constructor(process: ChildProcess) {
    this.process = process
    process.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      this.#wake()
    })
    process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      this.#wake()
    })
    this.exited = new Promise((resolve) => {
      process.on('close', (code, signal) => {
        this.#exit = { code, signal }
        this.#wake()
        resolve(this.#exit)
      })
    })
  }

  /** The first match in what was written to standard output, waiting for it. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    while (true) {
      const match = pattern.exec(this.stdout)
      if (match !== null) return match
      if (this.#exit !== undefined) {
        const { code, signal } = this.#exit
        throw new Error(
          `ended with ${code ?? signal} before it said ${pattern}:\n${this.stdout}${this.stderr}`,
        )
      }
      await new Promise<void>((resolve) => this.#waits.add(resolve))
    }
  }

  /** The address in the first line that has one. */
  async url(): Promise<URL> {
    const [, url] = await this.said(/listening (?:on )?(http:\S+)\r?\n/)
    return new URL(url as string)
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.process.kill(signal)
  }

  #wake(): void {
    for (const wake of this.#waits) wake()
    this.#waits.clear()
  }
}

/** Runs a file of this repository on the Node that runs the tests. */
export function startNode(file: string, options: ChildOptions = {}): Child {
  const { args = [], env = {}, flags = [], shell, fds = ['ipc'] as const } = options
  const words = [process.execPath, ...flags, file, ...args]
  const [command, ...rest] = shell === undefined ? words : ['sh', '-c', shell, 'sh', ...words]
  const { NODE_OPTIONS: _options, VITEST: _vitest, ...inherited } = process.env
  const child = new Child(
    spawn(command as string, rest, {
      cwd: root,
      env: { ...inherited, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe', ...fds],
    }),
  )
  onTestFinished(async () => {
    child.process.kill('SIGKILL')
    await child.exited
  })
  return child
}
