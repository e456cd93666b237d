// The options of an OpenAPI document, checked.
//
// Called when a document is asked for, or when the route that serves it is made, so that a wrong
// option fails where it stands.

import { flag, refuseUnknown, requireObject, text, wrong } from '../option-values.js'

import type { OpenApiInfo, OpenApiServer, OpenApiTag, SecurityScheme } from './types.js'

/** Options of `openapi()`. */
export interface OpenApiOptions {
  /**
   * What the interface is; at least its title and version ought to be said. Default: the title
   * 'API', the version '0.0.0'.
   */
  info?: Partial<OpenApiInfo>
  /** Where it is served. Default: where the document comes from, `[{ url: '/' }]`. */
  servers?: readonly OpenApiServer[]
  /**
   * What tags stand for, in the order of the document; others follow as routes have them. Default
   * none.
   */
  tags?: readonly OpenApiTag[]
  /**
   * How clients say who they are, by the name that the option `auth.scheme` of routes has. A
   * scheme that is not named here is one of the authorization field. `auth: true` means the first
   * one. Default: 'bearer'.
   */
  securitySchemes?: Readonly<Record<string, SecurityScheme>>
  /**
   * Whether errors are described as the problem documents that the server makes of them. Default
   * true; false for applications whose onError() answers in another way.
   */
  problems?: boolean
  /** Told what cannot be described, route by route. Default: a warning of the process. */
  onWarning?: (message: string) => void
}

/** The same with everything said. */
export interface ParsedOpenApiOptions extends Required<OpenApiOptions> {
  readonly info: OpenApiInfo
}

const NAMES = ['info', 'servers', 'tags', 'securitySchemes', 'problems', 'onWarning']
const OF = ' of openapi()'

/** Checks the options of a document. */
export function parseOpenApiOptions(options: OpenApiOptions): ParsedOpenApiOptions {
  requireObject(options, `options${OF}`)
  refuseUnknown(options, NAMES, '', OF)
  const { info = {}, servers = [{ url: '/' }], tags = [], securitySchemes = {} } = options
  requireObject(info, `info${OF}`)
  const { title = 'API', version = '0.0.0' } = info
  text(title, `info.title${OF}`)
  text(version, `info.version${OF}`)
  checkList(servers, 'url', `servers${OF}`)
  checkList(tags, 'name', `tags${OF}`)
  requireObject(securitySchemes, `securitySchemes${OF}`)
  for (const [name, scheme] of Object.entries(securitySchemes)) {
    requireObject(scheme, `securitySchemes.${name}${OF}`)
    text(scheme.type, `securitySchemes.${name}.type${OF}`)
  }
  const problems = flag(options.problems, `problems${OF}`, true)
  const { onWarning = warnOfProcess } = options
  if (typeof onWarning !== 'function') throw wrong(`onWarning${OF}`, 'a function', onWarning)
  return {
    info: { ...info, title, version },
    servers,
    tags,
    securitySchemes,
    problems,
    onWarning,
  }
}

function checkList(list: unknown, member: string, path: string): void {
  if (!Array.isArray(list)) throw wrong(path, 'a list', list)
  for (const [index, one] of list.entries()) {
    requireObject(one, `${path}, number ${index + 1},`)
    text((one as Record<string, unknown>)[member], `${path}, number ${index + 1}: ${member}`)
  }
}

function warnOfProcess(message: string): void {
  process.emitWarning(message, 'OpenApiWarning')
}
