// The routes of an application, for the document.

import { LannerError } from '../errors.js'

import type { App } from 'lanner'
import type { Registry } from '../routing/router.js'

/** Any application: what its state and its routes are is of no account here. */
export type AnyApp = Pick<App, 'inject'>

/** What was registered on an application so far. */
export function registryOf(app: AnyApp): Registry {
  const { registry } = app as unknown as { registry?: Registry }
  if (registry !== undefined) return registry
  throw new LannerError('LANNER_OPTION_INVALID', 'openapi() takes an App of lanner.')
}
