// Checks what a request brings against the schemas of its route, and puts what they made of it in
// its place.
//
// A binder is made once per route, when routes are compiled, and runs behind all middleware, before
// the route's own functions. Promises no promise as long as no schema answers with one and the body
// came with its head, and all issues of all sources in one error.

import { LannerError } from '../errors.js'
import { extrasOf } from '../native/exchange.js'
import { parsePairs } from '../query.js'
import { isThenable } from '../thenable.js'
import { pointerOf, ValidationError } from '../validation-error.js'
import { describeSchema } from './describe.js'
import { namesOf } from './names.js'
import { bodyReader } from './raw-body.js'
import { fromCookies, fromHeaders, fromPairs, isOfTexts } from './raw-input.js'
import { TEXTS } from './texts.js'

import type { Context } from '../context.js'
import type { RouteInfo } from '../routing/options.js'
import type { InputIssue, InputSource } from '../validation-error.js'
import type { Names } from './names.js'
import type {
  StandardIssue,
  StandardOptions,
  StandardProps,
  StandardResult,
  StandardSchema,
} from './standard.js'
import type { Validation } from './validation.js'

/** Checks a request; a promise only where something has to be waited for. */
export type Bind = (ctx: Context) => Promise<void> | undefined

/** One source of a request. */
interface Source {
  readonly name: InputSource
  readonly standard: StandardProps
  /** What the schema is told of the values; undefined where only they tell, as those of a body. */
  readonly options: StandardOptions | undefined
  /** What the schema is given, or a promise of it. */
  readonly read: (ctx: Context) => unknown
  /** Puts what the schema made of it where handlers find it. */
  readonly write: (ctx: Context, value: unknown) => void
}

const NAMES = ['params', 'query', 'headers', 'cookies', 'body'] as const

/** The binder of a route; undefined when it has no schema for what comes in. */
export function makeBind(
  route: RouteInfo,
  paramNames: readonly string[],
  validation: Validation,
): Bind | undefined {
  const { options } = route
  const sources = NAMES.filter((name) => options[name] !== undefined).map((name) => {
    const names = namesOf(describeSchema(options[name]!, 'input'))
    checkNames(name, names, paramNames, route)
    return makeSource(name, options[name]!, names, options.consumes)
  })
  if (sources.length === 0) return undefined
  const count = sources.length
  return function bind(ctx) {
    let issues: Issues | undefined
    for (let i = 0; i < count; i++) {
      const source = sources[i]!
      const raw = source.read(ctx)
      if (raw instanceof Promise) return goOn(ctx, sources, i, raw, undefined, issues, validation)
      const result = source.standard.validate(raw, source.options ?? optionsOf(raw))
      if (isThenable(result)) return goOn(ctx, sources, i, raw, result, issues, validation)
      if (result.issues === undefined) source.write(ctx, result.value)
      else (issues ??= new Issues(validation)).add(source.name, result.issues)
    }
    if (issues !== undefined) throw issues.toError()
    return undefined
  }
}

/** The rest of a binding, from a source that has to be waited for: its value or its check. */
async function goOn(
  ctx: Context,
  sources: readonly Source[],
  from: number,
  raw: unknown,
  pending: PromiseLike<StandardResult<unknown>> | undefined,
  before: Issues | undefined,
  validation: Validation,
): Promise<void> {
  let issues = before
  for (let i = from; i < sources.length; i++) {
    const { name, standard, options, read, write } = sources[i]!
    const value: unknown = await (i === from ? raw : read(ctx))
    const isPending = i === from && pending !== undefined
    const result = await (isPending
      ? pending
      : standard.validate(value, options ?? optionsOf(value)))
    if (result.issues === undefined) write(ctx, result.value)
    else (issues ??= new Issues(validation)).add(name, result.issues)
  }
  if (issues !== undefined) throw issues.toError()
}

/** A form is of texts, whichever type it came as; JSON has numbers of its own. */
function optionsOf(body: unknown): StandardOptions | undefined {
  return isOfTexts(body) ? TEXTS : undefined
}

/** What was found to be wrong with one request. */
class Issues {
  readonly #validation: Validation
  readonly #list: InputIssue[] = []
  #left = 0

  constructor(validation: Validation) {
    this.#validation = validation
  }

  add(source: InputSource, issues: readonly StandardIssue[]): void {
    for (const { path, message } of issues) {
      if (this.#list.length >= this.#validation.issues) this.#left++
      else this.#list.push({ in: source, path: pointerOf(path), message })
    }
  }

  toError(): ValidationError {
    return new ValidationError(this.#list, this.#validation.status, this.#left)
  }
}

function makeSource(
  name: InputSource,
  schema: StandardSchema,
  names: Names,
  consumes: readonly string[] | undefined,
): Source {
  const standard = schema['~standard']
  const options = name === 'body' ? undefined : TEXTS
  const made = { name, standard, options }
  switch (name) {
    case 'params':
      return { ...made, read: (ctx) => ctx.params, write: writeParams }
    case 'query':
      return {
        ...made,
        read: (ctx) => fromPairs(parsePairs(ctx.queryText()), names),
        write: writeQuery,
      }
    case 'headers':
      return { ...made, read: (ctx) => fromHeaders(ctx, names), write: writeHeaders }
    case 'cookies':
      return { ...made, read: fromCookies, write: writeCookies }
    case 'body':
      return { ...made, read: bodyReader(consumes, names), write: writeBody }
  }
}

/** Names that no request can have: the schema would refuse every one, or never see a value. */
function checkNames(
  source: InputSource,
  { said, required }: Names,
  paramNames: readonly string[],
  { method, pattern }: RouteInfo,
): void {
  const of = `of the route ${method} ${pattern}`
  if (source === 'params') {
    const unknown = required.find((name) => !paramNames.includes(name))
    if (unknown === undefined) return
    throw new LannerError(
      'LANNER_ROUTE_INVALID',
      `The schema of the params ${of} asks for "${unknown}", which the path does not have.`,
    )
  }
  if (source !== 'headers') return
  const name = said.find((key) => key !== key.toLowerCase())
  if (name === undefined) return
  throw new LannerError(
    'LANNER_ROUTE_INVALID',
    `The schema of the headers ${of} says "${name}": their names are in lower case there.`,
  )
}

function writeParams(ctx: Context, value: unknown): void {
  ctx.paramsView = value as Context['params']
}

function writeQuery(ctx: Context, value: unknown): void {
  ctx.queryView = value
}

function writeHeaders(ctx: Context, value: unknown): void {
  boundOf(ctx).headers = value
}

function writeCookies(ctx: Context, value: unknown): void {
  boundOf(ctx).cookies = value
}

function writeBody(ctx: Context, value: unknown): void {
  ctx.bodySource().bind(value)
}

function boundOf(ctx: Context): { headers: unknown; cookies: unknown } {
  return (extrasOf(ctx).bound ??= { headers: undefined, cookies: undefined })
}
