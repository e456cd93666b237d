// A page to read an OpenAPI document: Scalar's, loaded from where the option says.
//
// The page is a few lines of HTML without a script of its own, and its content security policy
// names the one script that it loads. Nothing of Scalar is part of this package.

import { refuseUnknown, requireObject, text, wrong } from '../option-values.js'
import { defineRoute } from '../routing/endpoint.js'

import type { Endpoint, NoSchemas } from 'lanner'

/** Options of `docsRoute()`. */
export interface DocsOptions {
  /** Where the document is. Default '/openapi.json'. */
  document?: string
  /** The title of the page. Default 'API'. */
  title?: string
  /**
   * Where Scalar is: a URL, or a path of your own. Default
   * 'https://cdn.jsdelivr.net/npm/@scalar/api-reference'. Pin a version, or serve a copy.
   */
  script?: string
  /**
   * The hash of the script ('sha384-…'), which browsers hold it to. Wants a pinned version. Default
   * none.
   */
  integrity?: string
  /** Settings of Scalar, as its documentation has them. Default none. */
  settings?: Readonly<Record<string, unknown>>
  /**
   * The content-security-policy of the page; false for none. Default: this script, styles, images
   * and fonts by https, and requests to the page's own origin.
   */
  contentSecurityPolicy?: string | false
}

const NAMES = ['document', 'title', 'script', 'integrity', 'settings', 'contentSecurityPolicy']
const OF = ' of docsRoute()'

/**
 * A route that serves a page to read the document: `app.add(docsRoute('/docs'))`.
 * @param path - Where the page is.
 */
export function docsRoute<Path extends string>(
  path: Path,
  options: DocsOptions = {},
): Endpoint<'GET', Path, NoSchemas> {
  const { page, policy } = parse(options)
  const endpoint = defineRoute('GET', path, { hidden: true }, (ctx) => {
    if (policy !== false) ctx.header('content-security-policy', policy)
    return ctx.html(page)
  })
  return endpoint as unknown as Endpoint<'GET', Path, NoSchemas>
}

function parse(options: DocsOptions): { page: string; policy: string | false } {
  requireObject(options, `options${OF}`)
  refuseUnknown(options, NAMES, '', OF)
  const {
    document = '/openapi.json',
    title = 'API',
    script = 'https://cdn.jsdelivr.net/npm/@scalar/api-reference',
    integrity,
    settings = {},
    contentSecurityPolicy: policy = policyFor(script),
  } = options
  text(document, `document${OF}`)
  text(title, `title${OF}`)
  text(script, `script${OF}`)
  requireObject(settings, `settings${OF}`)
  if (integrity !== undefined) text(integrity, `integrity${OF}`)
  checkPolicy(policy)
  return { page: pageOf(title, document, script, integrity, settings), policy }
}

function checkPolicy(policy: unknown): void {
  if (typeof policy === 'string' || policy === false) return
  throw wrong(`contentSecurityPolicy${OF}`, 'a text or false', policy)
}

function pageOf(
  title: string,
  document: string,
  script: string,
  integrity: string | undefined,
  settings: object,
): string {
  const hash = integrity === undefined ? '' : ` integrity="${escaped(integrity)}"`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
</head>
<body>
<script id="api-reference" data-url="${escaped(document)}"
 data-configuration="${escaped(JSON.stringify(settings))}"></script>
<script src="${escaped(script)}"${hash} crossorigin="anonymous"></script>
</body>
</html>
`
}

function policyFor(script: string): string {
  const source = /^https?:\/\//.test(script) ? script.split(/[?#;,\s]/, 1)[0]! : "'self'"
  return [
    `default-src 'none'`,
    `script-src ${source}`,
    `style-src 'unsafe-inline' https:`,
    'img-src data: blob: https:',
    'font-src data: https:',
    `connect-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'self'`,
  ].join('; ')
}

function escaped(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
