// The events of a stream as a schema, for the `responses` of routes:
// `{ 200: sseEvents({ price: Price }) }`.
//
// One schema for the data of each event, by its name. It is a Standard Schema whose value is an
// EventStream: so handlers are held to it by their types, documents of OpenAPI describe it, and the
// client knows what comes. Single events are checked by checkEvent(), which check-reply.ts has the
// stream call for each of them.

import { wrong } from '../option-values.js'
import { describeSchema } from '../schema/describe.js'
import { EventStream } from './events.js'
import { checkPart } from './part-check.js'

import type { Awaitable } from '../handler.js'
import type { Duration } from '../options.js'
import type { JsonSchema } from '../schema/json-types.js'
import type { InputOf, StandardProps, StandardSchema } from '../schema/standard.js'
import type { JsonSchemaMaker } from '../schema/standard.js'
import type { SseEvent } from './event-text.js'

/** The schemas of the data of events, by the names of these; 'message' is that of no name. */
export interface EventSchemas {
  readonly [event: string]: StandardSchema
}

/** What every event may say beside its name and its data. */
export interface EventExtras {
  /** What the client sends as `last-event-id` when it has to come again; '' forgets it. */
  readonly id?: string | number | undefined
  /** How long the client waits before it comes again. */
  readonly retry?: Duration | undefined
  /** A note that clients skip. */
  readonly comment?: string | undefined
}

/** What is no event for clients: a note, a new waiting time. */
export interface EventNote extends EventExtras {
  /** None: only its other fields are sent. */
  readonly event?: undefined
  /** None. */
  readonly data?: undefined
}

/** An event with a name. */
export interface NamedEvent<Name extends string, Data> extends EventExtras {
  /** The name that listeners ask for. */
  readonly event: Name
  /** What the schema of this name takes; sent as JSON, a string as it is. */
  readonly data: Data
}

/** An event without one, which is called 'message'. */
export interface UnnamedEvent<Data> extends EventExtras {
  /** 'message', or nothing, which means the same. */
  readonly event?: 'message' | undefined
  /** What the schema of 'message' takes; sent as JSON, a string as it is. */
  readonly data: Data
}

/** What a source may yield for these schemas. */
export type EventsOf<Schemas extends EventSchemas> =
  | EventNote
  | {
      [Name in keyof Schemas & string]: Name extends 'message'
        ? UnnamedEvent<InputOf<Schemas[Name]>> | Extract<InputOf<Schemas[Name]>, string>
        : NamedEvent<Name, InputOf<Schemas[Name]>>
    }[keyof Schemas & string]

/** The schema of a stream of events. `sseEvents()` makes it. */
export class EventStreamSchema<Schemas extends EventSchemas = EventSchemas> {
  /** The schemas of the data of events, by name. */
  readonly events: Schemas
  /** What makes it a schema. */
  readonly '~standard': StandardProps<EventStream<EventsOf<Schemas>>> & {
    readonly jsonSchema: JsonSchemaMaker
  }

  /** @internal */
  constructor(events: Schemas) {
    this.events = events
    const described = (): Record<string, unknown> => describeEvents(events)
    this['~standard'] = {
      version: 1,
      vendor: 'lanner',
      validate: (value) => {
        if (value instanceof EventStream) return { value: value as never }
        return { issues: [{ message: 'must be events: return sse()' }] }
      },
      jsonSchema: { input: described, output: described },
    }
  }
}

/**
 * The events that a route sends, for its `responses`: `{ 200: sseEvents({ price: Price }) }`. What
 * the source of `sse()` yields has to be one of them, with the data that its schema takes; the
 * client reads them with their types.
 * @param events - The schema of the data of each event, by its name; 'message' for no name.
 * @throws LANNER_OPTION_INVALID: there is no event, or something is no schema
 */
export function sseEvents<const Schemas extends EventSchemas>(
  events: Schemas,
): EventStreamSchema<Schemas> {
  const names = typeof events === 'object' && events !== null ? Object.keys(events) : []
  if (names.length === 0) {
    throw wrong('events of sseEvents()', 'an object with a schema for each event', events)
  }
  for (const name of names) {
    const schema = events[name] as Partial<StandardSchema> | null
    if (typeof schema?.['~standard']?.validate === 'function') continue
    throw wrong(`events.${name} of sseEvents()`, 'a schema of the data of the event', schema)
  }
  return new EventStreamSchema(Object.freeze({ ...events }))
}

/** What is wrong with an event, for people; undefined for nothing. */
export function checkEvent(schemas: EventSchemas, value: unknown): Awaitable<string | undefined> {
  const said = (typeof value === 'string' ? { data: value } : value) as SseEvent | null
  // What is no event at all is told where it is made into text.
  if (typeof said !== 'object' || said?.data === undefined) return undefined
  const { event: name = 'message', data } = said
  if (!Object.hasOwn(schemas, name)) {
    const listed = Object.keys(schemas).join(', ')
    return `sends the event ${name}, which is not listed: there are ${listed}`
  }
  return checkPart(schemas[name]!, data, `an event ${name}`)
}

/**
 * The text of a stream, and by `contentSchema` the events that clients hear of: OpenAPI 3.1 has no
 * word of its own for the parts of a stream.
 */
function describeEvents(events: EventSchemas): JsonSchema {
  const names = Object.keys(events)
  return {
    type: 'string',
    description: `Server-sent events: ${names.join(', ')}.`,
    contentMediaType: 'text/event-stream',
    contentSchema: {
      type: 'array',
      items: { oneOf: names.map((name) => describeEvent(name, events[name]!)) },
    },
  }
}

function describeEvent(name: string, schema: StandardSchema): JsonSchema {
  const described = describeSchema(schema, 'input')
  const isText = described?.type === 'string'
  return {
    type: 'object',
    properties: {
      event: { const: name },
      data: isText
        ? described
        : {
            type: 'string',
            contentMediaType: 'application/json',
            ...(described !== undefined && { contentSchema: described }),
          },
      id: { type: 'string' },
      retry: { type: 'integer' },
    },
    required: ['event', 'data'],
  }
}
