// Types of path parameters, read off the pattern literal.
//
// `'/users/:id/posts/:postId?'` gives `{ id: string; postId?: string }`. One shallow recursion over
// the segments, so that tooltips show plain objects and 500 routes cost nothing to check.

/** The parameters of a path pattern: `:name`, `:name?` and `*rest`. */
export type ParamsOf<Pattern extends string> = string extends Pattern
  ? Record<string, string | undefined>
  : Flat<SegmentParams<Pattern>>

type SegmentParams<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? ParamOf<Segment> & SegmentParams<Rest>
  : ParamOf<Path>

type ParamOf<Segment extends string> = Segment extends `:${infer Name}?`
  ? { [K in Name]?: string | undefined }
  : Segment extends `:${infer Name}`
    ? { [K in Name]: string }
    : Segment extends `*${infer Name}`
      ? Name extends ''
        ? NoParams
        : { [K in Name]: string }
      : NoParams

// oxlint-disable-next-line typescript/no-empty-object-type
type NoParams = {}

/** Joins an intersection into one object type. */
type Flat<T> = { [K in keyof T]: T[K] }

/** A prefix and a pattern, as `group` joins them. */
export type JoinPath<Prefix extends string, Path extends string> = Path extends '/'
  ? Prefix extends ''
    ? '/'
    : Prefix
  : Prefix extends '/'
    ? Path
    : `${Prefix}${Path}`
