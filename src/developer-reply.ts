// Whether and how an error is shown to a developer in place of the problem document.
//
// Asked by reply.ts when a handler failed in development. Promises that the page is not even loaded
// otherwise, and that whoever asked for JSON, or for nothing in particular, gets the document.

import { BODY_TEXT, TYPE_HTML, TYPE_TEXT } from './native/exchange.js'
import { addVary, setField } from './reply-fields.js'

import type { Context } from './context.js'

/** What a client shows best: a page or text; undefined for a problem document. */
export function shownAs(ctx: Context): 'html' | 'text' | undefined {
  try {
    const accept = ctx.headers.get('accept') ?? ''
    const json = Math.max(weightOf(accept, 'application/json'), weightOf(accept, PROBLEM))
    const html = weightOf(accept, 'text/html')
    if (html > 0 && html >= json) return 'html'
    if (/\bjson\b/i.test(accept)) return undefined
    return weightOf(accept, 'text/plain') > 0 ? 'text' : undefined
  } catch {
    // The request is gone.
    return undefined
  }
}

const PROBLEM = 'application/problem+json'

/** How much a client wants a media type that it names, 0 to 1; 0 for one that it does not name. */
function weightOf(accept: string, type: string): number {
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    if (name !== type) continue
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    return weight === undefined ? 1 : Number(weight.slice(2)) || 0
  }
  return 0
}

/** Notes what a developer is shown; gives the context, as a handler would. */
export async function noteForDeveloper(
  ctx: Context,
  error: unknown,
  as: 'html' | 'text',
): Promise<Context> {
  const { developerPage, developerText } = await import('./developer-page.js')
  const text = as === 'html' ? await developerPage(error, ctx) : developerText(error, ctx)
  ctx.statusCode = 500
  ctx.bodyKind = BODY_TEXT
  ctx.replyType = as === 'html' ? TYPE_HTML : TYPE_TEXT
  ctx.replyBody = text
  // Whatever the application's own policy says: the page has a style in it, and nothing else.
  setField(ctx, 'content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
  setField(ctx, 'cache-control', 'no-store')
  addVary(ctx, 'Accept')
  return ctx
}
