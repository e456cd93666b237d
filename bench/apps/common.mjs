// What the benchmark servers share: payloads, the 50 routes, the address, the ready line.
//
// Imported by every server in this folder, so that all of them do the same work:
//   GET  /                          "Hello, World!"
//   GET  /json                      {"message":"Hello, World!"}, serialised per request
//   GET  /users/:id/posts/:postId   {"id":…,"postId":…}, in the middle of 50 routes
//   POST /echo                      1 KB of JSON in, {"name":…} out
//   POST /upload                    a streamed body, counted: {"bytes":…}
//   GET  /64k, /1m                  a buffer that never changes
//   GET  /mw                        five asynchronous middlewares that do nothing, then the text
//   GET  /headers                   two request fields read: "<length>:<length>"
//   GET  /stream                    64 chunks of 1 KiB from an async generator
// No special case for any scenario belongs here or in a server.

export const HELLO = 'Hello, World!'
export const HOST = '127.0.0.1'
export const PORT = Number(process.env.PORT ?? 3000)
export const B64K = Buffer.alloc(64 * 1024, 'a')
export const B1M = Buffer.alloc(1024 * 1024, 'b')

/** The measured route, and those that are registered before and after it. */
export const TARGET = '/users/:id/posts/:postId'
export const BEFORE = []
export const AFTER = []
for (let i = 0; i < 25; i++) {
  const list = i < 12 ? BEFORE : AFTER
  list.push(`/api/v1/resource${i}`)
  if (i < 24) list.push(`/api/v1/resource${i}/:id`)
}

const chunk = Buffer.alloc(1024, 'c')

/** The chunks of /stream. */
export async function* chunks() {
  for (let i = 0; i < 64; i++) yield chunk
}

/** Says where the server is, for whoever started it. */
export function ready(port) {
  console.log(`listening http://${HOST}:${port}`)
}
