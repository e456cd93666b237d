// serve(): an application of the fetch standard on Lanner.
//
// One route for every method and path on an App of its own, so that everything of HTTP, the limits
// and the server itself are App's. What serve() adds is the way from a context to a Request and
// from a Response to a reply, which is handler.ts.

import { App } from '../app.js'
import { LannerError } from '../errors.js'
import { flag, requireObject, wrong } from '../option-values.js'
import { Background } from './background.js'
import { checkHandler, toErrorHandler, toHandler } from './handler.js'
import { hasWholeLazy } from './request.js'
import { Serving } from './serving.js'

import type { ListenOptions } from '../options.js'
import type { Server } from '../server.js'
import type { FetchErrorHandler, FetchHandler, FetchObject, FetchServerObject } from './handler.js'

/** The options of `serve()`: those of `app.listen()`, and what a fetch handler needs beside. */
export interface ServeOptions extends ListenOptions {
  /** Called when the server listens. Default none. */
  onListen?: (server: Server) => void
  /**
   * Answers when the handler failed, in place of the default problem document; also told of errors
   * that come when the reply has left. Default: the problem document.
   */
  onError?: FetchErrorHandler
  /**
   * Whether the Request is made piece by piece as it is touched. On Node 24 and newer it then costs
   * less than a real Request and cannot be the argument of `new Request()` or `fetch()`; `new
   * Request(request.url, request)` can. Default: true where nothing can tell it from another
   * Request (Node 20 and 22).
   */
  lazy?: boolean
}

/**
 * Serves a fetch handler, or an application that has one: `serve(new Hono().get('/', …), { port:
 * 3000 })`. What it returns can be used at once and awaited: then an address that is taken is an
 * error here.
 * @param handler - What answers: a function, or an object with one that is called `fetch`.
 * @param options - Those of `listen()` and some more, or a port.
 */
export function serve(handler: FetchHandler | FetchObject, options?: ServeOptions | number): Serving
/** The same for a handler of WinterTC's draft Fetch Server API, which carries its marker. */
export function serve(handler: FetchServerObject, options?: ServeOptions | number): Serving
export function serve(handler: unknown, options: ServeOptions | number = NO_OPTIONS): Serving {
  try {
    if (options === NO_OPTIONS) checkHome(handler)
    return new Serving(start(handler, typeof options === 'number' ? { port: options } : options))
  } catch (error) {
    return new Serving(undefined, error)
  }
}

function start(handler: unknown, options: ServeOptions): Server {
  requireObject(options, 'options of serve()')
  const { onListen, onError, lazy, ...listen } = options
  requireFunction(onListen, 'onListen')
  requireFunction(onError, 'onError')
  const isLazy = lazy === undefined ? undefined : flag(lazy, 'lazy', true)
  const app = new App()
  const target = checkHandler(handler)
  const background = new Background(target.isDraft && onError === undefined)
  const door = { target, background, isLazy: isLazy ?? hasWholeLazy() }
  app.all('/*path', toHandler(door))
  const answerError = toErrorHandler(door, onError)
  if (answerError !== undefined) app.onError(answerError)
  app.onClose((server) => background.settled(server))
  const server = app.start(listen)
  onListen?.(server)
  return server
}

const NO_OPTIONS: ServeOptions = {}

/**
 * Others take one object with the handler and its options in it: then ours would listen somewhere
 * else than was said. An application that was put together by a class may have such fields.
 */
function checkHome(handler: unknown): void {
  if (typeof handler !== 'object' || handler === null) return
  if (Object.getPrototypeOf(handler) !== Object.prototype) return
  for (const name of ['port', 'hostname']) {
    if (!Object.hasOwn(handler, name)) continue
    throw new LannerError(
      'LANNER_OPTION_INVALID',
      `The option ${name} stands beside fetch: options are apart, serve({ fetch }, { port }).`,
    )
  }
}

function requireFunction(value: unknown, path: string): void {
  if (value !== undefined && typeof value !== 'function') throw wrong(path, 'a function', value)
}
