// The overload benchmark's server on uWebSockets.js, which has no admission.

import uWS from 'uWebSockets.js'

import { HOST, PORT, ready, work } from './overload-work.mjs'

const app = uWS.App()
app.get('/', (res) => res.writeHeader('content-type', 'text/plain').end(work()))
app.listen(HOST, PORT, (socket) => {
  if (!socket) process.exit(1)
  ready(uWS.us_socket_local_port(socket))
})
