// What handlers find in ctx.services. The interface is the application's to extend, so that routes
// of other files know the types of what app.ts provides.

import type { Database } from './database.ts'
import type { OrderFeed } from './orders/feed.ts'

declare module 'lanner' {
  interface Services {
    database: Database
    orderFeed: OrderFeed
  }
}
