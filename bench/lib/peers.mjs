// The servers that can be compared, and which of them are installed here, with their versions.
//
// Called by options.mjs and run.mjs. A server counts as installed when each package that its file
// imports can be resolved; nothing is installed from here.

import { readFileSync } from 'node:fs'

/** In the order of every table; the first two are always there. */
export const peers = [
  { name: 'lanner', packages: ['lanner'] },
  { name: 'node-http', packages: [] },
  { name: 'fastify', packages: ['fastify'] },
  { name: 'express', packages: ['express'] },
  { name: 'hono', packages: ['hono', '@hono/node-server'] },
  { name: 'koa', packages: ['koa'] },
  { name: 'uws', packages: ['uWebSockets.js'] },
]

/** What all others are measured against, where it takes part. */
export const BASELINE = 'node-http'

export function isInstalled({ packages }) {
  return packages.every((name) => resolve(name) !== undefined)
}

/** Such as "5.2.1", or two of them where two packages make the server. */
export function versionOf({ packages }) {
  if (packages.length === 0) return process.version.slice(1)
  return packages.map((name) => packageVersion(name)).join(' + ')
}

function resolve(name) {
  try {
    return import.meta.resolve(name)
  } catch {
    return undefined
  }
}

/** `name/package.json` is often not exported, so the manifest is looked for above the entry. */
function packageVersion(name) {
  for (let at = new URL('.', resolve(name)); at.pathname !== '/'; at = new URL('..', at)) {
    const manifest = readManifest(new URL('package.json', at))
    if (manifest?.name === name && manifest.version) return manifest.version
    if (new URL('..', at).href === at.href) break
  }
  return 'unknown'
}

function readManifest(url) {
  try {
    return JSON.parse(readFileSync(url, 'utf8'))
  } catch {
    return undefined
  }
}
