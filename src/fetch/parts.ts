// The whole body of a Response without reading it: where that can be had at once.
//
// Asked by response.ts. A FastResponse gives its parts away; some versions of Node (20, 22) keep
// the text or the bytes that a Response was made of in reach. Promises to say nothing rather than
// something wrong: what was read, is being read, or is a stream has no parts.

/** What a Response is made of, when nobody has touched it. */
export interface ResponseParts {
  readonly status: number
  /** Names and values in turn; undefined where `headers` has them. */
  readonly fields: readonly string[] | undefined
  readonly headers: Headers | undefined
  readonly body: string | Uint8Array | null
}

/** The method of a FastResponse that gives its parts away, once; undefined when it is no more. */
export const PARTS = Symbol('lanner.parts')

interface HasParts {
  [PARTS]?: () => ResponseParts | undefined
}

/** The parts of a FastResponse. */
export function partsOf(response: Response): ResponseParts | undefined {
  return (response as HasParts)[PARTS]?.()
}

/** Marks a Response whose body has been taken: it is no use a second time. */
const TAKEN = Symbol('lanner.taken')

/** Whether the body was given away by takeBody(). */
export function isTaken(response: Response): boolean {
  return TAKEN in response
}

/** The text or the bytes that a Response was made of, for the only time. */
export function takeBody(response: Response): string | Uint8Array | undefined {
  stateSymbol ??= findState()
  if (stateSymbol === false || response.body?.locked !== false) return undefined
  const source = (response as unknown as States)[stateSymbol]?.body?.source
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) return undefined
  ;(response as { [TAKEN]?: true })[TAKEN] = true
  return source
}

/** Where Node keeps the state of a Response: a symbol, or nowhere in reach. */
let stateSymbol: symbol | false | undefined

type States = Readonly<
  Record<symbol, { readonly body?: { readonly source?: unknown } } | undefined>
>

/** Looks for it on a Response of a known text, so that nothing is assumed of any version. */
function findState(): symbol | false {
  const text = 'state?'
  const probe = new Response(text)
  const states = probe as unknown as States
  const found = Object.getOwnPropertySymbols(probe).find(
    (symbol) => states[symbol]?.body?.source === text,
  )
  return found ?? false
}
