// Orders: customers make and see their own, clerks see all, also as they come.

import { conflict, created, defineGroup, defineRoute, notFound, ok, sse, sseEvents } from 'lanner'

import { userOf } from '../auth/users.ts'
import { ById, Problem } from '../common.ts'
import { NewOrder, Order, Orders } from './schemas.ts'
import * as store from './store.ts'

import type { User } from '../auth/users.ts'
import type { Database } from '../database.ts'

const placeOrder = defineRoute(
  'POST',
  '/',
  {
    name: 'placeOrder',
    summary: 'Orders books',
    body: NewOrder,
    responses: { 201: Order, 409: Problem },
  },
  (ctx) => {
    const { database, orderFeed } = ctx.services
    try {
      const order = store.addOrder(database, userOf(ctx).id, ctx.body.items)
      orderFeed.publish(order)
      return created(`/api/orders/${order.id}`, order)
    } catch (error) {
      if (error instanceof store.NotInStock) return conflict(error.message)
      throw error
    }
  },
)

const listOrders = defineRoute(
  'GET',
  '/',
  { name: 'listOrders', summary: 'The orders of the customer', responses: { 200: Orders } },
  (ctx) => ok(store.ordersOf(ctx.services.database, userOf(ctx).id)),
)

const getOrder = defineRoute(
  'GET',
  '/:id',
  { name: 'getOrder', summary: 'One order', params: ById, responses: { 200: Order, 404: Problem } },
  (ctx) => {
    const order = visible(ctx.services.database, ctx.params.id, userOf(ctx))
    return order === undefined ? notFound('no such order') : ok(order)
  },
)

const cancelOrder = defineRoute(
  'POST',
  '/:id/cancel',
  {
    name: 'cancelOrder',
    summary: 'Cancels an order',
    params: ById,
    responses: { 200: Order, 404: Problem, 409: Problem },
  },
  (ctx) => {
    const { database, orderFeed } = ctx.services
    const order = visible(database, ctx.params.id, userOf(ctx))
    if (order === undefined) return notFound('no such order')
    if (order.state === 'cancelled') return conflict('it is cancelled')
    store.cancelOrder(database, order)
    const cancelled = { ...order, state: 'cancelled' as const }
    orderFeed.publish(cancelled)
    return ok(cancelled)
  },
)

const watchOrders = defineRoute(
  'GET',
  '/events',
  {
    name: 'watchOrders',
    summary: 'Orders as they come, as server-sent events',
    auth: { roles: ['clerk'] },
    responses: { 200: sseEvents({ new: Order, cancelled: Order }) },
  },
  ({ services: { database, orderFeed } }) =>
    sse(
      async function* ({ signal, lastEventId }) {
        const coming = orderFeed.listen(signal)
        const missed = lastEventId === undefined ? [] : store.ordersAfter(database, +lastEventId)
        for (const order of missed) yield { id: order.id, event: order.state, data: order }
        for await (const [order] of coming) {
          // Who comes again asks for the orders after the newest one, so only new ones have an id.
          const id = order.state === 'new' ? { id: order.id } : {}
          yield { ...id, event: order.state, data: order }
        }
      },
      { retry: '2s' },
    ),
)

export const orders = defineGroup('/orders', { tags: ['orders'], auth: true }, [
  placeOrder,
  listOrders,
  watchOrders,
  getOrder,
  cancelOrder,
])

/** An order of somebody else does not exist for customers. */
function visible(database: Database, id: number, user: User): store.Order | undefined {
  const order = store.findOrder(database, id)
  return order?.customerId === user.id || user.role === 'clerk' ? order : undefined
}
