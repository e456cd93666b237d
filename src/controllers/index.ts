// lanner/controllers: routes as methods of a class, by the decorators of ECMAScript.
//
// Thin sugar over route values: a decorator notes what a method answers, groupOf() makes a group of
// an object, and app.add() registers it as it registers any other. Nothing is injected and nothing
// is looked up at run time: whoever makes the object gives it what it needs. Works with what any
// compiler makes of standard decorators; those of TypeScript's older dialect are told apart.

import { LannerError } from '../errors.js'
import { defineGroup, defineRoute } from '../routing/endpoint.js'

import type { Context, Endpoint, Group, GroupOptions, Next, ParamsOf, RouteOptions } from 'lanner'

/** A method that answers a route without options: its parameters are those of the path. */
export type RouteMethod<Path extends string> = (ctx: Context<ParamsOf<Path>>, next: Next) => unknown

/** A method whose context is typed by whoever writes it, as the schemas of the route make it. */
export type AnyRouteMethod = (ctx: never, next: Next) => unknown

/** Makes a method answer a route. */
export interface RouteDecorator {
  <Path extends string>(
    path: Path,
  ): (method: RouteMethod<Path>, context: ClassMethodDecoratorContext) => void
  (
    path: string,
    options: RouteOptions,
  ): (method: AnyRouteMethod, context: ClassMethodDecoratorContext) => void
}

interface Note {
  readonly method: string
  readonly path: string
  readonly options: RouteOptions
}

interface ClassNote {
  readonly prefix: string
  readonly options: GroupOptions
}

const routes = new WeakMap<object, Note[]>()
const classes = new WeakMap<object, ClassNote>()

/**
 * A route of any method, '*' for all of them.
 * @param method - For example 'GET', '*' for any.
 * @param path - The pattern behind the prefix of the class.
 */
export function route(
  method: string,
  path: string,
  options: RouteOptions = {},
): (method: AnyRouteMethod, context: ClassMethodDecoratorContext) => void {
  return (fn, context) => {
    requireKind(context, 'method', `the route ${method} ${path}`)
    if (context.static || context.private) {
      throw invalid(`The method ${String(context.name)} is static or private: it answers nothing.`)
    }
    const notes = routes.get(fn) ?? []
    // The decorator next to the method comes first, which is the last in reading order.
    notes.unshift({ method, path, options })
    routes.set(fn, notes)
  }
}

const of = (method: string): RouteDecorator =>
  ((path: string, options?: RouteOptions) => route(method, path, options)) as RouteDecorator

/** A route for GET, which also serves HEAD. */
export const get: RouteDecorator = of('GET')
/** A route for POST. */
export const post: RouteDecorator = of('POST')
/** A route for PUT. */
export const put: RouteDecorator = of('PUT')
/** A route for PATCH. */
export const patch: RouteDecorator = of('PATCH')
/** A route for DELETE; `delete` itself cannot be a name. */
export const del: RouteDecorator = of('DELETE')

/**
 * The prefix of a class's routes, and options that they have in common.
 * @param prefix - What stands before the patterns of its methods, for example '/notes'.
 */
export function controller(
  prefix: string,
  options: GroupOptions = {},
): (target: abstract new (...args: never) => object, context: ClassDecoratorContext) => void {
  return (target, context) => {
    requireKind(context, 'class', `the controller ${prefix}`)
    classes.set(target, { prefix, options })
  }
}

/**
 * The routes of an object whose class has decorators, as a group: `app.add(groupOf(new
 * Users(db)))`. A method that overrides one with a route answers it in its place; where it has a
 * route of its own, it is in place of that of the other.
 * @param object - An instance of such a class.
 * @throws LANNER_ROUTE_INVALID: there are none
 */
export function groupOf(object: object): Group<string, readonly Endpoint[]> {
  const methods = object as Record<PropertyKey, (ctx: unknown, next: Next) => unknown>
  let note: ClassNote | undefined
  const notes = new Map<PropertyKey, readonly Note[]>()
  for (const prototype of prototypesOf(object)) {
    note = classes.get(prototype.constructor) ?? note
    for (const name of Reflect.ownKeys(prototype)) {
      const { value } = Object.getOwnPropertyDescriptor(prototype, name)!
      const own = routes.get(value as object)
      if (own !== undefined) notes.set(name, own)
    }
  }
  const endpoints: Endpoint[] = []
  for (const [name, ofMethod] of notes) {
    const handler = (ctx: unknown, next: Next): unknown => methods[name]!(ctx, next)
    for (const { method, path, options } of ofMethod) {
      endpoints.push(defineRoute(method, path, options as never, handler) as never)
    }
  }
  if (endpoints.length === 0) {
    const hint = typeof object === 'function' ? ', and groupOf() takes an instance' : ''
    const name = typeof object === 'function' ? object.name : object.constructor.name
    throw invalid(`There is no route in ${name}: its methods have none${hint}.`)
  }
  const { prefix, options } = note ?? { prefix: '', options: {} }
  return defineGroup(prefix, options as never, endpoints as never) as never
}

/** From the first class on, so that routes keep the order in which they were written. */
function prototypesOf(object: object): object[] {
  const chain: object[] = []
  let prototype = Object.getPrototypeOf(object) as object | null
  for (; prototype !== null && prototype !== Object.prototype;) {
    chain.unshift(prototype)
    prototype = Object.getPrototypeOf(prototype) as object | null
  }
  return chain
}

/** The older decorators of TypeScript are called with other arguments. */
function requireKind(context: unknown, kind: string, of: string): void {
  if ((context as { kind?: unknown } | undefined)?.kind === kind) return
  throw invalid(`The decorator of ${of} needs standard decorators, without experimentalDecorators.`)
}

function invalid(message: string): LannerError {
  return new LannerError('LANNER_ROUTE_INVALID', message)
}
