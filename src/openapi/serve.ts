// The route that serves an application's OpenAPI document.
//
// Promises to make the document when it is first asked for, and again only when something was
// registered since.
// The route itself is hidden from the document.

import { defineRoute } from '../routing/endpoint.js'
import { documentOf } from './document.js'
import { parseOpenApiOptions } from './options.js'
import { registryOf } from './routes.js'

import type { Endpoint, NoSchemas } from 'lanner'
import type { OpenApiOptions } from './options.js'
import type { AnyApp } from './types.js'

/**
 * A route that serves the OpenAPI document of an application as JSON:
 * `app.add(openapiRoute(app, '/openapi.json', { info: { title: 'Books', version: '1.0.0' } }))`.
 * @param app - The application that it describes.
 * @param path - Where the document is.
 */
export function openapiRoute<Path extends string>(
  app: AnyApp,
  path: Path,
  options: OpenApiOptions = {},
): Endpoint<'GET', Path, NoSchemas> {
  parseOpenApiOptions(options)
  let made: { version: number; text: string } | undefined
  const endpoint = defineRoute('GET', path, { hidden: true }, (ctx) => {
    const registry = registryOf(app)
    if (made?.version !== registry.version) {
      made = { version: registry.version, text: JSON.stringify(documentOf(registry, options)) }
    }
    return ctx.type('application/json').text(made.text)
  })
  return endpoint as unknown as Endpoint<'GET', Path, NoSchemas>
}
