// A bookshop of its own for each test: a database file in a folder that goes with it, a clerk and a
// customer who are logged in.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { onTestFinished } from 'vitest'

import { createApp } from '../../examples/bookshop/app.ts'
import { addUser, giveToken } from '../../examples/bookshop/auth/users.ts'
import { Database } from '../../examples/bookshop/database.ts'

import type { User } from '../../examples/bookshop/auth/users.ts'
import type { Api } from '../../examples/bookshop/app.ts'

export interface Shop {
  readonly app: Api
  readonly file: string
  readonly clerk: { readonly authorization: string }
  readonly ada: { readonly authorization: string }
}

export const PASSWORD = 'correct horse battery'

export async function openShop(): Promise<Shop> {
  const folder = mkdtempSync(join(tmpdir(), 'lanner-bookshop-'))
  const file = join(folder, 'shop.db')
  const database = new Database(file)
  const enter = async (name: string, role: User['role']): Promise<{ authorization: string }> => {
    const email = `${name.toLowerCase()}@example.org`
    const user = await addUser(database, { email, name, password: PASSWORD, role })
    return { authorization: `Bearer ${giveToken(database, user!).token}` }
  }
  const clerk = await enter('Clerk', 'clerk')
  const ada = await enter('Ada', 'customer')
  database[Symbol.dispose]()

  const app = createApp(file)
  onTestFinished(async () => {
    await app.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  return { app, file, clerk, ada }
}
