// Controllers: compiled as users compile them, and called as any compiler calls decorators.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { App } from 'lanner'
import { controller, get, groupOf } from 'lanner/controllers'
import { describe, expect, onTestFinished, test } from 'vitest'

import { toolPath } from '../../scripts/lib/run.mjs'
import { root } from '../support/source-tree.ts'

import type { Group } from 'lanner'

/** Compiles users.ts, because engines do not have decorators yet. */
async function compiled(): Promise<Group> {
  mkdirSync(join(root, 'target'), { recursive: true })
  const folder = mkdtempSync(join(root, 'target', 'controllers-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const options = ['--target', 'es2022', '--module', 'nodenext', '--types', 'node', '--strict']
  const args = ['--ignoreConfig', ...options, '--skipLibCheck', '--noImplicitOverride']
  const tsc = toolPath('typescript', 'tsc')
  const file = join('test', 'controllers', 'fixtures', 'users.ts')
  const { stdout } = spawnSync(
    process.execPath,
    [tsc, ...args, '--outDir', folder, '--rootDir', '.', file],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  expect(stdout).toBe('')
  const { users } = await import(pathToFileURL(join(folder, file.replace(/ts$/, 'js'))).href)
  return users as Group
}

test('a class whose methods answer', { timeout: 60_000 }, async () => {
  const app = new App().add(await compiled())
  const tags = new Set<unknown>()
  app.onResponse(({ route }) => tags.add(route.options.tags?.join()))
  const asked = async (method: string, path: string, body?: string): Promise<[number, string]> => {
    const { status, text } = await app.inject({ method, path, body })
    return [status, text]
  }
  expect(await asked('GET', '/users/7')).toEqual([200, 'Ada'])
  expect(await asked('POST', '/users/8', 'Grace')).toEqual([204, ''])
  expect(await asked('GET', '/users/8')).toEqual([200, 'Grace'])
  expect(await asked('DELETE', '/users/8')).toEqual([200, 'true'])
  expect(await asked('PUT', '/users/8/gone')).toEqual([200, 'false'])
  expect((await asked('GET', '/users/9'))[0]).toBe(404)
  expect(await asked('GET', '/users/about')).toEqual([200, 'about Users'])
  expect(await asked('GET', '/users/kind')).toEqual([200, 'users'])
  await new Promise((resolve) => setImmediate(resolve))
  expect([...tags]).toEqual(['users'])
})

describe('a derived class', () => {
  class Base {
    kept(): string {
      return `kept by ${this.name()}`
    }
    answered(): string {
      return 'answered by the base'
    }
    moved(): string {
      return 'never'
    }
    same(): string {
      return 'never'
    }
    name(): string {
      return 'the base'
    }
  }
  class Derived extends Base {
    override answered(): string {
      return 'answered by the derived'
    }
    override moved(): string {
      return 'moved'
    }
    override same(): string {
      return 'same'
    }
    override name(): string {
      return 'the derived'
    }
  }
  const decorate = (one: typeof Base, name: 'kept' | 'answered' | 'moved' | 'same'): void => {
    const of = { kind: 'method', name, static: false, private: false } as never
    get(one === Derived && name === 'moved' ? '/moved/here' : `/${name}`)(one.prototype[name], of)
  }
  for (const name of ['kept', 'answered', 'moved', 'same'] as const) decorate(Base, name)
  for (const name of ['moved', 'same'] as const) decorate(Derived, name)
  controller('/base')(Base, { kind: 'class' } as never)
  controller('/derived')(Derived, { kind: 'class' } as never)
  const app = new App().add(groupOf(new Derived()))

  test.each([
    ['/derived/kept', 200, 'kept by the derived'],
    ['/derived/answered', 200, 'answered by the derived'],
    ['/derived/moved/here', 200, 'moved'],
    ['/derived/moved', 404, undefined],
    ['/derived/same', 200, 'same'],
    ['/base/kept', 404, undefined],
  ])('%s: %i %s', async (path, status, text) => {
    const reply = await app.inject(path)
    expect([reply.status, reply.status === 200 ? reply.text : undefined]).toEqual([status, text])
  })
})

describe('mistakes', () => {
  const context = { kind: 'method', name: 'm', static: false, private: false }
  const answer = (): string => 'done'
  const error = (message: string): unknown =>
    expect.objectContaining({
      code: 'LANNER_ROUTE_INVALID',
      message: expect.stringContaining(message),
    })

  test.each([{ static: true }, { private: true }])('a method that is %j', (flag) => {
    const decorate = (): unknown => get('/')(answer, { ...context, ...flag } as never)
    expect(decorate).toThrow(error('The method m is static or private'))
  })

  test('decorators of the older kind', () => {
    expect(() => get('/')({} as never, 'm' as never)).toThrow(error('standard decorators'))
    expect(() => controller('/a')(class {}, undefined as never)).toThrow(error('/a'))
  })

  test('an object without routes', () => {
    class Empty {}
    expect(() => groupOf(new Empty())).toThrow(error('There is no route in Empty'))
    expect(() => groupOf(Empty)).toThrow(error('and groupOf() takes an instance'))
  })
})
