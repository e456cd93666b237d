// npm run pack:test: packs the main package and this platform's, installs both tarballs into an
// empty folder with no scripts, no network and no Rust, and uses them the way users do: a server in
// JavaScript, a TypeScript project under both module resolutions, a CommonJS one.
//
// Called by hand, by `npm test` and by the release. Promises to leave nothing behind, and to serve
// on loopback only.

import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

import { ensureAddon } from './lib/addon.mjs'
import { thisPlatform } from './lib/platform.mjs'
import { ask, fail, root, run, toolPath } from './lib/run.mjs'
import { stageMain, stagePlatform } from './lib/stage.mjs'
import { ensureDist } from './lib/typescript.mjs'

const esmApp = `
import { App } from 'lanner'
import { requestId } from 'lanner/middleware/request-id'
const app = new App().use(requestId())
app.get('/users/:id', (ctx) => ctx.json({ id: ctx.params.id }))
const server = await app.listen({ port: 0, host: '127.0.0.1' })
process.once('disconnect', () => server.close())
process.send(String(server.url))
`

const cjsApp = `
const { App } = require('lanner')
const app = new App()
app.get('/users/:id', (ctx) => ctx.json({ id: ctx.params.id }))
app.listen({ port: 0, host: '127.0.0.1' }).then((server) => {
  process.once('disconnect', () => server.close())
  process.send(String(server.url))
})
`

const typedApp = `
import { App } from 'lanner'
import { requestId } from 'lanner/middleware/request-id'
import type { Context, Server } from 'lanner'
import type { RequestIdOptions } from 'lanner/middleware/request-id'

const options: RequestIdOptions = { header: 'x-id' }
const app = new App().use(requestId(options))
app.get('/id', (ctx) => {
  const id: string = ctx.state.requestId
  // @ts-expect-error: nobody adds that
  const other: number = ctx.state.requestId
  return [id, other]
})
app.use(async (_ctx: Context, next) => next())
app.get('/', () => 'hello')
app.get('/users/:id', (ctx) => {
  const id: string = ctx.params.id
  // @ts-expect-error: the pattern has no such parameter
  void ctx.params.missing
  return ctx.json({ id })
})
const server: Server = await app.listen({ port: 0 })
await server.close()
`

const platform = thisPlatform()
if (!platform) fail('no binary is shipped for this platform: see napi.targets in package.json')
await ensureAddon({ any: true })
await ensureDist()

const work = mkdtempSync(join(tmpdir(), 'lanner-pack-'))
const user = join(work, 'user')
let checks = 0
try {
  const tarballs = [
    pack(stagePlatform(join(work, platform.key), platform.key)),
    pack(stageMain(join(work, 'lanner'))),
  ]
  install(tarballs)
  await check('serves from JavaScript', () => serve('esm.mjs', esmApp))
  if (canRequireEsm()) await check('serves from CommonJS', () => serve('cjs.cjs', cjsApp))
  for (const resolution of ['nodenext', 'bundler']) {
    await check(`type-checks under ${resolution}`, () => typecheck(resolution))
  }
  await check('has its command', command)
  await check('says one sentence without its addon', withoutAddon)
  process.stdout.write(`pack: ${checks} checks passed\n`)
} finally {
  rmSync(work, { recursive: true, force: true, maxRetries: 5 })
}

async function check(name, body) {
  await body()
  checks += 1
  process.stdout.write(`pack: ${name}\n`)
}

