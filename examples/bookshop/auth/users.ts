// Who is who: customers, their passwords, and the tokens that stand for them.

import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

import type { Database } from '../database.ts'

/** Somebody the shop knows. Clerks may change what there is. */
export interface User {
  readonly id: number
  readonly email: string
  readonly name: string
  readonly role: 'customer' | 'clerk'
}

const DAY_MS = 86_400_000
const COLUMNS = 'customers.id, email, name, role'
const derive = promisify<string, Buffer, number, Buffer>(scrypt)

/** Adds a user; undefined where the address is taken. */
export async function addUser(
  database: Database,
  { email, name, password, role }: Omit<User, 'id'> & { password: string },
): Promise<User | undefined> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, 32)
  const { changes, id } = database.run(
    `INSERT INTO customers (email, name, password, role) VALUES (?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
    [email, name, `${salt.toString('hex')}:${key.toString('hex')}`, role],
  )
  return changes === 0 ? undefined : { id, email, name, role }
}

/** The user with this address and this password. */
export async function userWithPassword(
  database: Database,
  email: string,
  password: string,
): Promise<User | undefined> {
  const row = database.one<User & { password: string }>(
    `SELECT ${COLUMNS}, password FROM customers WHERE email = ?`,
    [email],
  )
  // An address that nobody has takes as long as a wrong password.
  const [salt = '', key = ''] = (row?.password ?? NOBODY).split(':')
  const given = await derive(password, Buffer.from(salt, 'hex'), 32)
  if (row === undefined || !timingSafeEqual(given, Buffer.from(key, 'hex'))) return undefined
  const { password: _, ...user } = row
  return user
}

/** A new token for a user. The database has its hash only: it is as good as the password. */
export function giveToken(database: Database, user: User): { token: string; expires: string } {
  const token = randomBytes(32).toString('base64url')
  const expires = Date.now() + DAY_MS
  database.run('DELETE FROM tokens WHERE expires < ?', [Date.now()])
  database.run('INSERT INTO tokens VALUES (?, ?, ?)', [hashOf(token), user.id, expires])
  return { token, expires: new Date(expires).toISOString() }
}

/** The user that a token stands for. */
export function userOfToken(database: Database, token: string): User | undefined {
  return database.one<User>(
    `SELECT ${COLUMNS} FROM tokens JOIN customers ON customers.id = customer_id
     WHERE hash = ? AND expires > ?`,
    [hashOf(token), Date.now()],
  )
}

/** Makes all tokens of a user worthless. */
export function takeTokens(database: Database, user: User): void {
  database.run('DELETE FROM tokens WHERE customer_id = ?', [user.id])
}

/** Who asks, on routes that let nobody else in (`auth`); app.ts puts it there. */
export function userOf(ctx: { readonly state: Record<string, unknown> }): User {
  return ctx.state['user'] as User
}

const NOBODY = `${'00'.repeat(16)}:${'00'.repeat(32)}`

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
