// Aborts a signal that has no controller in reach: the one that a Request makes for itself.
//
// Giving a Request a signal to follow costs several times what the rest of it does (a weak
// reference, a finalizer and a listener each time), so that served-request.ts gives it none and
// aborts the one it has. Promises to say when that is not possible: everything is tried once on
// objects of its own, and nothing is assumed of any version.

interface SignalState {
  /** Where a signal keeps that it is aborted. */
  readonly aborted: symbol
  /** Where it keeps why. */
  readonly reason: symbol
}

type Slots = Record<symbol, unknown>

/** Aborts a signal as its controller would. Only where canAbort() says so. */
export function abortSignal(signal: AbortSignal, reason: unknown): void {
  if (signal.aborted || !state) return
  const slots = signal as unknown as Slots
  slots[state.aborted] = true
  slots[state.reason] = reason
  signal.dispatchEvent(new Event('abort'))
}

/** Whether that works, for what follows a Request too. */
export function canAbort(): boolean {
  if (state === undefined) {
    state = findState() ?? false
    if (state !== false && !isFollowed()) state = false
  }
  return state !== false
}

let state: SignalState | false | undefined

/** Looks at what an abort changes. */
function findState(): SignalState | undefined {
  const controller = new AbortController()
  const slots = controller.signal as unknown as Slots
  const symbols = Object.getOwnPropertySymbols(slots)
  const before = symbols.map((symbol) => slots[symbol])
  const why = new Error('why')
  controller.abort(why)
  const aborted = symbols.find((symbol, at) => before[at] === false && slots[symbol] === true)
  const reason = symbols.find((symbol, at) => before[at] === undefined && slots[symbol] === why)
  return aborted === undefined || reason === undefined ? undefined : { aborted, reason }
}

function isFollowed(): boolean {
  const why = new Error('why')
  const followed = new Request('http://localhost/')
  const follower = new Request(followed)
  abortSignal(followed.signal, why)
  return [followed.signal, follower.signal].every(
    (signal) => signal.aborted && signal.reason === why,
  )
}
