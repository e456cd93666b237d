// Customers, for clerks. Schemas by Valibot.

import { defineGroup, defineRoute, notFound, ok } from 'lanner'
import * as v from 'valibot'

import { ById, Problem } from '../common.ts'
import { Orders } from '../orders/schemas.ts'
import { ordersOf } from '../orders/store.ts'

const Customer = v.object({
  id: v.pipe(v.number(), v.integer()),
  email: v.string(),
  name: v.string(),
  orders: v.pipe(v.number(), v.integer()),
})

const listCustomers = defineRoute(
  'GET',
  '/',
  {
    name: 'listCustomers',
    summary: 'All customers, and how many orders they have',
    responses: { 200: v.array(Customer) },
  },
  ({ services }) =>
    ok(
      services.database.all<v.InferOutput<typeof Customer>>(
        `SELECT customers.id, email, name, count(orders.id) AS orders FROM customers
         LEFT JOIN orders ON customer_id = customers.id WHERE role = 'customer'
         GROUP BY customers.id ORDER BY name`,
      ),
    ),
)

const customerOrders = defineRoute(
  'GET',
  '/:id/orders',
  {
    name: 'listOrdersOfCustomer',
    summary: 'The orders of a customer',
    params: ById,
    responses: { 200: Orders, 404: Problem },
  },
  ({ params, services: { database } }) => {
    const known = database.one('SELECT 1 FROM customers WHERE id = ?', [params.id])
    return known === undefined ? notFound('no such customer') : ok(ordersOf(database, params.id))
  },
)

export const customers = defineGroup(
  '/customers',
  { tags: ['customers'], auth: { roles: ['clerk'] } },
  [listCustomers, customerOrders],
)
