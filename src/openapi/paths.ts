// Path patterns as OpenAPI writes paths: `/users/:id` is `/users/{id}`.
//
// Promises one spelling of what is one path: parameters of a path that is there already, under
// other names, get the names that came first, because OpenAPI takes `/a/{x}` and `/a/{y}` for the
// same. An optional parameter makes two paths; what `*rest` takes is one parameter.

import { parsePattern } from '../routing/pattern.js'

import type { Segment } from '../routing/pattern.js'

/** A path of a route. */
export interface RoutePath {
  /** As OpenAPI writes it. */
  readonly path: string
  /** Its parameters: the name in the document, the name in the pattern, whether it is the rest. */
  readonly parameters: readonly PathParameter[]
  /** The optional parameter that is not there. */
  readonly without: string | undefined
}

/** A parameter of a path. */
export interface PathParameter {
  readonly name: string
  readonly own: string
  readonly isRest: boolean
}

/** The spellings of the paths of one document. */
export class Paths {
  readonly #known = new Map<string, RoutePath>()

  /** The paths of a pattern: two when its last parameter is optional. */
  of(pattern: string): RoutePath[] {
    const segments = parsePattern(pattern)
    const last = segments.at(-1)
    const whole = this.#spell(segments, undefined)
    if (last?.isOptional !== true) return [whole]
    return [this.#spell(segments.slice(0, -1), last.value), whole]
  }

  #spell(segments: readonly Segment[], without: string | undefined): RoutePath {
    const shape = segments.map(({ kind, value }) => (kind === 'text' ? escaped(value) : '{}'))
    const own = segments.filter(({ kind }) => kind !== 'text')
    const key = shape.join('/')
    const names = this.#known.get(key)?.parameters.map(({ name }) => name)
    const parameters = own.map(({ kind, value }, index) => ({
      name: names?.[index] ?? value,
      own: value,
      isRest: kind === 'rest',
    }))
    let at = 0
    const parts = shape.map((part) => (part === '{}' ? `{${parameters[at++]!.name}}` : part))
    const found = { path: `/${parts.join('/')}`, parameters, without }
    if (names === undefined) this.#known.set(key, found)
    return found
  }
}

/** Braces are parameters in OpenAPI. */
function escaped(text: string): string {
  return text.replaceAll('{', '%7B').replaceAll('}', '%7D')
}

/** A name for the operation of a route that has none: `GET /users/:id` is `getUsersById`. */
export function operationName(method: string, pattern: string): string {
  const words = parsePattern(pattern).map(({ kind, value }) =>
    kind === 'text' ? capitals(value) : `By${capitals(value)}`,
  )
  return method.toLowerCase() + (words.join('') || 'Root')
}

function capitals(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  return words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
}
