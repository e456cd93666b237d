// Orders in the database.

import type { Database } from '../database.ts'

export interface OrderItem {
  bookId: number
  title: string
  count: number
  cents: number
}

export interface Order {
  id: number
  customerId: number
  state: 'new' | 'cancelled'
  at: string
  cents: number
  items: OrderItem[]
}

type Wanted = readonly { bookId: number; count: number }[]

/** What keeps an order from being made, in words for the customer. */
export class NotInStock extends Error {}

/** Takes the books off the shelf and writes the order down, or neither. */
export function addOrder(database: Database, customerId: number, wanted: Wanted): Order {
  const id = database.transaction(() => {
    const order = database.run('INSERT INTO orders (customer_id, state, at) VALUES (?, ?, ?)', [
      customerId,
      'new',
      new Date().toISOString(),
    ]).id
    for (const { bookId, count } of wanted) addItem(database, order, bookId, count)
    return order
  })
  return findOrder(database, id)!
}

export function findOrder(database: Database, id: number): Order | undefined {
  return ordersWhere(database, 'id = ?', id)[0]
}

export function ordersOf(database: Database, customerId: number): Order[] {
  return ordersWhere(database, 'customer_id = ?', customerId)
}

export function ordersAfter(database: Database, id: number): Order[] {
  return ordersWhere(database, 'id > ?', id)
}

/** Puts the books back. */
export function cancelOrder(database: Database, order: Order): void {
  database.transaction(() => {
    database.run("UPDATE orders SET state = 'cancelled' WHERE id = ?", [order.id])
    for (const { bookId, count } of order.items) {
      database.run('UPDATE books SET stock = stock + ? WHERE id = ?', [count, bookId])
    }
  })
}

function addItem(database: Database, order: number, book: number, count: number): void {
  const { changes } = database.run(
    'UPDATE books SET stock = stock - ? WHERE id = ? AND stock >= ?',
    [count, book, count],
  )
  if (changes === 0) throw new NotInStock(`there are not ${count} of book ${book}`)
  database.run(
    `INSERT INTO order_items SELECT ?, id, ?, cents FROM books WHERE id = ?
     ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    [order, count, book],
  )
}

function ordersWhere(database: Database, condition: string, value: number): Order[] {
  const rows = database.all<Omit<Order, 'items' | 'cents'>>(
    `SELECT id, customer_id AS customerId, state, at FROM orders WHERE ${condition} ORDER BY id`,
    [value],
  )
  return rows.map((row) => {
    const items = database.all<OrderItem>(
      `SELECT book_id AS bookId, title, count, order_items.cents
       FROM order_items JOIN books ON books.id = book_id WHERE order_id = ? ORDER BY book_id`,
      [row.id],
    )
    const cents = items.reduce((sum, item) => sum + item.count * item.cents, 0)
    return { ...row, cents, items }
  })
}
