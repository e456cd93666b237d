// What an order is. Schemas by ArkType.

import { type } from 'arktype'

export const NewOrder = type({
  items: type({ bookId: 'number.integer >= 1', count: '1 <= number.integer <= 100' })
    .array()
    .atLeastLength(1)
    .atMostLength(50),
})

export const Order = type({
  id: 'number.integer',
  customerId: 'number.integer',
  state: '"new" | "cancelled"',
  at: 'string',
  cents: 'number.integer',
  items: type({
    bookId: 'number.integer',
    title: 'string',
    count: 'number.integer',
    cents: 'number.integer',
  }).array(),
})

export const Orders = Order.array()
