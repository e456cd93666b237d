// The routes of an application, for the document.

import { LannerError } from '../errors.js'

import type { App } from 'lanner'
import type { RouteInfo } from '../routing/options.js'
import type { Registry } from '../routing/router.js'

/** Any application: what its state and its routes are is of no account here. */
export type AnyApp = Pick<App, 'inject'>

/** The routes that were registered on an application so far. */
export function routesOf(app: AnyApp): readonly RouteInfo[] {
  const { registry } = app as unknown as { registry?: Registry }
  if (registry !== undefined) return registry.routes
  throw new LannerError('LANNER_OPTION_INVALID', 'openapi() takes an App of lanner.')
}
