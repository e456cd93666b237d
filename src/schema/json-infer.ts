// The TypeScript type of a JSON Schema, as far as its literal says it.
//
// Types only. Reads plain JSON Schema, TypeBox 1 (whose types are JSON Schema with marks) and
// TypeBox 0.x (which carries its type along). What it does not know is `unknown`, never a guess.

/** The type of the values that a JSON Schema takes. */
export type InferJson<Schema> = Schema extends { readonly static: infer Type }
  ? Type
  : Schema extends { readonly '~unsafe': infer Type }
    ? Type
    : Schema extends { readonly const: infer Value }
      ? Value
      : Schema extends { readonly enum: readonly (infer Value)[] }
        ? Value
        : Schema extends { readonly anyOf: readonly (infer Option)[] }
          ? InferJson<Option>
          : Schema extends { readonly oneOf: readonly (infer Option)[] }
            ? InferJson<Option>
            : Schema extends { readonly allOf: infer Parts }
              ? AllOf<Parts>
              : Schema extends { readonly type: infer Name }
                ? Named<Schema, Name extends readonly (infer One)[] ? One : Name>
                : unknown

type AllOf<Parts> = Parts extends readonly [infer First, ...infer Rest]
  ? InferJson<First> & AllOf<Rest>
  : unknown

type Named<Schema, Name> = Name extends 'string'
  ? Schema extends { readonly format: 'binary' }
    ? File
    : string
  : Name extends 'number' | 'integer'
    ? number
    : Name extends 'boolean'
      ? boolean
      : Name extends 'null'
        ? null
        : Name extends 'array'
          ? ListOf<Schema>
          : Name extends 'object'
            ? ObjectOf<Schema>
            : unknown

type ListOf<Schema> = Schema extends { readonly prefixItems: infer Items }
  ? { -readonly [Index in keyof Items]: InferJson<Items[Index]> }
  : Schema extends { readonly items: infer Items }
    ? Items extends readonly unknown[]
      ? { -readonly [Index in keyof Items]: InferJson<Items[Index]> }
      : InferJson<Items>[]
    : unknown[]

type ObjectOf<Schema> = Schema extends { readonly properties: infer Properties }
  ? Flat<
      {
        -readonly [
          Key in keyof Properties as Key extends RequiredKeys<Schema, Properties> ? Key : never
        ]: InferJson<Properties[Key]>
      } & {
        -readonly [
          Key in keyof Properties as Key extends RequiredKeys<Schema, Properties> ? never : Key
        ]?: InferJson<Properties[Key]>
      }
    >
  : Schema extends { readonly patternProperties: infer Patterns }
    ? Record<string, InferJson<Patterns[keyof Patterns]>>
    : Schema extends { readonly additionalProperties: infer Values extends object }
      ? Record<string, InferJson<Values>>
      : Record<string, unknown>

/** TypeBox marks what is optional, JSON Schema lists what is not. */
type RequiredKeys<Schema, Properties> = Schema extends { readonly '~kind': 'Object' }
  ? {
      [Key in keyof Properties]: Properties[Key] extends { readonly '~optional': true }
        ? never
        : Key
    }[keyof Properties]
  : Schema extends { readonly required: readonly (infer Key)[] }
    ? Key
    : never

/** Joins an intersection into one object type. */
type Flat<T> = { [K in keyof T]: T[K] }
