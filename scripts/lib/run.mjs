// Small helpers that every script here shares: where the tree is, how to run a program and how to
// stop with one clear line.
//
// Called by the scripts in this folder only. Promises to work alike on Linux, macOS and Windows:
// no shell is involved unless a caller asks for one. Nothing here knows what is built or tested.

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds package.json. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** The main package's manifest, as committed. */
export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Ends the process with one line that says what is wrong and what to do. */
export function fail(line) {
  process.stderr.write(`lanner: ${line}\n`)
  process.exit(1)
}

/**
 * Runs a program to its end with our terminal.
 *
 * @returns {Promise<{ code: number, output: string }>} the exit code, and the output when
 * `capture`.
 */
export function run(command, args, { cwd = root, env = {}, capture = false } = {}) {
  return new Promise((done, broken) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', capture ? 'pipe' : 'inherit', capture ? 'pipe' : 'inherit'],
    })
    let output = ''
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from?.on('data', (chunk) => {
        output += chunk
        to.write(chunk)
      })
    }
    child.on('error', broken)
    child.on('close', (code) => done({ code: code ?? 1, output }))
  })
}

/** Runs a program quietly; gives its output, or null where it is missing or fails. */
export function ask(command, args, options = {}) {
  const { env = {}, ...rest } = options
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
    ...rest,
  })
  return result.status === 0 ? result.stdout : null
}

/** The script file behind a development tool's command, so that it runs without a shell. */
export function toolPath(name, bin = name) {
  const from = createRequire(join(root, 'package.json'))
  let folder
  try {
    folder = dirname(from.resolve(`${name}/package.json`))
  } catch {
    // A package whose exports hide its manifest.
    folder = join(root, 'node_modules', name)
  }
  if (!existsSync(join(folder, 'package.json'))) {
    fail(`the development tool "${name}" is not installed: run "npm ci" first`)
  }
  const { bin: bins } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bins === 'string' ? bins : bins[bin])
}

/** Runs a development tool from node_modules on this Node. */
export function runTool(name, args, { bin, node = process.execPath, ...options } = {}) {
  return run(node, [toolPath(name, bin), ...args], options)
}

/** All files under `folder` (relative to the root, '/' between), sorted; `skip` prunes by name. */
export function filesUnder(folder, { skip = ['node_modules', 'target', 'dist', '.git'] } = {}) {
  const found = []
  const walk = (at) => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name)
      if (entry.isDirectory()) {
        if (!skip.includes(entry.name)) walk(path)
      } else if (entry.isFile()) {
        found.push(relative(root, path).split(sep).join('/'))
      }
    }
  }
  if (existsSync(join(root, folder))) walk(join(root, folder))
  return found.sort((a, b) => (a < b ? -1 : 1))
}

/** One hash over the names and bytes of files (paths relative to the root). */
export function hashFiles(paths, extra = '') {
  const hash = createHash('sha256').update(extra)
  for (const path of paths) {
    if (!existsSync(join(root, path))) continue
    hash.update(`\0${path}\0`).update(readFileSync(join(root, path)))
  }
  return hash.digest('hex')
}

/** '1.2 s' or '3 min 4 s'. */
export function duration(ms) {
  const seconds = ms / 1000
  if (seconds < 90) return `${seconds.toFixed(1)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}
