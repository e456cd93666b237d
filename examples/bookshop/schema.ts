// The tables of the shop, and what a new one begins with.

export const schema = `
CREATE TABLE authors (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  born INTEGER
) STRICT;

CREATE TABLE books (
  id INTEGER PRIMARY KEY,
  isbn TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  author_id INTEGER NOT NULL REFERENCES authors (id),
  cents INTEGER NOT NULL CHECK (cents >= 0),
  stock INTEGER NOT NULL CHECK (stock >= 0)
) STRICT;

CREATE TABLE covers (
  book_id INTEGER PRIMARY KEY REFERENCES books (id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('customer', 'clerk'))
) STRICT;

CREATE TABLE tokens (
  hash TEXT PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  expires INTEGER NOT NULL
) STRICT;

CREATE TABLE reviews (
  book_id INTEGER NOT NULL REFERENCES books (id) ON DELETE CASCADE,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
  text TEXT NOT NULL,
  PRIMARY KEY (book_id, customer_id)
) STRICT;

CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  state TEXT NOT NULL CHECK (state IN ('new', 'cancelled')),
  at TEXT NOT NULL
) STRICT;

CREATE TABLE order_items (
  order_id INTEGER NOT NULL REFERENCES orders (id),
  book_id INTEGER NOT NULL REFERENCES books (id),
  count INTEGER NOT NULL CHECK (count > 0),
  cents INTEGER NOT NULL,
  PRIMARY KEY (order_id, book_id)
) STRICT;
`

export const seeds = `
INSERT INTO authors (id, name, born) VALUES
  (1, 'Helen Macdonald', 1970), (2, 'J. A. Baker', 1926), (3, 'T. H. White', 1906);

INSERT INTO books (isbn, title, author_id, cents, stock) VALUES
  ('9780224097000', 'H is for Hawk', 1, 1499, 5),
  ('9781590171332', 'The Peregrine', 2, 1295, 2),
  ('9781590172490', 'The Goshawk', 3, 1195, 0),
  ('9780802158796', 'Vesper Flights', 1, 1699, 8);
`
