// What five hundred typed routes cost the type checker: counted, not timed, so that it says the
// same on every machine.
//
// A generated application of ten modules, each a group of fifty routes with schemas, and a chain of
// five hundred calls, are checked beside an empty one by the compiler itself. Counted when the
// bounds were taken, per route: 1363 and 198 instantiations, of which the schemas' own take 533.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { toolPath } from '../../scripts/lib/run.mjs'
import { root } from '../support/source-tree.ts'

const MODULES = 10
const ROUTES = 50

const header = `import { z } from 'zod'
import { App, defineGroup, defineRoute, notFound, ok, type RoutesOf } from 'lanner'
`

/** A module with a group of routes, each with schemas of its own. */
function moduleOf(number: number): string {
  const names = Array.from({ length: ROUTES }, (_, at) => `route${number}x${at}`)
  const routes = names.map(
    (name, at) => `
const ${name} = defineRoute(
  '${at % 2 === 0 ? 'GET' : 'POST'}',
  '/things${at}/:id/parts/:part?',
  {
    params: z.object({ id: z.coerce.number(), part: z.string().optional() }),
    query: z.object({
      limit: z.coerce.number().default(${at}),
      tag: z.array(z.string()).optional(),
    }),
    ${at % 2 === 0 ? '' : `body: z.object({ name${at}: z.string(), count: z.number() }),`}
    responses: { 200: z.object({ id: z.number(), kind${at}: z.enum(['a', 'b']) }), 404: Trouble },
  },
  (ctx) =>
    ctx.params.id > ctx.query.limit ? notFound('none') : ok({ id: ctx.params.id, kind${at}: 'a' }),
)`,
  )
  return `${header}
const Trouble = z.object({ title: z.string(), status: z.number() })
${routes.join('\n')}

export const group${number} = defineGroup('/group${number}', [${names.join(', ')}])
`
}

/** The application of all modules, with a use of what its type knows. */
function application(): string {
  const numbers = Array.from({ length: MODULES }, (_, number) => number)
  const imports = numbers.map((number) => `import { group${number} } from './module${number}.js'`)
  return `${header}
${imports.join('\n')}

const app = new App().get('/', () => 'home').add(${numbers.map((n) => `group${n}`).join(', ')})
type Last = Extract<RoutesOf<typeof app>, { path: '/group9/things49/:id/parts/:part?' }>
const last: Last['method'] = 'POST'
export const plain: App = app
export { last }
`
}

/** Five hundred routes without schemas, chained one by one. */
function chain(): string {
  const calls = Array.from({ length: MODULES * ROUTES }, (_, at) => {
    return `  .get('/things${at}/:id', (ctx) => ctx.params.id)`
  })
  return `${header}
const app = new App()
${calls.join('\n')}
export const last: Extract<RoutesOf<typeof app>, { path: '/things499/:id' }>['method'] = 'GET'
export { z, defineGroup, defineRoute, notFound, ok }
`
}

/** Checks a program of these files, and counts what types it had to make of others. */
function instantiations(folder: string, files: Record<string, string>): number {
  const at = mkdtempSync(join(folder, 'program-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(at, name), text)
  const compilerOptions = { noEmit: true, noUnusedLocals: false, skipLibCheck: true }
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['*.ts'] }
  writeFileSync(join(at, 'tsconfig.json'), JSON.stringify(config))
  const tsc = toolPath('typescript', 'tsc')
  const args = [tsc, '-p', at, '--singleThreaded', '--extendedDiagnostics', '--pretty', 'false']
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stdout.match(/^.*error TS.*$/gm) ?? []).toEqual([])
  expect(status).toBe(0)
  const found = /^Instantiations:\s+(\d+)/m.exec(stdout)
  expect(found).not.toBeNull()
  return Number(found![1])
}

test('five hundred routes stay within their bounds', { timeout: 120_000 }, () => {
  // Within the project, where the compiler finds the packages.
  mkdirSync(join(root, 'target'), { recursive: true })
  const folder = mkdtempSync(join(root, 'target', 'types-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const modules = Array.from({ length: MODULES }, (_, n) => [`module${n}.ts`, moduleOf(n)])
  const empty = instantiations(folder, {
    'app.ts': `${header}export const app = new App()\nexport { z }\n`,
  })
  const typed = instantiations(folder, { ...Object.fromEntries(modules), 'app.ts': application() })
  const chained = instantiations(folder, { 'app.ts': chain() })
  const perRoute = (count: number): number => (count - empty) / (MODULES * ROUTES)
  expect(perRoute(typed)).toBeLessThan(1800)
  expect(perRoute(chained)).toBeLessThan(260)
})
