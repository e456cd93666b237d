// The bookshop: its services, who may do what, its parts, its document and its page.

import './services.ts'

import { createRequire } from 'node:module'
import { dirname } from 'node:path'

import { App, defineGroup } from 'lanner'
import { bearerAuth } from 'lanner/middleware/bearer-auth'
import { staticFiles } from 'lanner/middleware/static'
import { docsRoute, openapiRoute } from 'lanner/openapi'

import { auth } from './auth/routes.ts'
import { userOfToken } from './auth/users.ts'
import { authors } from './authors/routes.ts'
import { books } from './books/routes.ts'
import { customers } from './customers/routes.ts'
import { Database } from './database.ts'
import { OrderFeed } from './orders/feed.ts'
import { orders } from './orders/routes.ts'

import type { OpenApiOptions } from 'lanner/openapi'
import type { User } from './auth/users.ts'

export const documentOptions: OpenApiOptions = {
  info: { title: 'Bookshop', version: '1.0.0', license: { name: 'MIT', identifier: 'MIT' } },
  tags: [
    { name: 'auth', description: 'Who is who.' },
    { name: 'books', description: 'What there is to read.' },
    { name: 'covers', description: 'What books look like.' },
    { name: 'reviews', description: 'What customers say.' },
    { name: 'authors', description: 'Who wrote it.' },
    { name: 'orders', description: 'Who wants what.' },
    { name: 'customers', description: 'For clerks.' },
  ],
}

/** What the client is made of: its files run in browsers as they are. */
const clientFolder = dirname(createRequire(import.meta.url).resolve('lanner/client'))

/** The application, with its database in a file. */
export function createApp(databaseFile: string) {
  const app = new App()
    .provide('database', () => new Database(databaseFile))
    .provide('orderFeed', () => new OrderFeed())
    .use(
      '/api',
      bearerAuth({
        realm: 'bookshop',
        required: false,
        roles: (user: User) => [user.role],
        verify: (token, { services }) => userOfToken(services.database, token),
      }),
    )
    .add(defineGroup('/api', [auth, books, authors, orders, customers]))

  app.add(openapiRoute(app, '/openapi.json', documentOptions), docsRoute('/docs'))
  app.use('/client', staticFiles({ root: clientFolder, prefix: '/client' }))
  app.notFound(staticFiles({ root: new URL('public/', import.meta.url) }))
  return app
}

/** The type that clients are made of: `createClient<Api>('/')`. */
export type Api = ReturnType<typeof createApp>
