// Lays out what is published: the main package and the platform packages, each in a folder of its
// own.
//
// Called by stage.mjs (the release) and pack-test.mjs. Promises that the published manifest carries
// nothing of the workshop: no scripts, no development dependencies; and that the platform packages
// are optional dependencies at exactly the same version. The committed package.json does not name
// them, so that a clone installs while a version is still unpublished.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import { platforms } from './platform.mjs'
import { fail, filesUnder, manifest, root } from './run.mjs'

/** Copies the main package to `folder`; `repository` is a URL for the manifest, where known. */
export function stageMain(folder, { repository } = {}) {
  if (!existsSync(join(root, 'dist', 'index.js'))) fail('dist/ is not built: run "npm run build"')
  if (!existsSync(join(root, 'index.d.ts'))) fail('index.d.ts is missing: run "npm run gen"')
  empty(folder)
  const {
    scripts: _scripts,
    devDependencies: _dev,
    overrides: _pins,
    napi: _napi,
    ...kept
  } = manifest
  const optionalDependencies = Object.fromEntries(
    platforms.map(({ packageName }) => [packageName, manifest.version]),
  )
  writeManifest(folder, { ...kept, ...from(repository), optionalDependencies })
  for (const path of publishedFiles()) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    cpSync(join(root, path), join(folder, path))
  }
  return folder
}

/** Copies the platform package for `key` to `folder`, with the binary from `binaries`. */
export function stagePlatform(folder, key, { binaries = root, repository } = {}) {
  const platform = platforms.find((entry) => entry.key === key)
  if (!platform) fail(`there is no platform "${key}": see napi.targets in package.json`)
  const binary = findBinary(binaries, platform.binary)
  if (!binary)
    fail(`${platform.binary} is not in ${binaries}: build it for ${platform.target} first`)
  empty(folder)
  const source = join(root, 'npm', key)
  const packaged = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  writeManifest(folder, { ...packaged, ...from(repository) })
  for (const path of ['README.md']) cpSync(join(source, path), join(folder, path))
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  cpSync(binary, join(folder, platform.binary))
  return folder
}

/** The committed `files` list, applied. */
function publishedFiles() {
  const compiled = filesUnder('dist', { skip: [] }).filter(isPublished)
  const plain = manifest.files.filter((path) => !path.includes('*'))
  const missing = plain.filter((path) => !existsSync(join(root, path)))
  if (missing.length > 0) fail(`package.json lists files that do not exist: ${missing.join(', ')}`)
  return [...compiled, ...plain]
}

/** Whether the committed `files` list takes a path. */
export function isPublished(path) {
  return manifest.files.some((glob) => patternOf(glob).test(path))
}

/** What `**\/` and `*` stand for in the `files` list. */
function patternOf(glob) {
  const parts = { '**/': '(?:[^/]+/)*', '*': '[^/]*', '.': '\\.' }
  return new RegExp(`^${glob.replace(/\*\*\/|[*.]/g, (part) => parts[part])}$`)
}

/** Downloaded build artifacts lie one folder deep, a local build lies flat. */
function findBinary(folder, name) {
  const candidates = [
    folder,
    ...readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(folder, entry.name)),
  ]
  return candidates.map((at) => join(at, name)).find((path) => existsSync(path))
}

/** Provenance asks that the manifest names the repository that the release was built from. */
function from(repository) {
  return repository ? { repository: { type: 'git', url: `git+${repository}.git` } } : {}
}

function empty(folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
}

function writeManifest(folder, content) {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(content, null, 2)}\n`)
}
