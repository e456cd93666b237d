// lanner/openapi: the OpenAPI 3.1 document of an application, the route that serves it, and a page
// to read it.
//
// The document is made of the routes as they are registered: method, pattern, options and schemas.
// Nothing is read off handlers.

import { documentOf } from './document.js'
import { registryOf } from './routes.js'

import type { OpenApiOptions } from './options.js'
import type { AnyApp, OpenApiDocument } from './types.js'

export { docsRoute } from './docs.js'
export { openapiRoute } from './serve.js'
export type { DocsOptions } from './docs.js'
export type { OpenApiOptions } from './options.js'
export type {
  AnyApp,
  OpenApiComponents,
  OpenApiContent,
  OpenApiDocument,
  OpenApiInfo,
  OpenApiOperation,
  OpenApiParameter,
  OpenApiResponse,
  OpenApiServer,
  OpenApiTag,
  Reference,
  SecurityRequirement,
  SecurityScheme,
} from './types.js'

/**
 * The OpenAPI 3.1 document of an application, of the routes that it has by now:
 * `openapi(app, { info: { title: 'Books', version: '1.0.0' } })`.
 * @param app - The application that it describes.
 * @throws LANNER_OPTION_INVALID: it is not an App, or an option is wrong
 * @example
 * ```ts run
 * import { App } from 'lanner'
 * import { openapi } from 'lanner/openapi'
 *
 * const app = new App().get('/books', { summary: 'All books' }, () => [])
 * const document = openapi(app, { info: { title: 'Books', version: '1.0.0' } })
 * console.log(Object.keys(document.paths)) // [ '/books' ]
 * ```
 */
export function openapi(app: AnyApp, options: OpenApiOptions = {}): OpenApiDocument {
  return documentOf(registryOf(app), options)
}
