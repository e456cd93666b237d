// The interfaces that schema libraries agree on: Standard Schema 1.1 and Standard JSON Schema 1.0.
//
// Types only, written out here so that the package depends on none of the libraries
// (https://standardschema.dev). Zod, Valibot, ArkType, Effect and others have them; jsonSchema() of
// lanner/json-schema gives them to plain JSON Schema and TypeBox.

/** A schema of any library: what it takes is Input, what comes out of it is Output. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** What the library offers under the name that all of them share. */
  readonly '~standard': StandardProps<Input, Output>
}

/** A schema that can describe itself as JSON Schema. */
export interface DescribedSchema<Input = unknown, Output = Input> {
  /** What the library offers under the name that all of them share. */
  readonly '~standard': StandardProps<Input, Output> & { readonly jsonSchema: JsonSchemaMaker }
}

/** What a schema offers to others. */
export interface StandardProps<Input = unknown, Output = Input> {
  /** The version of the standard. */
  readonly version: 1
  /** The name of the library. */
  readonly vendor: string
  /** Checks a value and gives what the schema makes of it, or what is wrong with it. */
  readonly validate: (
    value: unknown,
    options?: StandardOptions,
  ) => StandardResult<Output> | Promise<StandardResult<Output>>
  /** Types only: nothing at run time. */
  readonly types?: StandardTypes<Input, Output> | undefined
}

/** Options of `validate`. */
export interface StandardOptions {
  /** What only one library knows; the others ignore it. */
  readonly libraryOptions?: Record<string, unknown> | undefined
}

/** Types that travel with a schema. */
export interface StandardTypes<Input = unknown, Output = Input> {
  /** What the schema takes. */
  readonly input: Input
  /** What comes out of it. */
  readonly output: Output
}

/** What a check gives: a value, or issues. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** One thing that is wrong with a value. */
export interface StandardIssue {
  /** What is wrong, for people. */
  readonly message: string
  /** Where, as keys from the outside in. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Gives the JSON Schema of both sides of a schema; throws when it cannot. */
export interface JsonSchemaMaker {
  /** Of what the schema takes. */
  readonly input: (options: JsonSchemaTarget) => Record<string, unknown>
  /** Of what comes out of it. */
  readonly output: (options: JsonSchemaTarget) => Record<string, unknown>
}

/** Which JSON Schema is wanted. */
export interface JsonSchemaTarget {
  /** For example 'draft-2020-12'. */
  readonly target: string
  /** What only one library knows; the others ignore it. */
  readonly libraryOptions?: Record<string, unknown> | undefined
}

/** The type that a schema takes. */
export type InputOf<Schema extends StandardSchema> = NonNullable<
  Schema['~standard']['types']
>['input']

/** The type that comes out of a schema. */
export type OutputOf<Schema extends StandardSchema> = NonNullable<
  Schema['~standard']['types']
>['output']
