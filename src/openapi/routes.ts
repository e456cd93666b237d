// What was registered on an application, for the document: its routes, and what holds for them.

import { LannerError } from '../errors.js'

import type { Registry } from '../routing/router.js'
import type { AnyApp } from './types.js'

/** What was registered on an application so far. */
export function registryOf(app: AnyApp): Registry {
  const { registry } = app as unknown as { registry?: Registry }
  if (registry !== undefined) return registry
  throw new LannerError('LANNER_OPTION_INVALID', 'openapi() takes an App of lanner.')
}
