// Streams as schemas, for the `responses` of routes: JSON lines by the schema of a line, anything
// else by its media type.
//
// They are Standard Schemas whose values are what jsonLines(), file() and stream() make, so that
// handlers, documents of OpenAPI and the client agree on them. Events are event-schemas.ts.

import { isStreamBody } from '../response.js'
import { describeSchema } from '../schema/describe.js'
import { wrong } from '../option-values.js'
import { JSON_LINES_TYPE, JsonLines } from './json-lines.js'

import type { StreamBody } from '../body/sink.js'
import type { JsonSchema } from '../schema/json-types.js'
import type {
  InputOf,
  JsonSchemaMaker,
  StandardProps,
  StandardResult,
  StandardSchema,
} from '../schema/standard.js'

type Described<Value> = StandardProps<Value> & { readonly jsonSchema: JsonSchemaMaker }

/** The schema of JSON lines. `jsonLinesOf()` makes it. */
export class JsonLinesSchema<Line extends StandardSchema = StandardSchema> {
  /** The schema of one line. */
  readonly line: Line
  /** What makes it a schema. */
  readonly '~standard': Described<JsonLines<InputOf<Line>>>

  /** @internal */
  constructor(line: Line) {
    this.line = line
    const check = (value: unknown): StandardResult<never> =>
      value instanceof JsonLines
        ? { value: value as never }
        : { issues: [{ message: 'must be JSON lines: return jsonLines()' }] }
    this['~standard'] = props(check, () => {
      const items = describeSchema(line, 'input')
      return {
        type: 'string',
        description: 'JSON lines.',
        contentMediaType: JSON_LINES_TYPE,
        contentSchema: { type: 'array', ...(items !== undefined && { items }) },
      }
    })
  }
}

/**
 * The lines that a route sends, for its `responses`: `{ 200: jsonLinesOf(Row) }`. What the source
 * of `jsonLines()` yields has to fit; the client reads line by line.
 * @param line - The schema of one line.
 * @throws LANNER_OPTION_INVALID: it is no schema
 */
export function jsonLinesOf<Line extends StandardSchema>(line: Line): JsonLinesSchema<Line> {
  const schema = line as Partial<StandardSchema> | null | undefined
  if (typeof schema?.['~standard']?.validate !== 'function') {
    throw wrong('line of jsonLinesOf()', 'a schema', line)
  }
  return new JsonLinesSchema(line)
}

/** What a reply of a media type is made of. */
export type MediaBody = string | Uint8Array | Blob | StreamBody

/** The schema of a reply of a media type. `mediaOf()` makes it. */
export class MediaSchema<Type extends string = string> {
  /** The media type. */
  readonly mediaType: Type
  /** What makes it a schema. */
  readonly '~standard': Described<MediaBody>

  /** @internal */
  constructor(mediaType: Type) {
    this.mediaType = mediaType
    const isText = mediaType.toLowerCase().startsWith('text/')
    const check = (value: unknown): StandardResult<MediaBody> =>
      isMedia(value)
        ? { value }
        : { issues: [{ message: 'must be a text, bytes, a Blob or a stream' }] }
    this['~standard'] = props(check, () => ({
      type: 'string',
      ...(!isText && { format: 'binary' }),
      contentMediaType: mediaType,
    }))
  }
}

/**
 * A reply of a media type, for `responses`: `{ 200: mediaOf('application/pdf') }` takes what
 * `file()` and `stream()` give, texts, bytes and Blobs. The type itself is set where the reply is
 * made. Events and JSON lines have schemas of their own: `sseEvents()` and `jsonLinesOf()`.
 * @param mediaType - For example 'application/pdf'.
 * @throws LANNER_OPTION_INVALID: it is no media type, or that of events or JSON lines
 */
export function mediaOf<const Type extends string>(
  mediaType: Type & NoParts<Type>,
): MediaSchema<Type> {
  const name = 'mediaType of mediaOf()'
  if (typeof mediaType !== 'string' || !MEDIA_TYPE.test(mediaType)) {
    throw wrong(name, 'a media type such as application/pdf', mediaType)
  }
  const instead = OF_PARTS.get(mediaType.toLowerCase())
  if (instead !== undefined) throw wrong(name, `not of parts: ${instead}`, mediaType)
  return new MediaSchema<Type>(mediaType)
}

/** What the types of events and JSON lines lack: clients read those part by part. */
export type NoParts<Type extends string> =
  Lowercase<Type> extends 'text/event-stream'
    ? { readonly 'use sseEvents() for events': never }
    : Lowercase<Type> extends 'application/x-ndjson'
      ? { readonly 'use jsonLinesOf() for JSON lines': never }
      : unknown

const OF_PARTS: ReadonlyMap<string, string> = new Map([
  ['text/event-stream', 'events are listed by sseEvents()'],
  [JSON_LINES_TYPE, 'JSON lines are listed by jsonLinesOf()'],
])

const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/

function isMedia(value: unknown): value is MediaBody {
  if (typeof value === 'string' || value instanceof Uint8Array || value instanceof Blob) return true
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isStreamBody(value)
}

function props<Value>(
  validate: (value: unknown) => StandardResult<Value>,
  describe: () => JsonSchema,
): Described<Value> {
  return {
    version: 1,
    vendor: 'lanner',
    validate,
    jsonSchema: { input: describe, output: describe },
  }
}
