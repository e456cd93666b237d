// The page of the shop: every call is typed by the application, though nothing of it is loaded.
// @ts-check

import { ClientError, createClient, unwrap } from 'lanner/client'

let token = ''

/** @type {import('lanner/client').Client<import('../app.ts').Api>} */
const api = createClient('', {
  headers: () => (token === '' ? [] : [['authorization', `Bearer ${token}`]]),
})

/** @typedef {Awaited<ReturnType<typeof find>>[number]} Book */

const euros = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' })

/** @param {string} q */
async function find(q) {
  const { books } = await unwrap(api.get('/api/books', { query: { q, sort: 'title' } }))
  return books
}

async function showBooks() {
  const books = await find(String(new FormData(form('search')).get('q')))
  element('books').replaceChildren(...books.map(rowOf))
}

/** @param {Book} book */
function rowOf(book) {
  const row = document.createElement('tr')
  const cover = Object.assign(new Image(), { alt: '', src: `/api/books/${book.id}/cover` })
  cover.addEventListener('error', () => cover.remove())
  const title = document.createElement('td')
  const author = Object.assign(document.createElement('small'), { textContent: book.author })
  title.append(book.title, author)
  const buy = Object.assign(document.createElement('button'), {
    textContent: book.stock > 0 ? 'Buy' : 'Sold out',
    disabled: book.stock === 0 || token === '',
  })
  buy.addEventListener('click', () => attempt(() => order(book)))
  for (const content of [cover, title, euros.format(book.cents / 100), buy]) {
    const cell = content === title ? title : document.createElement('td')
    if (cell !== content) cell.append(content)
    row.append(cell)
  }
  return row
}

/** @param {Book} book */
async function order({ id }) {
  const placed = await unwrap(
    api.post('/api/orders', { body: { items: [{ bookId: id, count: 1 }] } }),
  )
  say(`order ${placed.id}: ${euros.format(placed.cents / 100)}`)
  await Promise.all([showBooks(), showOrders()])
}

async function showOrders() {
  const orders = await unwrap(api.get('/api/orders'))
  element('orders').replaceChildren(...orders.map(lineOf))
}

/** @param {{ id: number, state: string, items: { title: string, count: number }[] }} order */
function lineOf({ id, state, items }) {
  const titles = items.map(({ title, count }) => `${count} × ${title}`).join(', ')
  return Object.assign(document.createElement('li'), { textContent: `${id} (${state}): ${titles}` })
}

/** What clerks see: orders as they come. An EventSource cannot send a token, fetch() can. */
async function watchOrders() {
  const events = await unwrap(api.get('/api/orders/events'))
  for await (const { data } of events) element('orders').append(lineOf(data))
}

/** @param {Event} event */
async function enter(event) {
  const fields = new FormData(form('login'))
  const email = String(fields.get('email'))
  const password = String(fields.get('password'))
  const { submitter } = /** @type {SubmitEvent} */ (event)
  if (submitter instanceof HTMLButtonElement && submitter.name === 'up') {
    await unwrap(api.post('/api/auth/register', { body: { email, password, name: email } }))
  }
  const { token: given, user } = await unwrap(
    api.post('/api/auth/login', { body: { email, password } }),
  )
  token = given
  element('who').textContent = `${user.name} (${user.role})`
  await showBooks()
  if (user.role === 'clerk') void attempt(watchOrders)
  else await showOrders()
}

/** Says what went wrong, as the problem document of the reply has it. */
async function attempt(/** @type {() => Promise<void>} */ work) {
  say('')
  try {
    await work()
  } catch (error) {
    const { problem } = error instanceof ClientError ? error : { problem: undefined }
    const issues = /** @type {{ path: string, message: string }[]} */ (problem?.errors ?? [])
    const details = issues.map(({ path, message }) => `${path.slice(1)}: ${message}`).join('; ')
    say(details || problem?.detail || String(error), true)
  }
}

/** @param {string} text */
function say(text, isWrong = false) {
  element('message').textContent = text
  element('message').classList.toggle('wrong', isWrong)
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id))
}

/** @param {string} id */
function form(id) {
  return /** @type {HTMLFormElement} */ (element(id))
}

/** @param {string} id @param {(event: Event) => Promise<void>} work */
function onSubmit(id, work) {
  form(id).addEventListener('submit', (event) => {
    event.preventDefault()
    void attempt(() => work(event))
  })
}

onSubmit('login', enter)
onSubmit('search', showBooks)

await attempt(showBooks)
