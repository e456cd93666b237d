// What the types of a client cost: calls are looked up, so many routes do not make each call dear.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'

import { expect, onTestFinished, test } from 'vitest'

import { root } from '../support/source-tree.ts'

const ROUTES = 300
const CALLS = 50

/** What a call may cost beyond the first ones: it is about 3000 in an application of 300 routes. */
const INSTANTIATIONS_PER_CALL = 5000

/** An application of many routes, and calls of some of them. */
function program(calls: number): string {
  const routes = Array.from(
    { length: ROUTES },
    (_, at) =>
      `.get('/r${at}/:id', { params: P, query: Q, responses: { 200: B, 404: E } }, (ctx) =>
        ctx.params.id === 1 ? ok({ id: ctx.params.id, name: 'x' }) : notFound('x'))`,
  )
  const uses = Array.from(
    { length: calls },
    (_, at) => `{
      const reply = await api.get('/r${at}/:id', { params: { id: ${at} } })
      if (reply.status === 200) reply.body.name.length
    }`,
  )
  return `
    import { App, notFound, ok } from 'lanner'
    import { createClient } from 'lanner/client'
    import { z } from 'zod'
    const P = z.object({ id: z.coerce.number() })
    const B = z.object({ id: z.number(), name: z.string() })
    const Q = z.object({ q: z.string().optional() })
    const E = z.object({ title: z.string(), status: z.number() })
    export const app = new App()${routes.join('\n')}
    export const api = createClient<typeof app>('')
    export async function calls(): Promise<void> { ${uses.join('\n')} }`
}

/** How many types the compiler makes of a program. */
function instantiations(folder: string, text: string): number {
  writeFileSync(join(folder, 'program.ts'), text)
  const config = { extends: '../../tsconfig.json', include: [], files: ['program.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = [tsc, '-p', folder, '--noEmit', '--extendedDiagnostics']
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: root })
  expect(stdout).not.toContain('error TS')
  return Number(/Instantiations:\s+(\d+)/.exec(stdout)?.[1])
}

test('a call in an application of many routes costs little', { timeout: 120_000 }, () => {
  mkdirSync(join(root, 'target'), { recursive: true })
  const folder = mkdtempSync(join(root, 'target', 'client-cost-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const few = instantiations(folder, program(1))
  const many = instantiations(folder, program(1 + CALLS))
  expect(many).toBeGreaterThan(few)
  expect((many - few) / CALLS).toBeLessThan(INSTANTIATIONS_PER_CALL)
})
