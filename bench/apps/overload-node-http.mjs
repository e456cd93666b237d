// The overload benchmark's server on node:http, which has no admission.

import { createServer } from 'node:http'

import { HOST, PORT, ready, work } from './overload-work.mjs'

const server = createServer((req, res) => {
  const body = work()
  res.writeHead(200, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) })
  res.end(body)
})
server.listen(PORT, HOST, () => ready(server.address().port))
