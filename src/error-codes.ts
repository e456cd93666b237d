// Every code that an error of this package can carry: what it means and what to do.
//
// errors.ts takes its types and default texts from here, docs/errors.md is printed from it
// (scripts/gen-errors.mjs). Codes are stable: they may be compared, texts may change.

interface CodeRow {
  /** The status when the error ends an exchange; 0 when it never does. */
  readonly status: number
  /** One sentence that says what happened, and what to do where that is not plain. */
  readonly text: string
}

const table = {
  LANNER_HTTP: { status: 0, text: 'An HttpError: the status says what happened.' },
  LANNER_OPTION_INVALID: {
    status: 0,
    text: 'An option has a wrong type or is out of range; the message names its path.',
  },
  LANNER_ROUTE_INVALID: {
    status: 0,
    text: 'A route cannot be registered: its method or pattern is wrong, or it exists already.',
  },
  LANNER_APP_LISTENING: {
    status: 0,
    text: 'Routes and middleware cannot be added after listen(): register them before.',
  },
  LANNER_NEXT_TWICE: {
    status: 500,
    text: 'next() was called twice by one middleware: call it at most once.',
  },
  LANNER_NEXT_MISSING: {
    status: 500,
    text: 'next() was called by the last handler of a route: nothing comes after it.',
  },
  LANNER_ALREADY_REPLIED: {
    status: 500,
    text: 'The request has its reply already: a handler replies once.',
  },
  LANNER_CONTEXT_EXPIRED: {
    status: 500,
    text: 'The request is over and its bytes are gone: read what you need before replying.',
  },
  LANNER_HEADER_INVALID: {
    status: 500,
    text: 'A field name is not a token, or a value has a character that HTTP does not allow.',
  },
  LANNER_HEADER_RESERVED: {
    status: 500,
    text: 'This field belongs to the server (framing and connection fields) and cannot be set.',
  },
  LANNER_STATUS_INVALID: {
    status: 500,
    text: 'A status is an integer from 200 to 599; 1xx ones go through sendInformational().',
  },
  LANNER_CONTENT_LENGTH: {
    status: 500,
    text: 'The body is longer or shorter than the content-length that was set.',
  },
  LANNER_BODY_NOT_ALLOWED: {
    status: 500,
    text: 'Replies with status 204, 205 and 304 have no body.',
  },
  LANNER_REPLY_VALUE: {
    status: 500,
    text: 'The handler returned something that cannot be made a reply.',
  },
  LANNER_RESPONSE_MISSING: {
    status: 500,
    text: 'A fetch handler returned something that is not a Response.',
  },
  LANNER_BODY_CHUNK: {
    status: 500,
    text: 'A streamed reply is made of strings and bytes; another value was found in it.',
  },
  LANNER_SERVICE_NAME: {
    status: 0,
    text: 'A service cannot be provided: its name is taken, or there is none to replace.',
  },
  LANNER_SERVICE_MISSING: {
    status: 500,
    text: 'There is no such service: app.provide() makes one.',
  },
  LANNER_SERVICE_CYCLE: { status: 500, text: 'A service needs itself, maybe by way of others.' },
  LANNER_EVENT_INVALID: {
    status: 500,
    text: 'A value of sse() is no event: it is a text, or an object with data, event, id, retry.',
  },
  LANNER_BODY_USED: {
    status: 500,
    text: 'The request body was read before: keep the first result.',
  },
  LANNER_BODY_CLOSED: {
    status: 500,
    text: 'The reply is complete, so the rest of the request body was given up.',
  },
  LANNER_LIMIT_LATE: {
    status: 500,
    text: 'A limit was changed too late: set it before the body is read or the reply is complete.',
  },
  LANNER_JSON_INVALID: { status: 400, text: 'The request body is not valid JSON.' },
  LANNER_LINE_TOO_LONG: {
    status: 413,
    text: 'A line of JSON lines in the request body is longer than lineBytes.',
  },
  LANNER_FORM_INVALID: {
    status: 415,
    text: 'The request body is not a form of the type that is read.',
  },
  LANNER_MULTIPART_INVALID: {
    status: 400,
    text: 'The request body is not what its type multipart/form-data says.',
  },
  LANNER_MULTIPART_LIMIT: {
    status: 413,
    text: 'A form, or a part of it, passes a limit; the message says which.',
  },
  LANNER_PART_OVER: {
    status: 500,
    text: 'The part of a form is over: await what reads it before going on to the next one.',
  },
  LANNER_CONTENT_TYPE: {
    status: 415,
    text: 'The route does not take a request body of this content type.',
  },
  LANNER_VALIDATION: {
    status: 400,
    text: 'The request does not fit the schemas of its route; `errors` lists what is wrong where.',
  },
  LANNER_RESPONSE_INVALID: {
    status: 500,
    text: 'A reply does not fit the responses that its route lists: one of them is wrong.',
  },
  LANNER_URL_INVALID: { status: 400, text: 'The request does not name a valid URL.' },
  LANNER_HOST_REFUSED: { status: 400, text: 'The host that was asked for is not served here.' },
  LANNER_AUTH_MISSING: {
    status: 401,
    text: 'The request does not say who it is from: see www-authenticate for how to.',
  },
  LANNER_AUTH_MALFORMED: {
    status: 400,
    text: 'The authorization field is not what its scheme asks for.',
  },
  LANNER_AUTH_INVALID: {
    status: 401,
    text: 'The token, or the name and password, of the request are not valid.',
  },
  LANNER_AUTH_ROLE: { status: 403, text: 'The user has none of the roles that this needs.' },
  LANNER_AUTH_UNGUARDED: {
    status: 500,
    text: 'A route asks for a scheme of authentication that no guard on its path is for.',
  },
  LANNER_AUTH_ROLES_MISSING: {
    status: 0,
    text: 'A route asks for roles, and nothing says which roles a user has: nobody is let in.',
  },
  LANNER_LOG_FAILED: {
    status: 0,
    text: 'The access log lost records: its cause says what went wrong.',
  },
  LANNER_CSRF: {
    status: 403,
    text: 'The browser says that another site has sent the request, which could change something.',
  },
  LANNER_PRECONDITION: {
    status: 412,
    text: 'The conditions of the request (If-Match and the like) do not hold for what is there.',
  },
  LANNER_PEER_GONE: { status: 499, text: 'The client has closed the connection.' },
  LANNER_DEADLINE: { status: 504, text: 'The time for the request has run out.' },
  LANNER_SERVER_CLOSING: {
    status: 503,
    text: 'The server is closing and its grace period is over.',
  },
  LANNER_BODY_MALFORMED: { status: 400, text: 'The request body breaks the rules of HTTP.' },
  LANNER_BODY_TOO_LARGE: { status: 413, text: 'The request body is longer than limits.bodyBytes.' },
  LANNER_BODY_TIMEOUT: { status: 408, text: 'The request body came too slowly.' },
  LANNER_ADDRESS_IN_USE: {
    status: 0,
    text: 'The address is already in use: stop the other server or choose another port.',
  },
  LANNER_ADDRESS_UNAVAILABLE: { status: 0, text: 'The address is not one of this machine.' },
  LANNER_PERMISSION_DENIED: { status: 0, text: 'The system does not let this user listen there.' },
  LANNER_HOST_UNKNOWN: { status: 0, text: 'The host name could not be resolved.' },
  LANNER_LISTEN_FAILED: { status: 0, text: 'The address could not be opened.' },
  LANNER_DESCRIPTOR_INVALID: {
    status: 0,
    text: 'The descriptor is not a stream socket that listens.',
  },
  LANNER_SYSTEMD: { status: 0, text: 'No such sockets came from systemd.' },
  LANNER_RESOURCES: { status: 0, text: 'The system gave no thread or poller.' },
  LANNER_SERVER_CLOSED: { status: 0, text: 'The server was closed already.' },
  LANNER_ADDON_MISSING: { status: 0, text: 'There is no native addon for this platform.' },
  LANNER_ADDON_BROKEN: { status: 0, text: 'The native addon is there and cannot be loaded.' },
  LANNER_ADDON_VERSION: {
    status: 0,
    text: 'The native addon has another version than the package.',
  },
} as const satisfies Record<string, CodeRow>

/** A stable code of an error of this package. */
export type ErrorCode = keyof typeof table

export const ERROR_CODES: Readonly<Record<ErrorCode, CodeRow>> = table
