// Joins middleware and a handler into one function, once per route.
//
// Called when routes are compiled. Promises: one handler alone is called directly; nothing makes a
// promise that a middleware or handler did not make; next() works once. What an asynchronous
// middleware got from next() is noted on the context, because one that returns nothing leaves it
// standing (see Lane.finish).

import { LannerError } from './errors.js'
import { isThenable, once } from './thenable.js'

import type { Context } from './context.js'
import type { Handler, Next } from './handler.js'

/** A composed chain. */
export type Chain = (ctx: Context, next: Next) => unknown

/** Something around the functions from a place in the chain on. */
export interface Around {
  /** Index of the first function that it is around. */
  readonly at: number
  /** Makes one chain of what it does and what it is around. */
  readonly wrap: (chain: Chain) => Chain
}

/** The chain of these functions; each but the last gets a next() that calls the one after it. */
export function compose(handlers: readonly Handler[], around?: Around): Chain {
  let chain: Chain = handlers.at(-1)!
  const nothing = handlers.slice(1).map(() => undefined)
  if (around?.at === handlers.length - 1) chain = around.wrap(chain)
  for (let level = handlers.length - 2; level >= 0; level--) {
    chain = link(handlers[level]!, chain, level, nothing)
    if (around?.at === level) chain = around.wrap(chain)
  }
  return chain
}

/** What the last handler gets as its next(). */
export const nextAtEnd: Next = () => {
  throw new LannerError('LANNER_NEXT_MISSING')
}

const nobody = (): void => {}

/** What the outermost middleware that was not looked at yet got from its next(). */
export function unwind(ctx: Context): unknown {
  const { downstream } = ctx
  if (downstream === undefined) return undefined
  while (ctx.level < downstream.length) {
    const value = downstream[ctx.level++]
    if (value !== undefined) return value
  }
  return undefined
}

function remember(
  ctx: Context,
  level: number,
  inner: unknown,
  nothing: readonly undefined[],
): void {
  // A context is a reply that is noted already.
  if (inner === undefined || inner === ctx) return
  // A copy of a list is cheaper than a new one that is filled.
  ctx.downstream ??= nothing.slice()
  ctx.downstream[level] = inner
  // Called late, when nobody comes by any more to see to promises that are not waited for.
  if (ctx.entryWords !== ctx.lane.words && inner instanceof Promise) inner.catch(nobody)
}

function link(
  middleware: Handler,
  rest: Chain,
  level: number,
  nothing: readonly undefined[],
): Chain {
  return function chain(ctx) {
    let wasCalled = false
    let isOver = false
    let inner: unknown
    const value = middleware(ctx, function next() {
      if (wasCalled) throw new LannerError('LANNER_NEXT_TWICE')
      wasCalled = true
      inner = rest(ctx, nextAtEnd)
      const isLater = isThenable(inner)
      if (isLater) inner = once(inner)
      // What is there at once is passed on below, if the middleware is over at once as well.
      if (isOver || isLater) remember(ctx, level, inner, nothing)
      return inner
    })
    isOver = true
    if (value === undefined || value === inner) return inner
    if (isThenable(value)) remember(ctx, level, inner, nothing)
    return value
  }
}
