// The application of this process, for main.ts and for the command line:
// npx lanner routes examples/bookshop/shop.ts    (or start, dev, openapi)

import { createApp } from './app.ts'

export { documentOptions as openapi } from './app.ts'

/** The file of the database. */
export const file = process.env['BOOKSHOP_DB'] ?? 'bookshop.db'

export const app = createApp(file)
