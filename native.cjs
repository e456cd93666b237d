'use strict'

// Finds and loads the native addon of this platform.
//
// Called by src/native/binding.ts (and usable from CommonJS, a worker or a bundle's external). It
// looks in this order: the file named by LANNER_NATIVE_PATH, a local build beside this file
// (lanner.<platform>.node), the platform package (@lanner/<platform>) that npm chose by its os, cpu
// and libc fields. It promises one clear sentence when there is nothing to load or when a package
// of another version is found. It never builds, downloads or writes anything.

const { existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')

const { version } = require('./package.json')

let loaded

/** 'linux-x64-gnu', 'darwin-arm64', 'win32-x64-msvc': the name of this platform's binary. */
function platformKey() {
  const base = `${process.platform}-${process.arch}`
  if (process.platform === 'linux') return `${base}-${isMusl() ? 'musl' : 'gnu'}`
  if (process.platform === 'win32') return `${base}-msvc`
  return base
}

/** Alpine and its like. The process report names the C library that this Node runs on. */
function isMusl() {
  const { report } = process
  if (report && typeof report.getReport === 'function') {
    // Without this the report looks up the names of all peers of open sockets, which can take
    // seconds.
    const before = report.excludeNetwork
    report.excludeNetwork = true
    const { header, sharedObjects } = report.getReport()
    report.excludeNetwork = before
    if (header && header.glibcVersionRuntime) return false
    if (Array.isArray(sharedObjects))
      return sharedObjects.some((file) => /ld-musl-|libc\.musl-/.test(file))
  }
  try {
    return readFileSync('/usr/bin/ldd', 'latin1').includes('musl')
  } catch {
    return false
  }
}

/** The addon's exports. Loads on the first call, throws an Error with a `code` when it cannot. */
function load() {
  loaded ??= find()
  return loaded
}

function find() {
  const override = process.env.LANNER_NATIVE_PATH
  if (override) return open(override)

  const key = platformKey()
  const local = join(__dirname, `lanner.${key}.node`)
  if (existsSync(local)) return open(local)

  const name = `@lanner/${key}`
  let packaged
  try {
    packaged = require(`${name}/package.json`)
  } catch (cause) {
    throw failure('LANNER_ADDON_MISSING', missing(name, key), cause)
  }
  if (packaged.version !== version) {
    throw failure(
      'LANNER_ADDON_VERSION',
      `lanner ${version} found ${name} ${packaged.version}: both must be the same version, so ` +
        'reinstall with "npm install lanner" (a lock file or an override pins one of them).',
    )
  }
  return open(require.resolve(name))
}

function missing(name, key) {
  const runs = `Node ${process.versions.node} on ${key}`
  // The published manifest lists the platforms that there are binaries for.
  const names = Object.keys(require('./package.json').optionalDependencies || {})
  if (names.length > 0 && !names.includes(name)) {
    const there = names.map((other) => other.slice(other.indexOf('/') + 1)).join(', ')
    return `lanner has no native addon for ${runs}: there are those for ${there}.`
  }
  const other = names.find(isInstalled)
  if (other !== undefined) {
    return (
      `lanner cannot find its native addon for ${runs}: ${other} is installed and ${name} is ` +
      'not, so node_modules came from another machine; install again on the one that runs it.'
    )
  }
  return (
    `lanner cannot find its native addon for ${runs}: the optional package ${name} is not ` +
    'installed; install again without "--omit=optional" on the machine that runs it ' +
    '(or, in a clone of the repository, run "npm run build").'
  )
}

function isInstalled(name) {
  try {
    require.resolve(`${name}/package.json`)
    return true
  } catch {
    return false
  }
}

/** What is said beside an addon that does not load. */
function tooOld() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
  return isOld ? ` (lanner needs Node ${OLDEST.join('.')}, this is ${process.versions.node})` : ''
}

/** As in "engines". */
const OLDEST = [20, 17]

function open(path) {
  try {
    return require(path)
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw failure(
      'LANNER_ADDON_BROKEN',
      `lanner cannot load its native addon ${path}: ${said}${tooOld()}`,
      cause,
    )
  }
}

function failure(code, message, cause) {
  const error = new Error(message, cause === undefined ? undefined : { cause })
  error.code = code
  return error
}

module.exports = { load, platformKey, version }