function pack(folder) {
  const said = npm(['pack', '--json', '--pack-destination', work], folder)
  const [{ filename, files }] = JSON.parse(said)
  const odd = files
    .map((file) => file.path)
    .filter((path) => /(^|\/)(src|test|crates|scripts)\//.test(path))
  if (odd.length > 0) fail(`the package would carry files that nobody asked for: ${odd.join(', ')}`)
  return join(work, filename.replace('@', '').replace('/', '-'))
}

function install(tarballs) {
  mkdirSync(user)
  writeFileSync(join(user, 'package.json'), '{ "name": "user", "private": true }\n')
  npm(['install', '--ignore-scripts', '--offline', '--no-audit', '--no-fund', ...tarballs], user)
  const installed = readFileSync(join(user, 'node_modules', 'lanner', 'package.json'), 'utf8')
  if (JSON.parse(installed).scripts) fail('the published manifest has scripts')
}

/** npm of this Node, with an environment that has Node and nothing else of ours. */
function npm(args, cwd) {
  const cli = process.env.npm_execpath
  const said = cli
    ? ask(process.execPath, [cli, ...args], {
        cwd,
        env: bare(),
        stdio: ['ignore', 'pipe', 'inherit'],
      })
    : ask('npm', args, {
        cwd,
        env: bare(),
        stdio: ['ignore', 'pipe', 'inherit'],
        shell: process.platform === 'win32',
      })
  if (said === null) fail(`npm ${args[0]} failed in ${cwd}`)
  return said
}

/** No Rust on the PATH: a package that would build something must fail here, not at a user's. */
function bare() {
  const nodeFolder = dirname(process.execPath)
  const rest = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !/cargo|rust/i.test(folder))
  return {
    PATH: [nodeFolder, ...rest].join(delimiter),
    CARGO_HOME: '',
    RUSTUP_HOME: '',
    LANNER_NATIVE_PATH: '',
  }
}

async function serve(file, source) {
  writeFileSync(join(user, file), source)
  const child = spawn(process.execPath, [file], {
    cwd: user,
    env: { ...process.env, ...bare() },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = new Promise((resolve) =>
    child.on('exit', (code, signal) => resolve({ code, signal })),
  )
  const url = await Promise.race([new Promise((resolve) => child.once('message', resolve)), ended])
  if (typeof url !== 'string') fail(`${file} ended with ${url.code ?? url.signal} too early`)
  const response = await fetch(new URL('/users/7', url))
  const body = await response.json()
  if (response.status !== 200 || body.id !== '7') {
    child.kill()
    fail(`${file} answered ${response.status} ${JSON.stringify(body)}`)
  }
  child.disconnect()
  const { code, signal } = await ended
  if (code !== 0) fail(`${file} ended with ${code ?? signal} after its server was closed`)
}

/** What npm puts in node_modules/.bin. */
function command() {
  const name = process.platform === 'win32' ? 'lanner.cmd' : 'lanner'
  const file = join(user, 'node_modules', '.bin', name)
  const said = ask(file, ['--version'], { cwd: user, shell: process.platform === 'win32' })
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  if (said?.trim() !== version) fail(`lanner --version said ${JSON.stringify(said)}`)
}

async function typecheck(resolution) {
  const folder = join(user, `types-${resolution}`)
  mkdirSync(folder)
  // What a project gets from its own "npm install --save-dev typescript @types/node".
  for (const name of ['@types/node', 'undici-types']) {
    cpSync(join(root, 'node_modules', name), join(user, 'node_modules', name), { recursive: true })
  }
  writeFileSync(join(folder, 'app.ts'), typedApp)
  const module = resolution === 'bundler' ? 'esnext' : 'nodenext'
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        module,
        moduleResolution: resolution,
        target: 'es2022',
        lib: ['es2023', 'esnext.disposable'],
        types: ['node'],
        skipLibCheck: false,
        exactOptionalPropertyTypes: true,
      },
      include: ['app.ts'],
    }),
  )
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }\n')
  const { code } = await run(process.execPath, [toolPath('typescript', 'tsc'), '-p', folder])
  if (code !== 0) fail(`a strict TypeScript project under ${resolution} does not type-check`)
}

async function withoutAddon() {
  rmSync(join(user, 'node_modules', '@lanner'), { recursive: true })
  const loader = JSON.stringify(join(user, 'node_modules', 'lanner', 'native.cjs'))
  const code = `try { require(${loader}).load() }
    catch (error) { console.log(error.code + ' ' + error.message) }`
  const said = ask(process.execPath, ['-e', code], { cwd: user, env: bare() })
  const sentence = said?.trim() ?? ''
  if (!sentence.startsWith('LANNER_ADDON_MISSING ') || !sentence.includes(platform.packageName)) {
    fail(`without its addon lanner says: ${sentence}`)
  }
}

/** Node loads ES modules by require from 20.19 and 22.12. */
function canRequireEsm() {
  return process.features.require_module === true
}
