// What options are called elsewhere, and what they are called here.
//
// Read by the errors about options that there are not, never for a request. Promises nothing but a
// hint: a name that is not here is an error all the same. A text that ends with a full stop says
// what to do, any other is the name that was meant.

/** Hints by name. */
export type Words = Readonly<Record<string, string>>

const BODY = 'limits.bodyBytes'
const NO_TLS =
  'This server speaks HTTP/1.1 without encryption: let a proxy in front of it do the rest.'
const LOG = 'Requests are logged by accessLog() of lanner/middleware/access-log.'
const OF_LISTEN = 'That is for listen(): an App is not bound to a server.'

/** Of `app.listen()` and `serve()`. */
export const LISTEN_WORDS: Words = {
  hostname: 'host',
  address: 'host',
  socketPath: 'path',
  timeout: 'timeouts.request',
  requestTimeout: 'timeouts.request',
  handlerTimeout: 'timeouts.request',
  keepAliveTimeout: 'timeouts.keepAlive',
  idleTimeout: 'timeouts.keepAlive',
  headersTimeout: 'timeouts.headers',
  bodyLimit: BODY,
  maxRequestBodySize: BODY,
  maxHeaderSize: 'limits.headerBytes',
  maxConnections: 'limits.connections',
  threads: 'ioThreads',
  gracePeriod: 'That is for close(): server.close({ gracePeriod }).',
  trustProxy: 'Proxies are believed by forwarded() of lanner/middleware/forwarded.',
  logger: LOG,
  workers: 'An application runs on one thread; processes share a port by reusePort.',
  tls: NO_TLS,
  https: NO_TLS,
  cert: NO_TLS,
  key: NO_TLS,
  http2: NO_TLS,
}

/** Of `new App()`. */
export const APP_WORDS: Words = {
  logger: LOG,
  port: OF_LISTEN,
  host: OF_LISTEN,
  limits: OF_LISTEN,
  timeouts: OF_LISTEN,
  development: OF_LISTEN,
  bodyLimit: 'That is limits.bodyBytes of listen(), or of a route.',
  prefix: 'A prefix is that of app.group() or defineGroup().',
}

/** Of routes and groups. */
export const ROUTE_WORDS: Words = {
  schema: 'Its members stand here themselves: params, query, headers, cookies, body, responses.',
  querystring: 'query',
  response: 'responses',
  output: 'responses',
  bodyLimit: BODY,
  handlerTimeout: 'timeout',
  preHandler: 'use',
  onRequest: 'use',
  middleware: 'use',
  middlewares: 'use',
  config: 'meta',
  operationId: 'name',
  security: 'auth',
  handler: 'Functions come behind the options.',
}

/** Of `app.inject()`. */
export const INJECT_WORDS: Words = {
  url: 'path',
  payload: 'body',
  json: 'body',
}
