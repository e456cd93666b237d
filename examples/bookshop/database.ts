// The database: a file of SQLite, and as much of its interface as the shop needs.
//
// node-sqlite3-wasm needs no native build and runs wherever Node does. Its calls are synchronous,
// which is right for a file on this machine and a few rows; a server of its own would be awaited.

import sqlite from 'node-sqlite3-wasm'

import { schema, seeds } from './schema.ts'

type Value = string | number | Uint8Array | null

/** An open file. It is disposed of with the application, see app.ts. */
export class Database implements Disposable {
  readonly #file: sqlite.Database

  constructor(path: string) {
    this.#file = new sqlite.Database(path)
    this.#file.exec('PRAGMA foreign_keys = ON')
    const [{ count } = { count: 0 }] = this.all<{ count: number }>(
      "SELECT count(*) AS count FROM sqlite_schema WHERE type = 'table'",
    )
    if (count === 0) this.transaction(() => this.#file.exec(schema + seeds))
  }

  /** The rows of a query. */
  all<Row>(sql: string, values: Value[] = []): Row[] {
    return this.#file.all(sql, values) as unknown as Row[]
  }

  /** The first row of a query. */
  one<Row>(sql: string, values: Value[] = []): Row | undefined {
    return (this.#file.get(sql, values) as unknown as Row | null) ?? undefined
  }

  /** Changes something: how many rows, and the number of the one that was added last. */
  run(sql: string, values: Value[] = []): { changes: number; id: number } {
    const { changes, lastInsertRowid } = this.#file.run(sql, values)
    return { changes, id: Number(lastInsertRowid) }
  }

  /** All of it or nothing. */
  transaction<Made>(work: () => Made): Made {
    this.#file.exec('BEGIN IMMEDIATE')
    try {
      const made = work()
      this.#file.exec('COMMIT')
      return made
    } catch (error) {
      this.#file.exec('ROLLBACK')
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.#file.close()
  }
}
