// Which files changed: the modules that the application has imported, and what it was told beside.
//
// Used by dev. Watches folders and not files, because editors replace a file when they save it.
// Promises that a change is what has another time or length than before, so that reading a file or
// touching its neighbours is none; and that a burst of changes is one.

import { readdirSync, statSync, watch } from 'node:fs'
import { dirname, extname, join, sep } from 'node:path'

import type { FSWatcher } from 'node:fs'

/** How long a burst may go on; editors and compilers write several files. */
const SETTLE_MS = 40
/** Folders that nobody edits by hand. */
const LEFT_OUT = ['node_modules', '.git']
/** What may be a module that could not be found or read. */
const MODULES = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.json']

export class Changes {
  /** Time and length of each file that is watched. */
  readonly #files = new Map<string, string>()
  readonly #folders = new Map<string, FSWatcher>()
  /** Folders all of whose files count. */
  readonly #whole = new Set<string>()
  readonly #changed = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  readonly #waiting = new Set<() => void>()
  /** Whether a module that nobody has imported counts too: what did not start may be missing it. */
  isAnyModule = false

  /** Watches a file that may not be there yet. */
  add(path: string): void {
    if (this.#files.has(path) || LEFT_OUT.some((name) => path.includes(`${sep}${name}${sep}`))) {
      return
    }
    this.#files.set(path, stateOf(path))
    this.#watch(dirname(path))
  }

  /** Watches a file, or a folder with everything in it. */
  addPath(path: string): void {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat?.isDirectory() !== true) return this.add(path)
    this.#whole.add(path)
    this.#watch(path)
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory() && !LEFT_OUT.includes(entry.name)) {
        this.addPath(join(path, entry.name))
      } else if (entry.isFile()) {
        this.add(join(path, entry.name))
      }
    }
  }

  /** Resolves when something has changed that take() has not given yet. */
  async some(): Promise<'change'> {
    while (this.#changed.size === 0 || this.#timer !== undefined) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
    return 'change'
  }

  /** The files that changed since the last call. */
  take(): string[] {
    const changed = [...this.#changed]
    this.#changed.clear()
    return changed
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const watcher of this.#folders.values()) watcher.close()
    this.#folders.clear()
  }

  #watch(folder: string): void {
    if (this.#folders.has(folder)) return
    try {
      const watcher = watch(folder, (_event, name) => this.#look(folder, name))
      // A folder that goes away takes its watcher with it.
      watcher.on('error', () => this.#folders.delete(folder))
      this.#folders.set(folder, watcher)
    } catch {
      // It is not there: then nothing in it can change.
    }
  }

  #look(folder: string, name: string | null): void {
    const paths =
      name === null
        ? [...this.#files.keys()].filter((path) => dirname(path) === folder)
        : [join(folder, name)]
    for (const path of paths) {
      const before = this.#files.get(path)
      if (before === undefined && !this.#counts(folder, path)) continue
      const now = stateOf(path)
      // While an editor replaces it, it is not there for a moment.
      if (now === before || now === '') continue
      this.#files.set(path, now)
      this.#note(path)
    }
  }

  #counts(folder: string, path: string): boolean {
    return this.#whole.has(folder) || (this.isAnyModule && MODULES.includes(extname(path)))
  }

  #note(path: string): void {
    this.#changed.add(path)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      for (const wake of this.#waiting) wake()
      this.#waiting.clear()
    }, SETTLE_MS)
  }
}

/** Empty where there is no such file. */
function stateOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile() === true ? `${stat.mtimeMs} ${stat.size}` : ''
}
