// What app.inject() and app.fetch() give back.

import { cookiesOf } from './cookies.js'

import type { InjectCookie } from './cookies.js'
import type { InjectExchange } from './exchange.js'
import type { FieldList } from './records.js'

/** The result of `app.inject()`: the whole reply. */
export interface InjectResponse {
  /** The status. */
  readonly status: number
  /** Whether the status is 200 to 299. */
  readonly ok: boolean
  /** The header fields. */
  readonly headers: Headers
  /** The cookies that it sets, by their names. */
  readonly cookies: ReadonlyMap<string, InjectCookie>
  /** The body's bytes. */
  readonly body: Uint8Array
  /** The body as text. */
  readonly text: string
  /** The body as JSON; throws when it is not. */
  json<T = unknown>(): T
  /** Fields that followed the body. */
  readonly trailers: Headers
  /** Informational responses that came before. */
  readonly informational: readonly { readonly status: number; readonly headers: Headers }[]
}

/** Reads the reply to its end. */
export async function toInjectResponse(exchange: InjectExchange): Promise<InjectResponse> {
  const chunks: Uint8Array[] = []
  for (let chunk = await exchange.next(); chunk !== undefined; chunk = await exchange.next()) {
    chunks.push(chunk)
  }
  const body = new Uint8Array(Buffer.concat(chunks))
  const text = new TextDecoder().decode(body)
  const { status } = exchange
  const headers = toHeaders(exchange.fields)
  return {
    status,
    ok: status >= 200 && status <= 299,
    headers,
    cookies: cookiesOf(headers.getSetCookie()),
    body,
    text,
    json: <T>() => JSON.parse(text) as T,
    trailers: toHeaders(exchange.trailers),
    informational: exchange.informational.map(({ status, fields }) => ({
      status,
      headers: toHeaders(fields),
    })),
  }
}

/** The Response of the fetch standard; the handler goes on as the body is read. */
export function toResponse(exchange: InjectExchange): Response {
  const { status } = exchange
  const headers = toHeaders(exchange.fields)
  // Response refuses a body with these, if only an empty one.
  if (status === 204 || status === 205 || status === 304)
    return new Response(null, { status, headers })
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const chunk = await exchange.next()
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
      cancel: (reason) => exchange.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { status, headers })
}

function toHeaders(fields: FieldList): Headers {
  const headers = new Headers()
  for (const [name, value] of fields) headers.append(name, value)
  return headers
}
